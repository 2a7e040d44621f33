/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a configuration file. It is taken as a whole or refused with a sentence that names
 * the file; what is taken keeps to the bounds that the core and the datapath rely on.
 */
#include "conf.h"
#include "file.h"

static void within_bounds(const struct conf *c)
{
	const struct core_config *k = &c->core;

	must(k->max_entries > 0 && k->max_addresses > 0 && k->default_lifetime > 0);
	must(k->n_aap_prefix <= CORE_PREFIXES_MAX && k->n_personality <= CORE_PERSONALITIES_MAX);
	must(c->datapath.max_pcbs > 0 && c->datapath.max_foreign > 0);
	for (unsigned i = 0; i < k->n_aap_prefix; i++)
		must(k->aap_prefix[i].len <= 128);
	for (unsigned i = 0; i < k->n_personality; i++) {
		must(memchr(k->personality[i], '\0', CORE_PERSONALITY_NAME) != k->personality[i]);
		must(c->personality[i].n_interface <= CONF_MEMBERS_MAX &&
		     c->personality[i].n_addr <= CONF_MEMBERS_MAX);
	}
	for (unsigned i = 0; i < c->n_peer; i++) {
		const struct core_peer *p = &c->peer[i];

		must(p->name && *p->name && p->n_addr <= BU_ADDRS_MAX);
		if (c->reqid[i])
			must(!p->in.spi && !p->out.spi && !p->in.key.len);
		else
			must(p->in.spi && p->out.spi && p->in.key.len > 0 &&
			     p->in.key.len <= AH_KEY_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = file_with(data, size);
	struct conf *conf = NULL;
	char *why = NULL;
	int r = conf_read(path, &conf, &why);

	must(r <= 0);
	if (r == 0) {
		must(conf && !why);
		within_bounds(conf);
	} else {
		must(!conf && why && strstr(why, path));
	}
	conf_free(conf);
	free(why);
	return 0;
}
