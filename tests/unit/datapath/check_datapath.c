/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip.bpf.c, frame by frame through the kernel's test runs: which frames are rewritten, dropped,
 * left alone. Needs root. Addresses and connections are those of entry.h.
 */
#include "array.h"
#include "dp_abi.h"
#include "hmip.skel.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

/* The pair today is L1, F1 with gen 2. */
static const struct row moved_row[] = {
	{ "TCP goes out with today's pair", true, OUT(L0, F0, TCP),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "UDP too", true, OUT(L0, F0, UDP), L1, F1, DP_OUT_REWRITTEN, false },
	{ "UDP without checksum", true, OUT(L0, F0, UDP, .no_checksum = true),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind hop-by-hop options", true, OUT(L0, F0, TCP, .chain = "h"),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind many headers", true, OUT(L0, F0, UDP, .chain = "hdrdf"),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "behind too many headers", true, OUT(L0, F0, UDP, .chain = "hdddddd"),
	  NULL, NULL, DP_TOO_DEEP, false },
	{ "a routing header with stops to go", true, OUT(L0, F0, TCP, .chain = "R"),
	  NULL, NULL, NONE, false },
	{ "other ports", true, { .src = L0, .dst = F0, TCP, .sport = LPORT, .dport = 81 }, NULL,
	  NULL, NONE, false },
	{ "another peer", true, OUT(L0, OTHER, TCP), NULL, NULL, NONE, false },
	{ "R9: ICMPv6", true, OUT(L0, F0, .proto = IPPROTO_ICMPV6, .icmp_type = 128),
	  NULL, NULL, NONE, false },
	{ "another protocol", true, OUT(L0, F0, .proto = 132), NULL, NULL, NONE, false },
	{ "a fragment nobody saw the first of", true, OUT(L0, F0, UDP, .chain = "2"),
	  NULL, NULL, NONE, false },

	{ "TCP comes in with the birth pair", false, IN(F1, L1, TCP, .ack = 5),
	  F0, L0, DP_IN_REWRITTEN, false },
	{ "UDP too", false, IN(F1, L1, UDP), F0, L0, DP_IN_REWRITTEN, false },
	{ "UDP without a checksum", false, IN(F1, L1, UDP, .no_checksum = true),
	  F0, L0, DP_IN_REWRITTEN, false },
	{ "only the peer moved", false, IN(F1, L0, TCP), F0, L0, DP_IN_REWRITTEN, false },
	{ "only this host moved", false, IN(F0, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	{ "C9: from a Deprecated address", false, IN(FD, L1, TCP), F0, L0, DP_IN_REWRITTEN, false },
	{ "R5: from a Tentative address", false, IN(FT, L1, TCP),
	  NULL, NULL, DP_IN_TENTATIVE_DROPPED, true },
	{ "R5: from a Tentative address, UDP", false, IN(FT, L0, UDP),
	  NULL, NULL, DP_IN_TENTATIVE_DROPPED, true },
	{ "Tentative, no connection", false, { .src = FT, .dst = L1, TCP, .sport = 1, .dport = 2 },
	  NULL, NULL, NONE, false },
	{ "R9: an echo", false, IN(F1, L1, .proto = IPPROTO_ICMPV6, .icmp_type = 128),
	  NULL, NULL, NONE, false },
	{ "R9: a Neighbour Solicitation",
	  false, IN(FT, L1, .proto = IPPROTO_ICMPV6, .icmp_type = 135), NULL, NULL, NONE, false },
	{ "R9: a Neighbour Advertisement goes out",
	  true, OUT(L0, F0, .proto = IPPROTO_ICMPV6, .icmp_type = 136), NULL, NULL, NONE, false },
	{ "the birth pair itself", false, IN(F0, L0, TCP), NULL, NULL, NONE, false },
	{ "R1: not for this host", false, IN(F1, OTHER, TCP), NULL, NULL, NONE, false },
	{ "from a stranger", false, IN(OTHER, L1, TCP), NULL, NULL, NONE, false },
	{ "behind extension headers", false, IN(F1, L1, TCP, .chain = "hdr"),
	  F0, L0, DP_IN_REWRITTEN, false },

	{ "AH with our SPI", false, IN(F1, L1, AH, .spi = OUR_SPI),
	  NULL, NULL, DP_SIGNALLING, true },
	{ "AH behind a Home Address option", false,
	  IN(FT, L1, .proto = 60, .chain = "da", .spi = OUR_SPI), NULL, NULL, DP_SIGNALLING, true },
	{ "AH with another's SPI", false, IN(F1, L1, AH, .spi = 0x3412), NULL, NULL, NONE, false },
	{ "AH not for this host", false, IN(F1, OTHER, AH, .spi = OUR_SPI),
	  NULL, NULL, NONE, false },
	{ "AH goes out", true, OUT(L1, F1, AH, .spi = OUR_SPI), NULL, NULL, NONE, false },
};

#define RST	.flags = 0x04, .empty = true

/* What the kernel answers to data for which it has no socket. */
static const struct row refusal_row[] = {
	{ "a reset to where a peer may be", true, OUT(L1, OTHER, TCP, RST),
	  NULL, NULL, DP_REFUSALS, true },
	{ "to a Tentative address", true, OUT(L1, FT, TCP, RST), NULL, NULL, DP_REFUSALS, true },
	{ "of a connection that has it coming", true, OUT(L0, F0, TCP, RST),
	  L1, F1, DP_OUT_REWRITTEN, false },
	{ "R8: about other ports", true,
	  { .src = L1, .dst = OTHER, TCP, .sport = LPORT, .dport = 81, RST }, NULL, NULL, NONE,
	  false },
	{ "R8: to a SYN", true, OUT(L1, OTHER, TCP, .flags = 0x14, .empty = true),
	  NULL, NULL, NONE, false },
	{ "an end", true, OUT(L1, OTHER, TCP, .flags = 0x11, .empty = true),
	  NULL, NULL, NONE, false },
};

static void set_homeless(const char *l, const char *f, uint32_t gen, enum block block)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE,
			      .pair = { addr(l), addr(f), gen, block, false, true } });
}

