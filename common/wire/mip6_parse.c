/* SPDX-License-Identifier: BSD-2-Clause */
/* The reading half of mip6.h; mip6_build.c is the writing one. */
#include "mip6.h"
#include "exthdr.h"

#define OPT_ACTION	0xc0	/* in an option's type: what to do if it is unknown; 0: skip it */
#define BU_FLAGS	(BU_ACK | BU_HOME | BU_ROUTER | BU_DAD)

/* Alternate Prefixes: each is completed with the end of base (O2). */
static int parse_alt_prefixes(struct cursor c, const struct in6_addr *base,
			      struct binding_update *bu)
{
	uint8_t head;
	size_t plen, count;

	if (cur_u8(&c, &head))
		return -EBADMSG;
	plen = 4 * ((head >> 6) + 1U);
	count = head & 0x3f;
	if (cur_left(&c) != plen * count)
		return -EBADMSG;
	if (bu->n_addr + count > BU_ADDRS_MAX)
		return -E2BIG;
	while (count-- > 0) {
		struct in6_addr *a = &bu->addr[bu->n_addr++];

		*a = *base;
		if (cur_copy(&c, a, plen))
			return -EBADMSG;
	}
	return 0;
}

static int parse_alt_coa(struct cursor c, struct in6_addr *base, struct binding_update *bu)
{
	if (cur_left(&c) != sizeof(*base) || cur_copy(&c, base, sizeof(*base)))
		return -EBADMSG;
	if (bu->n_addr == BU_ADDRS_MAX)
		return -E2BIG;
	bu->addr[bu->n_addr++] = *base;
	bu->names_source = false;
	return 0;
}

/* The three sub-options of fixed length, each at most once in an option. */
static int parse_unique_id(struct cursor c, bool *has, uint16_t *ret)
{
	if (*has || cur_left(&c) != sizeof(*ret))
		return -EBADMSG;
	*has = true;
	return cur_u16(&c, ret);
}

static int parse_challenge(struct cursor c, bool *has, uint8_t ret[static CHALLENGE_LEN])
{
	if (*has || cur_left(&c) != CHALLENGE_LEN)
		return -EBADMSG;
	*has = true;
	return cur_copy(&c, ret, CHALLENGE_LEN);
}

static int parse_homeless(struct cursor c, bool *has)
{
	if (cur_left(&c) != 0)
		return -EBADMSG;
	*has = true;
	return 0;
}

static int parse_bu(struct cursor c, struct signal *s)
{
	struct binding_update *bu = &s->bu[s->n_bu];
	struct in6_addr base = s->src;
	struct tlv sub;
	int r;

	if (s->n_bu == SIGNAL_BU_MAX)
		return -E2BIG;
	if (cur_u8(&c, &bu->flags) || cur_u8(&c, &bu->prefix_len) || cur_u16(&c, &bu->seq) ||
	    cur_u32(&c, &bu->lifetime))
		return -EBADMSG;
	bu->flags &= BU_FLAGS;
	bu->names_source = true;
	while ((r = tlv_next(&c, &sub)) > 0) {
		if (sub.type == SUB_ALT_COA)
			r = parse_alt_coa(sub.data, &base, bu);
		else if (sub.type == SUB_ALT_PREFIXES)
			r = parse_alt_prefixes(sub.data, &base, bu);
		else if (sub.type == SUB_HOMELESS)
			r = parse_homeless(sub.data, &bu->homeless);
		else if (sub.type == SUB_UNIQUE_ID)
			r = parse_unique_id(sub.data, &bu->has_unique_id, &bu->unique_id);
		else if (sub.type == SUB_CHALLENGE)
			r = parse_challenge(sub.data, &bu->has_challenge, bu->challenge);
		if (r < 0)
			return r;
	}
	s->n_bu++;
	return r;
}

static int parse_ba(struct cursor c, struct signal *s)
{
	struct binding_ack *ba = &s->ba[s->n_ba];
	struct tlv sub;
	int r;

	if (s->n_ba == SIGNAL_BA_MAX)
		return -E2BIG;
	if (cur_u8(&c, &ba->status) || cur_u16(&c, &ba->seq) || cur_u32(&c, &ba->lifetime) ||
	    cur_u32(&c, &ba->refresh))
		return -EBADMSG;
	while ((r = tlv_next(&c, &sub)) > 0) {
		if (sub.type == SUB_CHALLENGE)
			r = parse_challenge(sub.data, &ba->has_challenge, ba->challenge);
		if (r < 0)
			return r;
	}
	s->n_ba++;
	return r;
}

