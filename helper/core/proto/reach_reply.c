/* SPDX-License-Identifier: BSD-2-Clause */
/* The other role of the reachability check: answering the peer's Challenges (X5). */
#include "reach_reply.h"

#include "action.h"
#include "bu_send.h"
#include "bul.h"
#include "pair.h"
#include "peer.h"
#include "path_probe.h"
#include "send.h"

void reach_respond(struct core *c, struct hce *h, const struct in6_addr *to,
		   const struct in6_addr *from, const struct binding_ack *ba, usec_t now)
{
	struct binding *b = bul_find(h, to);
	struct signal s = { .src = *to, .dst = *from, .n_bu = 1 };
	struct binding_update *bu = &s.bu[0];
	bool probed, answers;

	event_emit(c, EVENT_CHALLENGE_HEARD, h, to, from, ba->seq, NULL);
	if (!b || !b->wanted)
		return;		/* not an address we claim any more */
	/*
	 * The address may be used only if the peer has our announcement of it: the BA's number is
	 * not older, and it grants a lifetime. Lifetime 0 means an address conflict (X6): the peer
	 * would attribute our data to the other host.
	 */
	answers = b->state != BINDING_NONE && ba->lifetime && (int16_t)(ba->seq - b->seq) >= 0;
	bu->flags = BU_ACK;
	bu->seq = peer_next_bu(c, h);
	bu->lifetime = bul_lifetime(c, to, now);
	bu->names_source = true;
	bu->has_challenge = true;
	if (ah_hmac128(&h->sa->out.key, ba->challenge, CHALLENGE_LEN, to, sizeof(*to),
		       bu->challenge) < 0 ||
	    core_send(c, h, &s, now) < 0)
		return;
	probed = b->state == BINDING_VERIFIED;
	bul_announced(b, bu->lifetime, now);
	if (!ba->lifetime && b->pending && b->state > BINDING_SENT) {
		bul_set_state(c, h, b, BINDING_SENT, "another host claims it at the peer");
		pair_update(c, h, now);
	}
	if (answers) {
		bul_set_state(c, h, b, BINDING_RESPONDED, "a Challenge to it was answered");
		if (!b->pending)
			b->seq = bu->seq;
		pair_update(c, h, now);
	}
	if (probed && !bu_is_answered_by(h, ba->seq, now))
		path_probed_by_peer(c, h, to, now);
}
