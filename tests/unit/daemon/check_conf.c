/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.h: what a file says, and what is said of a bad one. */
#include "config.h"

#include "array.h"
#include "conf.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY64	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEYS	"key_in = \"" KEY64 "\"\n" "key_out = \"" KEY64 "\"\n"
#define GOOD_PEER(name, addr, spi) \
	"peer \"" name "\" {\n" \
	"address = {\"" addr "\"}\n" \
	"spi_in = " spi "\n" \
	"spi_out = 0x2000\n" KEYS "}\n"

static char dir[] = "/tmp/check-conf-XXXXXX", path[64];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/hmip.conf", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static void put(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(a_complete_file_is_understood)
{
	struct in6_addr a;
	struct conf *c;
	char *why;

	put("default_lifetime = 300\nmaximum_expired_lifetime = 900\nbinding_lifetime = "
	    "200\npath_timeout = 0\nhold = 0\nresolve = no\nmax_entries = 7\n"
	    "initiate = {\"2001:db8:7::/48\", \"2001:db8::9\", all}\n"
	    "meet = {\"server.example\", \"2001:db8::8\"}\n"
	    "max_connections = 1024\ncontrol_group = \"root\"\nstate = \"/tmp/x.state\"\n"
	    "peer \"server\" {\n"
	    "address = {\"2001:db8:2::10\", \"fd00::10\"}\n"
	    "algorithm = \"hmac-sha1-96\"\n"
	    "spi_in = 0x1001 # what the peer sends with\n"
	    "spi_out = 4098\n"
	    "key_in = \"00112233445566778899aabbccddeeff00112233\"\n"
	    "key_out = \"FF112233445566778899aabbccddeeff00112233\"\n"
	    "}\n" GOOD_PEER("other", "2001:db8::2", "257"),
	    0600);
	ck_assert_msg(conf_read(path, &c, &why) == 0, "%s", why);
	ck_assert_ptr_null(why);
	ck_assert_uint_eq(c->core.default_lifetime, 300);
	ck_assert_uint_eq(c->core.maximum_expired_lifetime, 900);
	ck_assert_uint_eq(c->core.binding_lifetime, 200);
	ck_assert_uint_eq(c->core.path_timeout, 0);
	ck_assert_uint_eq(c->core.hold, 0);
	ck_assert(!c->core.resolve);
	ck_assert(core_config_default.resolve);
	ck_assert_uint_eq(c->core.max_entries, 7);
	ck_assert_uint_eq(c->core.max_addresses, core_config_default.max_addresses);
	ck_assert_uint_eq(c->datapath.max_pcbs, 1024);
	ck_assert_uint_eq(c->datapath.max_entries, 7);
	ck_assert_uint_eq(c->datapath.max_foreign, 7 * core_config_default.max_addresses);
	ck_assert_uint_eq(c->core.max_foreign, 7 * core_config_default.max_addresses);
	ck_assert_str_eq(c->control_group, "root");
	ck_assert_str_eq(c->state, "/tmp/x.state");
	ck_assert_uint_eq(c->core.n_initiate, 3);
	ck_assert_uint_eq(c->core.initiate[0].len, 48);
	ck_assert_uint_eq(c->core.initiate[1].len, 128);
	inet_pton(AF_INET6, "2001:db8::9", &a);
	ck_assert_mem_eq(&c->core.initiate[1].addr, &a, 16);
	ck_assert_uint_eq(c->core.initiate[2].len, 0);
	ck_assert_uint_eq(c->n_meet, 2);
	ck_assert_str_eq(c->meet[0], "server.example");
	ck_assert_str_eq(c->meet[1], "2001:db8::8");
	ck_assert_uint_eq(c->n_peer, 2);
	ck_assert_str_eq(c->peer[0].name, "server");
	ck_assert_uint_eq(c->peer[0].n_addr, 2);
	inet_pton(AF_INET6, "fd00::10", &a);
	ck_assert_mem_eq(&c->peer[0].addr[1], &a, 16);
	ck_assert_uint_eq(c->peer[0].in.spi, 0x1001);
	ck_assert_uint_eq(c->peer[0].out.spi, 0x1002);
	ck_assert_int_eq(c->peer[0].in.key.alg, AH_HMAC_SHA1_96);
	ck_assert_uint_eq(c->peer[0].in.key.len, 20);
	ck_assert_uint_eq(c->peer[0].out.key.key[0], 0xff);
	ck_assert_uint_eq(c->peer[0].out.key.key[19], 0x33);
	ck_assert_int_eq(c->peer[1].in.key.alg, AH_HMAC_SHA256_128);
	conf_free(c);
}
END_TEST

