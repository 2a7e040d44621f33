/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single values of hmip.conf(5): libConfuse's callbacks, which parse each once, and what is said of
 * a wrong one.
 */
#ifndef HMIP_CONF_VALUE_H
#define HMIP_CONF_VALUE_H

#include "ah.h"
#include "core_types.h"

#include <confuse.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* Appended to the text, because libConfuse accepts the end of file inside a section or comment. */
#define CONF_END	"conf_end"
#define CONF_END_LINE	"\n" CONF_END " = true\n"
#define CONF_END_LINES	2

struct conf_value {
	int line;
	union {
		uint32_t number;
		struct in6_addr addr;
		struct core_prefix prefix;
		enum ah_alg alg;
		struct ah_key key;	/* alg is not known yet */
		char *text;
	};
};

/*
 * Where the first error of this thread goes from now on: *why, which is NULL, gets a text that the
 * caller frees. libConfuse's error function has no context argument.
 */
void conf_complain_to(char **why);

/* Stores "FILE:LINE: ..." (line 0: without it), unless an error is stored already. */
void conf_complain(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Stores an error of libConfuse's parser; for an unknown key, with the keys there are. */
void conf_parser_error(cfg_t *cfg, const char *fmt, va_list ap);

/* Wipes and frees a struct conf_value, or one whose text is set. NULL is fine. */
void conf_value_free(void *v);
void conf_value_free_text(void *v);

/*
 * A new value for opt at the current line. Returns NULL if opt is no list and has a value, which is
 * complained of, or if memory is short.
 */
struct conf_value *conf_value_new(cfg_t *cfg, cfg_opt_t *opt);

/*
 * Ends a callback, whose return value it returns: *result becomes v if that is good; else v, which
 * may be NULL, is freed, and the complaint is that expected was expected instead of text.
 */
int conf_value_done(cfg_t *cfg, cfg_opt_t *opt, struct conf_value *v, bool good, const char *text,
		    const char *expected, void *result);

/*
 * Callbacks: *result becomes a struct conf_value, for conf_value_free() or, of groups, hosts,
 * interfaces and paths, conf_value_free_text(). Each returns 0; or -1 after conf_complain() or if
 * memory is short. A setting that is no list is accepted once. conf_parse_initiate() leaves a
 * prefix, which is not allowed for "preload".
 */
int conf_parse_switch(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_encapsulate(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_address(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_prefix(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_initiate(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_host(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_algorithm(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_key(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_group(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_interface(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);
int conf_parse_path(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result);

#endif
