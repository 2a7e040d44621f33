/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets the ingress program hands over to the helper, and how. Needs root. Addresses are
 * those of entry.h.
 */
#include "array.h"
#include "entry.h"
#include "need_bpf.h"
#include "suite.h"
#include "unused.h"

#include <netinet/icmp6.h>
#include <poll.h>
#include <string.h>

static struct {
	unsigned n;
	uint8_t pkt[DP_SIGNAL_MAX];
	size_t len;
} got;

static void receive(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex UNUSED)
{
	ck_assert_ptr_eq(ctx, &got);
	ck_assert_uint_le(len, sizeof(got.pkt));
	memcpy(got.pkt, pkt, len);
	got.len = len;
	got.n++;
}

static bool readable(void)
{
	struct pollfd p = { .fd = datapath_signal_fd(dp), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static int read_signals(void)
{
	return datapath_signals(dp, receive, &got);
}

static void assert_handed(const char *name, const struct frame *f, bool handed)
{
	got.n = 0;
	ck_assert_msg(read_signals() == handed && got.n == handed, "%s", name);
	if (handed) {
		ck_assert_msg(got.len == f->len - f->l3, "%s: %zu octets", name, got.len);
		ck_assert_mem_eq(got.pkt, f->b + f->l3, got.len);
	}
	ck_assert(!readable());
}

#define ERROR_ABOUT(F, TYPE)	\
	IN(F1, L1, .proto = IPPROTO_ICMPV6, .icmp_type = TYPE, .quote = F, .quote_len = 64)

START_TEST(what_may_be_signalling_is_handed_over_as_it_came)
{
	struct packet quoted = OUT(L1, F1, AH, .spi = OUR_SPI);
	struct frame about = frame_of(&quoted);
	const struct {
		const char *name;
		struct packet in;
		bool egress, handed;
	} row[] = {
		{ "AH with our SPI", IN(F1, L1, AH, .spi = OUR_SPI), false, true },
		{ "AH with another's", IN(F1, L1, AH, .spi = 0x3412), false, true },
		{ "to a lost address", IN(F1, L0, AH, .spi = OUR_SPI), false, true },
		{ "from a stranger", IN(OTHER, L1, .proto = IPPROTO_NONE, .chain = "d"), false,
		  true },
		{ "options before data", IN(F0, L1, TCP, .chain = "d"), false, true },
		{ "options before AH", IN(FT, L1, .proto = IPPROTO_NONE, .chain = "da",
					  .spi = OUR_SPI), false, true },
		{ "behind a tag", IN(F1, L1, AH, .spi = OUR_SPI, .vlans = 1), false, true },
		{ "an unfinished route", IN(F1, L1, TCP, .chain = "dR"), false, true },
		{ "Parameter Problem", ERROR_ABOUT(&about, ICMP6_PARAM_PROB), false, true },
		{ "Packet Too Big", ERROR_ABOUT(&about, ICMP6_PACKET_TOO_BIG), false, false },
		{ "data", IN(F0, L0, TCP), false, false },
		{ "a fragment", IN(F0, L0, UDP, .chain = "1"), false, false },
		{ "hop-by-hop options", IN(F0, L0, UDP, .chain = "h"), false, false },
		{ "for another host", IN(F1, OTHER, AH, .spi = OUR_SPI), false, false },
		{ "goes out", OUT(L1, F1, AH, .spi = OUR_SPI), true, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct packet in = row[i].in;
		struct frame f = frame_of(&in), out;

		run(row[i].egress, false, &f, &out);
		assert_handed(row[i].name, &f, row[i].handed);
	}
}
END_TEST

START_TEST(signalling_in_udp_is_handed_over_while_it_has_a_port)
{
	struct packet sent = { .src = L1, .dst = F1, UDP, .sport = 434, .dport = 434 };
	struct frame about = frame_of(&sent), out;
	const struct {
		const char *name;
		struct packet in;
		bool handed;
	} row[] = {
		{ "to the port", { .src = F1, .dst = L1, UDP, .sport = 434, .dport = 434 }, true },
		{ "from another", { .src = F1, .dst = L1, UDP, .sport = 7, .dport = 434 }, true },
		{ "to another", { .src = F1, .dst = L1, UDP, .sport = 434, .dport = 435 }, false },
		{ "TCP", { .src = F1, .dst = L1, TCP, .sport = 434, .dport = 434 }, false },
		{ "for another host", { .src = F1, .dst = OTHER, UDP, .sport = 434, .dport = 434 },
		  false },
		{ "behind a tag", { .src = F1, .dst = L1, UDP, .sport = 434, .dport = 434,
				    .vlans = 1 }, true },
		{ "an answer to it", ERROR_ABOUT(&about, ICMP6_DST_UNREACH), false },
	};

	for (unsigned port = 434; port + 434; port -= 434) {
		datapath_set_signal_port(dp, (uint16_t)port);
		for (size_t i = 0; i < ARRAY_LEN(row); i++) {
			struct frame f = frame_of(&row[i].in);

			run(false, false, &f, &out);
			assert_handed(row[i].name, &f, port && row[i].handed);
		}
		/* Port Unreachable is the code that the helper waits for. */
		struct frame f = frame_of(&row[ARRAY_LEN(row) - 1].in);

		f.b[f.l3 + 41] = ICMP6_DST_UNREACH_NOPORT;
		run(false, false, &f, &out);
		assert_handed("nobody has the port", &f, port != 0);
	}
}
END_TEST

START_TEST(a_frame_for_another_host_is_not_handed_over)
{
	struct packet in = IN(F1, L1, AH, .spi = OUR_SPI);
	struct frame f = frame_of(&in), out;

	f.b[0] = 2;
	run(false, false, &f, &out);
	assert_handed("overheard", &f, false);
}
END_TEST

/* Sets the Payload Length of f, and its length without padding. */
static void set_payload(struct frame *f, size_t payload)
{
	f->b[f->l3 + 4] = (uint8_t)(payload >> 8);
	f->b[f->l3 + 5] = (uint8_t)payload;
	f->len = f->l3 + 40 + payload;
}

START_TEST(the_length_is_that_of_the_header)
{
	struct packet in = IN(F1, L1, AH, .spi = OUR_SPI);
	struct frame f = frame_of(&in), out, padded, longest;

	padded = f;
	padded.len += 7;
	run(false, false, &padded, &out);
	assert_handed("padding", &f, true);

	set_payload(&padded, padded.len - padded.l3 - 40 + 1);
	padded.len--;
	run(false, false, &padded, &out);
	assert_handed("truncated", &padded, false);

	longest = f;
	memset(longest.b + longest.len, 'x', sizeof(longest.b) - longest.len);
	set_payload(&longest, DP_SIGNAL_MAX - 40);
	run(false, false, &longest, &out);
	assert_handed("the longest", &longest, true);
	set_payload(&longest, DP_SIGNAL_MAX - 40 + 1);
	run(false, false, &longest, &out);
	assert_handed("longer", &longest, false);
}
END_TEST

START_TEST(a_flood_is_read_in_turns_and_what_does_not_fit_is_counted)
{
	struct packet in = IN(F1, L1, AH, .spi = OUR_SPI);
	struct frame f = frame_of(&in), out;
	unsigned sent = 0, read = 0;
	int n;

	while (!datapath_counter(dp, DP_SIGNALLING_LOST) && sent++ < 100000)
		run(false, false, &f, &out);
	ck_assert_uint_eq(datapath_counter(dp, DP_SIGNALLING_LOST), 1);
	ck_assert_uint_gt(sent, 256);
	/* The helper does other things in between. */
	for (n = read_signals(); n > 0; n = readable() ? read_signals() : 0) {
		ck_assert_int_le(n, 64);
		read += (unsigned)n;
	}
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(read, sent - 1);
	run(false, false, &f, &out);
	assert_handed("afterwards", &f, true);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signals");
	TCase *tc = tcase_create("signals");

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, entry_setup, entry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_may_be_signalling_is_handed_over_as_it_came);
	tcase_add_test(tc, signalling_in_udp_is_handed_over_while_it_has_a_port);
	tcase_add_test(tc, a_frame_for_another_host_is_not_handed_over);
	tcase_add_test(tc, the_length_is_that_of_the_header);
	tcase_add_test(tc, a_flood_is_read_in_turns_and_what_does_not_fit_is_counted);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
