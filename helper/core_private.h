/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the core share and nobody else sees: the host itself, and the calls between the draft's nouns.
 *
 *   core.c       events, time, the list of actions
 *   packet.c     a captured packet is authenticated and handed on
 *   local.c      addresses of this host
 *   peer.c       who shares keys with us
 *   hostcache.c  entries, their addresses and lifetimes
 *   pcb.c        connections
 *   datagram.c   sockets that send without being connected
 *   bound.c      sockets that are bound to lost addresses
 *   pair.c       which addresses an entry's packets bear
 *   binding.c    Binding Updates and Acknowledgements, sending
 *   update.c     Binding Updates, receiving
 *   request.c    Binding Requests
 *   reach.c      Challenge and Response
 *   explore.c    what does not get through is tried another way
 *   rendezvous.c where a peer that is nowhere to be found may be
 *   contest.c    two hosts claim one address
 *   aap.c        SAs with hosts that share no keys
 *   state_file.c      what survives a restart
 */
#ifndef HMIP_CORE_PRIVATE_H
#define HMIP_CORE_PRIVATE_H

#include "core.h"

/* draft-13 section 11, and the minimum that a measured round trip allows instead. */
#define INITIAL_BINDACK_TIMEOUT	USEC_PER_SEC
#define MAX_BINDACK_TIMEOUT	(256 * USEC_PER_SEC)
#define MIN_BINDACK_TIMEOUT	(50 * USEC_PER_MSEC)
#define MAX_FAST_UPDATES	5
#define FAST_UPDATE_INTERVAL	USEC_PER_SEC		/* MAX_UPDATE_RATE */
#define SLOW_UPDATE_INTERVAL	(10 * USEC_PER_SEC)	/* SLOW_UPDATE_RATE */

/* A peer may announce other hosts' addresses: few Challenges are sent to unproven ones on its behalf. */
#define CHALLENGE_BURST		16
#define CHALLENGE_INTERVAL	(USEC_PER_SEC / 4)

/* Within this time a second move of the peer's is taken for two sources used in turn. */
#define FOLLOW_INTERVAL		USEC_PER_SEC

/* Twice Linux's TIME-WAIT would be no better: a late segment of a moved connection finds its PCB this long. */
#define PCB_LINGER		(60 * USEC_PER_SEC)

/*
 * The SPI of an anonymous SA that ended: a replayed Confirm shall not bring it back (hmip-aap(7)). If more end than can be
 * remembered, no state sealed so far is taken any more.
 */
#define ENDED_MAX	1024

struct ended {
	uint32_t spi;
	usec_t until;
};

/* Who shares keys with us. A configured peer outlives its entry: sequence numbers must (RFC 4302, 3.3.2). */
struct peer {
	char *name;			/* NULL: an anonymous one */
	unsigned n_addr;
	struct in6_addr addr[BU_ADDRS_MAX];
	struct sa sa;
	struct hce *hce;		/* NULL while there is no entry */
	usec_t made;			/* of an anonymous one: when its keys were */
	usec_t retire;			/* its entry has newer keys; ends then. 0: in use */
	uint16_t seq_out;		/* where the BU numbers of the next entry begin: the peer may have kept its own */
	UT_hash_handle hh;		/* by sa.in.spi */
};

/* A host that is known not to take part, until then. */
struct plain {
	struct in6_addr addr;
	usec_t until;
	UT_hash_handle hh;
};

/* A key under which states are sealed, and until when new ones are. */
struct seal_key {
	uint8_t key[AAP_SECRET_LEN];
	usec_t until;
};

struct core {
	struct core_config config;
	struct ah_key seed;
	uint64_t nonces;		/* drawn so far */
	uint32_t epoch;
	uint32_t last_id;
	unsigned preferences;		/* given out so far by core_prefer() */

	struct peer *peers;
	struct hce *entries;
	struct foreign_addr *foreign;	/* by address */
	struct local_addr *locals;
	struct pcb *pcbs;		/* by cookie */
	struct pcb *ports;		/* by struct pcb_ports */
	struct sender *senders;		/* by cookie */
	struct bound *bound;		/* by cookie */
	struct plain *plain;		/* by address, oldest first */

