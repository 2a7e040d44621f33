/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper: a libevent loop around the core and its shells. Every callback calls one event function of core.h, then
 * has carried out what came of it (apply.c).
 */
#ifndef HMIP_DAEMON_H
#define HMIP_DAEMON_H

struct helper;

struct helper_options {
	const char *conf;	/* path of the configuration */
	const char *socket;	/* path of the file-system door, absolute */
};

/*
 * Opens everything, restores the state, drops privileges. Logs what is wrong. Returns 0 or a negative errno; what an
 * earlier helper left in the kernel is still there then.
 */
int helper_start(const struct helper_options *options, struct helper **ret);

/* Tells the service manager that all is ready and runs until SIGTERM or SIGINT. Returns 0 or a negative errno. */
int helper_run(struct helper *h);

/*
 * Saves the state and frees. After SIGINT also removes everything of ours from the kernel and the file system, the state
 * file excepted. Otherwise programs, routes and host map stay in effect, as after a crash: data flows on, and the next
 * helper takes over. NULL is fine.
 */
void helper_stop(struct helper *h);

#endif
