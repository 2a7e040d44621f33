/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Homeless host as a pure function: events and the time go in, actions come out. No socket,
 * clock, file or global is touched, so unit tests, fuzzers and the simulation drive the very code
 * the helper runs.
 *
 * Use: call an event function; then take actions with core_next_action() until it returns false and
 * carry them out in that order; then sleep until core_deadline() or the next event. core_tick() is
 * the event "time passed".
 */
#ifndef HMIP_CORE_H
#define HMIP_CORE_H

#include "core_types.h"

/*
 * Makes a host without addresses, peers or connections. seed feeds the generator of nonces; it must
 * be unpredictable to others. epoch is where the sequence numbers of AH and of BUs begin for who
 * has no saved state: wall-clock seconds, so that a host that lost its state is not taken for a
 * replay. config is copied. Returns NULL if memory is short.
 */
struct core *core_new(const struct core_config *config, const uint8_t seed[static 32],
		      uint32_t epoch);
void core_free(struct core *c);

/* The detail of an ACTION_EVENT for people, NULL if it has none. Valid until the next event. */
const char *core_event_detail(struct core *c, const struct action *event);

/*
 * Declares a peer with configured keys, or replaces one of that name. Keys take effect for entries
 * made from now on and for the entry the peer has. Returns 0, -EEXIST if another peer has the SPI
 * or an address, -ENOMEM.
 */
int core_peer_add(struct core *c, const struct core_peer *p, usec_t now);

/* Forgets the peer of that name and its entry. Returns 0 or -ENOENT. */
int core_peer_remove(struct core *c, const char *name, usec_t now);

/* Changes the tunable values; what was granted under the old ones stays. */
void core_reconfigure(struct core *c, const struct core_config *config);

/*
 * The kernel says addr is usable on ifindex until valid_until (DAD done or optimistic, interface
 * up, carrier there). Repeating it with another lifetime updates it.
 */
void core_local_up(struct core *c, const struct in6_addr *addr, unsigned ifindex,
		   usec_t valid_until, usec_t now);

/*
 * addr belongs to that personality, not to the default one; to be told before core_local_up(). The
 * addresses of one personality are an L-HCE of their own: a peer learns of no others than those of
 * the one its entry began with.
 */
void core_local_personality(struct core *c, const struct in6_addr *addr, unsigned personality,
			    usec_t now);

/* addr is not usable any more, for whatever reason (B6). */
void core_local_down(struct core *c, const struct in6_addr *addr, usec_t now);

/* Routes changed: what could not be sent may be sendable now. */
void core_routes_changed(struct core *c, usec_t now);

/*
 * The kernel's routing would today send from src to the peer of this entry (RFC 6724 and route
 * metrics). Unless an administrator's preference says otherwise the entry moves there once the peer
 * can be reached from it.
 */
void core_routed(struct core *c, uint32_t hce, const struct in6_addr *src, usec_t now);

/*
 * Policy rules send, or do not send any more, a connection of this entry by another link than
 * root's packets. While they do, what core_routed() says moves nothing: each connection stays on
 * the pair that its own route chose, until that is lost.
 */
void core_policy_routed(struct core *c, uint32_t hce, bool policy_routed, usec_t now);

/* A SEND failed in the kernel (no route, no buffer): the packet never left. */
void core_send_failed(struct core *c, const struct action *send, usec_t now);

/*
 * Registers or adopts a connection (p->source). The entry, gen, ports and linger_until of p are
 * ignored. A registered connection that was initiated here to a peer without an entry makes one
 * (C4). An adopted one makes none: it is taken if it is between a usable address of this host and
 * an Active one of a Homeless peer, and not recorded otherwise. A connection that is already known
 * may have become established, or be registered now. Returns 0, -EEXIST if another connection has
 * its ports (it is left alone then), -ENOENT if it was found and not taken, -ENOMEM, or -EINVAL if
 * its addresses may not be in the Host Cache.
 */
int core_pcb_open(struct core *c, const struct pcb *p, usec_t now);

/* Whether core_pcb_open() would take this connection, or has, if it was found and not shown. */
bool core_adopts(struct core *c, const struct pcb *p);