START_TEST(a3_c10_a_moving_connection_is_not_reset_by_what_comes_from_elsewhere)
{
	struct row r = refusal_row[_i];

	set_homeless(L1, F1, 2, BLOCK_NONE);
	check_row(&r, false);
	check_row(&r, true);
	/* nor is anybody else's spared: the peer cannot move */
	if (r.counter == DP_REFUSALS) {
		r.counter = NONE;
		r.drop = false;
		set_pair(L1, F1, 2);
		check_row(&r, false);
	}
}
END_TEST

START_TEST(a3_c10_nor_by_a_port_unreachable)
{
	struct packet in = IN(OTHER, L1, UDP),
		      out = { .src = L1, .dst = OTHER, .proto = IPPROTO_ICMPV6, .icmp_type = 1 };
	struct frame quoted = frame_of(&in), f, got;

	set_homeless(L1, F1, 2, BLOCK_NONE);
	out.quote = &quoted;
	f = frame_of(&out);
	ck_assert_uint_eq(run(true, false, &f, &got), PASS);	/* code 0: no route */
	f.b[f.l4 + 1] = 4;
	ck_assert_uint_eq(run(true, false, &f, &got), TC_ACT_SHOT);
	ck_assert_uint_eq(datapath_counter(dp, DP_REFUSALS), 1);
	in.sport = 9;
	quoted = frame_of(&in);
	f = frame_of(&out);
	f.b[f.l4 + 1] = 4;
	ck_assert_uint_eq(run(true, false, &f, &got), PASS);
}
END_TEST

/* A descriptor of the map of that name of our programs. */
static int map_named(const char *name)
{
	uint32_t ids[64], len;
	struct bpf_prog_info programs = { .nr_map_ids = 64, .map_ids = (uintptr_t)ids };

	len = sizeof(programs);
	ck_assert_int_eq(bpf_obj_get_info_by_fd(datapath_program(dp, true, true), &programs, &len),
			 0);
	for (unsigned i = 0; i < programs.nr_map_ids && i < 64; i++) {
		struct bpf_map_info info = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(info);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    !strcmp(info.name, name))
			return fd;
		close(fd);
	}
	ck_abort_msg("there is no map %s", name);
	return -1;
}

/* From now on the kernel takes no change of that map. */
START_TEST(a1_a_change_that_is_refused_leaves_a_connection_as_it_was)
{
	struct action again = pcb_action(ACTION_PCB, IPPROTO_TCP);
	struct dp_pcb_out_key key = { .l = addr(L0), .f = addr(F0), .lport = htons(LPORT),
				      .fport = htons(FPORT), .proto = IPPROTO_TCP };
	struct dp_pcb_out out;
	int fd = map_named("pcb_in");

	ck_assert_int_eq(bpf_map_freeze(fd), 0);
	close(fd);
	again.pcb.ports_clash = true;
	ck_assert_int_lt(datapath_action(dp, &again), 0);
	fd = map_named("pcb_out");
	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, &out), 0);
	close(fd);
}
END_TEST

