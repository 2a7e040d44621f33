/* SPDX-License-Identifier: BSD-2-Clause */
/* ipc_proto.h: the doors' names and what may come in through the shims' one. */
#include "array.h"
#include "ipc_proto.h"
#include "suite.h"

#include <errno.h>
#include <string.h>

#define HEAD(the_verb)	.magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .verb = (the_verb)
#define SOMEBODY	{ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } }

START_TEST(a_well_formed_message_is_read)
{
	static const struct control_register good[] = {
		{ HEAD(CONTROL_CONNECT) },
		{ HEAD(CONTROL_CONNECT), .n_other = CONTROL_OTHERS_MAX, .other = { SOMEBODY },
		  .name = "host.example" },
		{ HEAD(CONTROL_ACCEPT) },
		{ HEAD(CONTROL_TRUST) },
		{ HEAD(CONTROL_FORGET) },
		{ HEAD(CONTROL_INFO) },
		{ HEAD(CONTROL_SEND), .to = SOMEBODY },
		{ HEAD(CONTROL_SEND), .to = SOMEBODY, .n_other = 1, .other = { SOMEBODY },
		  .name = "h" },
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct control_register r;

		ck_assert_int_eq(control_register_parse(&good[i], sizeof(r), &r), 0);
		ck_assert_mem_eq(&r, &good[i], sizeof(r));
	}
}
END_TEST

START_TEST(anything_else_is_refused_and_changes_nothing)
{
	static const struct {
		struct control_register msg;
		size_t len;
	} row[] = {
		{ { HEAD(CONTROL_CONNECT) }, 0 },
		{ { HEAD(CONTROL_CONNECT) }, sizeof(struct control_register) - 1 },
		{ { HEAD(CONTROL_CONNECT) }, sizeof(struct control_register) + 1 },
		{ { .magic = CONTROL_MAGIC + 1, .version = CONTROL_VERSION,
		    .verb = CONTROL_CONNECT }, sizeof(struct control_register) },
		{ { .magic = CONTROL_MAGIC, .version = CONTROL_VERSION + 1,
		    .verb = CONTROL_CONNECT }, sizeof(struct control_register) },
		{ { HEAD(0) }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_SEND + 1) }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .n_other = CONTROL_OTHERS_MAX + 1 },
		  sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .n_other = 1, .other = { SOMEBODY, SOMEBODY } },
		  sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .to = SOMEBODY }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .name = { [0] = 'a', [2] = 'b' } },
		  sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .name = { [0 ... CONTROL_NAME_MAX - 1] = 'a' } },
		  sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .name = "2001:db8::1" },
		  sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .name = "a b" }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_CONNECT), .name = "a\nb" }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_ACCEPT), .name = "a" }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_ACCEPT), .n_other = 1, .other = { SOMEBODY } },
		  sizeof(struct control_register) },
		{ { HEAD(CONTROL_SEND) }, sizeof(struct control_register) },
		{ { HEAD(CONTROL_ACCEPT), .to = SOMEBODY }, sizeof(struct control_register) },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char buf[sizeof(struct control_register) + 1] = "";
		struct control_register r, before;

		memset(&r, 0xa5, sizeof(r));
		before = r;
		memcpy(buf, &row[i].msg, sizeof(row[i].msg));
		ck_assert_msg(control_register_parse(buf, row[i].len, &r) == -EPROTO, "row %zu", i);
		ck_assert_mem_eq(&r, &before, sizeof(r));
	}
}
END_TEST

