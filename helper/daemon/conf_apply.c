/* SPDX-License-Identifier: BSD-2-Clause */
/* Applies a configuration: adds its peers; a reload removes those that are not in it any more. */
#include "config.h"

#include "conf_apply.h"
#include "addr.h"
#include "adopt.h"
#include "clock.h"
#include "conf.h"
#include "control_server.h"
#include "core.h"
#include "daemon_private.h"
#include "datapath.h"
#include "kernel_sa.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool sa_half_equal(const struct sa_half *a, const struct sa_half *b)
{
	return a->spi == b->spi && a->key.alg == b->key.alg && a->key.len == b->key.len &&
		memcmp(a->key.key, b->key.key, a->key.len) == 0;
}

static bool peer_equal(const struct core_peer *a, const struct core_peer *b)
{
	if (a->n_addr != b->n_addr)
		return false;
	for (unsigned i = 0; i < a->n_addr; i++)
		if (!addr_equal(&a->addr[i], &b->addr[i]))
			return false;
	return sa_half_equal(&a->in, &b->in) && sa_half_equal(&a->out, &b->out);
}

static bool conf_personality_equal(const struct conf_personality *a,
				   const struct conf_personality *b)
{
	if (a->n_interface != b->n_interface || a->n_addr != b->n_addr)
		return false;
	for (unsigned i = 0; i < a->n_interface; i++)
		if (strcmp(a->interface[i], b->interface[i]) != 0)
			return false;
	for (unsigned i = 0; i < a->n_addr; i++)
		if (!addr_equal(&a->addr[i], &b->addr[i]))
			return false;
	return true;
}

/* Whether both have the same personalities, in the same order. */
static bool personalities_equal(const struct conf *a, const struct conf *b)
{
	if (a->core.n_personality != b->core.n_personality)
		return false;
	for (unsigned i = 0; i < a->core.n_personality; i++)
		if (strcmp(a->core.personality[i], b->core.personality[i]) != 0 ||
		    !conf_personality_equal(&a->personality[i], &b->personality[i]))
			return false;
	return true;
}

/* The peer of that name that has keys in c, or NULL. */
static const struct core_peer *peer_named(const struct conf *c, const char *name)
{
	for (unsigned i = 0; c && i < c->n_peer; i++)
		if (!c->reqid[i] && strcmp(c->peer[i].name, name) == 0)
			return &c->peer[i];
	return NULL;
}

int conf_declare_peers(struct daemon *d, const struct conf *conf, const struct conf *old)
{
	int first = 0;

	for (unsigned i = 0; i < conf->n_peer; i++) {
		const struct core_peer *was = peer_named(old, conf->peer[i].name);
		int r = 0;

		if (!conf->reqid[i] && (!was || !peer_equal(was, &conf->peer[i])))
			r = core_peer_add(d->core, &conf->peer[i], clock_boottime());
		if (r < 0)
			log_warnx("cannot add peer \"%s\": %s", conf->peer[i].name,
				  r == -EEXIST ? "its SPI or an address of it is in use by another"
					       : strerror(-r));
		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}

/* Removes the peers of old that are not in conf, or have another SPI there. */
static void forget_peers(struct daemon *d, const struct conf *conf, const struct conf *old)
{
	for (unsigned i = 0; i < old->n_peer; i++) {
		const struct core_peer *was = &old->peer[i], *is = peer_named(conf, was->name);

		/* kernel_sas_forget() has removed the others. */
		if (!old->reqid[i] && (!is || is->in.spi != was->in.spi))
			core_peer_remove(d->core, was->name, clock_boottime());
	}
}

/* Keeps the personalities of the start: addresses that peers have learned cannot be taken back. */
static void keep_personalities(struct conf *conf, const struct conf *old)
{
	if (!personalities_equal(conf, old))
		log_warnx("personalities cannot change at a reload, keeping the old ones: restart "
			  "the helper");
	conf->core.n_personality = old->core.n_personality;
	memcpy(conf->core.personality, old->core.personality, sizeof(old->core.personality));
	memcpy(conf->personality, old->personality, sizeof(old->personality));
}

/* The tables of the datapath have the sizes they were made with. */
static void keep_tables(struct conf *conf, const struct conf *old)
{
	if (conf->datapath.max_pcbs != old->datapath.max_pcbs ||
	    conf->datapath.max_entries != old->datapath.max_entries ||
	    conf->datapath.max_foreign != old->datapath.max_foreign)
		log_warnx("max_connections, max_entries and max_foreign cannot change at a reload, "
			  "keeping the old values: restart the helper");
	conf->datapath = old->datapath;
	conf->core.max_entries = old->core.max_entries;
	conf->core.max_connections = old->core.max_connections;
	conf->core.max_foreign = old->core.max_foreign;
}

/* The port was opened with privileges that are dropped since. */
static void keep_encapsulation(struct conf *conf, const struct conf *old)
{
	if (conf->core.encapsulate != old->core.encapsulate ||
	    conf->core.encapsulate_port != old->core.encapsulate_port)
		log_warnx("encapsulate and encapsulate_port cannot change at a reload, keeping the "
			  "old values: restart the helper");
	conf->core.encapsulate = old->core.encapsulate;
	conf->core.encapsulate_port = old->core.encapsulate_port;
}

void conf_reload(struct daemon *d)
{
	struct conf *conf;
	bool adopt;
	char *why;

	if (conf_read(d->conf_path, &conf, &why) < 0) {
		log_warnx("%s", why ? why : "cannot read the configuration");
		log_warnx("the previous configuration stays in force");
		free(why);
		return;
	}
	adopt = conf->adopt != d->conf->adopt ||
		(conf->core.n_initiate > 0) != (d->conf->core.n_initiate > 0);
	keep_tables(conf, d->conf);
	keep_encapsulation(conf, d->conf);
	keep_personalities(conf, d->conf);
	kernel_sas_forget(d, conf);
	forget_peers(d, conf, d->conf);
	conf_declare_peers(d, conf, d->conf);
	core_reconfigure(d->core, &conf->core);
	datapath_watch(d->datapath, conf->core.path_timeout);
	datapath_record(d->datapath, conf->resend);
	control_server_set_group(d->control_server, conf->control_group);
	conf_free(d->conf);
	d->conf = conf;
	kernel_sas_configure(d);
	if (adopt)
		adopt_configure(d);
	log_info("configuration %s is in force", d->conf_path);
}
