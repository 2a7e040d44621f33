/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * datapath.bpf.c, frame by frame through the kernel's test runs. Needs root.
 *
 * One peer, entry 7: F0 and F1 Active, FT Tentative, FD Deprecated. One connection of each protocol, L0:40000 to F0:80,
 * born when the pair's gen was 1. L0 and L1 are this host's.
 */
#include "datapath.h"
#include "datapath.skel.h"
#include "frame.h"
#include "need_bpf.h"
#include "suite.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

static struct datapath *dp;
static uint32_t run_flags;

static struct in6_addr addr(const char *text)
{
	struct in6_addr r;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &r), 1);
	return r;
}

static void act(const struct action *a)
{
	ck_assert_int_eq(datapath_action(dp, a), 0);
}

static void set_pair(const char *l, const char *f, uint32_t gen)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE, .pair = { addr(l), addr(f), gen } });
}

static void set_foreign(const char *f, enum addr_state state)
{
	act(&(struct action){ .type = ACTION_FOREIGN, .hce = HCE, .foreign = { addr(f), state } });
}

static struct action pcb_action(enum action_type type, uint8_t proto)
{
	return (struct action){ .type = type, .hce = HCE, .pcb = { .local = addr(L0), .foreign = addr(F0),
		.lport = LPORT, .fport = FPORT, .proto = proto, .gen = 1 } };
}

static void set_pcb(uint8_t proto)
{
	struct action a = pcb_action(ACTION_PCB, proto);

	act(&a);
}

static void setup(void)
{
	ck_assert_int_eq(datapath_open(&(struct datapath_config){ .max_pcbs = 64, .max_foreign = 64 }, &dp), 0);
	act(&(struct action){ .type = ACTION_LOCAL, .local = { addr(L0), 2, false } });
	act(&(struct action){ .type = ACTION_LOCAL, .local = { addr(L1), 3, true } });
	set_foreign(F0, ADDR_ACTIVE);
	set_foreign(F1, ADDR_ACTIVE);
	set_foreign(FT, ADDR_TENTATIVE);
	set_foreign(FD, ADDR_DEPRECATED);
	act(&(struct action){ .type = ACTION_SPI, .spi = OUR_SPI });
	set_pcb(IPPROTO_TCP);
	set_pcb(IPPROTO_UDP);
}

static void teardown(void)
{
	datapath_close(dp);
}

/* Whether test runs can have skb->csum as a NIC that sums the whole packet leaves it, and check it afterwards. */
static bool test_runs_know_complete(void)
{
	struct frame out, f = frame_of(&(struct packet){ .src = OTHER, .dst = OTHER, .proto = IPPROTO_TCP });
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f.b, .data_size_in = (uint32_t)f.len, .data_out = out.b,
		    .data_size_out = sizeof(out.b), .repeat = 1, .flags = COMPLETE);

	return !bpf_prog_test_run_opts(datapath_program(dp, false, true), &o);
}

/* Sends f through a program; what comes out is in *ret. Returns the verdict. */
static uint32_t run(bool egress, bool raw, const struct frame *f, struct frame *ret)
{
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = (uint32_t)f->len,
		    .data_out = ret->b, .data_size_out = sizeof(ret->b), .repeat = 1, .flags = run_flags);

	ck_assert_int_eq(bpf_prog_test_run_opts(datapath_program(dp, egress, !raw), &o), 0);
	ret->len = o.data_size_out;
	return o.retval;
}

static void assert_same(const struct frame *got, const struct frame *want)
{
	ck_assert_uint_eq(got->len, want->len);
	for (size_t i = 0; i < want->len; i++)
		ck_assert_msg(got->b[i] == want->b[i], "octet %zu is %02x, not %02x", i, got->b[i], want->b[i]);
}

struct row {
	const char *name;
	bool egress;
	struct packet in;
	const char *src, *dst;		/* expected; NULL: as it was */
	enum dp_counter counter;	/* goes up by one; NONE: none does */
	bool drop;
};

