/* SPDX-License-Identifier: BSD-2-Clause */
/* Two hosts that get to know each other (two_hosts.h), and what they know then. */
#ifndef HMIP_TEST_ACQUAINTED_H
#define HMIP_TEST_ACQUAINTED_H

#include "two_hosts.h"

static inline void assert_state(unsigned host, const char *addr, enum addr_state state)
{
	struct foreign_addr *fa = world_foreign(&w, host, addr);

	ck_assert_msg(fa != NULL, "%s does not know %s", w.host[host].name, addr);
	ck_assert_msg(fa->state == state, "%s holds %s %s", w.host[host].name, addr,
		      addr_state_name(fa->state));
}

static inline uint64_t count(unsigned host, enum core_counter n)
{
	return core_counter(w.host[host].core, n);
}

/* Both hosts know each other, one connection between C0 and S0. */
static inline void acquaint(void)
{
	world_connect(&w, CLIENT, C0, SERVER, S0, 1000);
	world_run(&w, USEC_PER_SEC);
}

#endif
