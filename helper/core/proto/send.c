/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling is built, signed and queued; the Confirm of AAP is piggybacked. */
#include "send.h"

#include <errno.h>

#include "action.h"
#include "encap.h"
#include "via.h"

static void emit_sent(struct core *c, const struct hce *h, const struct signal *s)
{
	for (unsigned i = 0; i < s->n_bu; i++)
		event_emit(c, s->bu[i].has_challenge ? EVENT_RESPONSE_SENT : EVENT_BU_SENT, h,
			   &s->src, &s->dst, s->bu[i].seq, s->bu[i].lifetime ? "add" : "delete");
	for (unsigned i = 0; i < s->n_ba; i++)
		event_emit(c, s->ba[i].has_challenge ? EVENT_CHALLENGE_SENT : EVENT_BA_SENT, h,
			   &s->src, &s->dst, s->ba[i].seq, NULL);
	if (s->has_br)
		event_emit(c, EVENT_BR_SENT, h, &s->src, &s->dst, 0, NULL);
	c->counter[COUNT_BU_SENT] += s->n_bu;
	c->counter[COUNT_BA_SENT] += s->n_ba;
}

/* Builds s, signs it if key is not NULL, and queues it. */
static int send_built(struct core *c, struct hce *h, const struct signal *s,
		      const struct ah_key *key, usec_t now)
{
	enum via way = h ? via_choose(c, h, s, now) : via_answer(c);
	struct action *a = action_push(c, ACTION_SEND, h);
	unsigned icv_len = key ? ah_icv_len(key->alg) : 0;
	int len = signal_build(s, icv_len, a->send.packet, sizeof(a->send.packet));
	int r = len < 0 || !key ? len : ah_sign(a->send.packet, (size_t)len, key);

	if (r < 0) {
		c->n_action--;
		event_emit(c, EVENT_DROPPED, h, &s->src, &s->dst, 0, "packet could not be built");
		return r;
	}
	a->send.src = s->src;
	a->send.dst = s->dst;
	a->send.len = (uint16_t)len;
	/* What is too long for UDP can only go natively. */
	a->send.via = len > ENCAP_INNER_MAX ? VIA_NATIVE : way;
	c->counter[COUNT_UDP_SENT] += (a->send.via & VIA_UDP) != 0;
	emit_sent(c, h, s);
	return 0;
}

int core_send_open(struct core *c, struct hce *h, struct signal *s, usec_t now)
{
	return send_built(c, h, s, NULL, now);
}

int core_send_under(struct core *c, struct hce *h, struct sa *sa, struct signal *s, usec_t now)
{
	s->has_ah = true;
	s->spi = sa->out.spi;
	s->ah_seq = sa_next_seq(sa);
	if (!s->ah_seq)
		return -EOVERFLOW;
	if (sa_reserve(sa))
		action_push(c, ACTION_RESERVE, h)->spi = sa->in.spi;
	if (s->ah_seq == UINT32_MAX)
		event_emit(c, EVENT_KEYS, h, &s->src, &s->dst, 0,
			   "the last AH sequence number is used up: nothing is signalled "
			   "to this peer before it has other keys");
	return send_built(c, h, s, &sa->out.key, now);
}

/* Adds the Confirm to a packet for h, until a BA shows that the peer has it. */
static void aap_piggyback(const struct hce *h, struct signal *s)
{
	if (!h->aap || !h->aap->confirming || s->has_aap)
		return;
	s->has_aap = true;
	s->aap.kind = AAP_CONFIRM;
	s->aap.confirm.sealed = h->aap->sealed;
}

int core_send(struct core *c, struct hce *h, struct signal *s, usec_t now)
{
	aap_piggyback(h, s);
	return core_send_under(c, h, h->sa, s, now);
}