static void check_row(const struct row *r, bool raw)
{
	struct packet in = r->in, want = r->in;
	struct frame f, out, expected;
	uint64_t before[DP_COUNTER_MAX];
	uint32_t verdict;

	in.raw = want.raw = raw;
	if (r->src) {
		want.src = r->src;
		want.dst = r->dst;
	}
	f = frame_of(&in);
	expected = frame_of(&want);
	for (int i = 0; i < DP_COUNTER_MAX; i++)
		before[i] = datapath_counter(dp, i);
	verdict = run(r->egress, raw, &f, &out);
	ck_assert_msg(verdict == (r->drop ? TC_ACT_SHOT : PASS), "%s: verdict %d", r->name, (int)verdict);
	assert_same(&out, &expected);
	for (int i = 0; i < DP_COUNTER_MAX; i++) {
		uint64_t n = datapath_counter(dp, i) - before[i];

		if (i == DP_FOLLOWED && r->counter == DP_IN_REWRITTEN)
			continue;
		ck_assert_msg(n == (i == (int)r->counter), "%s: counter %s went up by %lu", r->name,
			      datapath_counter_name(i), (unsigned long)n);
	}
}

#define OUT(S, D, ...)	{ .src = S, .dst = D, .sport = LPORT, .dport = FPORT, __VA_ARGS__ }
#define IN(S, D, ...)	{ .src = S, .dst = D, .sport = FPORT, .dport = LPORT, __VA_ARGS__ }
#define TCP	.proto = IPPROTO_TCP
#define UDP	.proto = IPPROTO_UDP
#define AH	.proto = IPPROTO_NONE, .chain = "a"

