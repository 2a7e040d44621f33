/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl's answers as text. */
#include "array.h"
#include "print.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void print_fn(FILE *out, json_t *answer);

/* What is printed of an answer, in which ' stands for ". The caller frees it. */
static char *printed(print_fn *print, const char *answer)
{
	char *copy = strdup(answer), *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *j;

	ck_assert(copy && out);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	j = json_loads(copy, JSON_DECODE_ANY, NULL);
	ck_assert_msg(j != NULL, "no JSON: %s", answer);
	print(out, j);
	fclose(out);
	json_decref(j);
	free(copy);
	return text;
}

static const struct whole {
	const char *what;
	print_fn *print;
	const char *answer, *text;
} whole[] = {
	{ "no peers", print_cache, "[]", "no peers\n" },
	{ "no connections", print_sockets, "[]", "no connections\n" },
	{ "no SAs", print_sa, "[]", "no security associations\n" },
	{ "nothing uncovered", print_uncovered, "[]",
	  "no uncovered connections with Homeless peers\n" },
	{ "one connection, and no peers", print_uncovered, "[{'reason': 'no-peers'}]",
	  "no Homeless peers known; 1 connection would not survive a move\n" },
	{ "more of them", print_uncovered, "[{'reason': 'no-peers'}, {'reason': 'no-peers'}]",
	  "no Homeless peers known; 2 connections would not survive a move\n" },
	{ "one among others is a row like others", print_uncovered,
	  "[{'reason': 'no-peers', 'detail': 'a'}, {'reason': 'go', 'detail': 'b'}]",
	  "PID  COMMAND  PEER  PROTO  LOCAL  FOREIGN  WHY\n"
	  "-    -        -     -      -      -        a\n"
	  "-    -        -     -      -      -        b\n" },
	{ "a row of each column", print_uncovered,
	  "[{'pid': 1234567, 'command': 'nc', 'name': 'server', 'proto': 'tcp',"
	  " 'local': '[a]:1', 'foreign': '[b]:2', 'reason': 'go', 'detail': 'why not'}]",
	  "PID      COMMAND  PEER    PROTO  LOCAL  FOREIGN  WHY\n"
	  "1234567  nc       server  tcp    [a]:1  [b]:2    why not\n" },
	{ "connections: as they were born, moved, and left alone", print_sockets,
	  "[{'name': 'p', 'proto': 'tcp', 'local': 'L', 'foreign': 'F', 'known_by': 'preload',"
	  "  'wire_local': 'L', 'wire_foreign': 'F', 'reason': null},"
	  " {'name': null, 'proto': 'udp', 'local': 'L', 'foreign': 'F', 'known_by': 'adopted',"
	  "  'wire_local': 'M', 'wire_foreign': 'F', 'reason': 'policy-rule'},"
	  " {'name': 'p', 'proto': 'tcp', 'local': 'L', 'foreign': 'F', 'known_by': 'adopted',"
	  "  'wire_local': 'L', 'wire_foreign': 'F', 'reason': 'translated'}]",
	  "PEER  PROTO  LOCAL  FOREIGN  BY       ON THE WIRE\n"
	  "p     tcp    L      F        preload  the same\n"
	  "-     udp    L      F        adopted  M F\n"
	  "p     tcp    L      F        adopted  the same (translated)\n" },
	{ "an SA whose SPIs need all bits", print_sa,
	  "[{'name': 'p', 'class': 'generic', 'algorithm': 'x', 'spi_in': 4294967295,"
	  " 'spi_out': 256, 'last_sent': 7, 'last_heard': 0}]",
	  "p  generic  x  in 0xffffffff  out 0x100  sent 7, heard 0\n" },
	{ "a peer without keys", print_cache,
	  "[{'id': 3, 'name': null, 'status': 'unknown', 'trusted': false, 'connections': 0,"
	  " 'senders': 0, 'rtt': null, 'sa': null, 'personality': null, 'dns': [],"
	  " 'alternatives': [], 'addresses': [], 'pair': {'local': null, 'foreign': null}}]",
	  "3 -: unknown, not trusted, 0 connections\n"
	  "  pair - - -, no security association\n" },
	{ "a peer that did not answer", print_cache,
	  "[{'id': 3, 'name': null, 'status': 'plain', 'plain_for': 240, 'trusted': true,"
	  " 'connections': 1, 'senders': 0, 'rtt': null, 'sa': null, 'personality': null,"
	  " 'dns': [], 'alternatives': [], 'addresses': [],"
	  " 'pair': {'local': 'L', 'foreign': 'F'}}]",
	  "3 -: plain, trusted, 1 connections, not asked again for 4m 00s\n"
	  "  pair L - F, no security association\n" },
	{ "names and a personality", print_cache,
	  "[{'id': 3, 'name': 'p', 'status': 'homeless', 'trusted': true, 'connections': 2,"
	  " 'senders': 1, 'rtt': 0.0123, 'held_since': 90, 'sa': {'algorithm': 'x'},"
	  " 'personality': 'work',"
	  " 'dns': ['a.example', 'b.example'], 'alternatives': ['2001:db8::9'],"
	  " 'pair': {'local': 'L', 'foreign': 'F'}, 'addresses': []}]",
	  "3 p: homeless, trusted, 2 connections, 1 senders, personality work,"
	  " round trip 12.3 ms, held for 1m 30s\n"
	  "  pair L - F, x\n"
	  "  found by name: a.example, b.example\n"
	  "  perhaps also at: 2001:db8::9\n" },
	{ "a path through which no signalling gets", print_cache,
	  "[{'id': 3, 'name': 'p', 'status': 'homeless', 'trusted': true, 'connections': 2,"
	  " 'sa': {'algorithm': 'x'}, 'pair': {'local': 'L', 'foreign': 'F'}, 'via': 'udp',"
	  " 'paths': [{'local': 'L', 'foreign': 'F', 'via': 'udp', 'unanswered': null},"
	  "  {'local': 'M', 'foreign': 'F', 'via': 'none', 'unanswered': 90}],"
	  " 'addresses': []}]",
	  "3 p: homeless, trusted, 2 connections\n"
	  "  pair L - F, x, via udp\n"
	  "  no signalling gets through: M - F, unanswered for 1m 30s\n" },
	{ "addresses that the peer has no proof of", print_cache,
	  "[{'id': 3, 'name': 'p', 'status': 'homeless', 'trusted': true, 'connections': 2,"
	  " 'sa': {'algorithm': 'x'}, 'pair': {'local': 'L', 'foreign': 'F'},"
	  " 'bindings': [{'address': 'L', 'state': 'verified', 'wanted': true},"
	  "  {'address': 'M', 'state': 'known', 'wanted': true},"
	  "  {'address': 'N', 'state': 'sent', 'wanted': true},"
	  "  {'address': 'O', 'state': 'sent', 'wanted': false}], 'addresses': []}]",
	  "3 p: homeless, trusted, 2 connections\n"
	  "  pair L - F, x\n"
	  "  not proven to the peer: M, N\n" },
};

