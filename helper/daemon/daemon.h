/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper: a libevent loop around the core and its shells. Every callback calls one event
 * function of core.h, then has carried out what came of it (apply.c).
 */
#ifndef HMIP_DAEMON_H
#define HMIP_DAEMON_H

struct daemon;

struct daemon_options {
	const char *conf;	/* path of the configuration */
	const char *socket;	/* path of the file-system door, absolute */
};

/*
 * Opens everything, restores the state, drops privileges. Logs what is wrong. Returns 0 or a
 * negative errno; what an earlier helper left in the kernel is still there then.
 */
int daemon_start(const struct daemon_options *options, struct daemon **ret);

/*
 * Tells the service manager that all is ready and runs until SIGTERM or SIGINT. Returns 0 or a
 * negative errno.
 */
int daemon_run(struct daemon *d);

/*
 * Saves the state and frees. After SIGINT also removes everything of ours from the kernel and the
 * file system, the state file excepted. Otherwise programs, routes and host map stay in effect, as
 * after a crash: data flows on, and the next helper takes over. NULL is fine.
 */
void daemon_stop(struct daemon *d);

#endif