/* The pair today is L1, F1 with gen 2. */
static const struct row moved_row[] = {
	{ "TCP goes out with today's pair", true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false },
	{ "UDP too", true, OUT(L0, F0, UDP), L1, F1, DP_OUT_REWRITTEN, false },
	{ "UDP without checksum", true, OUT(L0, F0, UDP, .no_checksum = true), L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind hop-by-hop options", true, OUT(L0, F0, TCP, .chain = "h"), L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind many headers", true, OUT(L0, F0, UDP, .chain = "hdrdf"), L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind too many headers", true, OUT(L0, F0, UDP, .chain = "hdddddd"), NULL, NULL, DP_TOO_DEEP, false },
	{ "a routing header with stops to go", true, OUT(L0, F0, TCP, .chain = "R"), NULL, NULL, NONE, false },
	{ "other ports", true, { .src = L0, .dst = F0, TCP, .sport = LPORT, .dport = 81 }, NULL, NULL, NONE, false },
	{ "another peer", true, OUT(L0, OTHER, TCP), NULL, NULL, NONE, false },
	{ "R9: ICMPv6", true, OUT(L0, F0, .proto = IPPROTO_ICMPV6, .icmp_type = 128), NULL, NULL, NONE, false },
	{ "another protocol", true, OUT(L0, F0, .proto = 132), NULL, NULL, NONE, false },
	{ "a fragment nobody saw the first of", true, OUT(L0, F0, UDP, .chain = "2"), NULL, NULL, NONE, false },

	{ "TCP comes in with the birth pair", false, IN(F1, L1, TCP, .ack = 5), F0, L0, DP_IN_REWRITTEN, false },
	{ "UDP too", false, IN(F1, L1, UDP), F0, L0, DP_IN_REWRITTEN, false },
	{ "UDP without a checksum", false, IN(F1, L1, UDP, .no_checksum = true), F0, L0, DP_IN_REWRITTEN, false },
	{ "only the peer moved", false, IN(F1, L0, TCP), F0, L0, DP_IN_REWRITTEN, false },
	{ "only this host moved", false, IN(F0, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	{ "C9: from a Deprecated address", false, IN(FD, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	{ "R5: from a Tentative address", false, IN(FT, L1, TCP), NULL, NULL, DP_IN_TENTATIVE_DROPPED, true },
	{ "R5: from a Tentative address, UDP", false, IN(FT, L0, UDP), NULL, NULL, DP_IN_TENTATIVE_DROPPED, true },
	{ "Tentative, no connection", false, { .src = FT, .dst = L1, TCP, .sport = 1, .dport = 2 }, NULL, NULL,
	  NONE, false },
	{ "the birth pair itself", false, IN(F0, L0, TCP), NULL, NULL, NONE, false },
	{ "R1: not for this host", false, IN(F1, OTHER, TCP), NULL, NULL, NONE, false },
	{ "from a stranger", false, IN(OTHER, L1, TCP), NULL, NULL, NONE, false },
	{ "behind extension headers", false, IN(F1, L1, TCP, .chain = "hdr"), F0, L0, DP_IN_REWRITTEN, false },

	{ "AH with our SPI", false, IN(F1, L1, AH, .spi = OUR_SPI), NULL, NULL, DP_SIGNALLING, true },
	{ "AH behind a Home Address option", false, IN(FT, L1, .proto = 60, .chain = "da", .spi = OUR_SPI), NULL, NULL,
	  DP_SIGNALLING, true },
	{ "AH with another's SPI", false, IN(F1, L1, AH, .spi = 0x3412), NULL, NULL, NONE, false },
	{ "AH not for this host", false, IN(F1, OTHER, AH, .spi = OUR_SPI), NULL, NULL, NONE, false },
	{ "AH goes out", true, OUT(L1, F1, AH, .spi = OUR_SPI), NULL, NULL, NONE, false },
};

START_TEST(with_todays_pair_unlike_the_birth_pair)
{
	set_pair(L1, F1, 2);
	check_row(&moved_row[_i], false);
	check_row(&moved_row[_i], true);
}
END_TEST

START_TEST(with_a_checksum_over_the_whole_packet)
{
	if (!test_runs_know_complete())
		return;
	set_pair(L1, F1, 2);
	run_flags = COMPLETE;
	check_row(&moved_row[_i], false);
}
END_TEST

/* As on a kernel that refuses BPF_F_IPV6: what it does to skb->csum is undone. */
START_TEST(with_a_checksum_over_the_whole_packet_and_an_old_kernel)
{
	struct datapath_bpf *bpf = datapath_bpf__open();
	struct dp_pcb_out_key key = { .l = addr(L0), .f = addr(F0), .lport = htons(LPORT), .fport = htons(FPORT) };
	struct dp_pcb_out pcb = { .hce = HCE, .gen = 1 };
	struct dp_hce e = { .l = addr(L1), .f = addr(F1), .gen = 2 };
	struct packet p = OUT(L0, F0, .proto = _i ? IPPROTO_UDP : IPPROTO_TCP);
	struct frame out, f = frame_of(&p), want;
	uint32_t id = HCE;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f.b, .data_size_in = (uint32_t)f.len, .data_out = out.b,
		    .data_size_out = sizeof(out.b), .repeat = 1);

	ck_assert_ptr_nonnull(bpf);
	if (test_runs_know_complete())
		o.flags = COMPLETE;
	p.src = L1;
	p.dst = F1;
	want = frame_of(&p);
	key.proto = p.proto;
	bpf->rodata->csum_ipv6 = 0;
	ck_assert_int_eq(datapath_bpf__load(bpf), 0);
	ck_assert_int_eq(bpf_map_update_elem(bpf_map__fd(bpf->maps.pcb_out), &key, &pcb, BPF_ANY), 0);
	ck_assert_int_eq(bpf_map_update_elem(bpf_map__fd(bpf->maps.hce), &id, &e, BPF_ANY), 0);
	ck_assert_int_eq(bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.hmip_out_ether), &o), 0);
	out.len = o.data_size_out;
	assert_same(&out, &want);
	datapath_bpf__destroy(bpf);
}
END_TEST

START_TEST(behind_vlan_tags)
{
	struct row r = { "one", true, OUT(L0, F0, TCP, .vlans = 1), L1, F1, DP_OUT_REWRITTEN, false };

	set_pair(L1, F1, 2);
	check_row(&r, false);
	r.in.vlans = 2;
	check_row(&r, false);
	r = (struct row){ "three", true, OUT(L0, F0, TCP, .vlans = 3), NULL, NULL, NONE, false };
	check_row(&r, false);
}
END_TEST

START_TEST(egress_leaves_connections_alone_that)
{
	static const struct {
		const char *why, *l, *f;
		uint32_t gen;
	} row[] = {
		{ "were born with today's gen", L1, F1, 1 },
		{ "have today's pair", L0, F0, 2 },
		{ "have no local address today", "::", F1, 2 },
		{ "have no foreign address today", L1, "::", 2 },
	};
	struct row r = { row[_i].why, true, OUT(L0, F0, TCP), NULL, NULL, NONE, false };

	set_pair(row[_i].l, row[_i].f, row[_i].gen);
	check_row(&r, false);
}
END_TEST

START_TEST(what_is_gone_is_passed)
{
	struct row out = { "out", true, OUT(L0, F0, TCP), NULL, NULL, NONE, false };
	struct row in = { "in", false, IN(F1, L1, TCP), NULL, NULL, NONE, false };
	struct row ah = { "AH", false, IN(F1, L1, AH, .spi = OUR_SPI), NULL, NULL, NONE, false };
	struct action gone = pcb_action(ACTION_PCB_GONE, IPPROTO_TCP);

	set_pair(L1, F1, 2);
	switch (_i) {
	case 0:
		act(&gone);
		act(&gone);	/* twice is fine */
		break;
	case 1:
		act(&(struct action){ .type = ACTION_FOREIGN_GONE, .hce = HCE, .foreign = { .addr = addr(F1) } });
		out.src = L1;
		out.dst = F1;
		out.counter = DP_OUT_REWRITTEN;
		break;
	case 2:
		act(&(struct action){ .type = ACTION_LOCAL_GONE, .local = { .addr = addr(L1) } });
		out.src = L1;
		out.dst = F1;
		out.counter = DP_OUT_REWRITTEN;
		break;
	case 3:
		act(&(struct action){ .type = ACTION_PAIR_GONE, .hce = HCE });
		in.src = F0;
		in.dst = L0;
		in.counter = DP_IN_REWRITTEN;
		break;
	}
	check_row(&out, false);
	check_row(&in, false);
	act(&(struct action){ .type = ACTION_SPI_GONE, .spi = OUR_SPI });
	check_row(&ah, false);
}
END_TEST

static struct dp_event seen[8];
static unsigned n_seen;

static void see(void *ctx, const struct dp_event *e)
{
	ck_assert_ptr_eq(ctx, &n_seen);
	ck_assert_uint_lt(n_seen, 8);
	seen[n_seen++] = *e;
}

static void poll_events(void)
{
	n_seen = 0;
	ck_assert_int_ge(datapath_events(dp, see, &n_seen), 0);
}

static void hear(const char *src, const char *dst, uint32_t ack)
{
	struct packet p = IN(src, dst, TCP, .ack = ack);
	struct frame out, f = frame_of(&p);

	run(false, false, &f, &out);
}

/* The time an address was heard is written once a millisecond. */
static void pass_a_millisecond(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1500000 }, NULL);
}

