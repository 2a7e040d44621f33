/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "finding.h"

#include <stdarg.h>
#include <string.h>

#define TEXT_MAX	600

static void append(json_t *all, const char *check, const char *result, const char *remedy,
		   const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	json_array_append_new(all, json_pack("{ss, ss, ss, so}",
		"check", check,
		"result", result,
		"text", text,
		"remedy", remedy ? json_string(remedy) : json_null()));
}

void finding_ok(json_t *all, const char *check, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(all, check, "ok", NULL, fmt, ap);
	va_end(ap);
}

void finding_advice(json_t *all, const char *check, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(all, check, "advice", remedy, fmt, ap);
	va_end(ap);
}

void finding_problem(json_t *all, const char *check, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(all, check, "problem", remedy, fmt, ap);
	va_end(ap);
}

static const char *member(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

void finding_print(FILE *out, json_t *all)
{
	json_t *f;
	size_t i;

	json_array_foreach(all, i, f) {
		const char *remedy = member(f, "remedy");

		fprintf(out, "%-8s %s: %s\n", member(f, "result"), member(f, "check"),
			member(f, "text"));
		if (remedy)
			fprintf(out, "         -> %s\n", remedy);
	}
}

unsigned finding_problems(json_t *all)
{
	unsigned n = 0;
	json_t *f;
	size_t i;

	json_array_foreach(all, i, f)
		n += strcmp(member(f, "result"), "problem") == 0;
	return n;
}
