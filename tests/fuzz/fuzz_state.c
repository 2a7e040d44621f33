/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a state file, made to look like one of this boot and namespace, for that is what the
 * rest depends on. It is taken up or refused; if refused, nothing of it is in the core. The core
 * then lives on for a while, and what it saves it can load.
 */
#include "file.h"
#include "state_file.h"

#include <jansson.h>

#define NOW	(1000 * USEC_PER_SEC)

static struct core *host(void)
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

static void drain(struct core *c)
{
	struct action a;

	while (core_next_action(c, &a))
		must(a.type <= ACTION_EVENT);
}

/* A document's origin, as this process would write it. */
static json_t *origin(void)
{
	static json_t *o;

	if (!o) {
		struct core *c = host();
		json_t *root;

		must(state_file_save(c, file_with("", 0)) == 0);
		root = json_load_file(file_path, 0, NULL);
		o = json_incref(json_object_get(root, "origin"));
		must(o);
		json_decref(root);
		core_free(c);
	}
	return o;
}

static void live_on(struct core *c)
{
	for (usec_t now = NOW; now < NOW + 4000 * USEC_PER_SEC; now += 400 * USEC_PER_SEC) {
		core_tick(c, now);
		drain(c);
		must(core_deadline(c) > now || core_deadline(c) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, 0, NULL);
	struct core *c, *next;
	char *text;
	int r;

	if (json_is_object(root) && json_object_get(root, "origin"))
		json_object_set(root, "origin", origin());
	text = root ? json_dumps(root, 0) : NULL;
	json_decref(root);
	c = host();
	drain(c);
	r = text ? state_file_load(c, file_with(text, strlen(text)), NOW) :
		state_file_load(c, file_with(data, size), NOW);
	free(text);
	must(r <= 0);
	if (r < 0)
		must(!core_entries(c) && !core_pcbs(c));
	drain(c);
	live_on(c);
	must(state_file_save(c, file_path) == 0);
	next = host();
	must(state_file_load(next, file_path, NOW) == 0);
	drain(next);
	core_free(next);
	core_free(c);
	return 0;
}
