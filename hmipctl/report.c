/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "anonymise.h"
#include "client.h"
#include "host_checks.h"
#include "host_facts.h"
#include "print.h"
#include "report.h"
#include "unused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define TEXT_MAX	(1 << 20)

/* JSON has UTF-8 only: where text is not that, what is not ASCII is a question mark. */
static json_t *string_of(char *text)
{
	json_t *r = json_string(text);

	for (char *c = text; !r && *c; c++)
		if (*c & 0x80)
			*c = '?';
	return r ? r : json_string(text);
}

/* What a file or a command gives, with whatever may be a key left out; or null. Closes f. */
static json_t *text_of(FILE *f, int (*close_it)(FILE *f))
{
	char *text = f ? malloc(TEXT_MAX) : NULL;
	size_t n = text ? fread(text, 1, TEXT_MAX - 1, f) : 0;
	json_t *r = NULL;

	if (text) {
		text[n] = '\0';
		anonymise_keys(text);
		r = n ? string_of(text) : NULL;
	}
	free(text);
	if (f)
		close_it(f);
	return r ? r : json_null();
}

static json_t *kernel(void)
{
	struct utsname u;

	return uname(&u) == 0 ? json_sprintf("%s %s %s", u.sysname, u.release, u.machine) :
				json_null();
}

/* The configuration and the log have texts of all kinds: not for those who ask to stay unknown. */
static void add_texts(json_t *report)
{
	FILE *conf = fopen(SYSCONFDIR "/hmip/hmip.conf", "re");
	FILE *log = popen("journalctl -u hmip-helper -n 500 --no-pager -o short-precise "
			  "--no-hostname 2>/dev/null", "re");

	json_object_set_new(report, "configuration", text_of(conf, fclose));
	json_object_set_new(report, "log", text_of(log, pclose));
}

static json_t *make(const char *path, bool texts)
{
	json_t *facts = host_facts(path), *findings = json_array(), *sa = NULL, *r;
	int status;

	host_check(facts, findings);
	if (json_is_object(json_object_get(facts, "helper")))
		sa = client_fetch(path, "sa", NULL, &status);
	r = json_pack("{so, so, so, so?}",
		"kernel", kernel(),
		"findings", findings,
		"facts", facts,
		"sa", sa);
	if (texts)
		add_texts(r);
	return r;
}

int run_report(const char *path, char **argument UNUSED, const struct options *options)
{
	json_t *r = make(path, !options->anonymous);

	if (options->anonymous) {
		json_t *named = r;

		r = anonymise(named);
		json_decref(named);
	}
	print_json(r);
	json_decref(r);
	return EXIT_OK;
}
