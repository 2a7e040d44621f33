/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the kernel from giving TCP connections up while nothing can be sent to their peer (the
 * core says when: hce->held_since). Each is looked at again and again, by sock_diag, and what would
 * end it is prevented by a segment for the local stack (tcp_inject_alive()):
 *
 *   has repeated a segment in vain       window 0: it goes on probing while that is renewed
 *   a keep-alive or window probe is due  the peer's last window: TCP counts its probes anew
 *   else                                 nothing
 *
 * No such segment acknowledges anything that the peer has not. When the peer is heard again, the
 * kick (resume.h) makes TCP repeat what it has, and the peer's answer has its true window.
 */
#ifndef HMIP_TCP_HOLD_H
#define HMIP_TCP_HOLD_H

struct daemon;

/* Opens d->tcp_hold. Returns 0 or a negative errno. */
int tcp_hold_open(struct daemon *d);

/* Frees d->tcp_hold; NULL is fine. */
void tcp_hold_close(struct daemon *d);

/* Entries are held, or not any more: begins, in a later turn of the event loop. */
void tcp_hold_changed(struct daemon *d);

#endif
