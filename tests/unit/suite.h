/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main() of a unit test program: SUITE_MAIN(name, TCASE(...), ...) style boilerplate, once.
 */
#ifndef HMIP_SUITE_H
#define HMIP_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Runs s and turns its result into an exit status. */
static inline int suite_run(Suite *s)
{
	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
