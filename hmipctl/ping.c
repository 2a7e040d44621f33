/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "addr.h"
#include "client.h"
#include "clock.h"
#include "json_text.h"
#include "meet.h"
#include "ping.h"
#include "print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE	(2 * USEC_PER_SEC)

/* Notes the round trip of the pair that e, an event, is about. Returns how many were new. */
static unsigned note_answer(json_t *answer, json_t *e)
{
	json_t *p, *pairs = json_object_get(answer, "pairs");
	double rtt = json_number_value(json_object_get(e, "time")) -
		     json_number_value(json_object_get(answer, "sent"));
	size_t i;

	if (strcmp(string(e, "event"), "ping") ||
	    !json_equal(json_object_get(e, "hce"), json_object_get(answer, "hce")))
		return 0;
	json_array_foreach(pairs, i, p)
		if (!strcmp(string(p, "local"), string(e, "local")) &&
		    !strcmp(string(p, "foreign"), string(e, "foreign")) &&
		    !json_is_number(json_object_get(p, "rtt"))) {
			json_object_set_new(p, "rtt", json_real(rtt > 0 ? rtt : 0));
			return 1;
		}
	return 0;
}

static void await_answers(int fd, json_t *answer, usec_t end)
{
	size_t left = json_array_size(json_object_get(answer, "pairs")), i;
	json_t *p;

	json_array_foreach(json_object_get(answer, "pairs"), i, p)
		json_object_set_new(p, "rtt", json_null());
	while (left) {
		json_t *e = client_next(fd, end);

		if (!e)
			return;
		left -= note_answer(answer, e);
		json_decref(e);
	}
}

json_t *ping_at(const char *path, const struct in6_addr *addr, int *ret_exit)
{
	usec_t end = usec_add(clock_boottime(), PATIENCE);
	int fd = client_ask(path, "ping", addr_text(addr).s);
	json_t *answer;

	*ret_exit = -fd;
	if (fd < 0)
		return NULL;
	answer = client_next(fd, end);
	*ret_exit = answer ? EXIT_OK : EXIT_REFUSED;
	if (answer)
		await_answers(fd, answer, end);
	close(fd);
	return answer;
}

/* Prints a line for each pair. */
static void print_pairs(json_t *answer)
{
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(answer, "pairs"), i, p) {
		json_t *rtt = json_object_get(p, "rtt"), *via = json_object_get(p, "via");

		printf("%s %s - %s: ", i ? " " : "*", string(p, "local"), string(p, "foreign"));
		if (json_is_number(rtt))
			printf("%.1f ms", json_number_value(rtt) * 1000);
		else
			fputs("no answer", stdout);
		if (json_is_string(via))
			printf(", %s", json_string_value(via));
		putchar('\n');
	}
}

static unsigned count_answered(json_t *answer)
{
	unsigned n = 0;
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(answer, "pairs"), i, p)
		n += json_is_number(json_object_get(p, "rtt"));
	return n;
}

int run_ping(const char *path, char **argument, const struct options *options)
{
	struct in6_addr addr[MEET_ADDRS_MAX];
	const char *why;
	unsigned n = meet_resolve(argument[0], addr, &why);
	json_t *answer = NULL;
	int r = EXIT_REFUSED;

	if (!n)
		fprintf(stderr, "hmipctl: cannot ping %s: %s\n", argument[0], why);
	for (unsigned i = 0; i < n && !answer && r != EXIT_NO_HELPER; i++)
		answer = ping_at(path, &addr[i], &r);
	if (!answer)
		return r;
	r = count_answered(answer) ? EXIT_OK : EXIT_REFUSED;
	if (options->json)
		print_json(answer);
	else
		print_pairs(answer);
	json_decref(answer);
	return r;
}
