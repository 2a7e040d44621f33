/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Homeless host as a pure function: events and the time go in, actions come out. It uses no
 * socket, clock, file or global, so that unit tests, fuzzers and the simulation run the same code
 * as the helper.
 *
 * Use: call an event function; fetch actions with core_next_action() until it returns false, and
 * apply them in that order; then sleep until core_deadline() or the next event. core_tick() is the
 * event "time passed". now never decreases. Pointers that are passed in are not kept. Addresses and
 * SPIs are as in the headers that define them; durations and times are usec_t; ports and lengths
 * are in host order.
 */
#ifndef HMIP_CORE_H
#define HMIP_CORE_H

#include "core_action.h"

/*
 * Makes a host without addresses, peers or connections. seed initialises the generator of nonces
 * and must be unpredictable. epoch is the first sequence number of AH and of BUs where no state was
 * saved; pass wall-clock seconds, so that peers do not drop a host that lost its state as a replay.
 * config is copied. Returns NULL if memory is short; the caller frees it with core_free().
 */
struct core *core_new(const struct core_config *config, const uint8_t seed[static 32],
		      uint32_t epoch);

/* Frees c, with its tables and pending actions, and wipes its keys. NULL is fine. */
void core_free(struct core *c);

/* The text of an ACTION_EVENT, NULL if it has none. Valid until the next event function. */
const char *core_event_detail(struct core *c, const struct action *event);

/*
 * Adds a peer with configured keys, or replaces the one of that name. The keys are used for its
 * entry, if there is one, and for later ones. from is copied. Returns 0, -EEXIST if another peer
 * has the SPI or an address, or -ENOMEM.
 */
int core_peer_add(struct core *c, const struct core_peer *from, usec_t now);

/* Removes the peer of that name and its entry. Returns 0 or -ENOENT. */
int core_peer_remove(struct core *c, const char *name, usec_t now);

/*
 * The configured peer of that name has newer SAs, in and out, one of which may be as before: they
 * are used from now on. What comes under the inbound one that it had is accepted until
 * core_peer_drop(). Returns 0, -ENOENT, -EEXIST if another peer has the inbound SPI, or -ENOMEM.
 */
int core_peer_renew(struct core *c, const char *name, const struct sa_half *in,
		    const struct sa_half *out, usec_t now);

/* The earlier inbound SA of that peer with this SPI is gone. Returns 0 or -ENOENT. */
int core_peer_drop(struct core *c, const char *name, uint32_t spi);

/*
 * All SAs of that peer are gone. Its entry stays: what the hosts told each other holds for its
 * lifetime, and signalling goes on with core_peer_renew(). Returns 0 or -ENOENT.
 */
int core_peer_end(struct core *c, const char *name);

/*
 * The time of day was set: epoch is what core_new() would be passed now. If it is greater, numbers
 * under configured keys that are behind it go on from there, and what was not answered is sent
 * again: a host that has no clock when it boots, and no state, begins with numbers that its peers
 * take for replays. Returns for how many peers.
 */
unsigned core_clock_set(struct core *c, uint32_t epoch, usec_t now);

/* Replaces the configuration by a copy of config. Lifetimes granted before are not changed. */
void core_reconfigure(struct core *c, const struct core_config *config);

/*
 * addr is usable on ifindex until valid_until (DAD done or optimistic, interface up, carrier on).
 * It is announced to peers (B5). Call again to update the interface or the lifetime.
 */
void core_local_up(struct core *c, const struct in6_addr *addr, unsigned ifindex,
		   usec_t valid_until, usec_t now);

/*
 * Assigns addr to a personality; without this call it has the default one. Call before
 * core_local_up(). Each personality is an L-HCE of its own: a peer is sent only addresses of the
 * personality with which its entry was made (X9).
 */
void core_local_personality(struct core *c, const struct in6_addr *addr, unsigned personality,
			    usec_t now);