START_TEST(r8_the_ports_of_who_is_gone_are_refused_again)
{
	struct row r = refusal_row[0];
	struct action gone = pcb_action(ACTION_PCB_GONE, IPPROTO_TCP),
		      other = pcb_action(ACTION_PCB, IPPROTO_TCP);

	set_homeless(L1, F1, 2, BLOCK_NONE);
	other.hce = HCE + 1;
	act(&other);
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE + 1,
			      .pair = { addr(L0), addr(OTHER), 1, BLOCK_NONE, false, true } });
	act(&gone);			/* the other one's are the same */
	check_row(&r, false);
	other.type = ACTION_PCB_GONE;
	act(&other);
	r.counter = NONE;
	r.drop = false;
	check_row(&r, false);
}
END_TEST

START_TEST(a3_what_is_held_is_dropped)
{
	static const struct {
		enum block block;
		const char *l, *f;
		bool drop;
	} row[] = {
		{ BLOCK_ALL, L1, F1, true }, { BLOCK_ALL, L0, F0, true },
		{ BLOCK_REWRITTEN, L1, F1, true }, { BLOCK_REWRITTEN, L0, F1, true },
		{ BLOCK_REWRITTEN, L0, F0, false },
	};
	struct row r = { "held", true, OUT(L0, F0, TCP), NULL, NULL, row[_i].drop ? DP_HELD : NONE,
			 row[_i].drop };

	set_homeless(row[_i].l, row[_i].f, 2, row[_i].block);
	check_row(&r, false);
}
END_TEST

/*
 * What would leave from an address that is gone is swallowed, with its birth pair (0, 1) or moved
 * there (2), without an error for TCP; from others it leaves.
 */
START_TEST(b13_nothing_leaves_from_an_address_that_is_gone)
{
	static const struct {
		const char *l, *f;
		uint32_t gen;
		uint32_t result;
	} row[] = {
		{ L0, F0, 1, TC_ACT_REDIRECT }, { L0, F1, 2, TC_ACT_REDIRECT },
		{ L1, F0, 2, TC_ACT_REDIRECT }, { L1, F1, 1, PASS },
	};
	struct packet p = OUT(L0, F0, TCP);
	struct frame f = frame_of(&p), got;
	struct action pair = { .type = ACTION_PAIR, .hce = HCE,
			       .pair = { .local = addr(row[_i].l), .foreign = addr(row[_i].f),
					 .gen = row[_i].gen, .homeless = true,
					 .no_source = true } };

	act(&pair);
	ck_assert_uint_eq(run(true, false, &f, &got), row[_i].result);
	ck_assert_uint_eq(datapath_counter(dp, DP_HELD), row[_i].result == TC_ACT_REDIRECT);
	pair.pair.no_source = false;
	act(&pair);
	ck_assert_uint_eq(run(true, false, &f, &got), PASS);
}
END_TEST

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
	struct dp_pcb_out_key key = {
		.l = addr(L0), .f = addr(F0), .lport = htons(LPORT), .fport = htons(FPORT)
	};
	struct dp_pcb_out pcb = { .hce = HCE, .gen = 1 };
	struct dp_hce e = { .l = addr(L1), .f = addr(F1), .gen = 2 };
	struct packet p = OUT(L0, F0, .proto = _i ? IPPROTO_UDP : IPPROTO_TCP);
	struct frame out, f = frame_of(&p), want;
	uint32_t id = HCE;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f.b, .data_size_in = (uint32_t)f.len,
		    .data_out = out.b, .data_size_out = sizeof(out.b), .repeat = 1);

	ck_assert_ptr_nonnull(bpf);
	if (test_runs_know_complete())
		o.flags = COMPLETE;
	p.src = L1;
	p.dst = F1;
	want = frame_of(&p);
	key.proto = p.proto;
	bpf->rodata->csum_ipv6 = 0;
	ck_assert_int_eq(datapath_bpf__load(bpf), 0);
	memset(bpf->bss->known, 0xff, sizeof(bpf->bss->known));
	ck_assert_int_eq(bpf_map_update_elem(bpf_map__fd(bpf->maps.pcb_out), &key, &pcb, BPF_ANY),
			 0);
	ck_assert_int_eq(bpf_map_update_elem(bpf_map__fd(bpf->maps.hce), &id, &e, BPF_ANY), 0);
	ck_assert_int_eq(bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.hmip_out_ether), &o), 0);
	out.len = o.data_size_out;
	assert_same(&out, &want);
	datapath_bpf__destroy(bpf);
}
END_TEST

