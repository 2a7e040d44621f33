/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "privileges.h"
#include "array.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * Kept for the life of the process. The names are in privileges_check(): older libraries lack
 * BPF's.
 */
static const cap_value_t kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF };

#define N_KEPT	((int)ARRAY_LEN(kept))

int privileges_check(char **why)
{
	static const char *const name[N_KEPT] = { "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF" };
	cap_t caps = cap_get_proc();
	char missing[128] = "";
	int r = 0;

	*why = NULL;
	if (!caps)
		return -errno;
	for (int i = 0; i < N_KEPT; i++) {
		cap_flag_value_t v = CAP_CLEAR;

		if (cap_get_flag(caps, kept[i], CAP_EFFECTIVE, &v) == 0 && v == CAP_SET)
			continue;
		if (*missing)
			strcat(missing, ", ");
		strcat(missing, name[i]);
		r = -EPERM;
	}
	cap_free(caps);
	if (r < 0 &&
	    asprintf(why, "missing %s (user id %u): run it as root, as a service or with sudo",
		     missing, (unsigned)geteuid()) < 0)
		*why = NULL;
	return r;
}

static bool is_kept(cap_value_t c)
{
	for (int i = 0; i < N_KEPT; i++)
		if (kept[i] == c)
			return true;
	return false;
}

/*
 * Drops from the bounding set. Without CAP_SETPCAP this fails (EPERM) and is not needed: the helper
 * executes no other program. Returns 0 or a negative errno.
 */
static int drop_bounding(void)
{
	for (cap_value_t c = 0; c < cap_max_bits(); c++)
		if (!is_kept(c) && cap_get_bound(c) == 1 && cap_drop_bound(c) < 0 && errno != EPERM)
			return -errno;
	return 0;
}

/* Tries to regain each dropped capability. Returns 0 if all tries fail, or a negative errno. */
static int prove(void)
{
	for (cap_value_t c = 0; c < cap_max_bits(); c++) {
		cap_t caps;
		int r;

		if (is_kept(c))
			continue;
		caps = cap_get_proc();
		if (!caps)
			return -errno;
		cap_set_flag(caps, CAP_PERMITTED, 1, &c, CAP_SET);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &c, CAP_SET);
		r = cap_set_proc(caps);
		cap_free(caps);
		if (r == 0)
			return -ENOTRECOVERABLE;
	}
	return 0;
}

int privileges_drop(void)
{
	cap_t caps = NULL;
	int r = drop_bounding();

	if (r < 0)
		return r;
	cap_reset_ambient();
	caps = cap_init();
	if (!caps)
		return -errno;
	if (cap_set_flag(caps, CAP_PERMITTED, N_KEPT, kept, CAP_SET) < 0 ||
	    cap_set_flag(caps, CAP_EFFECTIVE, N_KEPT, kept, CAP_SET) < 0 ||
	    cap_set_proc(caps) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	cap_free(caps);
	return r < 0 ? r : prove();
}