/*
 * Whether addr is spare: packets are taken there, but it is deprecated (RFC 4862), a service's or
 * on no link, so that others are better sources. Entries move to those. A peer is told of it if it
 * met this host there, has a connection with it, or the kernel's routing chooses it; it is not
 * withdrawn before it is lost. Call before core_local_up(), and when it changes.
 */
void core_local_spare(struct core *c, const struct in6_addr *addr, bool spare, usec_t now);

/* addr is lost, for whatever reason. Connections move, and peers are sent a withdrawal (B6). */
void core_local_down(struct core *c, const struct in6_addr *addr, usec_t now);

/*
 * Whether an interface has addr, which is lost for another reason then: without a carrier. While
 * none has, and an entry has no other source, the datapath swallows what would leave from addr.
 * Ignored while addr is usable; core_local_down() takes it for assigned.
 */
void core_local_assigned(struct core *c, const struct in6_addr *addr, bool assigned);

/* The kernel's routes changed: retransmits at once what may have failed for lack of a route. */
void core_routes_changed(struct core *c, usec_t now);

/*
 * src is the source that the kernel's routing would choose for the peer of entry id today (RFC 6724
 * and route metrics). The entry moves to it, once the peer has proof of it, unless an address that
 * core_prefer() set ranks higher.
 */
void core_routed(struct core *c, uint32_t id, const struct in6_addr *src, usec_t now);

/*
 * Policy rules route a connection of entry id over another link than the helper's own packets
 * (policy_routed), or no longer do. While they do, core_routed() moves nothing: each connection
 * keeps the pair that its own route chose, until that is lost.
 */
void core_policy_routed(struct core *c, uint32_t id, bool policy_routed, usec_t now);

/*
 * Whether policy rules forbid connection cookie to leave by its entry's pair. While they do it
 * keeps its birth pair, and the entry goes to an address that is not barred, if it has one. Call
 * after ACTION_PAIR, and when rules or routes changed.
 */
void core_policy_forbids(struct core *c, uint64_t cookie, bool forbidden, usec_t now);

/*
 * Whether policy rules forbid our address local to a connection of entry id that they confine
 * (pcb.confined).
 */
void core_policy_bars(struct core *c, uint32_t id, const struct in6_addr *local, bool barred,
		      usec_t now);

/* The kernel refused the packet of an ACTION_SEND (no route, no buffer): it was not sent. */
void core_send_failed(struct core *c, const struct action *send, usec_t now);

/*
 * A program registered a connection, or a scan found it (from->source). The fields for entry, gen,
 * ports and times are ignored. A registered connection that this host initiated gets an entry for
 * its peer if there is none (C4). A found one makes no entry: it is adopted if it is between a
 * usable address of this host and an Active one of a Homeless peer, else not recorded. Call again
 * when a known connection is established, or is registered after it was found.
 *
 * A found one that core_initiates() counts as registered here.
 *
 * Returns 0; -EEXIST if an open connection with the same peer has its ports: it is not handled;
 * -ENOENT if it was found and is not adopted; -ENOMEM; -EINVAL if the Host Cache may not have its
 * addresses, or it is neither TCP nor UDP.
 */
int core_pcb_open(struct core *c, const struct pcb *from, usec_t now);

/* Returns whether core_pcb_open() would adopt p if a scan found it. */
bool core_adopts(struct core *c, const struct pcb *p);

/*
 * Returns whether p, which a scan found, is to begin mobility with its peer although no program
 * registered it: this host began it, over TCP, the configuration (initiate) names its peer, and
 * that is neither known yet nor known not to take part.
 */
bool core_initiates(struct core *c, const struct pcb *p, usec_t now);

/*
 * Somebody wants the host at foreign to be met, although no connection with it is known: it is
 * signalled to from local at once, and if it did not answer earlier, it is asked again. keep: its
 * entry is kept without a connection and not evicted, else it is one for DEFAULT-LIFETIME.
 * *ret_entry is the id of the entry, whose status tells the outcome. Returns 0; -EACCES if the
 * configuration forbids that; -EINVAL if no peer may have that address, or this host has no address
 * local; -EAGAIN if the entry it has now cannot be used; -ESHUTDOWN after core_leave(); -ENOMEM.
 */