START_TEST(c11_egress_follows_an_active_source)
{
	struct row out = { "follows", true, OUT(L0, F0, TCP), L0, F1, DP_OUT_REWRITTEN, false };
	struct in6_addr f1 = addr(F1);

	set_pair(L0, F0, 1);
	hear(F1, L0, 9);
	check_row(&out, false);
	poll_events();
	ck_assert_uint_eq(n_seen, 2);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
	ck_assert_uint_eq(seen[1].type, DP_EVENT_FOLLOWED);
	ck_assert_uint_eq(seen[1].hce, HCE);
	ck_assert_uint_eq(seen[1].gen, 2);
	ck_assert_mem_eq(&seen[1].addr, &f1, sizeof(f1));
	hear(F1, L0, 9);		/* once */
	poll_events();
	ck_assert_uint_eq(n_seen, 0);
}
END_TEST

START_TEST(c11_nobody_follows)
{
	static const struct {
		const char *what, *src, *dst;
	} row[] = {
		{ "a Deprecated source", FD, L0 },
		{ "a Tentative source", FT, L0 },
		{ "the birth pair", F0, L0 },
	};
	struct row out = { row[_i].what, true, OUT(L0, F0, TCP), L1, F1, DP_OUT_REWRITTEN, false };

	set_pair(L1, F1, 2);
	hear(row[_i].src, row[_i].dst, 9);
	check_row(&out, false);
	ck_assert_uint_eq(datapath_counter(dp, DP_FOLLOWED), 0);
}
END_TEST

