/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "saving.h"
#include "clock.h"
#include "daemon_private.h"
#include "log.h"
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *reason(int r)
{
	return r == -EBADMSG ? "it is damaged" :
	       r == -EPROTONOSUPPORT ? "another version of hmip wrote it" : strerror(-r);
}

static bool unusable(int r)
{
	return r < 0 && r != -ENOENT;
}

/* The next file takes its place, and somebody may want to see what was in this one. */
static void keep(const char *path)
{
	char *bad;

	if (asprintf(&bad, "%s.bad", path) < 0)
		return;
	if (rename(path, bad) < 0)
		log_warn("cannot rename %s", path);
	free(bad);
}

void saving_restore(struct daemon *d)
{
	const char *path = d->state_path;
	int numbers, r = state_load(d->core, path, clock_boottime(), &numbers);
	char *numbers_path;

	if (r == 0)
		log_info("restored the state from %s", path);
	if (unusable(r)) {
		log_warnx("cannot restore the state from %s: %s, starting without it; it is kept "
			  "as %s.bad", path, reason(r), path);
		keep(path);
	}
	if (!unusable(numbers) || asprintf(&numbers_path, "%s" STATE_NUMBERS, path) < 0)
		return;
	log_warnx("cannot restore the state from %s: %s, sequence numbers begin with the clock; it "
		  "is kept as %s.bad", numbers_path, reason(numbers), numbers_path);
	keep(numbers_path);
	free(numbers_path);
}

int saving_begin(struct daemon *d)
{
	state_open(d->core, d->state_path, clock_boottime(), &d->state);
	d->save_now = true;	/* tells if that failed */
	return d->state ? 0 : -ENOMEM;
}

void saving_write(struct daemon *d)
{
	int r = state_write(d->state, d->core, clock_boottime());

	if (r < 0 && r != d->state_error)
		log_warnx("cannot save the state to %s: %s, continuing; moved connections would "
			  "not survive a restart of the helper", d->state_path, strerror(-r));
	if (r == 0 && d->state_error)
		log_info("the state is saved to %s again", d->state_path);
	d->state_error = r;
	d->save_now = d->save_later = false;
}
