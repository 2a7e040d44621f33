/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every value is parsed once, in a callback of conf_value.h, into a struct that has its line.
 * Conditions on several values (duplicates, missing ones) are checked on these afterwards. The file
 * is read into memory first: libConfuse's scanner exits on a read error, and a reload must not end
 * the helper.
 */
#include "config.h"

#include "conf.h"
#include "addr.h"
#include "ah.h"
#include "array.h"
#include "conf_value.h"
#include "mip6.h"
#include "sa.h"

#include <confuse.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_SIZE_MAX	(1 << 20)
#define CONF_NAME_MAX	63
#define SPI_MIN		256	/* 1 to 255 are reserved (RFC 4302, 2.4) */

/* The settings that are whole numbers, their limits, and their place in struct conf. */
static const struct number {
	const char *name;
	size_t offset;			/* in struct conf; NO_OFFSET: in a peer */
	uint32_t min, max;
} numbers[] = {
#define NO_OFFSET	SIZE_MAX
#define YEAR		31536000
#define FOREIGN_MIN	16
#define FOREIGN_MAX	(1 << 22)
	{ "default_lifetime", offsetof(struct conf, core.default_lifetime), 1, YEAR },
	{ "maximum_expired_lifetime", offsetof(struct conf, core.maximum_expired_lifetime),
	  1, YEAR },
	{ "binding_lifetime", offsetof(struct conf, core.binding_lifetime), 1, YEAR },
	{ "appendix_b", offsetof(struct conf, core.appendix_b), 0, 1 },
	{ "path_timeout", offsetof(struct conf, core.path_timeout), 0, 3600 },
	{ "hold", offsetof(struct conf, core.hold), 0, YEAR },
	{ "max_entries", offsetof(struct conf, core.max_entries), 1, 1 << 20 },
	{ "max_addresses", offsetof(struct conf, core.max_addresses), 1, 1024 },
	{ "max_per_prefix", offsetof(struct conf, core.max_per_prefix), 1, 1 << 20 },
	{ "plain_lifetime", offsetof(struct conf, core.plain_lifetime), 1, YEAR },
	{ "max_connections", offsetof(struct conf, datapath.max_pcbs), 16, 1 << 22 },
	{ "max_foreign", offsetof(struct conf, datapath.max_foreign), FOREIGN_MIN, FOREIGN_MAX },
	{ "encapsulate_port", offsetof(struct conf, core.encapsulate_port), 1, UINT16_MAX },
	{ "spi_in", NO_OFFSET, SPI_MIN, UINT32_MAX },
	{ "spi_out", NO_OFFSET, SPI_MIN, UINT32_MAX },
	{ "reqid", NO_OFFSET, 1, UINT32_MAX },
};

#define N_NUMBERS	ARRAY_LEN(numbers)

static const struct number *number_named(const char *name)
{
	size_t i = 0;

	while (i + 1 < N_NUMBERS && strcmp(numbers[i].name, name) != 0)
		i++;
	return &numbers[i];
}

static int parse_number(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	const struct number *n = number_named(opt->name);
	struct conf_value *v = conf_value_new(cfg, opt);
	unsigned long long x;
	char expected[80], *end;
	bool good;

	errno = 0;
	x = strtoull(text, &end, 0);
	good = isdigit((unsigned char)*text) && !*end && !errno && x >= n->min && x <= n->max;
	if (v && good)
		v->number = x;
	snprintf(expected, sizeof(expected), "a whole number from %u to %u", n->min, n->max);
	return conf_value_done(cfg, opt, v, good, text, expected, result);
}

/* The minimum octets of a key for alg: the length that its RFC (2403, 2404, 4868) requires. */
static unsigned key_min(enum ah_alg alg)
{
	switch (alg) {
	case AH_HMAC_MD5_96:
		return 16;
	case AH_HMAC_SHA1_96:
		return 20;
	case AH_HMAC_SHA256_128:
		break;
	}
	return 32;
}

static const struct conf_value *value_of(cfg_t *cfg, const char *name)
{
	cfg_opt_t *opt = cfg_getopt(cfg, name);

	return cfg_opt_size(opt) > 0 ? cfg_opt_getnptr(opt, 0) : NULL;
}