static const struct {
	const char *text, *why;		/* why: what follows the file's name */
} bad[] = {
	{ "binding_lifetime = 600\nbinding_lifetme = 600\n",
	  ":2: found binding_lifetme, expected one of default_lifetime, maximum_expired_lifetime, "
	  "binding_lifetime, appendix_b, hold, path_timeout, resolve, max_entries, max_addresses, "
	  "max_per_prefix, plain_lifetime, probe, no_probe, max_connections, max_foreign, adopt, "
	  "initiate, meet, encapsulate, encapsulate_port, resend, control_group, state, "
	  "personality, peer" },
	{ "encapsulate = yes\n",
	  ":1: found encapsulate = yes, expected auto, always or never" },
	{ "encapsulate_port = 65536\n",
	  ":1: found encapsulate_port = 65536, expected a whole number from 1 to 65535" },
	{ "\n\ndefault_lifetime = 0\n",
	  ":3: found default_lifetime = 0, expected a whole number from 1 to 31536000" },
	{ "default_lifetime = ten\n",
	  ":1: found default_lifetime = ten, expected a whole number from 1 to 31536000" },
	{ "default_lifetime = -1\n",
	  ":1: found default_lifetime = -1, expected a whole number from 1 to 31536000" },
	{ "default_lifetime = 10s\n",
	  ":1: found default_lifetime = 10s, expected a whole number from 1 to 31536000" },
	{ "binding_lifetime = 99999999999999999999\n",
	  ":1: found binding_lifetime = 99999999999999999999, expected a whole number from 1 to "
	  "31536000" },
	{ "binding_lifetime = 5\nbinding_lifetime = 6\n",
	  ":2: found binding_lifetime a second time, expected it once" },
	{ "resolve = 1\n", ":1: found resolve = 1, expected yes or no" },
	{ "resolve = yes\nresolve = yes\n", ":2: found resolve a second time, expected it once" },
	{ "state = \"hmip.state\"\n", ":1: found state = hmip.state, expected an absolute path" },
	{ "control_group = \"no such group\"\n",
	  ":1: found control_group = no such group, expected a group of this system (groupadd "
	  "makes one)" },
	{ "peer \"a\" {\naddress = {\"2001:db8::1\",\n\"fe80::1\"}\n}\n",
	  ":3: found address = fe80::1, expected a global or unique-local IPv6 unicast address" },
	{ "peer \"a\" {\naddress = {\"ff02::1\"}\n}\n",
	  ":2: found address = ff02::1, expected a global or unique-local IPv6 unicast address" },
	{ "peer \"a\" {\naddress = {\"192.0.2.1\"}\n}\n",
	  ":2: found address = 192.0.2.1, expected a global or unique-local IPv6 unicast address" },
	{ "peer \"a\" {\nadress = {\"2001:db8::1\"}\n}\n",
	  ":2: found adress, expected one of address, algorithm, spi_in, spi_out, key_in, "
	  "key_out, reqid" },
	{ "peer \"a\" {\nspi_in = 255\n}\n",
	  ":2: found spi_in = 255, expected a whole number from 256 to 4294967295" },
	{ "peer \"a\" {\nspi_out = 0x100000000\n}\n",
	  ":2: found spi_out = 0x100000000, expected a whole number from 256 to 4294967295" },
	{ "peer \"a\" {\nreqid = 0\n}\n",
	  ":2: found reqid = 0, expected a whole number from 1 to 4294967295" },
	{ "peer \"a\" {\naddress = {\"2001:db8::1\"}\nspi_out = 256\nreqid = 60\n}\n",
	  ":3: found peer \"a\" with reqid and spi_out, expected one of them: with reqid, IKE "
	  "makes the keys" },
	{ "peer \"a\" {\nalgorithm = \"sha256\"\n}\n",
	  ":2: found algorithm = sha256, expected hmac-sha256-128, hmac-sha1-96 or hmac-md5-96" },
	{ "peer \"a\" {\nkey_in = \"0011x3\"\n}\n",
	  ":2: found key_in = (6 characters), expected an even number of hexadecimal digits, at "
	  "most 128" },
	{ "peer \"a\" {\nkey_in = \"001\"\n}\n", ":2: found key_in = (3 characters), expected an "
						 "even number of hexadecimal digits, at most 128" },
	{ "peer \"a\" {\nkey_in = \"\"\n}\n", ":2: found key_in = (0 characters), expected an even "
					      "number of hexadecimal digits, at most 128" },
	{ "peer \"a\" {\nkey_in = \"" KEY64 KEY64 "00\"\n}\n",
	  ":2: found key_in = (130 characters), expected an even number of hexadecimal digits, at "
	  "most 128" },
	{ "peer \"a\" {\naddress = {\"2001:db8::1\"}\nspi_in = 256\nspi_out = 256\nkey_in = "
	  "\"00112233445566778899aabbccddeeff\"\n"
	  "key_out = \"" KEY64 "\"\n}\n",
	  ":5: found key_in of 32 hexadecimal digits, expected at least 64 for hmac-sha256-128" },
	{ "peer \"a\" {\nspi_in = 256\nspi_out = 256\n" KEYS "}\n",
	  ":6: found peer \"a\" with 0 addresses, expected 1 to 64" },
	{ "peer \"a\" {\naddress = {\"2001:db8::1\"}\nspi_out = 256\n" KEYS "}\n",
	  ":6: found peer \"a\" without spi_in, expected one" },
	{ "peer \"a\" {\naddress = {\"2001:db8::1\"}\nspi_in = 256\nspi_out = 256\nkey_in = "
	  "\"" KEY64 "\"\n}\n",
	  ":6: found peer \"a\" without key_out, expected one" },
	{ GOOD_PEER("a", "2001:db8::1", "256") GOOD_PEER("b", "2001:db8::1", "257"),
	  ":9: found address 2001:db8::1 of peer \"a\" again, expected each once" },
	{ GOOD_PEER("a", "2001:db8::1", "256") GOOD_PEER("b", "2001:db8::2", "0x100"),
	  ":10: found spi_in 0x100 of peer \"a\" again, expected each once" },
	{ GOOD_PEER("a", "2001:db8::1\", \"2001:DB8:0::1", "256"),
	  ":2: found address 2001:db8::1 of peer \"a\" again, expected each once" },
	{ GOOD_PEER("a b", "2001:db8::1", "256"),
	  ":7: found peer \"a b\", expected a name of 1 to 63 characters without spaces" },
	{ GOOD_PEER("a", "2001:db8::1", "256") GOOD_PEER("a", "2001:db8::2", "257"),
	  ":8: found duplicate title 'a'" },
	{ "personality \"sixteen-letters.\" {\ninterface = {\"wg0\"}\n}\n",
	  ":3: found personality \"sixteen-letters.\", expected a name of 1 to 15 characters "
	  "without spaces" },
	{ "initiate = \"everybody\"\n",
	  ":1: found initiate = everybody, expected preload, all, or an address or prefix like "
	  "2001:db8::/32" },
	{ "initiate = {\"2001:db8::/129\"}\n",
	  ":1: found initiate = 2001:db8::/129, expected preload, all, or an address or prefix "
	  "like 2001:db8::/32" },
	{ "adopt = no\ninitiate = all\n",
	  ":2: found initiate with adopt = no, expected adopt = yes: what no program registers is "
	  "found by adoption" },
	{ "meet = {\"two words\"}\n",
	  ":1: found meet = two words, expected the name of a host or its IPv6 address" },
	{ "meet = {\"fe80::1\"}\n",
	  ":1: found meet = fe80::1, expected the name of a host or its IPv6 address" },
	{ "personality \"work\" {\n}\n",
	  ":2: found personality \"work\" with 0 interfaces and 0 addresses, expected one at "
	  "least, and at most 16 of each" },
	{ "personality \"work\" {\ninterface = {\"longer-than-fifteen\"}\n}\n",
	  ":2: found interface = longer-than-fifteen, expected the name of an interface" },
	{ "peer \"a\" {\n", ":2: found the end of the file, expected }" },
	{ "default_lifetime = 5\n/* no end\n\n",
	  ":4: found the end of the file, expected the end of a comment or string" },
	{ "state = \"/no/end\n", ":2: found the end of the file, expected more" },
	{ "}\n", ":1: unexpected closing brace" },
	{ "peer \"a\" {\nspi_in 7\n", ":2: missing equal sign after option 'spi_in'" },
};

