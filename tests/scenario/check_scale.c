/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event costs the core does not depend on how many peers there are. Work is counted, not
 * timed: each object that the server allocates has a page of its own, all of them are protected
 * when an event begins, and each that is read or written until it ends is one fault.
 */
#include "crowd.h"
#include "suite.h"
#include "unused.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FEW		20
#define MANY		640
#define PAGES_MAX	(1 << 18)
#define OBJECT_MIN	128	/* smaller ones are not counted */

/*
 * How many more objects an event may touch with MANY peers than with FEW: neighbours in hash
 * buckets, and three times the path through a heap that is five levels deeper, with both children
 * at each.
 */
#define MORE		32

static char *arena;
static size_t page, n_page;
static bool servers;			/* what is allocated now is the server's */
static unsigned touched, most[CROWD_EVENTS];

void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

void *__wrap_calloc(size_t n, size_t size)
{
	void *p;

	if (!servers || n * size < OBJECT_MIN || n * size > page || n_page == PAGES_MAX)
		return __real_calloc(n, size);
	p = arena + n_page++ * page;
	mprotect(p, page, PROT_READ | PROT_WRITE);	/* zeroed, and never used again */
	return p;
}

void __wrap_free(void *p)
{
	if ((char *)p < arena || (char *)p >= arena + PAGES_MAX * page)
		__real_free(p);
}

static void on_fault(int sig UNUSED, siginfo_t *info, void *context UNUSED)
{
	char *at = info->si_addr;

	if (at < arena || at >= arena + PAGES_MAX * page)
		abort();
	mprotect(arena + (size_t)(at - arena) / page * page, page, PROT_READ | PROT_WRITE);
	touched++;
}

static void before(struct crowd *w UNUSED)
{
	mprotect(arena, n_page * page, PROT_NONE);
	touched = 0;
	servers = true;
}

static void after(struct crowd *w UNUSED, enum crowd_event what)
{
	servers = false;
	mprotect(arena, n_page * page, PROT_READ | PROT_WRITE);
	if (touched > most[what])
		most[what] = touched;
}

/* All that may befall a server with n peers. ret: how many objects an event touched at most. */
static void live(unsigned n, bool keys, unsigned ret[static CROWD_EVENTS])
{
	struct crowd w = { .before = before, .after = after };

	n_page = 0;
	arena = mmap(NULL, PAGES_MAX * page, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(arena, MAP_FAILED);
	crowd_open(&w, n);
	for (unsigned i = 0; i < n; i++) {
		crowd_meet(&w, keys);
		crowd_pass(&w, 300 * USEC_PER_SEC / n);
	}
	memset(most, 0, sizeof(most));
	/* Every address is refreshed, and proven again. */
	crowd_pass(&w, 700 * USEC_PER_SEC);
	for (unsigned i = 0; i < 8; i++) {
		crowd_reconnect(&w, i);
		crowd_heard(&w, i);
		crowd_move(&w, i);
		crowd_connect_out(&w, i);
	}
	memcpy(ret, most, sizeof(most));
	ck_assert_uint_ge(core_counter(w.server, COUNT_BU_HEARD), 4 * n);
	crowd_close(&w);
	munmap(arena, PAGES_MAX * page);
}

static void compare(bool keys)
{
	static const char *const name[CROWD_EVENTS] = {
		[CROWD_PACKET] = "packet", [CROWD_TICK] = "timer", [CROWD_OPEN] = "accept",
		[CROWD_CLOSE] = "close", [CROWD_CONNECT] = "connect", [CROWD_HEARD] = "data",
	};
	unsigned few[CROWD_EVENTS], many[CROWD_EVENTS];

	live(FEW, keys, few);
	live(MANY, keys, many);
	for (unsigned i = 0; i < CROWD_EVENTS; i++) {
		ck_assert_uint_gt(few[i], 0);
		ck_assert_msg(many[i] <= few[i] + MORE,
			      "%s touches %u objects with %u peers, and %u with %u", name[i],
			      few[i], FEW, many[i], MANY);
	}
}

START_TEST(x8_an_event_costs_the_same_with_many_configured_peers)
{
	compare(true);
}
END_TEST

START_TEST(x8_an_event_costs_the_same_with_many_strangers)
{
	compare(false);
}
END_TEST

static void begin(void)
{
	struct sigaction act = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	page = (size_t)sysconf(_SC_PAGESIZE);
	ck_assert_int_eq(sigaction(SIGSEGV, &act, NULL), 0);
}

int main(void)
{
	Suite *s = suite_create("scale");
	TCase *t = tcase_create("scale");

	tcase_add_checked_fixture(t, begin, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, x8_an_event_costs_the_same_with_many_configured_peers);
	tcase_add_test(t, x8_an_event_costs_the_same_with_many_strangers);
	suite_add_tcase(s, t);
	return suite_run(s);
}
