/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of the programs stand on. One peer, entry 7: F0 and F1 Active, FT Tentative, FD
 * Deprecated. One connection of each protocol, L0:40000 to F0:80, born when the pair's gen was 1.
 * L0 and L1 are this host's.
 */
#ifndef HMIP_TEST_ENTRY_H
#define HMIP_TEST_ENTRY_H

#include "datapath.h"
#include "frame.h"

#include <linux/pkt_cls.h>

#define L0	"2001:db8:1::1"
#define L1	"2001:db8:2::1"
#define F0	"2001:db8:f0::1"
#define F1	"2001:db8:f1::1"
#define FT	"2001:db8:f2::1"
#define FD	"2001:db8:f3::1"
#define OTHER	"2001:db8:99::1"
#define HCE	7
#define LPORT	40000
#define FPORT	80
#define OUR_SPI	0x1234
#define PASS	((uint32_t)TC_ACT_UNSPEC)
#define COMPLETE	(1U << 2)	/* BPF_F_TEST_SKB_CHECKSUM_COMPLETE */
#define NONE	DP_COUNTER_MAX

#define OUT(S, D, ...)	{ .src = S, .dst = D, .sport = LPORT, .dport = FPORT, __VA_ARGS__ }
#define IN(S, D, ...)	{ .src = S, .dst = D, .sport = FPORT, .dport = LPORT, __VA_ARGS__ }
#define TCP	.proto = IPPROTO_TCP
#define UDP	.proto = IPPROTO_UDP
#define AH	.proto = IPPROTO_NONE, .chain = "a"

extern struct datapath *dp;
extern uint32_t run_flags;	/* of test runs: 0 or COMPLETE */
extern uint32_t run_ingress;	/* of test runs: the interface that packets were received on;
				 * 0: this host made them */

/* Fixture: opens dp and tells it of all the above; today's pair is for the test to set. */
void entry_setup(void);
void entry_teardown(void);

struct in6_addr addr(const char *text);

/* Carries out a; it must succeed. */
void act(const struct action *a);
void set_pair(const char *l, const char *f, uint32_t gen);
void set_foreign(const char *f, enum addr_state state);

/* The action type about the connection of protocol proto. */
struct action pcb_action(enum action_type type, uint8_t proto);

/*
 * Whether test runs can have skb->csum as a NIC that sums the whole packet leaves it, and check it
 * afterwards.
 */
bool test_runs_know_complete(void);

/* Sends f through a program; what comes out is in *ret. Returns the verdict. */
uint32_t run(bool egress, bool raw, const struct frame *f, struct frame *ret);

void assert_same(const struct frame *got, const struct frame *want);

struct row {
	const char *name;
	bool egress;
	struct packet in;
	const char *src, *dst;		/* expected; NULL: as it was */
	enum dp_counter counter;	/* goes up by one; NONE: none does */
	bool drop;
};

/*
 * Sends r->in through and looks at the verdict, the frame (compared with one built from scratch)
 * and the counters.
 */
void check_row(const struct row *r, bool raw);

#endif
