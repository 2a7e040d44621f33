/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "client.h"
#include "connection_checks.h"
#include "connection_facts.h"
#include "doctor.h"
#include "finding.h"
#include "host_checks.h"
#include "host_facts.h"
#include "peer_checks.h"
#include "peer_facts.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* Prints the findings, and drops the reference. Returns the exit code. */
static int tell(json_t *all, bool as_json)
{
	int r = finding_problems(all) ? EXIT_REFUSED : EXIT_OK;

	if (as_json)
		print_json(all);
	else
		finding_print(stdout, all);
	json_decref(all);
	return r;
}

/* [ADDRESS]:PORT, or a number. */
static bool is_connection(const char *target)
{
	return *target == '[' || (*target && !target[strspn(target, "0123456789")]);
}

int run_doctor(const char *path, char **argument, const struct options *options)
{
	const char *target = argument[0];
	json_t *facts = host_facts(path), *all = json_array(), *more = NULL;
	bool answers = json_is_object(json_object_get(facts, "helper"));

	if (!target || !answers || !is_connection(target))
		host_check(facts, all);
	if (target && answers && is_connection(target)) {
		more = connection_facts(target, facts);
		connection_check(more, all);
	} else if (target && answers) {
		more = peer_facts(path, target, facts);
		peer_check(more, all);
	}
	json_decref(more);
	json_decref(facts);
	return tell(all, options->json);
}
