/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What helper/datapath/bpf/hmip.bpf.c does with a packet, in C without a kernel: the maps as the
 * core's actions fill them, egress and ingress as the programs walk them.
 */
#ifndef HMIP_SIM_PLANE_H
#define HMIP_SIM_PLANE_H

#include "core.h"

/* What tells a kernel's sockets apart. No padding: it is a hash key. */
struct flow {
	struct in6_addr local, foreign;
	uint16_t lport, fport;
	uint32_t proto;
};

struct plane_foreign {
	struct in6_addr addr;
	uint32_t hce;
	enum addr_state state;
	usec_t heard, tentative_since;
	usec_t acknowledged;	/* when the peer acknowledged an Update from there */
	UT_hash_handle hh;
};

struct plane_path {
	usec_t waiting, heard;	/* since when an answer is due; the last one */
};

struct plane_pair {
	uint32_t hce;
	struct pair pair;
	bool notify;
	struct plane_path path;
	UT_hash_handle hh;
};

struct plane_pcb {
	struct flow birth;		/* key of hh_out */
	struct pcb_ports ports;		/* key of hh_in */
	uint32_t gen;
	struct plane_path path;		/* of the birth pair, where that is not today's */
	UT_hash_handle hh_out, hh_in;
};

struct plane_local {
	struct in6_addr addr;
	UT_hash_handle hh;
};

struct plane {
	struct plane_foreign *foreign;
	struct plane_pair *pairs;
	struct plane_pcb *out, *in;
	struct plane_local *locals;
};

enum verdict {
	PLANE_PASS,		/* to the sockets; flow is what they see */
	PLANE_DROP,
};

/* What the helper is told of a packet. */
struct plane_news {
	bool heard, followed, silent;
	uint32_t hce, gen;
};

/* Carries out what datapath_action() does. */
void plane_action(struct plane *p, const struct action *a, usec_t now);
void plane_clear(struct plane *p);

/*
 * A socket sends: gives the addresses that are seen on the wire. Returns false if it is held back.
 * news may be NULL: nothing is noted then, here and below.
 */
bool plane_egress(struct plane *p, const struct flow *socket, struct in6_addr *src,
		  struct in6_addr *dst, usec_t now, struct plane_news *news);

/* A packet comes in: *f, from the receiver's side, is changed to what the sockets see. */
enum verdict plane_ingress(struct plane *p, struct flow *f, usec_t now, struct plane_news *news);

/*
 * Whether the answer to what came in as f, a reset, is kept back: a connection that moves has its
 * ports.
 */
bool plane_keeps_reset(struct plane *p, const struct flow *f);

#endif
