/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip.conf(5), read with libConfuse. A complete sample:
 *
 *	# lifetime of addresses that the peer has not announced, s
 *	default_lifetime = 600
 *	maximum_expired_lifetime = 1800
 *	binding_lifetime = 600
 *	path_timeout = 3		# silence before other pairs are probed, s; 0: never
 *	hold = 86400			# outage that TCP connections survive, s; 0: TCP's own
 *	resolve = yes			# resolve the names of unreachable peers again
 *	max_entries = 4096		# peers
 *	max_addresses = 64		# per peer
 *	max_connections = 65536		# size of the datapath's maps
 *	max_foreign = 262144		# the same, in addresses of peers; default: the product
 *	no_probe = {"2001:db8:bad::/48"}	# prefixes whose hosts are sent no AAP Init
 *	plain_lifetime = 3600		# no further Init to a host that did not answer, s, at most
 *	encapsulate = auto		# signalling in UDP, too: where it is needed
 *	encapsulate_port = 434
 *	resend = yes			# small segments that a move lost
 *	adopt = yes			# scan for connections that no program registers
 *	initiate = "preload"		# whose connections begin mobility: "all", or with prefixes
 *	meet = {"server.example"}	# hosts that are met without a program
 *	control_group = "hmip"		# its members, too, may use "hmipctl prefer"
 *	state = "/var/lib/hmip/state"	# default: derived from the socket's path
 *
 *	personality "work" {		# addresses not announced to peers of other personalities
 *		interface = {"wg0"}
 *		address = {"2001:db8:1::10"}
 *	}
 *
 *	peer "server" {
 *		address = {"2001:db8:2::10"}
 *		algorithm = "hmac-sha256-128"
 *		spi_in = 0x1001			# of packets from the peer
 *		spi_out = 0x1002
 *		key_in = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
 *		key_out = "..."
 *	}
 *
 *	peer "laptop" {
 *		address = {"2001:db8:3::10"}
 *		reqid = 60			# of the kernel's SAs, which IKE makes
 *	}
 */
#ifndef HMIP_CONF_H
#define HMIP_CONF_H

#include "core.h"
#include "datapath.h"

#include <net/if.h>

#define CONF_DEFAULT	SYSCONFDIR "/hmip/hmip.conf"

#define CONF_MEMBERS_MAX	16
#define CONF_MEET_MAX		64
#define CONF_HOST_SIZE		254	/* bytes, with the 0 at the end */

/* The members of personality number i + 1 (core.h), i being the index in struct conf. */
struct conf_personality {
	unsigned n_interface, n_addr;
	char interface[CONF_MEMBERS_MAX][IF_NAMESIZE];
	struct in6_addr addr[CONF_MEMBERS_MAX];
};

struct conf {
	struct core_config core;
	struct conf_personality personality[CORE_PERSONALITIES_MAX];
	struct datapath_config datapath;
	bool adopt, resend;
	unsigned n_meet;
	char meet[CONF_MEET_MAX][CONF_HOST_SIZE];	/* names or addresses */
	char *control_group;	/* NULL: root only */
	char *state;		/* path, NULL: derived */
	unsigned n_peer;
	struct core_peer *peer;
	uint32_t *reqid;	/* of peer[i]: its SAs are the kernel's that have this one, and
				 * peer[i] has no keys; 0: peer[i] has them */
};

/*
 * Reads path into a new struct. A missing file at the default path is an empty configuration.
 * Refuses a file with keys that others may read. Returns 0, or a negative errno with *why
 * "FILE:LINE: found X, expected Y", which the caller frees (NULL if memory is short).
 */
int conf_read(const char *path, struct conf **ret, char **why);

/*
 * The number of the personality of an address, by the address or else by its interface (may be
 * NULL); 0 is the default one.
 */
unsigned conf_personality(const struct conf *conf, const struct in6_addr *addr,
			  const char *interface);

/* Overwrites the keys and frees. NULL is fine. */
void conf_free(struct conf *conf);

#endif
