/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "conf_value.h"
#include "addr.h"
#include "array.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_SEEN	(1 << 30)	/* a flag of an option that libConfuse does not use */

/* Where libConfuse's error function, which has no context argument, stores the first error. */
static _Thread_local char **first_error;

void conf_complain_to(char **why)
{
	first_error = why;
}

void conf_complain(const char *file, int line, const char *fmt, ...)
{
	char *text = NULL, *whole = NULL;
	va_list ap;

	if (*first_error)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text && (line ? asprintf(&whole, "%s:%d: %s", file, line, text)
			  : asprintf(&whole, "%s: %s", file, text)) < 0)
		whole = NULL;
	free(text);
	*first_error = whole;
}

void conf_parser_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[256], known[512] = "";
	size_t n = 0;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (strncmp(text, "premature end", 13) == 0) {
		conf_complain(cfg->filename, cfg->line - CONF_END_LINES,
			      "found the end of the file, expected more");
		return;
	}
	if (strncmp(text, "no such option '", 16) != 0) {
		conf_complain(cfg->filename, cfg->line, "%s", text);
		return;
	}
	if (strncmp(text + 16, CONF_END, strlen(CONF_END)) == 0) {
		conf_complain(cfg->filename, cfg->line - 1,
			      "found the end of the file, expected }");
		return;
	}
	for (const cfg_opt_t *o = cfg->opts;
	     o->name && strcmp(o->name, CONF_END) != 0 && n < sizeof(known); o++)
		n += snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", o->name);
	text[strcspn(text + 16, "'") + 16] = '\0';
	conf_complain(cfg->filename, cfg->line, "found %s, expected one of %s", text + 16, known);
}

static void value_free(struct conf_value *v)
{
	if (v)
		OPENSSL_cleanse(v, sizeof(*v));
	free(v);
}

void conf_value_free(void *v)
{
	value_free(v);
}

void conf_value_free_text(void *ptr)
{
	struct conf_value *v = ptr;

	if (v)
		free(v->text);
	value_free(v);
}

struct conf_value *conf_value_new(cfg_t *cfg, cfg_opt_t *opt)
{
	struct conf_value *v;

	if (!(opt->flags & CFGF_LIST) && (opt->flags & FLAG_SEEN)) {
		conf_complain(cfg->filename, cfg->line, "found %s a second time, expected it once",
			      opt->name);
		return NULL;
	}
	opt->flags |= FLAG_SEEN;
	v = calloc(1, sizeof(*v));
	if (v)
		v->line = cfg->line;
	return v;
}

int conf_value_done(cfg_t *cfg, cfg_opt_t *opt, struct conf_value *v, bool good, const char *text,
		    const char *expected, void *result)
{
	if (!v)
		return -1;
	if (!good) {
		conf_complain(cfg->filename, cfg->line, "found %s = %s, expected %s", opt->name,
			      text, expected);
		value_free(v);
		return -1;
	}
	*(void **)result = v;
	return 0;
}

int conf_parse_switch(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct conf_value *v = conf_value_new(cfg, opt);

	if (v)
		v->number = strcmp(text, "yes") == 0;
	return conf_value_done(cfg, opt, v, strcmp(text, "yes") == 0 || strcmp(text, "no") == 0,
			       text, "yes or no", result);
}

int conf_parse_encapsulate(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	static const char *const names[] = {
		[ENCAPSULATE_NEVER] = "never", [ENCAPSULATE_AUTO] = "auto",
		[ENCAPSULATE_ALWAYS] = "always",
	};
	struct conf_value *v = conf_value_new(cfg, opt);
	bool good = false;

	for (uint32_t i = 0; v && i < ARRAY_LEN(names); i++)
		if (strcmp(text, names[i]) == 0) {
			v->number = i;
			good = true;
		}
	return conf_value_done(cfg, opt, v, good, text, "auto, always or never", result);
}

int conf_parse_address(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct conf_value *v = conf_value_new(cfg, opt);
	bool good = v && inet_pton(AF_INET6, text, &v->addr) == 1 && addr_usable(&v->addr);

	return conf_value_done(cfg, opt, v, good, text,
			       "a global or unique-local IPv6 unicast address", result);
}

