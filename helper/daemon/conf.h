/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip.conf(5), read with libConfuse. A complete sample:
 *
 *	# how long an address not announced by its owner is believed, s
 *	default_lifetime = 600
 *	maximum_expired_lifetime = 1800
 *	binding_lifetime = 600
 *	path_timeout = 3		# other pairs of addresses are tried after it, s; 0: never
 *	resolve = yes			# names of peers that are not to be found are resolved again
 *	max_entries = 4096		# peers
 *	max_addresses = 64		# per peer
 *	max_connections = 65536		# what the datapath has room for
 *	max_foreign = 65536		# ... in addresses of peers
 *	no_probe = {"2001:db8:bad::/48"}	# hosts there are never probed
 *	plain_lifetime = 3600		# how long one that did not answer is left alone, s
 *	adopt = yes			# look for connections that no program shows
 *	control_group = "hmip"		# who but root may move this host with hmipctl
 *	state = "/var/lib/hmip/state"	# default: derived from the socket's path
 *
 *	personality "work" {		# addresses that peers of the others shall not learn of
 *		interface = {"wg0"}
 *		address = {"2001:db8:1::10"}
 *	}
 *
 *	peer "server" {
 *		address = {"2001:db8:2::10"}
 *		algorithm = "hmac-sha256-128"
 *		spi_in = 0x1001			# what the peer sends with
 *		spi_out = 0x1002
 *		key_in = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
 *		key_out = "..."
 *	}
 */
#ifndef HMIP_CONF_H
#define HMIP_CONF_H

#include "core.h"
#include "datapath.h"

#include <net/if.h>

#define CONF_DEFAULT	SYSCONFDIR "/hmip/hmip.conf"

#define CONF_MEMBERS_MAX	16

/* What belongs to personality number i + 1 (core.h). */
struct conf_personality {
	unsigned n_interface, n_addr;
	char interface[CONF_MEMBERS_MAX][IF_NAMESIZE];
	struct in6_addr addr[CONF_MEMBERS_MAX];
};

struct conf {
	struct core_config core;
	struct conf_personality personality[CORE_PERSONALITIES_MAX];
	struct datapath_config datapath;
	bool adopt;
	char *control_group;	/* NULL: root only */
	char *state;		/* path, NULL: derived */
	unsigned n_peer;
	struct core_peer *peer;
};

/*
 * Reads path into a new struct. A missing file at the default path is an empty configuration. On an
 * error nothing is returned and *why says "FILE:LINE: found X, expected Y" (to be freed). Refuses a
 * file with keys that others may read. Returns 0 or a negative errno.
 */
int conf_read(const char *path, struct conf **ret, char **why);

/*
 * The number of the personality an address belongs to, by itself or else by its interface; 0 is the
 * default one.
 */
unsigned conf_personality(const struct conf *conf, const struct in6_addr *addr,
			  const char *interface);

/* Wipes the keys and frees. NULL is fine. */
void conf_free(struct conf *conf);

#endif
