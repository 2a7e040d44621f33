/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adoption: connections with Homeless peers that no program showed are found among the kernel's
 * sockets and taken into care, so that static programs, services and what was there before are
 * covered, and programs under the shim need not show what will be found anyway.
 *
 * All sockets are listed in one go: when a peer becomes Homeless or a new address of it Active, and
 * a moment after the datapath reported that a socket of this host began a connection with one. The
 * moment is longer while scans find nothing new, and so long that scans take a tenth of the
 * helper's time at most. Before something changes that a connection too young for the last scan
 * would not survive, adopt_scan_if_needed() scans at once. A handshake that a scan finds under way
 * causes a few more; when it is completed later, the datapath reports it anew.
 */
#ifndef HMIP_ADOPT_H
#define HMIP_ADOPT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct daemon;

/* Makes the timer, which calls due with h when a scan is due. Returns 0 or -ENOMEM. */
int adopt_open(struct daemon *d, event_callback_fn due);

/* Puts what the configuration says in force. */
void adopt_configure(struct daemon *d);

/* The status of that entry changed. */
void adopt_status(struct daemon *d, uint32_t hce);

/* There may be connections to be found: a look follows, at once if it may, or after the pause. */
void adopt_schedule(struct daemon *d, bool at_once);

/* Looks now, whatever was noticed. The caller carries out what comes of it. */
void adopt_scan(struct daemon *d);

/* The actions that the core had are carried out. */
void adopt_carried(struct daemon *d);

/*
 * Scans now if the last scan may have missed something. budgeted: not before the tenth allows it.
 * As above.
 */
void adopt_scan_if_needed(struct daemon *d, bool budgeted);

void adopt_close(struct daemon *d);

#endif