START_TEST(an_overruled_follow_is_not_told)
{
	set_pair(L0, F0, 1);
	hear(F1, L0, 9);
	set_pair(L1, F0, 2);
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
}
END_TEST

START_TEST(b1_the_next_packet_heard_is_told_when_asked_for)
{
	struct in6_addr f0 = addr(F0);

	set_pair(L0, F0, 1);
	hear(F0, L0, 1);		/* after a silence: told */
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	pass_a_millisecond();
	hear(F0, L0, 2);
	poll_events();
	ck_assert_uint_eq(n_seen, 0);
	ck_assert_int_eq(datapath_notify(dp, HCE), 0);
	pass_a_millisecond();
	hear(F0, L0, 3);
	pass_a_millisecond();
	hear(F0, L0, 4);
	poll_events();
	ck_assert_uint_eq(n_seen, 1);
	ck_assert_uint_eq(seen[0].type, DP_EVENT_HEARD);
	ck_assert_uint_eq(seen[0].hce, HCE);
	ck_assert_mem_eq(&seen[0].addr, &f0, sizeof(f0));
}
END_TEST

START_TEST(c6_the_time_an_address_was_heard_is_noted)
{
	struct in6_addr f0 = addr(F0), ft = addr(FT), other = addr(OTHER);
	struct timespec ts;
	usec_t now, heard;

	ck_assert_uint_eq(datapath_heard(dp, &f0), 0);
	hear(F0, L0, 1);
	heard = datapath_heard(dp, &f0);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
	ck_assert_uint_le(heard, now);
	ck_assert_uint_gt(heard, now - USEC_PER_SEC);
	set_foreign(F0, ADDR_DEPRECATED);	/* and outlives a change of state */
	ck_assert_uint_eq(datapath_heard(dp, &f0), heard);
	hear(FT, L1, 1);			/* dropped data prove nothing */
	ck_assert_uint_eq(datapath_heard(dp, &ft), 0);
	ck_assert_uint_eq(datapath_heard(dp, &other), 0);
}
END_TEST

START_TEST(the_last_acknowledgement_is_noted)
{
	struct pcb p = pcb_action(ACTION_PCB, IPPROTO_TCP).pcb;
	uint32_t acked = 1;

	set_pair(L1, F1, 2);
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
	ck_assert_uint_eq(acked, 0);
	hear(F0, L0, 0x01020304);
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
	ck_assert_uint_eq(acked, 0x01020304);
	hear(F1, L1, 0x01020305);
	hear(F1, L1, 0);		/* a SYN: acknowledges nothing */
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), 0);
	ck_assert_uint_eq(acked, 0x01020305);
	p.lport++;
	ck_assert_int_eq(datapath_acked(dp, HCE, &p, &acked), -ENOENT);
}
END_TEST