START_TEST(each_answer_is_printed_as_a_table)
{
	const struct whole *w = &whole[_i];
	char *text = printed(w->print, w->answer);

	ck_assert_msg(!strcmp(text, w->text), "%s:\n%sinstead of\n%s", w->what, text, w->text);
	free(text);
}
END_TEST

static const struct span {
	const char *seconds, *text;
} span[] = {
	{ "0", "0.0 ms" }, { "0.0004", "0.4 ms" }, { "0.9994", "999.4 ms" }, { "1", "1.0 s" },
	{ "59.94", "59.9 s" }, { "60", "1m 00s" }, { "72.9", "1m 12s" }, { "3599", "59m 59s" },
	{ "3600", "1h 00m" }, { "86399", "23h 59m" }, { "86400", "1d 0h" },
	{ "273600", "3d 4h" }, { "null", "never" },
};

START_TEST(durations_have_the_unit_that_suits_them)
{
	char answer[128], *text, expected[64];

	snprintf(answer, sizeof(answer), "{'version': '9', 'pid': 1, 'uptime': %s}",
		 span[_i].seconds);
	snprintf(expected, sizeof(expected), "running for %s\n", span[_i].text);
	text = printed(print_status, answer);
	ck_assert_msg(strstr(text, expected) != NULL, "%s s:\n%s", span[_i].seconds, text);
	free(text);
}
END_TEST

