/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip.conf(5), read with libConfuse. A complete sample:
 *
 *	# how long an address not announced by its owner is believed, s
 *	default_lifetime = 600
 *	maximum_expired_lifetime = 1800
 *	binding_lifetime = 600
 *	max_entries = 4096		# peers
 *	max_addresses = 64		# per peer
 *	max_connections = 65536		# what the datapath has room for
 *	max_foreign = 65536		# ... in addresses of peers
 *	no_probe = {"2001:db8:bad::/48"}	# hosts there are never asked whether they are Homeless
 *	plain_lifetime = 3600		# how long one that did not answer is left alone, s
 *	control_group = "hmip"		# who but root may move this host with hmipctl
 *	state = "/var/lib/hmip/state"	# default: derived from the socket's path
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

#define CONF_DEFAULT	SYSCONFDIR "/hmip/hmip.conf"

struct conf {
	struct core_config core;
	struct datapath_config datapath;
	char *control_group;	/* NULL: root only */
	char *state;		/* path, NULL: derived */
	unsigned n_peer;
	struct core_peer *peer;
};

/*
 * Reads path into a new struct. A missing file at the default path is an empty configuration. On an error nothing is
 * returned and *why says "FILE:LINE: found X, expected Y" (to be freed). Refuses a file with keys that others
 * may read. Returns 0 or a negative errno.
 */
int conf_read(const char *path, struct conf **ret, char **why);

/* Wipes the keys and frees. NULL is fine. */
void conf_free(struct conf *conf);

#endif
