/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both roles of AAP share: random numbers, the secrets that seal states, and how a message is
 * reported.
 */
#include "aap_secrets.h"

#include <string.h>

#include "action.h"
#include "peer.h"

void aap_random(struct core *c, uint8_t *buf, size_t len)
{
	uint8_t nonce[CHALLENGE_LEN];

	while (len > 0) {
		size_t n = len < sizeof(nonce) ? len : sizeof(nonce);

		nonce_draw(c, nonce);
		memcpy(buf, nonce, n);
		buf += n;
		len -= n;
	}
}

void aap_emit(struct core *c, const struct hce *h, const struct signal *s, const char *what)
{
	event_emit(c, EVENT_AAP, h, &s->src, &s->dst, 0, what);
}

void aap_refuse(struct core *c, const struct signal *s, const char *why)
{
	c->counter[COUNT_AAP_REFUSED]++;
	event_emit(c, EVENT_DROPPED, NULL, &s->dst, &s->src, 0, why);
}

uint32_t aap_draw_spi(struct core *c, unsigned personality, usec_t now)
{
	uint16_t low;
	uint32_t spi;

	do {
		aap_random(c, (uint8_t *)&low, sizeof(low));
		spi = c->spi_range[personality] | low;
	} while (!low || peer_by_spi(c, spi) || spi_revoked(c, spi, now));
	return spi;
}

void aap_open(struct core *c)
{
	uint16_t high;

	for (unsigned i = 0; i <= CORE_PERSONALITIES_MAX; i++) {
		/*
		 * IKE daemons draw theirs from 0xc0000000 on; below 0x40000000 is where people
		 * configure by hand.
		 */
		aap_random(c, (uint8_t *)&high, sizeof(high));
		c->spi_range[i] = 0x40000000 | (uint32_t)(high & 0x3fff) << 16;
		action_push(c, ACTION_SPI, NULL)->spi = c->spi_range[i];
	}
	aap_random(c, c->retry_secret, sizeof(c->retry_secret));
}

bool aap_refresh_secrets(struct core *c, unsigned personality, usec_t now)
{
	struct responder_share *s = &c->share[personality];
	uint8_t random[AAP_SHARE_LEN];

	if (!c->seal[0].until || now >= c->seal[0].until) {
		c->seal[1] = c->seal[0];
		aap_random(c, c->seal[0].key, sizeof(c->seal[0].key));
		c->seal[0].until = usec_add(now, AAP_STATE_LIFETIME * USEC_PER_SEC);
	}
	if (!s->until || now >= s->until) {
		aap_random(c, random, sizeof(random));
		if (aap_keypair_make(random, &s->pair) < 0)
			return false;
		s->until = usec_add(now, AAP_SHARE_LIFETIME * USEC_PER_SEC);
	}
	return true;
}

bool aap_unseal_confirm(struct core *c, const struct signal *s, usec_t now, struct aap_state *ret)
{
	for (unsigned i = 0; i < 2; i++)
		if (c->seal[i].until && aap_unseal(c->seal[i].key, &s->src, &s->dst,
						   &s->aap.confirm.sealed, now, ret) == 0)
			return ret->spi_r == s->spi && !spi_revoked(c, s->spi, now);
	return false;
}
