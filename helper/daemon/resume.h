/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a move, makes TCP go on at once instead of when its timers expire. Each turn of the event
 * loop is for some of the connections, so that the helper answers others while thousands move.
 *
 *   backs off (has repeated a segment in vain)   ICMPv6 "no route", RFC 6069: undoes doublings of
 *                                                the timeout
 *   else, if what is in flight is lost:
 *     small segments, which the datapath kept    the helper sends them again
 *     others                                     ICMPv6 "packet too big": full segments are sent
 *                                                again; the path MTU that this leaves is removed
 *   nothing is in flight                         nothing
 *
 * Where a hold has closed the window, the peer is sent an acknowledgement that it can take, first.
 *
 * Before that, each connection is made to be heard by the new pair, once: a segment that TCP
 * answers with a pure acknowledgement. Firewalls that pass only answers would drop all that the
 * peer sends to a host that has nothing to say; and the peer learns what has arrived. Linux answers
 * once in half a second: if the pair changes again within that time, the connections are asked once
 * more behind it.
 */
#ifndef HMIP_RESUME_H
#define HMIP_RESUME_H

#include <stdint.h>

#define RESUME_TURN	128	/* connections in one turn of the event loop */

struct daemon;
struct resume;

/* Opens d->resume. Returns 0 or a negative errno. */
int resume_open(struct daemon *d);

/* Frees d->resume; NULL is fine. */
void resume_close(struct daemon *d);

/* What the connections of an entry shall do. */
#define RESUME_OPEN	0x01	/* be heard by the pair */
#define RESUME_KICK	0x02	/* retransmit; the pair works again */
#define RESUME_LOST	0x04	/* ... and what is in flight is lost */

/*
 * The connections of entry id are to resume: what is a set of RESUME_*. An entry that is not
 * finished begins anew. The connections are those that it has at the next resume_run().
 */
void resume_want(struct daemon *d, uint32_t id, unsigned what);

/*
 * Goes on with the next connections, max of them at most. The rest have their turns later, without
 * another call.
 */
void resume_run(struct daemon *d, unsigned max);

#endif
