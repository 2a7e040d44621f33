/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adoption: scans the kernel's sockets for connections with Homeless peers that no program
 * registered, and registers them. This covers static programs, services and older connections, and
 * programs under the shim need not register connections that a scan will find.
 *
 * A scan lists all sockets. It runs when a peer becomes Homeless or an address of it Active, and
 * after a pause when the datapath reports that a socket of this host began a connection with a
 * Homeless peer. The pause grows while scans find nothing new, or only what is closed before the
 * next one, and scans use at most a tenth of the helper's time. Before a change that a connection
 * newer than the last scan would not survive, adopt_scan_if_needed() scans at once. Incomplete
 * handshakes that a scan finds cause a few more scans; the datapath reports them again if they are
 * completed later.
 *
 * With initiate (hmip.conf), a scan also registers TCP connections that this host began with hosts
 * it does not know, so that these are asked whether they are Homeless; the datapath then reports
 * such connections, too.
 */
#ifndef HMIP_ADOPT_H
#define HMIP_ADOPT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct daemon;

/* Makes the timer, which calls due with d when a scan is due. Returns 0 or -ENOMEM. */
int adopt_open(struct daemon *d, event_callback_fn due);

/* Turns adoption on or off as d's configuration says. */
void adopt_configure(struct daemon *d);

/* Call when the status of entry hce changed: adopts from it, or stops. */
void adopt_status(struct daemon *d, uint32_t hce);

/* Schedules a scan, as soon as its share of time allows (at_once) or after the pause. */
void adopt_schedule(struct daemon *d, bool at_once);

/* Scans now, if adoption is on. The caller then calls apply_actions(). */
void adopt_scan(struct daemon *d);

/* Call when all actions of the core are carried out. */
void adopt_carried(struct daemon *d);

/*
 * Returns whether the last scan may have missed a connection. budgeted: no if scans have used their
 * share of time.
 */
bool adopt_scan_is_due(struct daemon *d, bool budgeted);

/* Scans now if the last scan may have missed one. The caller then calls apply_actions(). */
void adopt_scan_if_needed(struct daemon *d);

/* Frees the timer. */
void adopt_close(struct daemon *d);

#endif