START_TEST(names_of_hosts_are_those_that_the_dns_may_have)
{
	static const char *const good[] = { "a", "host.example", "HOST-1.example.",
					    "_service._tcp.example", "xn--bcher-kva.example" };
	static const char *const bad[] = { "", "::1", "fe80::1%eth0", "b\xc3\xbc" "cher.example",
					   "a b", "a/b", "a\"b" };
	char name[CONTROL_NAME_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ck_assert_msg(control_name_good(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!control_name_good(bad[i]), "%s", bad[i]);
	memset(name, 'a', sizeof(name));
	ck_assert(!control_name_good(name));
	name[CONTROL_NAME_MAX - 1] = '\0';
	ck_assert(control_name_good(name));
}
END_TEST

START_TEST(an_answer_is_read_or_refused)
{
	static const struct control_answer good_one = {
		.magic = CONTROL_MAGIC, .version = CONTROL_VERSION, .result = -EPERM,
		.flags = CONTROL_FLAGS, .addresses = 2,
	};
	struct control_answer bad[5], a;

	ck_assert_int_eq(control_answer_parse(&good_one, sizeof(good_one), &a), 0);
	ck_assert_mem_eq(&a, &good_one, sizeof(a));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good_one;
	bad[0].magic++;
	bad[1].version++;
	bad[2].result = 1;
	bad[3].flags = CONTROL_FLAGS + 1;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_int_eq(control_answer_parse(&bad[i], sizeof(a) - (i == 4), &a), -EPROTO);
	ck_assert_int_eq(control_answer_parse(&good_one, 0, &a), -EPROTO);
	ck_assert_mem_eq(&a, &good_one, sizeof(a));
}
END_TEST

START_TEST(the_option_is_stronger_than_the_environment_and_that_than_the_default)
{
	unsetenv(HMIP_SOCKET_ENV);
	ck_assert_str_eq(control_path(NULL), HMIP_SOCKET_DEFAULT);
	setenv(HMIP_SOCKET_ENV, "", 1);
	ck_assert_str_eq(control_path(NULL), HMIP_SOCKET_DEFAULT);
	setenv(HMIP_SOCKET_ENV, "/x/env", 1);
	ck_assert_str_eq(control_path(NULL), "/x/env");
	ck_assert_str_eq(control_path("/x/opt"), "/x/opt");
}
END_TEST

START_TEST(the_doors_have_the_names_that_are_documented)
{
	static const char name[] = "\0hmip:/run/x";
	struct sockaddr_un a;

	ck_assert_int_eq(control_address("/run/x", &a), offsetof(struct sockaddr_un, sun_path) + 7);
	ck_assert_int_eq(a.sun_family, AF_UNIX);
	ck_assert_str_eq(a.sun_path, "/run/x");

	ck_assert_int_eq(control_shim_address("/run/x", &a),
			 offsetof(struct sockaddr_un, sun_path) + sizeof(name) - 1);
	ck_assert_int_eq(a.sun_family, AF_UNIX);
	ck_assert_mem_eq(a.sun_path, name, sizeof(name) - 1);
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_refused)
{
	struct sockaddr_un a;
	char path[sizeof(a.sun_path) + 1];

	memset(path, 'x', sizeof(path));
	path[sizeof(a.sun_path)] = '\0';
	ck_assert_int_eq(control_address(path, &a), -ENAMETOOLONG);
	path[sizeof(a.sun_path) - 1] = '\0';
	ck_assert_int_eq(control_address(path, &a), sizeof(a));

	ck_assert_int_eq(control_shim_address(path, &a), -ENAMETOOLONG);
	path[sizeof(a.sun_path) - 6] = '\0';
	ck_assert_int_eq(control_shim_address(path, &a), sizeof(a));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control");
	TCase *tc = tcase_create("control");

	tcase_add_test(tc, a_well_formed_message_is_read);
	tcase_add_test(tc, anything_else_is_refused_and_changes_nothing);
	tcase_add_test(tc, names_of_hosts_are_those_that_the_dns_may_have);
	tcase_add_test(tc, an_answer_is_read_or_refused);
	tcase_add_test(tc, the_option_is_stronger_than_the_environment_and_that_than_the_default);
	tcase_add_test(tc, the_doors_have_the_names_that_are_documented);
	tcase_add_test(tc, a_path_that_does_not_fit_is_refused);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
