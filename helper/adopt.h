/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adoption: connections with Homeless peers that no program showed are found among the kernel's sockets and taken into
 * care, so that static programs, services and what was there before are covered, and programs under the shim need not show
 * what will be found anyway.
 *
 * All sockets are listed in one go: when a peer becomes Homeless or a new address of it Active, and a moment after the
 * datapath noticed that a connection was begun with one. The moment is longer while looks find nothing new, and so long
 * that looking takes a tenth of the helper's time at most. Before something changes that a connection too young for the
 * last look would not survive, adopt_now() looks at once.
 */
#ifndef HMIP_ADOPT_H
#define HMIP_ADOPT_H

#include "usec.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct helper;

struct adoption {
	struct event *ev;		/* the next look */
	usec_t rest;			/* none before then */
	unsigned pause_ms;		/* from a birth to the look */
	uint64_t looks;
	bool found, half;		/* by this look: something new; a handshake half done */
};

/* Makes the timer. Returns 0 or -ENOMEM. */
int adopt_open(struct helper *h);

/* Puts what the configuration says in force. */
void adopt_configure(struct helper *h);

/* The status of that entry changed. */
void adopt_status(struct helper *h, uint32_t hce);

/* There may be connections to be found: a look follows, at once if it may, or after the pause. */
void adopt_soon(struct helper *h, bool at_once);

/* Looks now, whatever was noticed. The caller carries out what comes of it. */
void adopt_look(struct helper *h);

/* Looks now if something was noticed since the last look. unless_tired: not before the tenth allows it. As above. */
void adopt_now(struct helper *h, bool unless_tired);

void adopt_close(struct helper *h);

#endif
