/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the nftables rules of this host let a packet of its own out: what "nft -j list ruleset"
 * printed is followed as the kernel would, as far as the rules are understood.
 */
#ifndef HMIP_FIREWALL_H
#define HMIP_FIREWALL_H

#include <jansson.h>
#include <stdbool.h>

/* A packet, as nftables sees it in the output hook. */
struct firewall_packet {
	const char *interface;		/* by which it leaves */
	unsigned l4proto;		/* what meta l4proto is */
	unsigned nexthdr;		/* of the IPv6 header */
	const char *state;		/* of connection tracking: "new", "established", ... */
};

enum firewall_verdict {
	FIREWALL_PASSES,
	FIREWALL_DROPS,
	FIREWALL_MAY_DROP,		/* a rule that is not understood decides */
};

struct firewall_answer {
	enum firewall_verdict verdict;
	char where[128];		/* table, chain and what decided, unless it passes */
};

/* What the rules of the output hook do to p. ruleset: the whole output, or NULL: passes. */
struct firewall_answer firewall_output(json_t *ruleset, const struct firewall_packet *p);

/*
 * Whether a rule drops what does not come by the interface that leads back to its source (a strict
 * reverse path filter); where gets family, table and chain. A rule before it that accepts what
 * belongs to sockets of this host makes it harmless.
 */
bool firewall_strict_reverse_path(json_t *ruleset, char where[static 128]);

/*
 * Whether a rule drops what comes for address by another interface than its own, as wg-quick(8)
 * makes one for a VPN's addresses; where is set likewise.
 */
bool firewall_guards_address(json_t *ruleset, const char *address, char where[static 128]);

#endif
