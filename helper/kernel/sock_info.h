/* SPDX-License-Identifier: BSD-2-Clause */
/* What a descriptor is that a program sent: its socket, addresses and owner. */
#ifndef HMIP_SOCK_INFO_H
#define HMIP_SOCK_INFO_H

#include "core.h"

/*
 * Reads what a descriptor is into *ret (cookie, addresses, ports, protocol, user, mark, established; the rest is zero): a TCP or
 * UDP socket over IPv6 of this network namespace that has a peer (SYN-SENT included). A connection that is over, an
 * IPv4 one on an IPv6 socket and MPTCP are not. Does not consume fd and does nothing to it: fd may be anything.
 * Returns 0, -EINVAL if it is none of these, or a negative errno.
 */
int sockdiag_describe(int fd, struct pcb *ret);

/*
 * The same for a UDP socket whose peer does not matter: it need not have one, and foreign and fport stay 0. local is 0, too, if it
 * is bound to none.
 */
int sockdiag_describe_sender(int fd, struct pcb *ret);

/* Whether the program that made the socket wants it left alone (CONTROL_PREVENTED). */
bool sockdiag_prevented(int fd);

#endif
