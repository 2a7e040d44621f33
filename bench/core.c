/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event costs the core of a server, with few peers and with many. Each peer is a core as
 * well, with which the server has a connection. Time is simulated; the server's part is measured.
 */
#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SPREAD		(300 * USEC_PER_SEC)	/* they refresh in this time, one after the other */
#define SAMPLES_MAX	100000

struct samples {
	unsigned n;
	uint32_t ns[SAMPLES_MAX];
};

struct bench {
	bool on;
	struct timespec began;
	uint64_t updates;
	struct samples of[CROWD_EVENTS], update;
};

static void before(struct crowd *w)
{
	struct bench *b = w->ctx;

	b->updates = core_counter(w->server, COUNT_BU_HEARD);
	clock_gettime(CLOCK_MONOTONIC, &b->began);
}

static void add(struct samples *s, uint64_t ns)
{
	if (s->n < SAMPLES_MAX)
		s->ns[s->n++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static void after(struct crowd *w, enum crowd_event what)
{
	struct bench *b = w->ctx;
	struct timespec t;
	bool update = core_counter(w->server, COUNT_BU_HEARD) > b->updates;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ns = (uint64_t)(t.tv_sec - b->began.tv_sec) * 1000000000 +
	     (uint64_t)t.tv_nsec - (uint64_t)b->began.tv_nsec;
	if (b->on)
		add(update ? &b->update : &b->of[what], ns);
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* What half of them cost at most. Others' work on the same processor is in the other half. */
static double median(struct samples *s)
{
	qsort(s->ns, s->n, sizeof(s->ns[0]), ascending);
	return s->n ? s->ns[s->n / 2] / 1000.0 : 0;
}

static void clear(struct bench *b)
{
	b->update.n = 0;
	for (unsigned i = 0; i < CROWD_EVENTS; i++)
		b->of[i].n = 0;
}

/* Every peer comes. */
static void meet_all(struct crowd *w, unsigned n, bool keys)
{
	for (unsigned i = 0; i < n; i++) {
		crowd_meet(w, keys);
		crowd_pass(w, SPREAD / n);
	}
}

static void run(unsigned n, bool keys)
{
	static struct bench b;
	struct crowd w = { .before = before, .after = after, .ctx = &b };

	clear(&b);
	b.on = true;
	crowd_open(&w, n);
	meet_all(&w, n, keys);
	printf("%6u %-4s %9.1f", n, keys ? "keys" : "AAP", median(&b.of[CROWD_PACKET]));
	clear(&b);
	crowd_pass(&w, 4 * SPREAD);
	printf(" %9.1f %9.1f", median(&b.update), median(&b.of[CROWD_TICK]));
	for (unsigned i = 0; i < n && i < 100; i++) {
		crowd_reconnect(&w, i);
		crowd_heard(&w, i);
		crowd_connect_out(&w, i);
	}
	printf(" %9.1f %9.1f %9.1f %9.1f", median(&b.of[CROWD_OPEN]), median(&b.of[CROWD_CLOSE]),
	       median(&b.of[CROWD_CONNECT]), median(&b.of[CROWD_HEARD]));
	clear(&b);
	for (unsigned i = 0; i < n && i < 100; i++)
		crowd_move(&w, i);
	printf(" %9.1f\n", median(&b.update));
	fflush(stdout);
	crowd_close(&w);
}

int main(int argc, char **argv)
{
	unsigned most = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;

	if (argc > 2 || most < 10) {
		fprintf(stderr, "usage: %s [PEERS]\n", argv[0]);
		return 2;
	}
	puts(" peers          meets   Update     timer    accept     close   connect     heard"
	     "      move\t(us)");
	for (int keys = 1; keys >= 0; keys--)
		for (unsigned n = 10; n <= most; n *= 10)
			run(n, keys);
	return 0;
}
