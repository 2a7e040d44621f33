/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames for tests; see frame.h. */
#include "frame.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>

static void put(struct frame *f, const void *p, size_t n)
{
	ck_assert_uint_le(f->len + n, sizeof(f->b));
	memcpy(f->b + f->len, p, n);
	f->len += n;
}

static void put8(struct frame *f, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put(f, &b, 1);
}

static void put16(struct frame *f, unsigned v)
{
	uint16_t b = htons((uint16_t)v);

	put(f, &b, 2);
}

static void put32(struct frame *f, uint32_t v)
{
	uint32_t b = htonl(v);

	put(f, &b, 4);
}

static void put_addr(struct frame *f, const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	put(f, &a, sizeof(a));
}

void frame_set_addrs(struct frame *f, size_t off, const char *src, const char *dst)
{
	ck_assert_int_eq(inet_pton(AF_INET6, src, f->b + off + 8), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, dst, f->b + off + 24), 1);
}

static uint32_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return s;
}

/* RFC 8200, 8.1: over the pseudo-header and everything from l4 on. */
static uint16_t checksum(const struct frame *f, uint8_t proto)
{
	uint32_t s = sum(f->b + f->l3 + 8, 32, 0) + (uint32_t)(f->len - f->l4) + proto;

	s = sum(f->b + f->l4, f->len - f->l4, s);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static unsigned header_number(char c)
{
	switch (c) {
	case 'h':
		return IPPROTO_HOPOPTS;
	case 'd':
		return IPPROTO_DSTOPTS;
	case 'r':
	case 'R':
		return IPPROTO_ROUTING;
	case 'a':
		return IPPROTO_AH;
	default:
		return IPPROTO_FRAGMENT;
	}
}

static void put_extension(struct frame *f, char c, unsigned next, const struct packet *p)
{
	put8(f, next);
	switch (c) {
	case 'h':
		put8(f, 0);
		put(f, "\1\4\0\0\0\0", 6);		/* PadN */
		break;
	case 'd':
		put8(f, 2);
		put(f, "\1\2\0\0\xc9\x10", 6);		/* PadN, Home Address */
		put_addr(f, "2001:db8:77::7");
		break;
	case 'r':
	case 'R':
		put8(f, 2);
		put8(f, 0);				/* type */
		put8(f, c == 'R');			/* segments left */
		put32(f, 0);
		put_addr(f, "2001:db8:77::8");
		break;
	case 'a':
		put8(f, 5);				/* (12 + 16) / 4 - 2 */
		put16(f, 0);
		put32(f, p->spi);
		put32(f, 1);				/* sequence number */
		put(f, "0123456789abcdef", 16);		/* ICV */
		break;
	default:
		put8(f, 0);
		put16(f, c == 'f' ? 0 : c == '1' ? 1 : 184 << 3);	/* M, or the offset */
		put32(f, p->frag_id);
	}
}

static void put_link_layer(struct frame *f, const struct packet *p)
{
	put(f, "\x33\x33\0\0\0\1\2\0\0\0\0\2", 12);	/* to all: any interface takes it */
	for (unsigned i = 0; i < p->vlans; i++) {
		put16(f, i + 1 < p->vlans ? 0x88a8 : 0x8100);
		put16(f, 5);
	}
	put16(f, 0x86dd);
}

/* Returns where the checksum is. */
static size_t put_payload(struct frame *f, const struct packet *p)
{
	size_t at = f->len;

	switch (p->proto) {
	case IPPROTO_TCP:
		put16(f, p->sport);
		put16(f, p->dport);
		put32(f, 1000);			/* sequence number */
		put32(f, p->ack);
		put8(f, (p->stamp ? 8 : 5) << 4);
		put8(f, p->flags ? p->flags : p->syn ? 0x02 : p->ack ? 0x10 : 0x08);
		put16(f, 512);
		put32(f, 0);			/* checksum, urgent */
		if (p->stamp) {
			put32(f, 0x0101080a);	/* NOP, NOP, Timestamps */
			put32(f, p->stamp);
			put32(f, 0);
		}
		put(f, "payload", p->empty ? 0 : 7);	/* an odd length */
		return at + 16;
	case IPPROTO_UDP:
		put16(f, p->sport);
		put16(f, p->dport);
		put16(f, 8 + 7);
		put16(f, 0);
		put(f, "payload", 7);
		return at + 6;
	case IPPROTO_ICMPV6:
		put8(f, p->icmp_type);
		put8(f, 0);
		put16(f, 0);
		put32(f, 1280);
		if (p->quote)
			put(f, p->quote->b + p->quote->l3,
			    p->quote_len ? p->quote_len : p->quote->len - p->quote->l3);
		return at + 2;
	default:
		put(f, "a payload of forty octets, more or less", 40);
		return 0;
	}
}

struct frame frame_of(const struct packet *p)
{
	const char *chain = p->chain ? p->chain : "";
	struct frame f = { 0 };
	size_t at;

	if (!p->raw)
		put_link_layer(&f, p);
	f.l3 = f.len;
	put32(&f, 0x60012345);
	put16(&f, 0);
	put8(&f, *chain ? header_number(*chain) : p->proto);
	put8(&f, 64);
	put_addr(&f, p->src);
	put_addr(&f, p->dst);
	for (; *chain; chain++)
		put_extension(&f, *chain, chain[1] ? header_number(chain[1]) : p->proto, p);
	f.l4 = f.len;
	at = put_payload(&f, p);
	f.b[f.l3 + 4] = (uint8_t)((f.len - f.l3 - 40) >> 8);
	f.b[f.l3 + 5] = (uint8_t)(f.len - f.l3 - 40);
	if (at && !p->no_checksum) {
		uint16_t c = checksum(&f, p->proto);

		f.b[at] = (uint8_t)(c >> 8);
		f.b[at + 1] = (uint8_t)c;
	}
	return f;
}