	uint32_t spi_range;		/* upper half of all anonymous SPIs of ours */
	uint8_t retry_secret[AAP_SECRET_LEN];
	struct seal_key seal[2];	/* today's and the one before */
	struct aap_keypair share;	/* the responder's, and until when it is used */
	usec_t share_until;
	struct ended ended[ENDED_MAX];
	unsigned n_ended;
	usec_t inits_since;		/* how many Inits came in the second that began then */
	unsigned inits;

	usec_t deadline;		/* no timer runs out before */
	uint64_t counter[COUNT_MAX];

	struct action *action;		/* ring of n_action, from first */
	size_t first, n_action, room;
};

/* core.c */

/* Appends an action, zeroed but for type and entry (h may be NULL). Never NULL: if memory is short the process ends. */
struct action *core_act(struct core *c, enum action_type type, const struct hce *h);

/* Reports an event. local, foreign, detail may be NULL; detail is static text. Returns the action, never NULL. */
struct action *core_tell(struct core *c, enum core_event event, const struct hce *h, const struct in6_addr *local,
			 const struct in6_addr *foreign, uint32_t seq, const char *detail);

/* Makes sure core_tick() is called at t or before. */
void core_wake(struct core *c, usec_t t);

/* 16 octets that nobody else can foretell. */
void core_nonce(struct core *c, uint8_t ret[static CHALLENGE_LEN]);

/* Makes the record of an address that is not usable yet. Returns NULL if memory is short. */
struct local_addr *local_add(struct core *c, const struct in6_addr *addr, usec_t now);

struct local_addr *local_find(struct core *c, const struct in6_addr *addr);

/* Tells the datapath of l as it is. */
void local_act(struct core *c, const struct local_addr *l);

/* Whether our address is usable, and h's peer may learn of it (X9). l may be NULL. */
bool local_good_for(const struct local_addr *l, const struct hce *h);

/* Whether addr is usable, or connections or sockets use it still: it cannot be a peer's. */
bool local_ours(struct core *c, const struct in6_addr *addr);

/* One connection or socket less uses l, NULL: none did. */
void local_release(struct core *c, struct local_addr *l);

/* addr is a peer's now: if it was lost and nothing uses it, it is forgotten. */
void local_yield(struct core *c, const struct in6_addr *addr);

/* Remembers an address that an earlier helper had lost. Returns 0 or -ENOMEM. */
int local_restore(struct core *c, const struct in6_addr *addr, unsigned personality, usec_t forget, usec_t now);

/* Forgets lost addresses that nothing uses, when their time is over. */
void local_expire(struct core *c, usec_t now);

/* Sends s without AH (AAP's Init and Retry). h may be NULL. Returns 0 or a negative errno. */
int core_send_open(struct core *c, const struct hce *h, struct signal *s);

/* Sends s, whose spi, ah_seq and has_ah are filled in here, under sa. h may be NULL. Returns 0 or a negative errno. */
int core_send_under(struct core *c, const struct hce *h, struct sa *sa, struct signal *s);

/* Sends s, whose spi, ah_seq and has_ah are filled in here, under the SA of h. Returns 0 or a negative errno. */
int core_send(struct core *c, struct hce *h, struct signal *s);

/* Whether h's peer takes part: it has an SA and said that it is Homeless. Only its connections can move. */
bool hce_homeless(const struct hce *h);

/* Whether AAP may be run with addr, by configuration. */
bool core_probes(const struct core *c, const struct in6_addr *addr);

/* peer.c */

void peer_free(struct core *c, struct peer *p);
struct peer *peer_by_spi(struct core *c, uint32_t spi);

/* Ends the anonymous SAs that no entry has. */
void peer_prune(struct core *c);

/* Makes a peer of an SA pair that AAP made, for h if not NULL. Returns NULL if memory is short or the SPI is taken. */
struct peer *peer_make_anonymous(struct core *c, struct hce *h, const struct sa_half *in, const struct sa_half *out,
				 usec_t now);

/* Takes the SA from h, and ends it if it is anonymous. */
void peer_detach(struct core *c, struct hce *h, usec_t now);
bool peer_ended(const struct core *c, uint32_t spi, usec_t now);