/*
 * The program sends datagrams from a socket that is not connected, on its own account and not to
 * answer: the kernel would have them leave from p->local to p->foreign; p->cookie and p->uid say
 * whose it is, the rest is ignored. As if it had connected (C4), but that the entry is not trusted
 * for that; it stays while the socket lives (C10). Returns 0, -ENOMEM, or -EINVAL as above.
 */
int core_datagram_sent(struct core *c, const struct pcb *p, usec_t now);

/*
 * A datagram of an entry that has no pair yet came from src to the address dst of ours, for no
 * connection: told by the datapath.
 */
void core_datagram_heard(struct core *c, uint32_t hce, const struct in6_addr *src,
			 const struct in6_addr *dst, usec_t now);

/*
 * A UDP socket that is not connected is bound to p->local and p->lport, and that address is lost,
 * or about to be: to be told before core_local_down(). Returns 0, -EEXIST if one with another
 * address has the port, -ENOSPC, -ENOMEM or -EINVAL.
 */
int core_bound_open(struct core *c, const struct pcb *p, usec_t now);

/*
 * The program says that who is at the other end is honest: the entry stays when others must make
 * room (X8). Returns 0, or -ENOENT if the connection has no entry.
 */
int core_trust(struct core *c, uint64_t cookie);

/*
 * The program of user uid says that the entry of this connection is to go: its connections are left
 * alone from then on, and the next one begins anew. Returns 0, -ENOENT as above, or -EPERM if open
 * connections of others refer to it; root may.
 */
int core_forget(struct core *c, uint64_t cookie, uint32_t uid, usec_t now);

/*
 * A program found this entry's peer by name, which has n more addresses (C5). They are not used:
 * when nothing that the peer announced answers, signalling goes there. name has at most
 * PEER_NAME_SIZE - 1 octets; of n that many are taken as there is room for.
 */
void core_alternatives(struct core *c, uint32_t hce, const char *name, const struct in6_addr *addr,
		       unsigned n);

/*
 * What ACTION_RESOLVE for this entry brought: n addresses. Untrusted. No answer needs not be told.
 */
void core_resolved(struct core *c, uint32_t hce, const struct in6_addr *addr, unsigned n,
		   usec_t now);

/* The datapath could not carry out this action: a connection that it did not take is detached. */
void core_failed(struct core *c, const struct action *failed);

/* Its handshake is over: what core_pcb_open() reported as not established is now. */
void core_pcb_established(struct core *c, uint64_t cookie, usec_t now);

/* The kernel destroyed the socket. Unknown cookies are ignored. */
void core_pcb_close(struct core *c, uint64_t cookie, usec_t now);

/*
 * Ends the entries that no connection refers to: after a restart there is no telling what has
 * become of those peers. But where this host only answered, programs may go on answering datagrams,
 * and nothing says so: such entries stay until their addresses expire.
 */
void core_prune(struct core *c, usec_t now);

/*
 * Data came in from a peer's address: told by the datapath at the first packet after a change or a
 * silence (C6, C11).
 */
void core_heard(struct core *c, uint32_t hce, const struct in6_addr *src, usec_t now);

/*
 * Connections of this entry have sent for path_timeout, on its pair, and heard nothing: told by the
 * datapath, repeatedly.
 */
void core_silent(struct core *c, uint32_t hce, usec_t now);

/*
 * The datapath itself followed the peer to src: the entry's pair is now (local as before, src), its
 * gen is gen (C11).
 */
void core_followed(struct core *c, uint32_t hce, const struct in6_addr *src, uint32_t gen,
		   usec_t now);

/* A packet of len octets, from the IPv6 header on, was captured. Untrusted. */
void core_packet(struct core *c, const uint8_t *pkt, size_t len, usec_t now);

/*
 * Makes addr (or all addresses on ifindex, if addr is NULL) the preferred source for all peers, and
 * moves there. Returns 0, -EADDRNOTAVAIL if there is no such usable address.
 */
int core_prefer(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t now);

/* Time passed. */
void core_tick(struct core *c, usec_t now);

#endif
