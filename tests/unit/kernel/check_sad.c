/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sad.h: messages of XFRM netlink. The first two are Linux 6.1's own (x86-64), after
 *
 *	ip xfrm state add src 2001:db8:a0::10 dst 2001:db8:b0::20 proto ah spi 0x5001 reqid 60 \
 *		mode transport auth-cut 'hmac(sha256)' 0x001122...eeff001122...eeff 128
 *	ip xfrm state add ... spi 0x5002 ... auth 'hmac(sha1)' 0x0b0b...0b
 */
#include "config.h"

#include "array.h"
#include "own_netns.h"
#include "sad.h"
#include "unused.h"
#include "wire/hex.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

static const char sha256[] =
	"d40100001000000052ce096b00000000"	/* length, NEWSA, flags, sequence, port */
	"0000000000000000000000000000000000000000000000000000000000000000"	/* selector: none */
	"00000000000000000a000000000000000000000000000000"
	"20010db800b0000000000000000000200000500133000000"	/* destination, SPI, AH */
	"20010db800a000000000000000000010"	/* source */
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"	/* limits: none */
	"0000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000000000000000000051ce096b000000000000000000000000"	/* counts, times */
	"00000000000000000000000000000000"	/* statistics, sequence */
	"3c0000000a0000000000000000000000"	/* reqid, IPv6, transport, window, flags */
	"68000100"	/* XFRMA_ALG_AUTH */
	"686d616328736861323536290000000000000000000000000000000000000000"	/* name */
	"0000000000000000000000000000000000000000000000000000000000000000"
	"00010000"	/* bits of key */
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"	/* key */
	"6c001400"	/* XFRMA_ALG_AUTH_TRUNC */
	"686d616328736861323536290000000000000000000000000000000000000000"	/* name */
	"0000000000000000000000000000000000000000000000000000000000000000"
	"00010000"	/* bits of key */
	"80000000"	/* bits of ICV */
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"	/* key */
	"10000a00"	/* XFRMA_REPLAY_VAL */
	"000000000000000000000000";

static const char sha1[] =
	"bc0100001000000052ce096b00000000"	/* length, NEWSA, flags, sequence, port */
	"0000000000000000000000000000000000000000000000000000000000000000"	/* selector: none */
	"00000000000000000a000000000000000000000000000000"
	"20010db800b0000000000000000000200000500233000000"	/* destination, SPI, AH */
	"20010db800a000000000000000000010"	/* source */
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"	/* limits: none */
	"0000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000000000000000000051ce096b000000000000000000000000"	/* counts, times */
	"00000000000000000000000000000000"	/* statistics, sequence */
	"3c0000000a0000000000000000000000"	/* reqid, IPv6, transport, window, flags */
	"5c000100"	/* XFRMA_ALG_AUTH */
	"686d616328736861312900000000000000000000000000000000000000000000"	/* name */
	"0000000000000000000000000000000000000000000000000000000000000000"
	"a0000000"	/* bits of key */
	"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"	/* key */
	"60001400"	/* XFRMA_ALG_AUTH_TRUNC */
	"686d616328736861312900000000000000000000000000000000000000000000"	/* name */
	"0000000000000000000000000000000000000000000000000000000000000000"
	"a0000000"	/* bits of key */
	"60000000"	/* bits of ICV */
	"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"	/* key */
	"10000a00"	/* XFRMA_REPLAY_VAL */
	"000000000000000000000000";

static union {
	struct nlmsghdr nlh;
	uint8_t octets[2048];
} m;

static struct xfrm_usersa_info *info;
static struct xfrm_algo_auth *cut;

static void load(const char *text)
{
	size_t n = unhex(text, m.octets, sizeof(m.octets));
	const struct nlattr *a;

	ck_assert_uint_eq(n, m.nlh.nlmsg_len);
	info = mnl_nlmsg_get_payload(&m.nlh);
	mnl_attr_for_each(a, &m.nlh, sizeof(*info))
		if (mnl_attr_get_type(a) == XFRMA_ALG_AUTH_TRUNC)
			cut = mnl_attr_get_payload(a);
}