/* Ends what newer keys have replaced. */
void peer_expire(struct core *c, usec_t now);

/* Notes that addr does not take part, for as long as configured; and asks. */
void plain_note(struct core *c, const struct in6_addr *addr, usec_t now);
bool plain_find(struct core *c, const struct in6_addr *addr, usec_t now);

/* Those that were left alone for long enough may be asked again. */
void plain_expire(struct core *c, usec_t now);

/* hostcache.c */

/*
 * Makes an entry, for peer if not NULL, of the personality that our address local has. Returns NULL (counted) if there is
 * no room.
 */
struct hce *hce_create(struct core *c, struct peer *peer, const struct in6_addr *local, bool initiated, usec_t now);

/* Makes the entry of that id, which none may have. */
struct hce *hce_restore(struct core *c, struct peer *peer, uint32_t id, usec_t now);
void hce_destroy(struct core *c, struct hce *h, usec_t now);

/* Lets peer, who may be no other entry's, be h's. */
void hce_give(struct hce *h, struct peer *peer);

/*
 * Whether h's peer leaves Updates unanswered: its helper may be gone, or may have lost its state.
 * Connections that begin are left on their own pair until it answers.
 */
bool hce_doubted(const struct hce *h, usec_t now);

/* Whether h's peer was heard under its SA lately. */
bool hce_proved_lately(const struct hce *h, usec_t now);

/* The same, asked before a move that nothing compels: if it was not, it is asked, and hce_proved() moves. */
bool hce_may_move(struct core *c, struct hce *h, usec_t now);

/* A packet came under the SA of h's peer. */
void hce_proved(struct core *c, struct hce *h, usec_t now);

/* The peer has answered: our Initial BU may go (B1), or AAP begin. */
void hce_answered(struct core *c, struct hce *h, usec_t now);
void hce_set_status(struct core *c, struct hce *h, enum peer_status status);

struct foreign_addr *foreign_find(struct core *c, const struct in6_addr *addr);

/* Adds addr, which no entry may have, to h. Returns NULL (counted) if there is no room. */
struct foreign_addr *foreign_add(struct core *c, struct hce *h, const struct in6_addr *addr, enum addr_state state,
				 enum lifetime_kind kind, usec_t lifetime, usec_t now);
void foreign_remove(struct core *c, struct foreign_addr *fa);

/* Whether who comes from addr may have one more entry, as far as its neighbours leave room (X8). */
bool hce_room(struct core *c, const struct in6_addr *addr);

/* The only writer of an address's state: sets the timers that go with it, binds connections, tells. */
void foreign_set_state(struct core *c, struct foreign_addr *fa, enum addr_state state, usec_t now);

/*
 * fa's time is over, or the peer gave it up: what was Active is Deprecated from now on, for late packets and for programs
 * that hold on to it; all else goes. A peer that never was at an address has no say in what is sent there.
 */
void foreign_lose(struct core *c, struct foreign_addr *fa, usec_t now);

/*
 * The peer says that it is not at fa any more. If it was asked there it may have answered and sent data after that, which
 * the network may have put in another order: for a while that is dropped, as it would have been before, not reset.
 */
void foreign_give_up(struct core *c, struct foreign_addr *fa, usec_t now);

/* Grants lifetime seconds from now on (C7 converts an activity-related one). */
void foreign_renew(struct core *c, struct foreign_addr *fa, enum lifetime_kind kind, usec_t lifetime, usec_t now);

/* Whether connections heard something from fa within DEFAULT-LIFETIME, whatever signalling does. */
bool foreign_answers(const struct core *c, const struct foreign_addr *fa, usec_t now);

/* Lets addresses, and at last the entry, expire. Returns false if h is gone. */
bool hce_expire(struct core *c, struct hce *h, usec_t now);

/* pcb.c */

/* addr became Active in h: the connections with it that have no entry belong to h from now on. */
void pcb_bind_foreign(struct core *c, struct hce *h, const struct in6_addr *addr);

/* Puts back a connection of an earlier helper; h is its entry, NULL if it had none. Returns 0 or -ENOMEM. */
int pcb_restore(struct core *c, const struct pcb *from, struct hce *h, uint32_t gen, usec_t now);