START_TEST(later_fragments_go_where_the_first_went)
{
	static const struct row first_out = {
		"first out", true, OUT(L0, F0, UDP, .chain = "1", .frag_id = 77), L1, F1, DP_OUT_REWRITTEN, false
	}, later_out = {
		"later out", true, OUT(L0, F0, .chain = "2", .frag_id = 77), L1, F1, DP_FRAGMENTS, false
	}, first_in = {
		"first in", false, IN(F1, L1, UDP, .chain = "h1", .frag_id = 78), F0, L0, DP_IN_REWRITTEN, false
	}, later_in = {
		"later in", false, IN(F1, L1, .chain = "h2", .frag_id = 78), F0, L0, DP_FRAGMENTS, false
	}, strange = {
		"another id", false, IN(F1, L1, .chain = "2", .frag_id = 79), NULL, NULL, NONE, false
	};
	struct frame f, out, want;

	if (_i && test_runs_know_complete())
		run_flags = COMPLETE;
	set_pair(L1, F1, 2);
	check_row(&first_out, false);
	check_row(&first_in, false);
	check_row(&strange, false);

	/* A later fragment has no checksum of its own: its octets stay. */
	for (int i = 0; i < 2; i++) {
		const struct row *r = i ? &later_in : &later_out;

		f = frame_of(&r->in);
		want = f;
		frame_set_addrs(&want, want.l3, r->src, r->dst);
		ck_assert_uint_eq(run(r->egress, false, &f, &out), PASS);
		assert_same(&out, &want);
	}
	ck_assert_uint_eq(datapath_counter(dp, DP_FRAGMENTS), 2);
}
END_TEST

/* An error about f, told to dst, and what the kernel is to see. */
static void check_icmp(const struct frame *quoted, const struct frame *want_quoted, const char *dst,
		       const char *want_dst, uint8_t type, size_t len)
{
	struct packet p = { .src = OTHER, .dst = dst, .proto = IPPROTO_ICMPV6, .icmp_type = type, .quote = quoted,
			    .quote_len = len };
	struct frame f = frame_of(&p), out, want;

	p.quote = want_quoted;
	p.dst = want_dst;
	want = frame_of(&p);
	ck_assert_uint_eq(run(false, false, &f, &out), PASS);
	assert_same(&out, &want);
}

START_TEST(errors_quote_the_birth_pair)
{
	static const char *const chain[] = { "", "h", "1" };
	struct packet p = OUT(L1, F1, TCP);

	if (_i && test_runs_know_complete())
		run_flags = COMPLETE;

	set_pair(L1, F1, 2);
	for (int i = 0; i < 6; i++) {
		p.proto = i < 3 ? IPPROTO_TCP : IPPROTO_UDP;
		p.chain = chain[i % 3];
		struct frame quoted = frame_of(&p), want = quoted;

		frame_set_addrs(&want, want.l3, L0, F0);
		for (uint8_t type = 1; type <= 4; type++)
			check_icmp(&quoted, &want, L1, L0, type, 0);
		/* Down to the ports */
		check_icmp(&quoted, &want, L1, L0, 2, quoted.l4 - quoted.l3 + 4);
	}
	ck_assert_uint_eq(datapath_counter(dp, DP_ICMP_TRANSLATED), 30);
}
END_TEST

START_TEST(errors_are_left_alone_that)
{
	struct packet p = OUT(L1, F1, TCP);
	struct frame quoted = frame_of(&p);

	set_pair(L1, F1, 2);
	for (size_t len = 1; len < quoted.l4 - quoted.l3 + 4; len++)	/* quote too little */
		check_icmp(&quoted, &quoted, L1, L1, 2, len);
	check_icmp(&quoted, &quoted, L1, L1, 5, 0);			/* are of another type */
	check_icmp(&quoted, &quoted, L1, L1, 128, 0);
	check_icmp(&quoted, &quoted, L0, L0, 2, 0);			/* go elsewhere than the quoted one came from */
	check_icmp(&quoted, &quoted, OTHER, OTHER, 2, 0);
	p.sport++;							/* are about another connection */
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L1, L1, 2, 0);
	p = (struct packet)OUT(L0, F0, TCP);				/* quote the birth pair as it is */
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L0, L0, 2, 0);
	p = (struct packet)OUT(L1, OTHER, TCP);				/* quote a packet to a stranger */
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L1, L1, 2, 0);
	p = (struct packet)OUT(L1, F1, UDP, .chain = "2");		/* quote a later fragment */
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L1, L1, 2, 0);
	ck_assert_uint_eq(datapath_counter(dp, DP_ICMP_TRANSLATED), 0);
}
END_TEST

