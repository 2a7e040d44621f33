/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signalling in and out of the network: libpcap hears on every interface (its tap is in front of tc ingress, so the
 * datapath may then keep the packets from the stack), libnet sends.
 */
#ifndef HMIP_WIRE_H
#define HMIP_WIRE_H

#include "core.h"

struct wire;

/* Called with each captured packet, from the IPv6 header on. */
typedef void wire_receive_fn(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex);

/* Opens capture and sender. Needs CAP_NET_RAW. Returns 0 or a negative errno; says in *why (static or library text) what failed. */
int wire_open(wire_receive_fn *fn, void *ctx, struct wire **ret, const char **why);
void wire_close(struct wire *w);

int wire_fd(const struct wire *w);

/* Hands over what was captured. Returns the number of packets or a negative errno. */
int wire_read(struct wire *w);

/* Sends a whole IPv6 packet out of interface ifindex (that of its source address; 0: as the kernel routes). Returns 0 or a negative errno. */
int wire_send(struct wire *w, const uint8_t *pkt, size_t len, unsigned ifindex);

/*
 * The kick (DESIGN, datapath 13): hands the local stack ICMPv6 "no route to destination" quoting the segment of p with
 * sequence number seq, n times; Linux then undoes a doubling of the retransmission timeout each time (RFC 6069).
 * via: a usable local address. Returns 0 or a negative errno.
 */
int wire_kick(struct wire *w, const struct pcb *p, uint32_t seq, const struct in6_addr *via, unsigned n);

#endif