static void setup(void)
{
	load(sha256);
}

START_TEST(x3_an_sa_of_the_kernel_is_read)
{
	struct in6_addr src = addr("2001:db8:a0::10"), dst = addr("2001:db8:b0::20");
	struct sad_sa sa;

	ck_assert_int_eq(sad_parse(&m.nlh, &sa), 0);
	ck_assert_ptr_null(sa.refused);
	ck_assert_mem_eq(&sa.src, &src, sizeof(src));
	ck_assert_mem_eq(&sa.dst, &dst, sizeof(dst));
	ck_assert_uint_eq(sa.spi, 0x5001);
	ck_assert_uint_eq(sa.reqid, 60);
	ck_assert_uint_eq(sa.added, 0x6b09ce51);
	ck_assert_uint_eq(sa.packets, 0);
	ck_assert_int_eq(sa.key.alg, AH_HMAC_SHA256_128);
	assert_octets(sa.key.key, sa.key.len,
		      "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	ck_assert(sad_matters(&m.nlh));

	load(sha1);
	ck_assert_int_eq(sad_parse(&m.nlh, &sa), 0);
	ck_assert_ptr_null(sa.refused);
	ck_assert_uint_eq(sa.spi, 0x5002);
	ck_assert_int_eq(sa.key.alg, AH_HMAC_SHA1_96);
	assert_octets(sa.key.key, sa.key.len, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
}
END_TEST

START_TEST(x3_packets_that_the_kernel_sent_are_counted)
{
	struct sad_sa sa;

	info->curlft.packets = 7;
	ck_assert_int_eq(sad_parse(&m.nlh, &sa), 0);
	ck_assert_uint_eq(sa.packets, 7);
}
END_TEST

static void esp(void)
{
	info->id.proto = IPPROTO_ESP;
}

static void ipv4(void)
{
	info->family = AF_INET;
}

static void tunnel(void)
{
	info->mode = XFRM_MODE_TUNNEL;
}

/* What IKE's allocation of an SPI leaves until the SA is negotiated. */
static void larval(void)
{
	m.nlh.nlmsg_len = MNL_NLMSG_HDRLEN + sizeof(*info);
}

static void deleted(void)
{
	m.nlh.nlmsg_type = XFRM_MSG_DELSA;
}

START_TEST(x3_other_sas_are_passed_over)
{
	static void (*const other[])(void) = { esp, ipv4, tunnel, larval, deleted };
	struct sad_sa sa;

	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		setup();
		other[i]();
		ck_assert_int_eq(sad_parse(&m.nlh, &sa), -ENOMSG);
	}
}
END_TEST

static void sha512(void)
{
	strcpy(cut->alg_name, "hmac(sha512)");
}

/* The kernel's default for sha256, by an early draft. */
static void short_icv(void)
{
	cut->alg_trunc_len = 96;
}

static void no_key(void)
{
	cut->alg_key_len = 0;
}

static void esn(void)
{
	info->flags |= XFRM_STATE_ESN;
}

static void locked_down(void)
{
	memset(cut->alg_key, 0, 32);
}

START_TEST(x3_what_hmip_cannot_do_is_refused_with_the_reason)
{
	static const struct {
		void (*change)(void);
		const char *says;
	} row[] = {
		{ sha512, "algorithm" }, { short_icv, "algorithm" }, { no_key, "length" },
		{ esn, "noesn" }, { locked_down, "locked down" },
	};
	struct sad_sa sa;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		setup();
		row[i].change();
		ck_assert_int_eq(sad_parse(&m.nlh, &sa), 0);
		ck_assert_ptr_nonnull(sa.refused);
		ck_assert_msg(strstr(sa.refused, row[i].says) != NULL, "%s", sa.refused);
		ck_assert_uint_eq(sa.key.len, 0);
	}
}
END_TEST