/* Cut before its checksum. The kernel's test runs refuse less than an IPv6 header behind Ethernet's. */
START_TEST(a_truncated_packet_is_passed_as_it_is)
{
	static const struct packet cut[] = {
		OUT(L0, F0, TCP, .chain = "hdr"), OUT(L0, F0, UDP, .chain = "1"),
		IN(F1, L1, TCP, .chain = "hdr1", .ack = 1), IN(F1, L1, UDP, .chain = "d"),
		IN(F1, L1, .chain = "da", .spi = OUR_SPI, .proto = IPPROTO_NONE),
	};

	set_pair(L1, F1, 2);
	for (int raw = 0; raw < 2; raw++) {
		struct packet p = cut[_i];

		p.raw = raw;
		struct frame whole = frame_of(&p), f = whole, out;
		/* AH: up to the SPI, which stands before the payload. */
		size_t end = p.proto == IPPROTO_NONE ? whole.l4 - 28 + 8 : whole.l4 + (p.proto == IPPROTO_TCP ? 18 : 8);

		for (f.len = raw ? 14 : 54; f.len < end; f.len++) {
			ck_assert_uint_eq(run(_i < 2, raw, &f, &out), PASS);
			assert_same(&out, &f);
		}
		f.len = end;
		ck_assert(run(_i < 2, raw, &f, &out) != PASS || memcmp(out.b, f.b, end));
	}
}
END_TEST

START_TEST(a_full_map_is_an_error)
{
	struct action a = pcb_action(ACTION_PCB, IPPROTO_TCP);
	int r = 0;

	for (int i = 0; i < 65 && !r; i++) {
		a.pcb.lport = (uint16_t)(1000 + i);
		r = datapath_action(dp, &a);
	}
	ck_assert_int_eq(r, -E2BIG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("datapath");
	TCase *tc = tcase_create("frames");
	const int n_rows = sizeof(moved_row) / sizeof(moved_row[0]);

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, with_todays_pair_unlike_the_birth_pair, 0, n_rows);
	tcase_add_loop_test(tc, with_a_checksum_over_the_whole_packet, 0, n_rows);
	tcase_add_loop_test(tc, with_a_checksum_over_the_whole_packet_and_an_old_kernel, 0, 2);
	tcase_add_test(tc, behind_vlan_tags);
	tcase_add_loop_test(tc, egress_leaves_connections_alone_that, 0, 4);
	tcase_add_loop_test(tc, what_is_gone_is_passed, 0, 4);
	tcase_add_test(tc, c11_egress_follows_an_active_source);
	tcase_add_loop_test(tc, c11_nobody_follows, 0, 3);
	tcase_add_test(tc, an_overruled_follow_is_not_told);
	tcase_add_test(tc, b1_the_next_packet_heard_is_told_when_asked_for);
	tcase_add_test(tc, c6_the_time_an_address_was_heard_is_noted);
	tcase_add_test(tc, the_last_acknowledgement_is_noted);
	tcase_add_loop_test(tc, later_fragments_go_where_the_first_went, 0, 2);
	tcase_add_loop_test(tc, errors_quote_the_birth_pair, 0, 2);
	tcase_add_test(tc, errors_are_left_alone_that);
	tcase_add_loop_test(tc, a_truncated_packet_is_passed_as_it_is, 0, 5);
	tcase_add_test(tc, a_full_map_is_an_error);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
