/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_apply.h: what a reload changes, of a real core and file. What else the daemon has open is a
 * fake that counts its calls.
 */
#include "adopt.h"
#include "conf.h"
#include "conf_apply.h"
#include "control_server.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "kernel_sa.h"
#include "suite.h"
#include "unused.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned adoptions, watched;
static bool recording;
static char group[32];

void adopt_configure(struct daemon *d UNUSED)
{
	adoptions++;
}

void datapath_watch(struct datapath *dp UNUSED, uint32_t seconds)
{
	watched = seconds;
}

void datapath_record(struct datapath *dp UNUSED, bool on)
{
	recording = on;
}

void control_server_set_group(struct control_server *c UNUSED, const char *name)
{
	snprintf(group, sizeof(group), "%s", name ? name : "");
}

/* The peers of the kernel's SAs: those before are forgotten while these are still in force. */
static const struct conf *forgotten_for, *configured;

void kernel_sas_forget(struct daemon *daemon, const struct conf *next)
{
	ck_assert_ptr_ne(daemon->conf, next);
	forgotten_for = next;
}

void kernel_sas_configure(struct daemon *daemon)
{
	ck_assert_ptr_eq(daemon->conf, forgotten_for);
	configured = daemon->conf;
}

#define KEY	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PEER(name, addr, spi, key) \
	"peer \"" name "\" {\naddress = {\"" addr "\"}\nspi_in = " spi "\nspi_out = 0x2000\n" \
	"key_in = \"" key "\"\nkey_out = \"" KEY "\"\n}\n"
#define ALICE	PEER("alice", "2001:db8:a::1", "0x1001", KEY)
#define BOB	PEER("bob", "2001:db8:b::1", "0x1002", KEY)

#define ALICE_OF_IKE	"peer \"alice\" {\naddress = {\"2001:db8:a::1\"}\nreqid = 60\n}\n"

static struct daemon *d;
static char dir[] = "/tmp/check-conf-apply-XXXXXX", path[64];

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

/* Starts with this configuration. */
static void start(const char *text)
{
	static const uint8_t seed[32] = { 1 };
	char *why = NULL;

	put(text);
	ck_assert_msg(conf_read(path, &d->conf, &why) == 0, "%s", why);
	d->core = core_new(&d->conf->core, seed, 1);
	ck_assert_ptr_nonnull(d->core);
	ck_assert_int_eq(conf_declare_peers(d, d->conf, NULL), 0);
}

static void reload(const char *text)
{
	put(text);
	conf_reload(d);
}

static void setup(void)
{
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/hmip.conf", dir);
	d->conf_path = path;
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
	core_free(d->core);
	conf_free(d->conf);
	free(d);
}

/* Whether a peer of that name has keys: a connection to its address makes an entry with an SA. */
static bool has_keys(const char *addr)
{
	struct pcb p = { .cookie = 1, .lport = 4000, .fport = 80, .proto = IPPROTO_TCP,
			 .origin = PCB_CONNECT };
	struct in6_addr local;
	const struct hce *hce;
	bool has;

	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8:1::1", &local), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, addr, &p.foreign), 1);
	core_local_up(d->core, &local, 1, USEC_NEVER, 1);
	p.local = local;
	ck_assert_int_eq(core_pcb_open(d->core, &p, 1), 0);
	hce = core_entry_of(d->core, &p.foreign);
	has = hce && hce->sa;
	core_pcb_close(d->core, 1, 1);
	return has;
}

START_TEST(a_file_with_an_error_leaves_all_as_it_is)
{
	const struct conf *was;

	start("path_timeout = 7\n" ALICE);
	was = d->conf;
	reload("path_timeout = 5\npeer \"bob\" {\n");
	ck_assert_ptr_eq(d->conf, was);
	ck_assert_uint_eq(watched, 0);
	ck_assert(has_keys("2001:db8:a::1"));
}
END_TEST

START_TEST(a_file_that_is_gone_leaves_all_as_it_is)
{
	const struct conf *was;

	start(ALICE);
	was = d->conf;
	unlink(path);
	conf_reload(d);
	ck_assert_ptr_eq(d->conf, was);
	ck_assert(has_keys("2001:db8:a::1"));
}
END_TEST

START_TEST(what_may_change_reaches_who_uses_it)
{
	start("path_timeout = 7\n");
	reload("path_timeout = 5\ncontrol_group = \"root\"\n");
	ck_assert_uint_eq(d->conf->core.path_timeout, 5);
	ck_assert_uint_eq(watched, 5);
	ck_assert_str_eq(group, "root");
	reload("path_timeout = 5\n");
	ck_assert_str_eq(group, "");
	ck_assert_uint_eq(adoptions, 0);
	ck_assert(recording);
	reload("resend = no\n");
	ck_assert(!recording);
}
END_TEST

START_TEST(adoption_is_switched_only_if_it_changes)
{
	start("adopt = yes\n");
	reload("adopt = no\n");
	ck_assert_uint_eq(adoptions, 1);
	ck_assert(!d->conf->adopt);
	reload("adopt = no\n");
	ck_assert_uint_eq(adoptions, 1);
	reload("adopt = yes\n");
	ck_assert_uint_eq(adoptions, 2);
}
END_TEST

