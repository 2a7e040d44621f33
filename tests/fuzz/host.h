/* SPDX-License-Identifier: BSD-2-Clause */
/* For targets that restore what a helper knew: a core that has a peer with keys. */
#ifndef HMIP_FUZZ_HOST_H
#define HMIP_FUZZ_HOST_H

#include "core.h"
#include "fuzz.h"

#define NOW	(1000 * USEC_PER_SEC)

static inline struct core *host(void)
{
	static const uint8_t seed[32] = "a seed for fuzzing";
	static const struct in6_addr own = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0,
							  0x11, [15] = 0xc } };
	static const struct core_peer server = {
		.name = "server",
		.n_addr = 1,
		.addr = { { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [15] = 5 } } },
		.in = { .spi = 0x1001, .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } },
		.out = { .spi = 0x1002, .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } },
	};
	struct core *c = core_new(&core_config_default, seed, 1000);

	must(c && core_peer_add(c, &server, NOW) == 0);
	core_local_up(c, &own, 2, USEC_NEVER, NOW);
	return c;
}

static inline void drain(struct core *c)
{
	struct action a;

	while (core_next_action(c, &a))
		must(a.type <= ACTION_EVENT);
}

static inline void live_on(struct core *c)
{
	for (usec_t now = NOW; now < NOW + 4000 * USEC_PER_SEC; now += 400 * USEC_PER_SEC) {
		core_tick(c, now);
		drain(c);
		must(core_deadline(c) > now || core_deadline(c) == 0);
	}
}

#endif
