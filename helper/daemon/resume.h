/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a move, makes TCP go on at once instead of when its timers expire. Each turn of the event
 * loop is for some of the connections, so that the helper answers others while thousands move.
 *
 *   backs off (has repeated a segment in vain)   ICMPv6 "no route", RFC 6069: undoes doublings of
 *                                                the timeout
 *   else, if what is in flight is lost           ICMPv6 "packet too big": full segments are sent
 *                                                again; the path MTU that this leaves is removed
 *   nothing is in flight                         nothing
 */
#ifndef HMIP_RESUME_H
#define HMIP_RESUME_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;
struct resume;

/* Opens d->resume. Returns 0 or a negative errno. */
int resume_open(struct daemon *d);

/* Frees d->resume; NULL is fine. */
void resume_close(struct daemon *d);

/*
 * The connections of entry id have a path again; with lost, what they have in flight is lost. An
 * entry that is not finished begins anew. The connections are those that it has at the next
 * resume_run().
 */
void resume_want(struct daemon *d, uint32_t id, bool lost);

/* Goes on with the next connections. It calls itself, in later turns, until all are done. */
void resume_run(struct daemon *d);

#endif