/* Whether text is ADDRESS/LENGTH, which *ret gets. */
static bool prefix_good(const char *text, struct core_prefix *ret)
{
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : sizeof(addr);
	unsigned long len;
	char *end;

	if (n >= sizeof(addr) || !isdigit((unsigned char)slash[1]))
		return false;
	memcpy(addr, text, n);
	addr[n] = '\0';
	len = strtoul(slash + 1, &end, 10);
	ret->len = len;
	return !*end && len <= 128 && inet_pton(AF_INET6, addr, &ret->addr) == 1;
}

int conf_parse_prefix(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct conf_value *v = conf_value_new(cfg, opt);
	bool good = v && prefix_good(text, &v->prefix);

	return conf_value_done(cfg, opt, v, good, text,
			       "an IPv6 prefix like 2001:db8::/32", result);
}

int conf_parse_initiate(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct conf_value *v = conf_value_new(cfg, opt);
	bool preload = strcmp(text, "preload") == 0, good = v && preload;

	if (v && strcmp(text, "all") == 0) {
		good = true;	/* ::/0 */
	} else if (v && !preload && inet_pton(AF_INET6, text, &v->prefix.addr) == 1) {
		v->prefix.len = 128;
		good = addr_usable(&v->prefix.addr);
	} else if (v && !preload) {
		good = prefix_good(text, &v->prefix);
	}
	if (v)
		v->prefix.allowed = !preload;
	return conf_value_done(cfg, opt, v, good, text,
			       "preload, all, or an address or prefix like 2001:db8::/32", result);
}

int conf_parse_algorithm(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct conf_value *v = conf_value_new(cfg, opt);
	bool good = v && ah_alg_by_name(text, &v->alg) == 0;

	return conf_value_done(cfg, opt, v, good, text,
			       "hmac-sha256-128, hmac-sha1-96 or hmac-md5-96", result);
}

/* Errors do not quote keys: they end up in the log. */
int conf_parse_key(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	struct conf_value *v = conf_value_new(cfg, opt);
	size_t len = strlen(text);
	bool good = v && len >= 2 && len % 2 == 0 && len / 2 <= AH_KEY_MAX &&
		strspn(text, "0123456789abcdefABCDEF") == len;
	char found[64];

	for (size_t i = 0; good && i < len / 2; i++)
		sscanf(text + 2 * i, "%2hhx", &v->key.key[i]);
	if (good)
		v->key.len = len / 2;
	snprintf(found, sizeof(found), "(%zu characters)", len);
	return conf_value_done(cfg, opt, v, good, found,
			       "an even number of hexadecimal digits, at most 128", result);
}

static int parse_text(cfg_t *cfg, cfg_opt_t *opt, struct conf_value *v, bool good, const char *text,
		      const char *expected, void *result)
{
	if (good && v) {
		v->text = strdup(text);
		if (!v->text) {
			value_free(v);
			v = NULL;
		}
	}
	return conf_value_done(cfg, opt, v, good, text, expected, result);
}

int conf_parse_group(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	return parse_text(cfg, opt, conf_value_new(cfg, opt), getgrnam(text) != NULL, text,
			  "a group of this system (groupadd makes one)", result);
}

int conf_parse_interface(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	return parse_text(cfg, opt, conf_value_new(cfg, opt), *text && strlen(text) < IF_NAMESIZE,
			  text, "the name of an interface", result);
}

/* What can be a name in the DNS, or an address. */
static bool host_good(const char *text)
{
	struct in6_addr addr;

	if (inet_pton(AF_INET6, text, &addr) == 1)
		return addr_usable(&addr);
	return *text && strlen(text) < 254 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       strlen(text);
}

int conf_parse_host(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	return parse_text(cfg, opt, conf_value_new(cfg, opt), host_good(text), text,
			  "the name of a host or its IPv6 address", result);
}

int conf_parse_path(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	return parse_text(cfg, opt, conf_value_new(cfg, opt), *text == '/', text,
			  "an absolute path", result);
}