START_TEST(behind_vlan_tags)
{
	struct row r = {
		"one", true, OUT(L0, F0, TCP, .vlans = 1), L1, F1, DP_OUT_REWRITTEN, false
	};

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
		act(&(struct action){
			.type = ACTION_FOREIGN_GONE, .hce = HCE, .foreign = { .addr = addr(F1) } });
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

START_TEST(later_fragments_go_where_the_first_went)
{
	static const struct row
		first_out = { "first out", true, OUT(L0, F0, UDP, .chain = "1", .frag_id = 77), L1,
			      F1, DP_OUT_REWRITTEN, false },
		later_out = { "later out", true, OUT(L0, F0, .chain = "2", .frag_id = 77), L1, F1,
			      DP_FRAGMENTS, false },
		first_in = { "first in", false, IN(F1, L1, UDP, .chain = "h1", .frag_id = 78), F0,
			     L0, DP_IN_REWRITTEN, false },
		later_in = { "later in", false, IN(F1, L1, .chain = "h2", .frag_id = 78), F0, L0,
			     DP_FRAGMENTS, false },
		strange = { "another id", false, IN(F1, L1, .chain = "2", .frag_id = 79), NULL,
			    NULL, NONE, false };
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
	struct packet p = { .src = OTHER, .dst = dst, .proto = IPPROTO_ICMPV6, .icmp_type = type,
			    .quote = quoted, .quote_len = len };
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
	/* go elsewhere than the quoted one came from */
	check_icmp(&quoted, &quoted, L0, L0, 2, 0);
	check_icmp(&quoted, &quoted, OTHER, OTHER, 2, 0);
	/* are about another connection */
	p.sport++;
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L1, L1, 2, 0);
	/* quote the birth pair as it is */
	p = (struct packet)OUT(L0, F0, TCP);
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L0, L0, 2, 0);
	/* quote a packet to a stranger */
	p = (struct packet)OUT(L1, OTHER, TCP);
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L1, L1, 2, 0);
	p = (struct packet)OUT(L1, F1, UDP, .chain = "2");		/* quote a later fragment */
	quoted = frame_of(&p);
	check_icmp(&quoted, &quoted, L1, L1, 2, 0);
	ck_assert_uint_eq(datapath_counter(dp, DP_ICMP_TRANSLATED), 0);
}
END_TEST

/*
 * Cut before its checksum. The kernel's test runs refuse less than an IPv6 header behind
 * Ethernet's.
 */
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
		size_t end = p.proto == IPPROTO_NONE ? whole.l4 - 28 + 8
						     : whole.l4 + (p.proto == IPPROTO_TCP ? 18 : 8);

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
	const int n_rows = ARRAY_LEN(moved_row);

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, entry_setup, entry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, with_todays_pair_unlike_the_birth_pair, 0, n_rows);
	tcase_add_loop_test(tc, with_a_checksum_over_the_whole_packet, 0, n_rows);
	tcase_add_loop_test(tc, with_a_checksum_over_the_whole_packet_and_an_old_kernel, 0, 2);
	tcase_add_loop_test(tc,
			    a3_c10_a_moving_connection_is_not_reset_by_what_comes_from_elsewhere, 0,
			    ARRAY_LEN(refusal_row));
	tcase_add_test(tc, a3_c10_nor_by_a_port_unreachable);
	tcase_add_test(tc, a1_a_change_that_is_refused_leaves_a_connection_as_it_was);
	tcase_add_test(tc, r8_the_ports_of_who_is_gone_are_refused_again);
	tcase_add_loop_test(tc, a3_what_is_held_is_dropped, 0, 5);
	tcase_add_loop_test(tc, b13_nothing_leaves_from_an_address_that_is_gone, 0, 4);
	tcase_add_test(tc, behind_vlan_tags);
	tcase_add_loop_test(tc, egress_leaves_connections_alone_that, 0, 4);
	tcase_add_loop_test(tc, what_is_gone_is_passed, 0, 4);
	tcase_add_loop_test(tc, later_fragments_go_where_the_first_went, 0, 2);
	tcase_add_loop_test(tc, errors_quote_the_birth_pair, 0, 2);
	tcase_add_test(tc, errors_are_left_alone_that);
	tcase_add_loop_test(tc, a_truncated_packet_is_passed_as_it_is, 0, 5);
	tcase_add_test(tc, a_full_map_is_an_error);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