/* Reads a key of a peer's section and the SPI that belongs to it. Returns 0 or -EINVAL. */
static int take_half(cfg_t *sec, const char *key_name, const char *spi_name, enum ah_alg alg,
		     struct sa_half *ret)
{
	const struct conf_value *key = value_of(sec, key_name), *spi = value_of(sec, spi_name);

	if (!key || !spi) {
		conf_complain(sec->filename, sec->line,
			      "found peer \"%s\" without %s, expected one", cfg_title(sec),
			      key ? spi_name : key_name);
		return -EINVAL;
	}
	if (key->key.len < key_min(alg)) {
		conf_complain(sec->filename, key->line,
			 "found %s of %u hexadecimal digits, expected at least %u for %s", key_name,
			      key->key.len * 2u, key_min(alg) * 2, ah_alg_name(alg));
		return -EINVAL;
	}
	ret->spi = spi->number;
	ret->key = key->key;
	ret->key.alg = alg;
	return 0;
}

static bool name_good(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)name[i]))
			return false;
	return n > 0 && n <= CONF_NAME_MAX;
}

/* Keys are either configured or the kernel's. Returns 0 or -EINVAL. */
static int take_keys(cfg_t *sec, struct core_peer *p, uint32_t *reqid)
{
	static const char *const own[] = { "algorithm", "spi_in", "spi_out", "key_in", "key_out" };
	const struct conf_value *alg = value_of(sec, "algorithm"), *id = value_of(sec, "reqid"), *v;
	enum ah_alg a = alg ? alg->alg : AH_HMAC_SHA256_128;
	int r;

	for (size_t i = 0; id && i < ARRAY_LEN(own); i++) {
		v = value_of(sec, own[i]);
		if (!v)
			continue;
		conf_complain(sec->filename, v->line,
			      "found peer \"%s\" with reqid and %s, expected one of them: with "
			      "reqid, IKE makes the keys",
			      cfg_title(sec), own[i]);
		return -EINVAL;
	}
	if (id) {
		*reqid = id->number;
		return 0;
	}
	r = take_half(sec, "key_in", "spi_in", a, &p->in);
	return r < 0 ? r : take_half(sec, "key_out", "spi_out", a, &p->out);
}

static int take_peer(cfg_t *sec, struct core_peer *p, uint32_t *reqid)
{
	unsigned n = cfg_size(sec, "address");
	int r;

	if (!name_good(cfg_title(sec))) {
		conf_complain(sec->filename, sec->line,
			 "found peer \"%s\", expected a name of 1 to %d characters without spaces",
			      cfg_title(sec), CONF_NAME_MAX);
		return -EINVAL;
	}
	if (n < 1 || n > BU_ADDRS_MAX) {
		conf_complain(sec->filename, sec->line,
			 "found peer \"%s\" with %u addresses, expected 1 to %d", cfg_title(sec), n,
			      BU_ADDRS_MAX);
		return -EINVAL;
	}
	for (; p->n_addr < n; p->n_addr++)
		p->addr[p->n_addr] = ((struct conf_value *)cfg_opt_getnptr(
			cfg_getopt(sec, "address"), p->n_addr))->addr;
	r = take_keys(sec, p, reqid);
	p->name = strdup(cfg_title(sec));
	return p->name ? r : -ENOMEM;
}

/* Returns -EINVAL if peer i has an address or SPI of an earlier peer, or an address twice. */
static int check_unique(cfg_t *cfg, const struct conf *conf, unsigned i)
{
	cfg_t *sec = cfg_getnsec(cfg, "peer", i);
	const struct core_peer *p = &conf->peer[i];

	for (unsigned k = 0; k < p->n_addr; k++)
		for (unsigned j = 0; j <= i; j++)
			for (unsigned l = 0; l < (j < i ? conf->peer[j].n_addr : k); l++)
				if (addr_equal(&p->addr[k], &conf->peer[j].addr[l])) {
					const struct conf_value *v =
						cfg_opt_getnptr(cfg_getopt(sec, "address"), k);

					conf_complain(sec->filename, v->line,
						 "found address %s of peer \"%s\" again, expected "
						      "each once",
						      addr_text(&p->addr[k]).s, conf->peer[j].name);
					return -EINVAL;
				}
	for (unsigned j = 0; j < i; j++)
		if (p->in.spi && p->in.spi == conf->peer[j].in.spi) {
			conf_complain(sec->filename, value_of(sec, "spi_in")->line,
				      "found spi_in 0x%x of peer \"%s\" again, expected each once",
				      p->in.spi, conf->peer[j].name);
			return -EINVAL;
		}
	return 0;
}

