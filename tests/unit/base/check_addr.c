/* SPDX-License-Identifier: BSD-2-Clause */
/* addr.h: scopes (C8) and prefixes. */
#include "addr.h"
#include "suite.h"

#include <arpa/inet.h>

static struct in6_addr a(const char *text)
{
	struct in6_addr r;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &r), 1);
	return r;
}

START_TEST(c8_every_address_has_the_scope_of_rfc_4291)
{
	static const struct {
		const char *text;
		enum addr_scope scope;
	} row[] = {
		{ "::", ADDR_SCOPE_NONE },
		{ "::1", ADDR_SCOPE_NONE },
		{ "ff02::1", ADDR_SCOPE_NONE },
		{ "ff0e::1", ADDR_SCOPE_NONE },
		{ "::ffff:192.0.2.1", ADDR_SCOPE_NONE },
		{ "fe80::1", ADDR_SCOPE_LINK },
		{ "febf::1", ADDR_SCOPE_LINK },
		{ "2001:db8::1", ADDR_SCOPE_GLOBAL },
		{ "fd00::1", ADDR_SCOPE_GLOBAL },
	};

	struct in6_addr x = a(row[_i].text);
	ck_assert_int_eq(addr_scope(&x), row[_i].scope);
	ck_assert_int_eq(addr_usable(&x), row[_i].scope == ADDR_SCOPE_GLOBAL);
}
END_TEST

START_TEST(common_prefix_counts_bits)
{
	struct in6_addr x = a("2001:db8::1"), y = a("2001:db8::1"), z = a("2001:db9::1"),
			w = a("a001::");

	ck_assert_uint_eq(addr_common_prefix(&x, &y), 128);
	ck_assert_uint_eq(addr_common_prefix(&x, &z), 31);
	ck_assert_uint_eq(addr_common_prefix(&x, &w), 0);
}
END_TEST

START_TEST(text_is_what_people_write)
{
	struct in6_addr x = a("2001:db8:0:0::1");

	ck_assert_str_eq(addr_text(&x).s, "2001:db8::1");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("addr");
	TCase *tc = tcase_create("addr");

	tcase_add_loop_test(tc, c8_every_address_has_the_scope_of_rfc_4291, 0, 9);
	tcase_add_test(tc, common_prefix_counts_bits);
	tcase_add_test(tc, text_is_what_people_write);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
