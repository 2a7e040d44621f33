/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry in the datapath's maps, and frames through its programs; see entry.h. */
#include "entry.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <check.h>

struct datapath *dp;
uint32_t run_flags, run_ingress;

struct in6_addr addr(const char *text)
{
	struct in6_addr r;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &r), 1);
	return r;
}

void act(const struct action *a)
{
	ck_assert_int_eq(datapath_action(dp, a), 0);
}

void set_pair(const char *l, const char *f, uint32_t gen)
{
	act(&(struct action){ .type = ACTION_PAIR, .hce = HCE, .pair = { addr(l), addr(f), gen } });
}

void set_foreign(const char *f, enum addr_state state)
{
	act(&(struct action){ .type = ACTION_FOREIGN, .hce = HCE, .foreign = { addr(f), state } });
}

struct action pcb_action(enum action_type type, uint8_t proto)
{
	return (struct action){ .type = type, .hce = HCE,
				.pcb = { .local = addr(L0), .foreign = addr(F0), .lport = LPORT,
					 .fport = FPORT, .proto = proto, .gen = 1 } };
}

static void set_pcb(uint8_t proto)
{
	struct action a = pcb_action(ACTION_PCB, proto);

	act(&a);
}

void entry_setup(void)
{
	ck_assert_int_eq(datapath_open(&(struct datapath_config){ .max_pcbs = 64,
								  .max_foreign = 64 },
				       &dp),
			 0);
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

void entry_teardown(void)
{
	datapath_close(dp);
}

bool test_runs_know_complete(void)
{
	struct frame out,
		f = frame_of(&(struct packet){ .src = OTHER, .dst = OTHER, .proto = IPPROTO_TCP });
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f.b, .data_size_in = (uint32_t)f.len,
		    .data_out = out.b, .data_size_out = sizeof(out.b), .repeat = 1,
		    .flags = COMPLETE);

	return !bpf_prog_test_run_opts(datapath_program(dp, false, true), &o);
}

uint32_t run(bool egress, bool raw, const struct frame *f, struct frame *ret)
{
	struct __sk_buff ctx = { .ingress_ifindex = run_ingress };
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->b, .data_size_in = (uint32_t)f->len,
		    .data_out = ret->b, .data_size_out = sizeof(ret->b), .repeat = 1,
		    .flags = run_flags, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));

	ck_assert_int_eq(bpf_prog_test_run_opts(datapath_program(dp, egress, !raw), &o), 0);
	ret->len = o.data_size_out;
	return o.retval;
}

void assert_same(const struct frame *got, const struct frame *want)
{
	ck_assert_uint_eq(got->len, want->len);
	for (size_t i = 0; i < want->len; i++)
		ck_assert_msg(got->b[i] == want->b[i], "octet %zu is %02x, not %02x", i, got->b[i],
			      want->b[i]);
}

void check_row(const struct row *r, bool raw)
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
	ck_assert_msg(verdict == (r->drop ? TC_ACT_SHOT : PASS), "%s: verdict %d", r->name,
		      (int)verdict);
	assert_same(&out, &expected);
	for (int i = 0; i < DP_COUNTER_MAX; i++) {
		uint64_t n = datapath_counter(dp, i) - before[i];

		if (i == DP_FOLLOWED && !r->egress)
			continue;
		ck_assert_msg(n == (i == (int)r->counter), "%s: counter %s went up by %lu", r->name,
			      datapath_counter_name(i), (unsigned long)n);
	}
}