START_TEST(sizes_of_tables_stay_as_the_tables_are)
{
	start("max_connections = 2048\nmax_foreign = 512\nmax_entries = 100\n");
	reload("max_connections = 1024\nmax_foreign = 4096\npath_timeout = 5\nmax_entries = 200\n");
	ck_assert_uint_eq(d->conf->core.max_entries, 100);
	ck_assert_uint_eq(d->conf->datapath.max_entries, 100);
	ck_assert_uint_eq(d->conf->core.max_connections, 2048);
	ck_assert_uint_eq(d->conf->core.max_foreign, 512);
	ck_assert_uint_eq(d->conf->datapath.max_pcbs, 2048);
	ck_assert_uint_eq(d->conf->datapath.max_foreign, 512);
	ck_assert_uint_eq(d->conf->core.path_timeout, 5);	/* the rest is in force */
}
END_TEST

START_TEST(signalling_in_udp_stays_as_it_was_at_the_start)
{
	start("encapsulate = always\nencapsulate_port = 4191\n");
	ck_assert_int_eq(d->conf->core.encapsulate, ENCAPSULATE_ALWAYS);
	reload("encapsulate = never\nencapsulate_port = 435\n");
	ck_assert_int_eq(d->conf->core.encapsulate, ENCAPSULATE_ALWAYS);
	ck_assert_uint_eq(d->conf->core.encapsulate_port, 4191);
}
END_TEST

static const char *const personalities[] = {
	"",
	"personality \"home\" {\ninterface = {\"wg0\"}\n}\n",
	"personality \"work\" {\ninterface = {\"wg1\"}\n}\n",
	"personality \"work\" {\ninterface = {\"wg0\"}\naddress = {\"2001:db8::9\"}\n}\n",
};

START_TEST(x9_personalities_stay_those_of_the_start)
{
	start("personality \"work\" {\ninterface = {\"wg0\"}\n}\n");
	reload(personalities[_i]);
	ck_assert_uint_eq(d->conf->core.n_personality, 1);
	ck_assert_str_eq(d->conf->core.personality[0], "work");
	ck_assert_uint_eq(d->conf->personality[0].n_interface, 1);
	ck_assert_str_eq(d->conf->personality[0].interface[0], "wg0");
	ck_assert_uint_eq(d->conf->personality[0].n_addr, 0);
}
END_TEST

START_TEST(peers_come_and_go_with_the_file)
{
	start(ALICE);
	ck_assert(!has_keys("2001:db8:b::1"));
	reload(ALICE BOB);
	ck_assert(has_keys("2001:db8:b::1"));
	reload(BOB);
	ck_assert(has_keys("2001:db8:b::1"));
	ck_assert(!has_keys("2001:db8:a::1"));
}
END_TEST

START_TEST(a_peer_that_is_as_before_keeps_its_entry_and_one_with_other_keys_does_not)
{
	const struct hce *alice;
	struct in6_addr addr;
	uint32_t id;

	start(ALICE);
	ck_assert(has_keys("2001:db8:a::1"));
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8:a::1", &addr), 1);
	id = core_entry_of(d->core, &addr)->id;
	reload("path_timeout = 5\n" ALICE);
	alice = core_entry_of(d->core, &addr);
	ck_assert(alice && alice->sa);
	ck_assert_uint_eq(alice->id, id);
	reload(PEER("alice", "2001:db8:a::1", "0x1009", KEY));
	ck_assert(has_keys("2001:db8:a::1"));
	ck_assert_uint_eq(core_entry_of(d->core, &addr)->sa->in.spi, 0x1009);
}
END_TEST

/* Their keys are kernel_sa.h's, so a peer without keys in the file has none here. */
START_TEST(x3_a_peer_changes_between_its_own_keys_and_those_of_ike)
{
	start(ALICE);
	ck_assert(has_keys("2001:db8:a::1"));
	reload(ALICE_OF_IKE);
	ck_assert_ptr_eq(configured, d->conf);
	ck_assert(!has_keys("2001:db8:a::1"));
	reload(ALICE);
	ck_assert_ptr_eq(configured, d->conf);
	ck_assert(has_keys("2001:db8:a::1"));
	reload(ALICE_OF_IKE BOB);
	ck_assert(!has_keys("2001:db8:a::1"));
	ck_assert(has_keys("2001:db8:b::1"));
}
END_TEST

START_TEST(of_peers_that_cannot_be_added_the_others_are)
{
	struct conf *more;
	char *why = NULL;

	start(ALICE);
	/* Eve is given Alice's SPI, which one file would not be allowed to do. */
	put(PEER("eve", "2001:db8:e::1", "0x1001", KEY) BOB);
	ck_assert_int_eq(conf_read(path, &more, &why), 0);
	ck_assert_int_eq(conf_declare_peers(d, more, NULL), -EEXIST);
	ck_assert(!has_keys("2001:db8:e::1"));
	ck_assert(has_keys("2001:db8:b::1"));
	conf_free(more);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("conf_apply");
	TCase *tc = tcase_create("reload");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_with_an_error_leaves_all_as_it_is);
	tcase_add_test(tc, a_file_that_is_gone_leaves_all_as_it_is);
	tcase_add_test(tc, what_may_change_reaches_who_uses_it);
	tcase_add_test(tc, adoption_is_switched_only_if_it_changes);
	tcase_add_test(tc, sizes_of_tables_stay_as_the_tables_are);
	tcase_add_test(tc, signalling_in_udp_stays_as_it_was_at_the_start);
	tcase_add_loop_test(tc, x9_personalities_stay_those_of_the_start, 0, 4);
	tcase_add_test(tc, peers_come_and_go_with_the_file);
	tcase_add_test(tc,
		       a_peer_that_is_as_before_keeps_its_entry_and_one_with_other_keys_does_not);
	tcase_add_test(tc, x3_a_peer_changes_between_its_own_keys_and_those_of_ike);
	tcase_add_test(tc, of_peers_that_cannot_be_added_the_others_are);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