/* The entry a connection to p->foreign belongs to, made if this host initiates (C4). NULL: none. */
struct hce *pcb_entry(struct core *c, const struct pcb *p, usec_t now);

/* Takes the connections with addr that were opened since then off h: it is another's now. */
void pcb_unbind_foreign(struct core *c, struct hce *h, const struct in6_addr *addr, usec_t since);

/* Takes all connections off h, which is about to go. */
void pcb_unbind_all(struct core *c, struct hce *h);
void pcb_expire(struct core *c, usec_t now);

/* Whether an open connection of h was born with h's pair; or leaves with another than its own. */
bool pcb_any_as_born(const struct hce *h);
bool pcb_any_moved(const struct hce *h);

/* Whether a connection of h was born with addr (as local or foreign) and keeps its birth pair to this day. */
bool pcb_pinned_to(struct core *c, const struct hce *h, const struct in6_addr *addr);

/* Whether a connection of h has another pair than h's: the one it was born with. */
bool pcb_pinned_elsewhere(struct core *c, const struct hce *h);

/* datagram.c */

/* Whether connections or senders need h (C10). */
bool hce_wanted(const struct hce *h);

/* Puts back a sender to h of an earlier helper. Returns 0 or -ENOMEM. */
int sender_restore(struct core *c, uint64_t cookie, uint32_t uid, struct hce *h);

/* The socket is gone; or the entry. */
void sender_close(struct core *c, uint64_t cookie);
void sender_leave_all(struct core *c, struct hce *h);

/* Whether a socket of another user than uid sends to h. */
bool sender_is_others(struct core *c, const struct hce *h, uint32_t uid);
void sender_free_all(struct core *c);

/* bound.c */

/* The socket is gone; or the address is back. */
void bound_close(struct core *c, uint64_t cookie);
void bound_return(struct core *c, const struct in6_addr *addr);
void bound_free_all(struct core *c);

/* pair.c */

/* Whether h's peer may take for a stranger's what comes from us, as things are now. */
void pair_doubt(struct core *c, struct hce *h, bool unproven);

/* h has no pair yet: this is one that packets bear. */
void pair_begin(struct core *c, struct hce *h, const struct in6_addr *local, const struct in6_addr *foreign);

/* Chooses the pair anew from what is usable, verified and preferred, and switches to it if it is another. */
void pair_update(struct core *c, struct hce *h, usec_t now);

/* Whether packets of h may leave from l: the peer must have proof that l is ours, or the connections were born there. */
bool pair_may_send_from(struct hce *h, const struct local_addr *l);

/* Switches to a pair that was found to work. */
void pair_take(struct core *c, struct hce *h, const struct in6_addr *local, const struct in6_addr *foreign);

/* There is nowhere h's packets may go: they are dropped until an address of its peer's may be used. */
void pair_hold(struct core *c, struct hce *h, enum hold how);

/* The peer is to be heard at fa from now on, if that is possible (C11). */
void pair_follow(struct core *c, struct hce *h, const struct foreign_addr *fa, usec_t now);

/* The pair is known to work: connections that were born with another one, which they still have, take it. */
void pair_unpin_others(struct core *c, struct hce *h);

/* addr cannot be used any more: connections still pinned to it must take the pair. */
void pair_unpin(struct core *c, struct hce *h, const struct in6_addr *addr);

/* binding.c */

struct binding *binding_find(struct hce *h, const struct in6_addr *addr);

/* h's peer shall hold addr (B5), or hold it no more (B6). Sends nothing: binding_sync() does. */
void binding_want(struct core *c, struct hce *h, const struct in6_addr *addr, bool wanted, usec_t now);

/* The peer was, or may have been, told of b, for lifetime seconds; 0: that it is gone. */
void binding_told(struct binding *b, uint32_t lifetime, usec_t now);

/* Wants every usable local address of the entry's personality (B2, X9). */
void binding_want_all(struct core *c, struct hce *h, usec_t now);

/* Sends what is news, if it is time and there is an address to send from; sets the timer. */
void binding_sync(struct core *c, struct hce *h, usec_t now);