#define N_BAD	((int)ARRAY_LEN(bad))

START_TEST(c2_addresses_are_sorted_into_personalities)
{
	struct in6_addr a, b;
	struct conf *c;
	char *why;

	put("personality \"work\" {\ninterface = {\"wg0\", \"wg1\"}\n}\n"
	    "personality \"fifteen-letters\" {\naddress = {\"2001:db8:7::1\"}\ninterface = "
	    "{\"wg2\"}\n}\n",
	    0644);
	ck_assert_msg(conf_read(path, &c, &why) == 0, "%s", why);
	inet_pton(AF_INET6, "2001:db8:7::1", &a);
	inet_pton(AF_INET6, "2001:db8:7::2", &b);
	ck_assert_uint_eq(c->core.n_personality, 2);
	ck_assert_str_eq(c->core.personality[0], "work");
	ck_assert_str_eq(c->core.personality[1], "fifteen-letters");
	ck_assert_uint_eq(conf_personality(c, &b, "wg1"), 1);
	ck_assert_uint_eq(conf_personality(c, &b, "wg2"), 2);
	ck_assert_uint_eq(conf_personality(c, &b, "eth0"), 0);
	ck_assert_uint_eq(conf_personality(c, &b, NULL), 0);
	/* The address itself is the stronger reason. */
	ck_assert_uint_eq(conf_personality(c, &a, "wg0"), 2);
	conf_free(c);
}
END_TEST