/* Cut anywhere, and with a key that is longer than its attribute. */
START_TEST(a_truncated_message_is_refused_or_has_no_key)
{
	uint32_t whole = m.nlh.nlmsg_len;
	struct sad_sa sa;

	for (uint32_t len = MNL_NLMSG_HDRLEN; len < whole; len++) {
		m.nlh.nlmsg_len = len;
		int r = sad_parse(&m.nlh, &sa);

		ck_assert(r == -EBADMSG || r == -ENOMSG || sa.key.len == 32);
		ck_assert(r == -EBADMSG || len >= MNL_NLMSG_HDRLEN + sizeof(*info));
	}
	setup();
	cut->alg_key_len = 33 * 8;
	ck_assert_int_eq(sad_parse(&m.nlh, &sa), -EBADMSG);
	cut->alg_key_len = UINT32_MAX;
	ck_assert_int_eq(sad_parse(&m.nlh, &sa), -EBADMSG);
	setup();
	memset(cut->alg_name, 'a', sizeof(cut->alg_name));
	ck_assert_int_eq(sad_parse(&m.nlh, &sa), -EBADMSG);
}
END_TEST

/* Writes a notification of that type whose payload is p. */
static void notify(uint16_t type, const void *p, size_t len)
{
	m.nlh = (struct nlmsghdr){ .nlmsg_len = (uint32_t)(MNL_NLMSG_HDRLEN + len),
				   .nlmsg_type = type };
	memcpy(mnl_nlmsg_get_payload(&m.nlh), p, len);
}

START_TEST(x3_what_may_be_about_an_ah_sa_matters)
{
	struct xfrm_usersa_id id = { .proto = IPPROTO_AH };
	struct xfrm_user_expire expire = { .state.id.proto = IPPROTO_AH, .hard = 1 };
	struct xfrm_usersa_flush flush = { 0 };

	notify(XFRM_MSG_DELSA, &id, sizeof(id));
	ck_assert(sad_matters(&m.nlh));
	m.nlh.nlmsg_len--;
	ck_assert(!sad_matters(&m.nlh));
	id.proto = IPPROTO_ESP;
	notify(XFRM_MSG_DELSA, &id, sizeof(id));
	ck_assert(!sad_matters(&m.nlh));
	notify(XFRM_MSG_EXPIRE, &expire, sizeof(expire));
	ck_assert(sad_matters(&m.nlh));
	notify(XFRM_MSG_FLUSHSA, &flush, sizeof(flush));
	ck_assert(sad_matters(&m.nlh));
	notify(XFRM_MSG_NEWPOLICY, &flush, sizeof(flush));
	ck_assert(!sad_matters(&m.nlh));
}
END_TEST

static int count(void *ctx, const struct sad_sa *sa UNUSED)
{
	++*(unsigned *)ctx;
	return 0;
}

/* An SPI that is allocated makes an SA without keys, on kernels without AH as well. */
START_TEST(x3_the_kernel_is_asked_and_tells_of_changes)
{
	unsigned n = 0;
	struct sad *s;

	netns_new();
	ck_assert_int_eq(sad_open(&s), 0);
	ck_assert_int_eq(sad_list(s, count, &n), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(sad_changed(s), 0);
	run("ip xfrm state allocspi src ::1 dst ::1 proto ah min 0x100 max 0x100 >/dev/null");
	ck_assert_int_eq(sad_list(s, count, &n), 0);
	ck_assert_uint_eq(n, 0);
	run("ip xfrm state flush");
	while (poll(&(struct pollfd){ .fd = sad_fd(s), .events = POLLIN }, 1, -1) < 1)
		;
	ck_assert_int_eq(sad_changed(s), 1);
	ck_assert_int_eq(sad_changed(s), 0);
	sad_close(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sad");
	TCase *tc = tcase_create("sad");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, x3_an_sa_of_the_kernel_is_read);
	tcase_add_test(tc, x3_packets_that_the_kernel_sent_are_counted);
	tcase_add_test(tc, x3_other_sas_are_passed_over);
	tcase_add_test(tc, x3_what_hmip_cannot_do_is_refused_with_the_reason);
	tcase_add_test(tc, a_truncated_message_is_refused_or_has_no_key);
	tcase_add_test(tc, x3_what_may_be_about_an_ah_sa_matters);
	if (geteuid() == 0)
		tcase_add_test(tc, x3_the_kernel_is_asked_and_tells_of_changes);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