int core_meet(struct core *c, const struct in6_addr *local, const struct in6_addr *foreign,
	      bool keep, usec_t now, uint32_t *ret_entry);

/*
 * Asks the peer of entry id by each pair of addresses that may be used, the one in use first: a
 * Challenge each, whose Response within ten seconds is an EVENT_PING and changes nothing of what
 * connections use. At most five times a second. Returns how many pairs are in ret; -ENOENT if there
 * is no such entry; -EAGAIN if its peer is not known to be Homeless, or was asked a moment ago.
 */
int core_ping(struct core *c, uint32_t id, usec_t now,
	      struct path_pair ret[static PATH_PAIRS_MAX]);

/*
 * A program sends datagrams from an unconnected socket, unasked: from p->local, as the kernel would
 * choose it, to p->foreign; p->cookie and p->uid are the socket's, the rest is ignored. The effect
 * is that of a connection (C4), except that the entry may be evicted (X8); it is kept while the
 * socket is open (C10). A stranger without a connection is asked first whether it is still there,
 * and then only the next call has an effect. Returns 0, -ENOMEM, or -EINVAL as above.
 */
int core_datagram_sent(struct core *c, const struct pcb *p, usec_t now);

/*
 * The datapath received a datagram of entry id, which has no pair yet, from src at our address dst;
 * it belongs to no connection.
 */
void core_datagram_heard(struct core *c, uint32_t id, const struct in6_addr *src,
			 const struct in6_addr *dst, usec_t now);

/*
 * An unconnected UDP socket is bound to p->local and p->lport, and that address is lost, or about
 * to be. Call before core_local_down(). Returns 0, -EEXIST if one with another address has the
 * port, -ENOSPC, -ENOMEM or -EINVAL.
 */
int core_bound_open(struct core *c, const struct pcb *p, usec_t now);

/*
 * The program vouches for the peer of this connection: its entry is not evicted (X8). Returns 0, or
 * -ENOENT if the connection is unknown or has no entry.
 */
int core_trust(struct core *c, uint64_t cookie);

/*
 * Removes the entry of this connection on behalf of user uid. Its connections are not handled any
 * more; the next one makes a new entry. Returns 0, -ENOENT as above, or -EPERM if another user has
 * an open connection or a UDP sender with this peer and uid is not 0.
 */
int core_forget(struct core *c, uint64_t cookie, uint32_t uid, usec_t now);

/*
 * A program found the peer of entry id by a DNS name, which has n more addresses (C5). Connections
 * never use them; signalling is sent there if no address that the peer announced answers. name is
 * cut to PEER_NAME_SIZE - 1 bytes, addr to the usable ones that there is room for. Both are copied.
 */
void core_alternatives(struct core *c, uint32_t id, const char *name, const struct in6_addr *addr,
		       unsigned n);

/*
 * The n addresses that the name of an ACTION_RESOLVE for entry id resolved to. They are unverified.
 * Do not call this if resolution failed.
 */
void core_resolved(struct core *c, uint32_t id, const struct in6_addr *addr, unsigned n,
		   usec_t now);

/*
 * The datapath could not apply this action. A connection that it never had is detached. A change of
 * one that it has, or of a pair, is repeated every second until it is taken: the connection may
 * have been moved, and would end without an entry.
 */
void core_failed(struct core *c, const struct action *failed, usec_t now);

/* A connection that was opened as not established has completed its handshake. */
void core_pcb_established(struct core *c, uint64_t cookie, usec_t now);

/*
 * The kernel destroyed the socket: a connection, a UDP sender or a bound socket. A moved TCP
 * connection lingers for TIME-WAIT. An unknown cookie is ignored.
 */
void core_pcb_close(struct core *c, uint64_t cookie, usec_t now);