START_TEST(a_bad_file_is_refused_with_file_and_line)
{
	struct conf *c = NULL;
	char *why;

	put(bad[_i].text, 0600);
	ck_assert_int_lt(conf_read(path, &c, &why), 0);
	ck_assert_ptr_null(c);
	ck_assert_ptr_nonnull(why);
	ck_assert_int_eq(strncmp(why, path, strlen(path)), 0);
	ck_assert_str_eq(why + strlen(path), bad[_i].why);
	free(why);
}
END_TEST

START_TEST(keys_that_others_may_read_are_refused_with_the_remedy)
{
	static const mode_t mode[] = { 0644, 0604, 0602, 0620 };
	struct conf *c = NULL;
	char *why, want[256];

	put(GOOD_PEER("a", "2001:db8::1", "256"), mode[_i]);
	snprintf(want, sizeof(want),
		 "%s: found keys in a file of mode %04o, expected that nobody else can read them "
		 "or change them: chmod o=,g-w %s",
		 path, (unsigned)mode[_i], path);
	ck_assert_int_eq(conf_read(path, &c, &why), -EPERM);
	ck_assert_str_eq(why, want);
	free(why);
	put(GOOD_PEER("a", "2001:db8::1", "256"), 0640);
	ck_assert_int_eq(conf_read(path, &c, &why), 0);
	conf_free(c);
}
END_TEST