/* A peer whose keys IKE makes is not asked for others while it has none. */
static int forbid_aap(cfg_t *sec, struct conf *conf, const struct core_peer *p)
{
	struct core_config *core = &conf->core;

	for (unsigned i = 0; i < p->n_addr; i++) {
		if (core->n_aap_prefix == CORE_PREFIXES_MAX) {
			conf_complain(sec->filename, sec->line,
				      "found one more address of a peer with reqid, expected at "
				      "most %d, with the prefixes of probe and no_probe",
				      CORE_PREFIXES_MAX);
			return -EINVAL;
		}
		core->aap_prefix[core->n_aap_prefix++] = (struct core_prefix){ p->addr[i], 128,
									       false };
	}
	return 0;
}

static int take_peers(cfg_t *cfg, struct conf *conf)
{
	unsigned n = cfg_size(cfg, "peer");

	conf->peer = calloc(n ? n : 1, sizeof(*conf->peer));
	conf->reqid = calloc(n ? n : 1, sizeof(*conf->reqid));
	if (!conf->peer || !conf->reqid)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		int r;

		conf->n_peer++;
		r = take_peer(cfg_getnsec(cfg, "peer", i), &conf->peer[i], &conf->reqid[i]);
		if (r == 0)
			r = check_unique(cfg, conf, i);
		if (r == 0 && conf->reqid[i])
			r = forbid_aap(cfg_getnsec(cfg, "peer", i), conf, &conf->peer[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_personality(cfg_t *sec, struct conf *conf)
{
	struct conf_personality *p = &conf->personality[conf->core.n_personality];
	unsigned n_if = cfg_size(sec, "interface"), n_addr = cfg_size(sec, "address");

	if (!name_good(cfg_title(sec)) || strlen(cfg_title(sec)) >= CORE_PERSONALITY_NAME) {
		conf_complain(sec->filename, sec->line,
			 "found personality \"%s\", expected a name of 1 to %d characters without "
			      "spaces",
			      cfg_title(sec), CORE_PERSONALITY_NAME - 1);
		return -EINVAL;
	}
	if (n_if + n_addr < 1 || n_if > CONF_MEMBERS_MAX || n_addr > CONF_MEMBERS_MAX) {
		conf_complain(sec->filename, sec->line,
			      "found personality \"%s\" with %u interfaces and %u addresses, "
			      "expected one at least, and at most %d of each",
			      cfg_title(sec), n_if, n_addr, CONF_MEMBERS_MAX);
		return -EINVAL;
	}
	for (; p->n_interface < n_if; p->n_interface++)
		strcpy(p->interface[p->n_interface],
		       ((struct conf_value *)cfg_getnptr(sec, "interface", p->n_interface))->text);
	for (; p->n_addr < n_addr; p->n_addr++)
		p->addr[p->n_addr] =
			((struct conf_value *)cfg_getnptr(sec, "address", p->n_addr))->addr;
	strcpy(conf->core.personality[conf->core.n_personality++], cfg_title(sec));
	return 0;
}

static int take_personalities(cfg_t *cfg, struct conf *conf)
{
	unsigned n = cfg_size(cfg, "personality");
	int r = 0;

	if (n > CORE_PERSONALITIES_MAX) {
		conf_complain(cfg->filename,
			      cfg_getnsec(cfg, "personality", CORE_PERSONALITIES_MAX)->line,
			 "found one more personality, expected at most %d", CORE_PERSONALITIES_MAX);
		return -EINVAL;
	}
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = take_personality(cfg_getnsec(cfg, "personality", i), conf);
	return r;
}

unsigned conf_personality(const struct conf *conf, const struct in6_addr *addr,
			  const char *interface)
{
	for (unsigned i = 0; i < conf->core.n_personality; i++)
		for (unsigned k = 0; k < conf->personality[i].n_addr; k++)
			if (addr_equal(&conf->personality[i].addr[k], addr))
				return i + 1;
	for (unsigned i = 0; interface && i < conf->core.n_personality; i++)
		for (unsigned k = 0; k < conf->personality[i].n_interface; k++)
			if (strcmp(conf->personality[i].interface[k], interface) == 0)
				return i + 1;
	return 0;
}

static int take_text(cfg_t *cfg, const char *name, char **ret)
{
	const struct conf_value *v = value_of(cfg, name);

	if (!v)
		return 0;
	*ret = strdup(v->text);
	return *ret ? 0 : -ENOMEM;
}

/* The prefixes of one list, which says whether hosts there are probed. */
static int take_prefixes(cfg_t *cfg, const char *name, bool probe, struct core_config *core)
{
	for (unsigned i = 0; i < cfg_size(cfg, name); i++) {
		const struct conf_value *v = cfg_getnptr(cfg, name, i);

		if (core->n_aap_prefix == CORE_PREFIXES_MAX) {
			conf_complain(cfg->filename, v->line,
				 "found one more prefix, expected at most %d in probe and no_probe",
				      CORE_PREFIXES_MAX);
			return -EINVAL;
		}
		core->aap_prefix[core->n_aap_prefix] = v->prefix;
		core->aap_prefix[core->n_aap_prefix++].allowed = probe;
	}
	return 0;
}

/* The hosts with which connections of any program begin mobility. */
static int take_initiate(cfg_t *cfg, struct conf *conf)
{
	struct core_config *core = &conf->core;

	for (unsigned i = 0; i < cfg_size(cfg, "initiate"); i++) {
		const struct conf_value *v = cfg_getnptr(cfg, "initiate", i);

		if (!v->prefix.allowed)
			continue;
		if (core->n_initiate == CORE_PREFIXES_MAX) {
			conf_complain(cfg->filename, v->line,
				      "found one more prefix, expected at most %d in initiate",
				      CORE_PREFIXES_MAX);
			return -EINVAL;
		}
		if (!conf->adopt) {
			conf_complain(cfg->filename, v->line,
				      "found initiate with adopt = no, expected adopt = yes: what "
				      "no program registers is found by adoption");
			return -EINVAL;
		}
		core->initiate[core->n_initiate++] = v->prefix;
	}
	return 0;
}

static int take_meet(cfg_t *cfg, struct conf *conf)
{
	unsigned n = cfg_size(cfg, "meet");

	if (n > CONF_MEET_MAX) {
		const struct conf_value *v = cfg_getnptr(cfg, "meet", CONF_MEET_MAX);

		conf_complain(cfg->filename, v->line,
			      "found one more host, expected at most %d in meet", CONF_MEET_MAX);
		return -EINVAL;
	}
	for (; conf->n_meet < n; conf->n_meet++) {
		const struct conf_value *v = cfg_getnptr(cfg, "meet", conf->n_meet);

		strcpy(conf->meet[conf->n_meet], v->text);
	}
	return 0;
}

static int take_all(cfg_t *cfg, struct conf *conf)
{
	const struct conf_value *resolve = value_of(cfg, "resolve"),
				*adopt = value_of(cfg, "adopt"),
				*resend = value_of(cfg, "resend"),
				*encapsulate = value_of(cfg, "encapsulate");
	int r;

	if (resolve)
		conf->core.resolve = resolve->number;
	if (adopt)
		conf->adopt = adopt->number;
	if (resend)
		conf->resend = resend->number;
	if (encapsulate)
		conf->core.encapsulate = (enum encapsulate)encapsulate->number;
	for (size_t i = 0; i < N_NUMBERS; i++) {
		const struct conf_value *v = numbers[i].offset == NO_OFFSET ?
					     NULL : value_of(cfg, numbers[i].name);

		if (v)
			*(uint32_t *)((char *)conf + numbers[i].offset) = v->number;
	}
	r = take_prefixes(cfg, "probe", true, &conf->core);
	if (r == 0)
		r = take_prefixes(cfg, "no_probe", false, &conf->core);
	if (r == 0)
		r = take_initiate(cfg, conf);
	if (r == 0)
		r = take_meet(cfg, conf);
	if (r == 0)
		r = take_text(cfg, "control_group", &conf->control_group);
	if (r == 0)
		r = take_text(cfg, "state", &conf->state);
	if (r == 0)
		r = take_personalities(cfg, conf);
	return r < 0 ? r : take_peers(cfg, conf);
}

static int parse(const char *path, char *text, size_t len, struct conf *conf)
{
	cfg_opt_t peer_opts[] = {
		CFG_PTR_LIST_CB("address", NULL, CFGF_NONE, conf_parse_address, conf_value_free),
		CFG_PTR_CB("algorithm", NULL, CFGF_NONE, conf_parse_algorithm, conf_value_free),
		CFG_PTR_CB("spi_in", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("spi_out", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("key_in", NULL, CFGF_NONE, conf_parse_key, conf_value_free),
		CFG_PTR_CB("key_out", NULL, CFGF_NONE, conf_parse_key, conf_value_free),
		CFG_PTR_CB("reqid", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_END()
	};
	cfg_opt_t personality_opts[] = {
		CFG_PTR_LIST_CB("interface", NULL, CFGF_NONE, conf_parse_interface,
				conf_value_free_text),
		CFG_PTR_LIST_CB("address", NULL, CFGF_NONE, conf_parse_address, conf_value_free),
		CFG_END()
	};
	cfg_opt_t opts[] = {
		CFG_PTR_CB("default_lifetime", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("maximum_expired_lifetime", NULL, CFGF_NONE, parse_number,
			   conf_value_free),
		CFG_PTR_CB("binding_lifetime", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("appendix_b", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("hold", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("path_timeout", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("resolve", NULL, CFGF_NONE, conf_parse_switch, conf_value_free),
		CFG_PTR_CB("max_entries", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("max_addresses", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("max_per_prefix", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("plain_lifetime", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_LIST_CB("probe", NULL, CFGF_NONE, conf_parse_prefix, conf_value_free),
		CFG_PTR_LIST_CB("no_probe", NULL, CFGF_NONE, conf_parse_prefix, conf_value_free),
		CFG_PTR_CB("max_connections", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("max_foreign", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("adopt", NULL, CFGF_NONE, conf_parse_switch, conf_value_free),
		CFG_PTR_LIST_CB("initiate", NULL, CFGF_NONE, conf_parse_initiate, conf_value_free),
		CFG_PTR_LIST_CB("meet", NULL, CFGF_NONE, conf_parse_host, conf_value_free_text),
		CFG_PTR_CB("encapsulate", NULL, CFGF_NONE, conf_parse_encapsulate, conf_value_free),
		CFG_PTR_CB("encapsulate_port", NULL, CFGF_NONE, parse_number, conf_value_free),
		CFG_PTR_CB("resend", NULL, CFGF_NONE, conf_parse_switch, conf_value_free),
		CFG_PTR_CB("control_group", NULL, CFGF_NONE, conf_parse_group,
			   conf_value_free_text),
		CFG_PTR_CB("state", NULL, CFGF_NONE, conf_parse_path, conf_value_free_text),
		CFG_SEC("personality", personality_opts,
			CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("peer", peer_opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_BOOL(CONF_END, cfg_false, CFGF_NONE),
		CFG_END()
	};
	FILE *f = fmemopen(text, len, "r");
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);
	int r = -ENOMEM;

	if (!f || !cfg)
		goto out;
	cfg_set_error_function(cfg, conf_parser_error);
	cfg->filename = strdup(path);
	r = cfg_parse_fp(cfg, f) == CFG_SUCCESS ? 0 : -EINVAL;
	if (r == 0 && !cfg_getbool(cfg, CONF_END)) {
		conf_complain(path, cfg->line - CONF_END_LINES,
			      "found the end of the file, expected the end of a comment or string");
		r = -EINVAL;
	}
	if (r == 0)
		r = take_all(cfg, conf);
out:
	if (cfg)
		cfg_free(cfg);
	if (f)
		fclose(f);
	return r;
}

/*
 * Reads the whole file and appends CONF_END_LINE. Returns the length, with the text in *ret, which
 * the caller wipes and frees; or a negative errno.
 */
static int slurp(const char *path, struct stat *st, char **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	char *text = NULL;
	ssize_t n;

	if (fd < 0 || fstat(fd, st) < 0) {
		r = -errno;
		conf_complain(path, 0, "%s", strerror(errno));
		goto out;
	}
	if (!S_ISREG(st->st_mode) || st->st_size > CONF_SIZE_MAX) {
		conf_complain(path, 0, "found %s, expected a file of at most %d octets",
			 S_ISREG(st->st_mode) ? "a larger one" : "something else", CONF_SIZE_MAX);
		r = -EINVAL;
		goto out;
	}
	text = malloc(st->st_size + sizeof(CONF_END_LINE));
	n = text ? read(fd, text, st->st_size) : -1;
	r = n < 0 ? -errno : (int)(n + sizeof(CONF_END_LINE) - 1);
	if (r < 0) {
		conf_complain(path, 0, "%s", strerror(-r));
		free(text);
		text = NULL;
		goto out;
	}
	memcpy(text + n, CONF_END_LINE, sizeof(CONF_END_LINE) - 1);
out:
	if (fd >= 0)
		close(fd);
	*ret = text;
	return r;
}

static bool has_keys(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->n_peer; i++)
		if (!conf->reqid[i])
			return true;
	return false;
}

/* Unless the configuration says less, each entry may have all the addresses that it may have. */
static void size_tables(struct conf *conf)
{
	uint64_t all = (uint64_t)conf->core.max_entries * conf->core.max_addresses;

	conf->datapath.max_entries = conf->core.max_entries;
	if (!conf->datapath.max_foreign)
		conf->datapath.max_foreign = all < FOREIGN_MIN ? FOREIGN_MIN :
					     all < FOREIGN_MAX ? (uint32_t)all : FOREIGN_MAX;
}

int conf_read(const char *path, struct conf **ret, char **why)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	char *text = NULL;
	struct stat st;
	int r, n = 0;

	*why = NULL;
	if (!conf)
		return -ENOMEM;
	conf_complain_to(why);
	conf->core = core_config_default;
	conf->adopt = conf->resend = true;
	conf->datapath = (struct datapath_config){ .max_pcbs = 65536 };

	n = r = slurp(path, &st, &text);
	if (r == -ENOENT && strcmp(path, CONF_DEFAULT) == 0) {
		free(*why);
		*why = NULL;
		r = 0;
		goto out;
	}
	if (r > 0)
		r = parse(path, text, r, conf);
	if (r == 0 && has_keys(conf) && (st.st_mode & (S_IRWXO | S_IWGRP))) {
		conf_complain(path, 0,
			 "found keys in a file of mode %04o, expected that nobody else can read "
			      "them or change them: chmod o=,g-w %s",
			      st.st_mode & 07777, path);
		r = -EPERM;
	}
	if (r < 0 && !*why)
		conf_complain(path, 0, "%s", strerror(-r));
out:
	size_tables(conf);
	conf->core.max_connections = conf->datapath.max_pcbs;
	conf->core.max_foreign = conf->datapath.max_foreign;
	if (text && n > 0)
		OPENSSL_cleanse(text, n);
	free(text);
	conf_complain_to(NULL);
	if (r < 0)
		conf_free(conf);
	else
		*ret = conf;
	return r;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (unsigned i = 0; i < conf->n_peer; i++) {
		free((char *)conf->peer[i].name);
		OPENSSL_cleanse(&conf->peer[i], sizeof(conf->peer[i]));
	}
	free(conf->peer);
	free(conf->reqid);
	free(conf->control_group);
	free(conf->state);
	free(conf);
}
