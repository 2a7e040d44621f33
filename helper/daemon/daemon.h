/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper: a libevent loop around the core, the kernel's interfaces, the datapath and the
 * control sockets. Every callback calls event functions of core.h and then apply_actions().
 */
#ifndef HMIP_DAEMON_H
#define HMIP_DAEMON_H

struct daemon;

struct daemon_options {
	const char *conf;	/* path of the configuration */
	const char *socket;	/* absolute path of the socket of hmipctl */
	const char *record;	/* file for signalling (signal_record.h), or NULL */
};

/*
 * Opens everything, restores the state, drops privileges. The strings of options must outlive the
 * daemon. Returns 0 or a negative errno (logged); on an error, what an earlier helper left in the
 * kernel is still there.
 */
int daemon_start(const struct daemon_options *options, struct daemon **ret);

/*
 * Reports readiness to the service manager and runs until SIGTERM, or until what SIGINT begins is
 * done: core_leave(). Returns 0 or a negative errno.
 */
int daemon_run(struct daemon *d);

/*
 * Saves the state and frees. After SIGINT, also removes everything of hmip's from the kernel and
 * the file system but the state file. Otherwise eBPF programs, routes and host map stay, as after a
 * crash: data keeps flowing, and the next helper takes them over. NULL is fine.
 */
void daemon_stop(struct daemon *d);

#endif