/*
 * Removes entries without connections or senders after a restart, as their peers may have expired
 * this host meanwhile. An entry that the peer initiated is kept while an address of it is Active:
 * programs may still answer datagrams there without registering a socket.
 */
void core_prune(struct core *c, usec_t now);

/*
 * The datapath received data of entry id from src. It reports the first packet after a change or a
 * silence (C6, C11).
 */
void core_heard(struct core *c, uint32_t id, const struct in6_addr *src, usec_t now);

/*
 * Connections of entry id have sent on its pair for path_timeout and received nothing. The datapath
 * reports it repeatedly, while it lasts.
 */
void core_silent(struct core *c, uint32_t id, usec_t now);

/*
 * The datapath itself switched entry id to the address src of the peer: the pair is now (local as
 * before, src) under generation gen (C11).
 */
void core_followed(struct core *c, uint32_t id, const struct in6_addr *src, uint32_t gen,
		   usec_t now);

/*
 * A packet was received that may be signalling: len bytes, from the IPv6 header on. Its content is
 * untrusted.
 */
void core_packet(struct core *c, const uint8_t *pkt, size_t len, usec_t now);

/*
 * Returns whether core_packet() would take an address off its sender for this packet: it is
 * authentic, not a replay, and withdraws an address that is Active. Changes nothing. For work that
 * must be done before connections lose that address, and that no stranger shall cause.
 */
bool core_packet_withdraws(struct core *c, const uint8_t *pkt, size_t len);

/*
 * So many rows about peers did not fit into the host map: programs may not know where these are.
 * Counted, and reported once a minute.
 */
void core_hostmap_cut(struct core *c, unsigned rows, usec_t now);

/*
 * Returns whether core_packet() would tell the sender of this packet more if it knew that the
 * kernel has a connection between *local and *foreign, which are written: call core_connected()
 * first if it has. A stranger without one learns no address but the one it speaks to (X8). Returns
 * true so often at most as the kernel can be asked.
 */
bool core_packet_asks(struct core *c, const uint8_t *pkt, size_t len, usec_t now,
		      struct in6_addr *local, struct in6_addr *foreign);

/* The kernel has an open connection between these. It counts for the next packet. */
void core_connected(struct core *c, const struct in6_addr *local, const struct in6_addr *foreign);

/*
 * Prefers addr, or all addresses on ifindex if addr is NULL, as the source for all peers, and moves
 * there. Returns 0, or -EADDRNOTAVAIL if no such address is usable.
 */
int core_prefer(struct core *c, const struct in6_addr *addr, unsigned ifindex, usec_t now);

/*
 * addr, or each address on ifindex if addr is NULL, is about to be lost (departs), or is not: that
 * is taken back. Entries move to another source while this one works, as soon as their peers have
 * proof of it; then it is withdrawn (B6). It stays the last choice until it is lost, or
 * core_prefer() names it. Returns 0, or -EADDRNOTAVAIL if no such address is usable.
 */
int core_depart(struct core *c, const struct in6_addr *addr, unsigned ifindex, bool departs,
		usec_t now);

/*
 * This host is about to be without hmip. Moved connections whose birth pair can be used take it
 * again, and peers are told, so that they do the same. ACTION_LEFT is given when those peers have
 * acknowledged that, at once if there are none, and after a second at the latest, for which
 * core_tick() is needed. Nothing else is signalled from now on, and nothing moves. The second call
 * ends the wait.
 */
void core_leave(struct core *c, usec_t now);

/* Returns whether core_leave() was called. */
bool core_is_leaving(const struct core *c);

/*
 * The entries that core_tick() will look after now: sets *ret to their ids, which are valid until
 * it is called or an entry is made. Returns how many.
 */
unsigned core_due(struct core *c, usec_t now, const uint32_t **ret);

/* Runs the timers that have expired. Does nothing before core_deadline(). */
void core_tick(struct core *c, usec_t now);

#endif