/* A Binding Request came; id is its Unique Identifier, NULL if it had none, to be sent back (draft-13 5.5). */
void binding_requested(struct core *c, struct hce *h, const uint16_t *id, usec_t now);

/* An address of h's peer that is in use will run out soon: asks for it to be announced anew (B10). */
void binding_request(struct core *c, struct foreign_addr *fa, usec_t now);

/* A way may have opened: what was sent more than once in vain is sent again, without waiting. binding_sync() does it. */
void binding_retry(struct hce *h, usec_t now);

/* There are addresses to be tried (rendezvous_take()): what waits is sent there at once, or everything if nothing waits. */
void binding_elsewhere(struct core *c, struct hce *h, usec_t now);

/* Has everything announced again at once: the peer asked (B10), or it must hear that we are back. */
void binding_renew(struct core *c, struct hce *h, usec_t now);

/* The peer holds nothing of ours any more: everything is news, and Homeless Support is to be told again. */
void binding_forget(struct core *c, struct hce *h, usec_t now);

/* Adds h's waiting news to a packet that goes to the peer anyway, if it is time. Returns whether there was any. */
bool binding_ride(struct core *c, struct hce *h, struct signal *s, usec_t now);

/* A Binding Acknowledgement came to the local address to. */
void binding_acked(struct core *c, struct hce *h, const struct binding_ack *ba, const struct in6_addr *to, usec_t now);

void binding_free_all(struct hce *h);

/* All our addresses went out in BU number seq already, in AAP's Response. */
void binding_assume_sent(struct core *c, struct hce *h, uint16_t seq, usec_t now);

/* The local address signalling to h goes out from, NULL if there is none. */
const struct local_addr *binding_source(struct core *c, const struct hce *h);

/* What a BU for our address addr asks for, seconds (B12). */
uint32_t binding_lifetime(struct core *c, const struct in6_addr *addr, usec_t now);

/* How long to wait for an answer from h, first time. */
usec_t binding_timeout(const struct hce *h);

/* update.c */

/*
 * Binding Updates of an authentic packet from h's peer: checks all, then does all or nothing (R5), then answers. h may be
 * gone afterwards (X6).
 */
void update_receive(struct core *c, struct hce *h, const struct signal *s, usec_t now);

/* A packet of AH alone announces its source (B11). */
void update_bare(struct core *c, struct hce *h, const struct signal *s, usec_t now);

/* reach.c */

/*
 * Makes fa ready to be checked, or checked on: Challenges leave from the address from and ride on BAs of that number, for
 * as long as it takes. Returns false if the cryptographic library failed.
 */
bool reach_ask(struct core *c, struct foreign_addr *fa, const struct in6_addr *from, uint16_t seq);

/* What a BA with a Challenge for fa grants: seconds, never 0, which would say that the peer does not have fa. */
uint32_t reach_lifetime(const struct foreign_addr *fa, usec_t now);

/* Puts the Challenge for fa into a BA that leaves for fa now. */
void reach_fill(struct core *c, struct foreign_addr *fa, struct binding_ack *ba, usec_t now);

/* Sends the Challenge to fa, in a packet of its own. */
void reach_send(struct core *c, struct foreign_addr *fa, usec_t now);
void reach_expire(struct core *c, struct foreign_addr *fa, usec_t now);

/* Something came from fa, or a route came up: if a check waits, it need not wait longer. */
void reach_hurry(struct core *c, struct foreign_addr *fa, usec_t now);

/* A Challenge came to our address to, from the peer's address from. */
void reach_respond(struct core *c, struct hce *h, const struct in6_addr *to, const struct in6_addr *from,
		   const struct binding_ack *ba, usec_t now);

/* Whether bu is the Response to challenge from h's address addr. */
bool reach_is_response(const struct hce *h, const uint8_t challenge[static CHALLENGE_LEN], const struct in6_addr *addr,
		       const struct binding_update *bu);

/* Whether bu is the right Response for fa. */
bool reach_verify(struct core *c, const struct foreign_addr *fa, const struct binding_update *bu);

/* explore.c */

