/* SPDX-License-Identifier: BSD-2-Clause */
#include "encap.h"
#include "exthdr.h"
#include "mip6.h"

#define UDP_LEN			8
#define UDP_CHECKSUM_OFFSET	(IP6_HEADER_LEN + 6)
#define HOP_LIMIT		64
#define ADDRS_LEN		(2 * sizeof(struct in6_addr))
#define KEEPALIVE		0xff

_Static_assert(ENCAP_INNER_MAX == SIGNAL_MTU - ENCAP_OVERHEAD, "a datagram fits SIGNAL_MTU");
_Static_assert(ENCAP_OVERHEAD == IP6_HEADER_LEN + UDP_LEN, "what is in front of the inner packet");

/* Opens an IPv6 header, whose Payload Length leaves *body. Returns 0 or -EBADMSG. */
static int open_ip6(struct cursor c, struct cursor *body, uint8_t *next)
{
	uint32_t version;
	uint16_t payload;

	if (cur_u32(&c, &version) || version >> 28 != 6 || cur_u16(&c, &payload) ||
	    cur_u8(&c, next) || cur_skip(&c, IP6_HEADER_LEN - 7))
		return -EBADMSG;
	return cur_sub(&c, payload, body);
}

/* Whether the packet may be signalling, by its first header: nothing else goes further. */
static bool may_signal(uint8_t next)
{
	return next == IPPROTO_AH || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING;
}

static int open_udp(const uint8_t *pkt, size_t len, struct encap *ret, struct cursor *payload)
{
	struct cursor udp;
	uint16_t udp_len;
	uint8_t next;

	if (open_ip6(cur_open(pkt, len), &udp, &next) || next != IPPROTO_UDP)
		return -EBADMSG;
	if (cur_left(&udp) < UDP_LEN)
		return -EBADMSG;
	*payload = cur_open(udp.p + UDP_LEN, cur_left(&udp) - UDP_LEN);
	if (cur_u16(&udp, &ret->sport) || cur_u16(&udp, &ret->dport) || cur_u16(&udp, &udp_len))
		return -EBADMSG;
	return udp_len == cur_left(payload) + UDP_LEN ? 0 : -EBADMSG;
}

int encap_open(const uint8_t *pkt, size_t len, struct encap *ret)
{
	struct cursor payload, body;
	struct encap e;
	uint8_t next;

	if (open_udp(pkt, len, &e, &payload))
		return -EBADMSG;
	if (cur_left(&payload) == 1 && *payload.p == KEEPALIVE)
		return -ENOMSG;
	if (open_ip6(payload, &body, &next) || body.end != payload.end || !may_signal(next))
		return -EBADMSG;
	e.inner = payload.p;
	e.len = cur_left(&payload);
	*ret = e;
	return memcmp(e.inner + IP6_SRC_OFFSET, pkt + IP6_SRC_OFFSET, ADDRS_LEN) ? -EXDEV : 0;
}

/* The one's complement sum of n octets. */
static uint32_t sum(uint32_t s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return s;
}

/* Sets UDP's checksum over the pseudo-header and the udp_len octets behind the IPv6 header. */
static void set_checksum(uint8_t *pkt, size_t udp_len)
{
	uint32_t s = sum((uint32_t)udp_len + IPPROTO_UDP, pkt + IP6_SRC_OFFSET,
			 ADDRS_LEN + udp_len);

	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	s = ~s & 0xffff;
	if (!s)
		s = 0xffff;	/* RFC 8200, 8.1 */
	pkt[UDP_CHECKSUM_OFFSET] = (uint8_t)(s >> 8);
	pkt[UDP_CHECKSUM_OFFSET + 1] = (uint8_t)s;
}

/* addrs is source and destination. buf has room for it all. */
static void build(const uint8_t *addrs, uint16_t port, const uint8_t *payload, size_t len,
		  uint8_t *buf)
{
	struct writer w = { .buf = buf, .size = ENCAP_OVERHEAD + len };
	uint16_t udp_len = (uint16_t)(UDP_LEN + len);

	put_u32(&w, UINT32_C(6) << 28);
	put_u16(&w, udp_len);
	put_u8(&w, IPPROTO_UDP);
	put_u8(&w, HOP_LIMIT);
	put_bytes(&w, addrs, ADDRS_LEN);
	put_u16(&w, port);
	put_u16(&w, port);
	put_u16(&w, udp_len);
	put_u16(&w, 0);
	put_bytes(&w, payload, len);
	set_checksum(buf, udp_len);
}

int encap_build(const uint8_t *inner, size_t len, uint16_t port, uint8_t *buf, size_t size)
{
	if (len < IP6_HEADER_LEN)
		return -EINVAL;
	if (len > ENCAP_INNER_MAX || len + ENCAP_OVERHEAD > size)
		return -EMSGSIZE;
	build(inner + IP6_SRC_OFFSET, port, inner, len, buf);
	return (int)(len + ENCAP_OVERHEAD);
}

void encap_keepalive(const struct in6_addr *src, const struct in6_addr *dst, uint16_t port,
		     uint8_t buf[static ENCAP_KEEPALIVE_LEN])
{
	const struct in6_addr addrs[] = { *src, *dst };

	build((const uint8_t *)addrs, port, (const uint8_t[]){ KEEPALIVE }, 1, buf);
}
