/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "client.h"
#include "clock.h"
#include "json_text.h"
#include "leave.h"
#include "print.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE	(3 * USEC_PER_SEC)
#define LOOK_AGAIN	(USEC_PER_SEC / 20)	/* after an event: more may follow */
#define IN_FLIGHT_MAX	0.5			/* seconds */

/* What the helper's answers say of the peers that have connections with this host. */
struct peers {
	json_t *waiting;	/* names or addresses of those that have not moved yet */
	unsigned n, n_stuck;	/* all; those that could move to no other address */
	double rtt;		/* the longest */
};

/* What status says of this host's address. NULL: nothing. */
static json_t *local_of(json_t *status, const char *addr)
{
	json_t *l;
	size_t i;

	json_array_foreach(json_object_get(status, "addresses"), i, l)
		if (strcmp(string(l, "address"), addr) == 0)
			return l;
	return NULL;
}

static bool is_leaving(json_t *status, const char *addr)
{
	return json_is_true(json_object_get(local_of(status, addr), "leaving"));
}

/* Whether the peer of entry e still has, or sends to, an address that is left. */
static bool waits(json_t *status, json_t *e)
{
	json_t *b;
	size_t i;

	if (is_leaving(status, string(json_object_get(e, "pair"), "local")))
		return true;
	json_array_foreach(json_object_get(e, "bindings"), i, b)
		if (is_leaving(status, string(b, "address")))
			return true;
	return false;
}

/* Whether this host has another address that the peer of e may learn. */
static bool has_other(json_t *status, json_t *e)
{
	json_t *l;
	size_t i;

	json_array_foreach(json_object_get(status, "addresses"), i, l)
		if (json_is_true(json_object_get(l, "usable")) &&
		    !json_is_true(json_object_get(l, "leaving")) &&
		    json_equal(json_object_get(l, "personality"),
			       json_object_get(e, "personality")))
			return true;
	return false;
}

static void look_at(json_t *status, json_t *e, struct peers *ret)
{
	const char *name = json_string_value(json_object_get(e, "name"));
	double rtt = json_number_value(json_object_get(e, "rtt"));

	if (strcmp(string(e, "status"), "homeless") ||
	    (!json_integer_value(json_object_get(e, "connections")) &&
	     !json_integer_value(json_object_get(e, "senders"))))
		return;
	ret->n++;
	if (rtt > ret->rtt)
		ret->rtt = rtt;
	if (!waits(status, e))
		return;
	ret->n_stuck += !has_other(status, e);
	json_array_append_new(ret->waiting,
			      json_string(name ? name : string(json_object_get(e, "pair"),
							       "foreign")));
}

/* Asks the helper. Returns an exit code; ret->waiting is the caller's in any case. */
static int look(const char *path, struct peers *ret)
{
	json_t *status, *cache = NULL, *e;
	size_t i;
	int r;

	*ret = (struct peers){ .waiting = json_array() };
	status = client_fetch(path, "status", NULL, &r);
	if (status)
		cache = client_fetch(path, "cache", NULL, &r);
	json_array_foreach(cache, i, e)
		look_at(status, e, ret);
	json_decref(status);
	json_decref(cache);
	return r;
}

/* Takes the events that came, the first of which is waited for until end. */
static void await_events(int fd, usec_t end)
{
	json_t *event = client_next(fd, end);
	usec_t until = usec_add(clock_boottime(), LOOK_AGAIN);

	while (event) {
		json_decref(event);
		event = client_next(fd, until < end ? until : end);
	}
}

/* Waits until all peers have moved that can. fd has the events. Returns an exit code. */
static int await_peers(const char *path, int fd, struct peers *ret)
{
	usec_t end = usec_add(clock_boottime(), PATIENCE);
	int r = look(path, ret);

	while (r == EXIT_OK && json_array_size(ret->waiting) > ret->n_stuck &&
	       clock_boottime() < end) {
		await_events(fd, end);
		json_decref(ret->waiting);
		r = look(path, ret);
	}
	return r;
}

/*
 * What peers sent before they moved comes by the path that is left, which may be slower than the
 * one by which they acknowledged.
 */
static void let_arrive(const struct peers *p)
{
	double wait = p->rtt < IN_FLIGHT_MAX ? p->rtt : IN_FLIGHT_MAX;

	if (p->n > p->n_stuck)
		nanosleep(&(struct timespec){ .tv_nsec = (long)(wait * 1e9) }, NULL);
}

static void print_outcome(const char *target, const struct peers *p)
{
	size_t n = json_array_size(p->waiting), i;
	json_t *name;

	if (!n) {
		printf("%s can go: all of %u peers have moved\n", target, p->n);
		return;
	}
	printf("%s: %zu of %u peers have not moved", target, n, p->n);
	if (p->n_stuck)
		printf(", %u as this host has no other address", p->n_stuck);
	json_array_foreach(p->waiting, i, name)
		printf("%s %s", i ? "," : ":", json_string_value(name));
	putchar('\n');
}

static int wait_for_peers(const char *path, int fd, const char *target, bool as_json)
{
	struct peers p;
	int r = await_peers(path, fd, &p);

	if (r == EXIT_OK) {
		let_arrive(&p);
		if (json_array_size(p.waiting))
			r = EXIT_REFUSED;
		if (as_json) {
			json_t *outcome = json_pack("{ss, si, sO}",
				"leaving", target,
				"peers", (int)p.n,
				"waiting", p.waiting);

			print_json(outcome);
			json_decref(outcome);
		} else {
			print_outcome(target, &p);
		}
	}
	json_decref(p.waiting);
	return r;
}

int run_leave(const char *path, char **argument, const struct options *options)
{
	bool waits = options->wait && !options->cancel;
	/* Before anything happens, so that no event is missed. */
	int fd = waits ? client_ask(path, "monitor", NULL) : -1, r;
	json_t *answer;

	if (waits && fd < 0)
		return -fd;
	answer = client_fetch(path, options->cancel ? "stay" : "leave", argument[0], &r);
	if (answer && waits)
		r = wait_for_peers(path, fd, argument[0], options->json);
	else if (answer && options->json)
		print_json(answer);
	else if (answer)
		printf(options->cancel ? "%s is used like others again\n" :
		       "%s is left as soon as peers know another address\n", argument[0]);
	json_decref(answer);
	if (fd >= 0)
		close(fd);
	return r;
}