/* Where the news goes that was sent so many times in vain: to all addresses of h in turn, the pair's first. */
struct in6_addr explore_target(const struct hce *h, unsigned tries);

/* Connections of h send and hear nothing. */
void explore_silent(struct core *c, struct hce *h, usec_t now);

/* The peer asked whether we can be reached at our address to, which it knows to be ours. */
void explore_asked(struct core *c, struct hce *h, const struct in6_addr *to, usec_t now);

/* A Response came from fa to local: to a probe, perhaps. */
void explore_answered(struct core *c, struct hce *h, const struct in6_addr *local, const struct foreign_addr *fa,
		      const struct binding_update *bu, usec_t now);

/* The pair changed for other reasons: it is to be probed first. */
void explore_follow(struct hce *h);

/* What is preferred has changed: it is tried. */
void explore_forget(struct hce *h);
void explore_expire(struct core *c, struct hce *h, usec_t now);

/* Whether so many sendings went to each of h's Active addresses equally often. */
bool explore_round(const struct hce *h, unsigned tries);

/* Whether they went there twice without an answer, so that it is time to try something else, for as many tries again. */
bool explore_late(const struct hce *h, unsigned tries);

/* rendezvous.c */

/* Forgets h's names. */
void rendezvous_free(struct hce *h);

/* The name of h's peer that was resolved last; NULL if none was. */
const char *rendezvous_name(const struct hce *h);

/* Takes the next of the addresses that are to be tried now. Returns false, and leaves *ret, if there are no more. */
bool rendezvous_take(struct core *c, struct hce *h, struct in6_addr *ret);

/* Whether there are more. */
bool rendezvous_due(const struct hce *h);

/* Nothing that is known of h's peer answers: goes one step further, if it is time. */
void rendezvous_seek(struct core *c, struct hce *h, usec_t now);

/* A way may have opened: the search begins anew, if one is going on. */
void rendezvous_hurry(struct hce *h, usec_t now);

/* h's peer has all our news: no search goes on. */
void rendezvous_rest(struct hce *h);
void rendezvous_expire(struct core *c, struct hce *h, usec_t now);

/* contest.c */

/* claimant (NULL: who has completed AAP from there) claims fa, which is in another entry. Both are asked; unless they are already. */
void contest_claim(struct core *c, struct foreign_addr *fa, const struct hce *claimant, const struct in6_addr *from,
		   usec_t now);

/* A Response for contested fa came from h. Returns false if both parties have answered now, which ended their entries. */
bool contest_response(struct core *c, struct foreign_addr *fa, const struct hce *h, const struct binding_update *bu,
		      usec_t now);
void contest_expire(struct core *c, struct foreign_addr *fa, usec_t now);
void contest_end(struct foreign_addr *fa);

/* fa is another host's now, or this one's: takes it from its entry. why is static text. */
void contest_lose(struct core *c, struct foreign_addr *fa, const char *why, usec_t now);

/* Whether h claims an address that is in another entry: then it is needed, though it may have none. */
bool contest_claimed_by(struct core *c, const struct hce *h);

/* aap.c */

/* Draws the secrets and the SPI range. */
void aap_open(struct core *c);

/* Begins a run with h's peer if there is reason to: a reply came, there is no SA, nothing speaks against it. */
void aap_start(struct core *c, struct hce *h, usec_t now);
void aap_expire(struct core *c, struct hce *h, usec_t now);

/* Ends h's run, if there is one. */
void aap_forget(struct hce *h);

/* An Init came under p's SA: its keys are to be replaced. */
void aap_renewal(struct core *c, const struct peer *p, const struct signal *s, size_t len, usec_t now);

/* A host said that it cannot read the Init quoted in its Parameter Problem. */
void aap_problem(struct core *c, const struct signal *quoted, usec_t now);

/* Puts the Confirm into a packet for h, as long as it is needed; a BA shows that it is not. */
void aap_ride(const struct hce *h, struct signal *s);
void aap_confirmed(struct hce *h);

/* An AAP message came. Returns the peer whose SA it made, and proved the packet authentic with; NULL if none. */
struct peer *aap_receive(struct core *c, const struct signal *s, const uint8_t *pkt, size_t len, usec_t now);

#endif