static int parse_br(struct cursor c, struct signal *s)
{
	struct tlv sub;
	int r;

	if (s->has_br)
		return -E2BIG;
	s->has_br = true;
	while ((r = tlv_next(&c, &sub)) > 0) {
		if (sub.type == SUB_HOMELESS)
			r = parse_homeless(sub.data, &s->br.homeless);
		else if (sub.type == SUB_UNIQUE_ID)
			r = parse_unique_id(sub.data, &s->br.has_unique_id, &s->br.unique_id);
		if (r < 0)
			return r;
	}
	return r;
}

/* Its place and number were checked by exthdr_option(); no sub-options are defined for it. */
static int parse_hao(struct cursor c, struct signal *s)
{
	struct tlv sub;
	int r;

	s->has_home = true;
	if (cur_copy(&c, &s->home, sizeof(s->home)))
		return -EBADMSG;
	do
		r = tlv_next(&c, &sub);
	while (r > 0);
	return r;
}

/* Other experiments may use the same type, and its type says that it may be skipped. */
static int parse_aap(struct cursor c, struct signal *s)
{
	struct aap_message m;
	int r = aap_parse(c.p, cur_left(&c), &m);

	if (r < 0)
		return r == -ENOMSG ? 0 : r;
	if (!s->has_ah && (m.kind == AAP_RESPONSE || m.kind == AAP_CONFIRM)) {
		s->unprotected = true;
		return 0;
	}
	if (s->has_aap)
		return -E2BIG;
	s->has_aap = true;
	s->aap_behind_ah = s->has_ah;
	s->aap = m;
	return 0;
}

static int parse_option(const struct tlv *opt, struct signal *s)
{
	switch (opt->type) {
	case OPT_HAO:
		return parse_hao(opt->data, s);
	case OPT_BR:
		return parse_br(opt->data, s);
	case OPT_AAP:
		return parse_aap(opt->data, s);
	case OPT_BU:
	case OPT_BA:
		if (!s->has_ah) {
			s->unprotected = true;
			return 0;
		}
		return opt->type == OPT_BU ? parse_bu(opt->data, s) : parse_ba(opt->data, s);
	default:
		return opt->type & OPT_ACTION ? -EBADMSG : 0;
	}
}

/* In a Hop-by-Hop header the numbers mean other things, and none of those matters here. */
static int parse_options(struct exthdr_walk *w, struct exthdr *h, struct signal *s)
{
	struct tlv opt;
	int r;

	while ((r = exthdr_option(w, h, &opt)) > 0) {
		if (h->type == IPPROTO_DSTOPTS)
			r = parse_option(&opt, s);
		else if (opt.type & OPT_ACTION)
			r = -EBADMSG;
		if (r < 0)
			return r;
	}
	return r;
}

static int parse_routing(struct cursor c, struct signal *s)
{
	uint8_t type, segments_left;

	if (cur_u8(&c, &type) || cur_u8(&c, &segments_left))
		return -EBADMSG;
	if (type != 0 || segments_left == 0)
		return 0;
	s->has_rh0 = true;
	return cur_skip(&c, 4) || cur_copy(&c, &s->final, sizeof(s->final)) ? -EBADMSG : 0;
}

static int parse_ah(struct cursor c, struct signal *s)
{
	s->has_ah = true;
	return cur_skip(&c, 2) || cur_u32(&c, &s->spi) || cur_u32(&c, &s->ah_seq) ? -EBADMSG : 0;
}

int signal_parse(const uint8_t *pkt, size_t len, struct signal *ret)
{
	struct signal s = { 0 };
	struct exthdr_walk w;
	struct exthdr h;
	int r;

	if (exthdr_open(&w, pkt, len))
		return -EBADMSG;
	memcpy(&s.src, pkt + IP6_SRC_OFFSET, sizeof(s.src));
	memcpy(&s.dst, pkt + IP6_DST_OFFSET, sizeof(s.dst));
	while ((r = exthdr_next(&w, &h)) > 0) {
		if (h.type == IPPROTO_ROUTING)
			r = parse_routing(h.body, &s);
		else if (h.type == IPPROTO_AH)
			r = parse_ah(h.body, &s);
		else
			r = parse_options(&w, &h, &s);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (s.n_bu == 0 && s.n_ba == 0 && !s.has_br && !s.has_aap && !s.unprotected) {
		s.bare = s.has_ah && w.next == IPPROTO_NONE;
		if (!s.bare)
			return -ENOMSG;
	}
	*ret = s;
	return 0;
}