START_TEST(a_cell_that_is_too_long_is_cut)
{
	char answer[512], *text;

	snprintf(answer, sizeof(answer), "[{'name': '%0200d', 'proto': 'tcp'}]", 7);
	text = printed(print_sockets, answer);
	ck_assert_ptr_nonnull(strstr(text, "\n000000000"));
	ck_assert_ptr_null(strchr(text, '7'));
	ck_assert_ptr_nonnull(strstr(text, "0  tcp  "));
	free(text);
}
END_TEST

/* An answer of another version must not end the program. */
static const char *const strange[] = {
	"{}", "[]", "null", "7", "'x'", "[{}]", "[7]", "[[]]", "[null, 'x']",
	"{'addresses': 7, 'counters': [], 'datapath': 'x'}",
	"{'addresses': [{'address': 7}], 'counters': {'a': 'b'}, 'datapath': {'kind': 7}}",
	"[{'addresses': 'x', 'pair': 7, 'rtt': 'x', 'dns': {}, 'alternatives': [7], 'sa': []}]",
	"[{'pid': 'x', 'command': 7, 'name': [], 'local': {}, 'reason': 7}]",
	"{'time': 'x', 'event': 7, 'local': 7, 'seq': 'x', 'after_loss': 'x'}",
};

START_TEST(what_is_missing_or_of_another_type_is_printed_as_nothing)
{
	print_fn *const all[] = { print_status, print_cache, print_sockets, print_uncovered,
				  print_sa, print_event };

	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		char *text = printed(all[i], strange[_i]);

		ck_assert_msg(strlen(text) > 0 && text[strlen(text) - 1] == '\n', "%u: %s", i,
			      text);
		ck_assert_ptr_null(strstr(text, "(null)"));
		free(text);
	}
}
END_TEST

START_TEST(an_event_is_a_line_with_what_it_has)
{
	char *text;

	setenv("TZ", "UTC", 1);
	text = printed(print_event,
		       "{'time': 86399.25, 'event': 'switched', 'name': 'p', 'local': 'L',"
		       " 'foreign': 'F', 'seq': 5, 'detail': 'd', 'after_loss': 0.0171}");
	ck_assert_str_eq(text, "23:59:59.250 switched           p local L foreign F seq 5 (d)"
			 " 17.1 ms after the loss of the address used before\n");
	free(text);
	text = printed(print_event,
		       "{'time': 0, 'event': 'entry-new', 'name': null, 'local': null,"
		       " 'foreign': null, 'seq': null, 'detail': null, 'after_loss': null}");
	ck_assert_str_eq(text, "00:00:00.000 entry-new         \n");
	free(text);
}
END_TEST

START_TEST(counters_that_are_0_are_left_out)
{
	char *text = printed(print_status,
			     "{'counters': {'packets': 0, 'malformed': 12, 'replayed': 1},"
			     " 'datapath': {'kind': 'tcx', 'held': 0}}");
	const char *signalling = strstr(text, "signalling\n"),
		   *datapath = strstr(text, "\ndatapath\n");

	ck_assert(signalling && datapath);
	ck_assert(!strncmp(signalling, "signalling\n  malformed  12\n  replayed   1\n", 42));
	ck_assert_ptr_null(strstr(text, "packets"));
	ck_assert_ptr_nonnull(strstr(datapath, "all 0\n"));
	free(text);
}
END_TEST

static Suite *make(void)
{
	Suite *s = suite_create("print");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, each_answer_is_printed_as_a_table, 0, ARRAY_LEN(whole));
	tcase_add_loop_test(tc, durations_have_the_unit_that_suits_them, 0, ARRAY_LEN(span));
	tcase_add_test(tc, a_cell_that_is_too_long_is_cut);
	tcase_add_loop_test(tc, what_is_missing_or_of_another_type_is_printed_as_nothing, 0,
			    ARRAY_LEN(strange));
	tcase_add_test(tc, an_event_is_a_line_with_what_it_has);
	tcase_add_test(tc, counters_that_are_0_are_left_out);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return suite_run(make());
}
