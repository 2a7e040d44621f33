/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * datapath [RUNS]: what one packet costs in the eBPF programs, ns, by test runs (bpf(2),
 * BPF_PROG_TEST_RUN). The maps hold PEERS peers with a connection each. Prints for each kind of
 * packet the mean of the middle half of RUNS runs (default 20000):
 *
 *   hot    one run after the other
 *   cold   a tenth as many; before each FLUSH octets are written, which bulk data does in between
 *
 * The clock that measures this is included: about as much as a packet takes that is not IPv6.
 */
#define _GNU_SOURCE	/* unshare() */
#include "datapath.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <err.h>
#include <net/ethernet.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS	64
#define RUNS	20000
#define RUNS_MAX	1000000
#define FLUSH	(2 * 1024 * 1024)
#define OLD	1		/* generation of connections that keep their birth pair */
#define NOW	2		/* ... of a pair that has changed */

#define L0	"2001:db8:1::1"
#define L1	"2001:db8:2::1"
#define F0	"2001:db8:f0::1"	/* of a peer that has not moved */
#define M0	"2001:db8:f1::1"	/* of one whose connections have moved to L1 and M1 */
#define M1	"2001:db8:f1::2"
#define STRANGER	"2001:db8:99::1"

struct frame {
	struct ether_header ether;
	struct ip6_hdr ip;
	struct tcphdr tcp;
	char options[12], payload[100];
} __attribute__((packed));

static const struct kind {
	const char *name;
	const char *src, *dst;		/* NULL: not IPv6 */
	bool egress, forwarded;
	uint16_t port;			/* of the client */
} kinds[] = {
	{ "out: not IPv6", NULL, NULL, true, false, 0 },
	{ "out: a connection, unmoved", L0, F0, true, false, 40000 },
	{ "out: a connection, moved", L0, M0, true, false, 40000 },
	{ "out: with a peer, unregistered", L0, F0, true, false, 50000 },
	{ "out: with a stranger", L0, STRANGER, true, false, 50000 },
	{ "out: forwarded to a peer", "2001:db8:77::1", F0, true, true, 50000 },
	{ "out: forwarded to a stranger", "2001:db8:77::1", STRANGER, true, true, 50000 },
	{ "in: not IPv6", NULL, NULL, false, false, 0 },
	{ "in: a connection, unmoved", F0, L0, false, false, 40000 },
	{ "in: a connection, moved", M1, L1, false, false, 40000 },
	{ "in: with a peer, unregistered", F0, L0, false, false, 50000 },
	{ "in: with a stranger", STRANGER, L0, false, false, 50000 },
};

static struct datapath *dp;

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, text, &a) != 1)
		errx(1, "%s is no address", text);
	return a;
}

static void act(struct action a)
{
	if (datapath_action(dp, &a))
		errx(1, "a map cannot be written");
}

static void add_local(const char *text)
{
	act((struct action){ .type = ACTION_LOCAL, .local = { addr(text), 2, true } });
}

static void add_foreign(uint32_t hce, struct in6_addr f)
{
	act((struct action){ .type = ACTION_FOREIGN, .hce = hce, .foreign = { f, ADDR_ACTIVE } });
}

static void add_peer(uint32_t hce, struct in6_addr birth, const char *l, struct in6_addr now,
		     uint32_t gen)
{
	add_foreign(hce, birth);
	add_foreign(hce, now);
	act((struct action){ .type = ACTION_PCB, .hce = hce,
			     .pcb = { .local = addr(L0), .foreign = birth, .lport = 40000,
				      .fport = 80, .proto = IPPROTO_TCP, .gen = OLD } });
	act((struct action){ .type = ACTION_PAIR, .hce = hce,
			     .pair = { .local = addr(l), .foreign = now, .gen = gen,
				       .homeless = true } });
	if (datapath_adopt_from(dp, hce, true))
		errx(1, "a map cannot be written");
}

static void fill(void)
{
	struct in6_addr other = addr("2001:db8:aaaa::1");

	add_local(L0);
	add_local(L1);
	datapath_watch(dp, 3);
	datapath_adopt(dp, true);
	datapath_scan_begin(dp);
	datapath_looked(dp);
	add_peer(1, addr(F0), L0, addr(F0), OLD);
	add_peer(2, addr(M0), L1, addr(M1), NOW);
	for (uint32_t hce = 3; hce <= PEERS; hce++) {
		other.s6_addr[15] = (uint8_t)hce;
		add_peer(hce, other, L0, other, OLD);
	}
}

static struct frame frame(const struct kind *k)
{
	struct frame f = { .ether.ether_type = htons(ETHERTYPE_ARP) };

	if (!k->src)
		return f;
	f.ether.ether_type = htons(ETHERTYPE_IPV6);
	f.ip.ip6_vfc = 6 << 4;
	f.ip.ip6_plen = htons(sizeof(f) - sizeof(f.ether) - sizeof(f.ip));
	f.ip.ip6_nxt = IPPROTO_TCP;
	f.ip.ip6_hlim = 64;
	f.ip.ip6_src = addr(k->src);
	f.ip.ip6_dst = addr(k->dst);
	f.tcp.th_sport = htons(k->egress ? k->port : 80);
	f.tcp.th_dport = htons(k->egress ? 80 : k->port);
	f.tcp.th_off = (sizeof(f.tcp) + sizeof(f.options)) / 4;
	f.tcp.th_flags = TH_ACK;
	return f;
}

static int ascending(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double mean(const struct kind *k, const struct frame *f, unsigned runs, bool cold)
{
	static uint32_t ns[RUNS_MAX];
	static char flush[FLUSH];
	struct __sk_buff ctx = { .ingress_ifindex = k->forwarded };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f, .data_size_in = sizeof(*f), .repeat = 1,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	double sum = 0;

	for (unsigned i = 0; i < runs; i++) {
		if (cold)
			memset(flush, (int)i, sizeof(flush));
		if (bpf_prog_test_run_opts(datapath_program(dp, k->egress, true), &o))
			err(1, "test run");
		ns[i] = o.duration;
	}
	qsort(ns, runs, sizeof(*ns), ascending);
	for (unsigned i = runs / 4; i < runs - runs / 4; i++)
		sum += ns[i];
	return sum / (runs - 2 * (runs / 4));
}

int main(int argc, char **argv)
{
	const struct datapath_config config = { .max_pcbs = 4096, .max_foreign = 4096 };
	unsigned runs = argc > 1 ? strtoul(argv[1], NULL, 10) : RUNS;

	if (!runs || runs > RUNS_MAX)
		errx(2, "usage: bench_datapath [RUNS], at most %u", RUNS_MAX);
	if (unshare(CLONE_NEWNET))
		err(1, "must be root: unshare");
	if (datapath_open(&config, &dp))
		return 1;
	fill();
	printf("%-32s %6s %6s  ns\n", "", "hot", "cold");
	for (const struct kind *k = kinds; k < kinds + sizeof(kinds) / sizeof(*kinds); k++) {
		struct frame f = frame(k);
		double ns[2] = { mean(k, &f, runs, false), mean(k, &f, (runs + 9) / 10, true) };

		printf("%-32s %6.0f %6.0f\n", k->name, ns[0], ns[1]);
	}
	datapath_close(dp);
	return 0;
}