START_TEST(a_file_without_keys_may_be_read_by_all)
{
	struct conf *c;
	char *why;

	put("# nothing but comments\n", 0644);
	ck_assert_int_eq(conf_read(path, &c, &why), 0);
	ck_assert_uint_eq(c->n_peer, 0);
	conf_free(c);
	put("", 0644);
	ck_assert_int_eq(conf_read(path, &c, &why), 0);
	ck_assert_mem_eq(&c->core, &core_config_default, sizeof(c->core));
	conf_free(c);
}
END_TEST

#define IKE_PEER(name, addr)	"peer \"" name "\" {\naddress = {\"" addr "\"}\nreqid = 60\n}\n"

/* No keys are in it, and AAP is not to make others. */
START_TEST(x3_a_peer_may_have_the_keys_of_ike)
{
	struct conf *c;
	char *why;

	put(IKE_PEER("a", "2001:db8::a") IKE_PEER("b", "2001:db8::b"), 0644);
	ck_assert_msg(conf_read(path, &c, &why) == 0, "%s", why);
	ck_assert_uint_eq(c->n_peer, 2);
	ck_assert_uint_eq(c->reqid[0], 60);
	ck_assert_uint_eq(c->reqid[1], 60);
	ck_assert_uint_eq(c->core.n_aap_prefix, 2);
	ck_assert_mem_eq(&c->core.aap_prefix[1].addr, &c->peer[1].addr[0], 16);
	ck_assert_uint_eq(c->core.aap_prefix[1].len, 128);
	ck_assert(!c->core.aap_prefix[1].allowed);
	conf_free(c);
	put(IKE_PEER("a", "2001:db8::a") GOOD_PEER("b", "2001:db8::b", "256"), 0644);
	ck_assert_int_eq(conf_read(path, &c, &why), -EPERM);
	free(why);
	put(IKE_PEER("a", "2001:db8::a") GOOD_PEER("b", "2001:db8::b", "256"), 0600);
	ck_assert_int_eq(conf_read(path, &c, &why), 0);
	ck_assert_uint_eq(c->reqid[1], 0);
	conf_free(c);
}
END_TEST

START_TEST(only_the_default_file_may_be_missing)
{
	struct conf *c = NULL;
	char *why, want[128];

	ck_assert_int_eq(conf_read(path, &c, &why), -ENOENT);
	snprintf(want, sizeof(want), "%s: No such file or directory", path);
	ck_assert_str_eq(why, want);
	free(why);
	if (access(CONF_DEFAULT, F_OK) == 0)
		return;
	ck_assert_int_eq(conf_read(CONF_DEFAULT, &c, &why), 0);
	conf_free(c);
}
END_TEST

START_TEST(a_directory_is_no_configuration)
{
	struct conf *c = NULL;
	char *why;

	ck_assert_int_eq(conf_read(dir, &c, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "found something else, expected a file"));
	free(why);
}
END_TEST

START_TEST(keys_are_never_quoted)
{
	struct conf *c = NULL;
	char *why;

	put("peer \"a\" {\nkey_in = \"deadbeefcafe0\"\n}\n", 0600);
	ck_assert_int_lt(conf_read(path, &c, &why), 0);
	ck_assert_ptr_null(strstr(why, "deadbeef"));
	free(why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("conf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_complete_file_is_understood);
	tcase_add_test(tc, c2_addresses_are_sorted_into_personalities);
	tcase_add_loop_test(tc, a_bad_file_is_refused_with_file_and_line, 0, N_BAD);
	tcase_add_loop_test(tc, keys_that_others_may_read_are_refused_with_the_remedy, 0, 4);
	tcase_add_test(tc, a_file_without_keys_may_be_read_by_all);
	tcase_add_test(tc, x3_a_peer_may_have_the_keys_of_ike);
	tcase_add_test(tc, only_the_default_file_may_be_missing);
	tcase_add_test(tc, a_directory_is_no_configuration);
	tcase_add_test(tc, keys_are_never_quoted);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
