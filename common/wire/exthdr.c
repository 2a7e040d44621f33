/* SPDX-License-Identifier: BSD-2-Clause */
#include "exthdr.h"

#define IS_MULTICAST(p) (*(p) == 0xff)

int exthdr_open(struct exthdr_walk *w, const uint8_t *pkt, size_t len)
{
	struct cursor c = cur_open(pkt, len);
	uint32_t version;
	uint16_t payload;
	uint8_t next;

	if (cur_u32(&c, &version) || cur_u16(&c, &payload) || cur_u8(&c, &next))
		return -EBADMSG;
	if (version >> 28 != 6 || cur_skip(&c, IP6_HEADER_LEN - 7) || payload > cur_left(&c))
		return -EBADMSG;
	*w = (struct exthdr_walk){ .pkt = pkt, .left = cur_open(c.p, payload), .next = next };
	return 0;
}

/*
 * Whether Routing header h is used up, or is a type 0 that signalling may have (draft-13 8.9, RFC
 * 2460 4.4).
 */
static int check_routing(const struct exthdr_walk *w, const struct exthdr *h)
{
	struct cursor c = h->body;
	uint8_t type, segments_left;

	if (cur_u8(&c, &type) || cur_u8(&c, &segments_left))
		return -EBADMSG;
	if (type != 0)
		return segments_left == 0 ? 0 : -EBADMSG;
	if (h->len != RH0_LEN || segments_left > 1)
		return -EBADMSG;
	if (IS_MULTICAST(w->pkt + IP6_DST_OFFSET) ||
	    IS_MULTICAST(w->pkt + h->offset + RH0_ADDR_OFFSET))
		return -EBADMSG;
	return 0;
}

/*
 * Hop-by-Hop first, one Routing header ahead of the HAO, one AH, then only Destination Options
 * (draft-13 5.4 and 10.2).
 */
static int check_place(struct exthdr_walk *w, const struct exthdr *h)
{
	switch (h->type) {
	case IPPROTO_HOPOPTS:
		return w->n == 1 ? 0 : -EBADMSG;
	case IPPROTO_ROUTING:
		if (w->rh || w->hao || w->ah)
			return -EBADMSG;
		w->rh = true;
		return check_routing(w, h);
	case IPPROTO_AH:
		if (w->ah || h->len < AH_FIXED_LEN || h->len % 8)
			return -EBADMSG;
		w->ah = true;
		return 0;
	default:
		return 0;
	}
}

static bool is_followed(uint8_t type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING || type == IPPROTO_DSTOPTS ||
	       type == IPPROTO_AH;
}

int exthdr_next(struct exthdr_walk *w, struct exthdr *ret)
{
	struct exthdr h = { .type = w->next, .offset = (size_t)(w->left.p - w->pkt) };
	struct cursor c = w->left;
	uint8_t units;

	if (!is_followed(h.type))
		return 0;
	if (w->n++ == EXTHDR_MAX || cur_u8(&c, &w->next) || cur_u8(&c, &units))
		return -EBADMSG;
	h.len = h.type == IPPROTO_AH ? (units + 2U) * 4 : (units + 1U) * 8;
	if (cur_sub(&w->left, h.len, &h.body) || cur_skip(&h.body, 2) || check_place(w, &h))
		return -EBADMSG;
	*ret = h;
	return 1;
}

int tlv_next(struct cursor *c, struct tlv *ret)
{
	while (cur_left(c) > 0) {
		uint8_t type, len;
		struct cursor data;

		if (cur_u8(c, &type))
			return -EBADMSG;
		if (type == OPT_PAD1)
			continue;
		if (cur_u8(c, &len) || cur_sub(c, len, &data))
			return -EBADMSG;
		if (type == OPT_PADN)
			continue;
		*ret = (struct tlv){ type, data };
		return 1;
	}
	return 0;
}

int exthdr_option(struct exthdr_walk *w, struct exthdr *h, struct tlv *ret)
{
	int r = tlv_next(&h->body, ret);

	if (r <= 0 || ret->type != OPT_HAO || h->type != IPPROTO_DSTOPTS)
		return r;
	if (w->hao || w->ah || cur_left(&ret->data) < sizeof(struct in6_addr))
		return -EBADMSG;
	w->hao = true;
	return 1;
}
