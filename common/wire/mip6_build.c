/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The writing half of mip6.h: one function for each option and sub-option, laid out as in draft-13
 * 5.1 to 5.5 and homelessv6 3.1.
 */
#include "mip6.h"
#include "ah.h"
#include "exthdr.h"

#define HOP_LIMIT	64
#define OPT_DATA_MAX	255
#define BU_FLAGS	(BU_ACK | BU_HOME | BU_ROUTER | BU_DAD)
#define PREFIX_LEN	8	/* of Alternate Prefixes: the routing prefix */
#define PREFIXES_MAX	31	/* of that length in one sub-option */
#define COMPLETE_MAX	15	/* whole addresses in one */
#define GROUP_MIN	3	/* from so many on, Alternate CoA and prefixes are
				 * shorter than whole addresses */

/* A Destination Options header, or an option, being written. */
struct packet {
	struct writer w;
	size_t next_at;		/* where to write the type of the next header */
	size_t doh;		/* where the Destination Options header begins:
				 * alignment counts from there */
	size_t option;		/* where the option begins */
	bool too_long;		/* an option outgrew its length octet */
};

static void pad(struct writer *w, size_t n)
{
	if (n == 0)
		return;
	if (n == 1) {
		put_u8(w, OPT_PAD1);
		return;
	}
	put_u8(w, OPT_PADN);
	put_u8(w, (uint8_t)(n - 2));
	put_zeros(w, n - 2);
}

/* How far it is to the next octet at xn+y of the header. */
static size_t gap(const struct packet *p, size_t x, size_t y)
{
	return (x + y - (p->w.len - p->doh) % x) % x;
}

static void start_header(struct packet *p, uint8_t type)
{
	if (!p->w.full)
		p->w.buf[p->next_at] = type;
	p->next_at = p->doh = p->w.len;
	put_u8(&p->w, IPPROTO_NONE);
}

static void start_doh(struct packet *p)
{
	start_header(p, IPPROTO_DSTOPTS);
	put_u8(&p->w, 0);
}

static void end_doh(struct packet *p)
{
	pad(&p->w, gap(p, 8, 0));
	if (!p->w.full)
		p->w.buf[p->doh + 1] = (uint8_t)((p->w.len - p->doh) / 8 - 1);
}

static void start_option(struct packet *p, uint8_t type, size_t x, size_t y)
{
	pad(&p->w, gap(p, x, y));
	p->option = p->w.len;
	put_u8(&p->w, type);
	put_u8(&p->w, 0);
}

static void end_option(struct packet *p)
{
	size_t len = p->w.len - p->option - 2;

	if (len > OPT_DATA_MAX)
		p->too_long = true;
	else if (!p->w.full)
		p->w.buf[p->option + 1] = (uint8_t)len;
}

/* Some old stacks take a Pad1 among sub-options for a TLV, so a gap of one octet is widened. */
static void start_sub(struct packet *p, uint8_t type, size_t len, size_t x, size_t y)
{
	size_t n = gap(p, x, y);

	pad(&p->w, n == 1 ? n + x : n);
	put_u8(&p->w, type);
	put_u8(&p->w, (uint8_t)len);
}

static void put_homeless(struct packet *p)
{
	start_sub(p, SUB_HOMELESS, 0, 1, 0);
}

static void put_unique_id(struct packet *p, uint16_t id)
{
	start_sub(p, SUB_UNIQUE_ID, 2, 2, 0);
	put_u16(&p->w, id);
}

static void put_challenge(struct packet *p, const uint8_t c[static CHALLENGE_LEN])
{
	start_sub(p, SUB_CHALLENGE, CHALLENGE_LEN, 4, 2);
	put_bytes(&p->w, c, CHALLENGE_LEN);
}

static void put_alt_coa(struct packet *p, const struct in6_addr *a)
{
	start_sub(p, SUB_ALT_COA, sizeof(*a), 8, 6);
	put_bytes(&p->w, a, sizeof(*a));
}

/* The addresses of a BU that are not written yet. */
struct rest {
	unsigned n;
	struct in6_addr addr[BU_ADDRS_MAX];
};

static bool same_suffix(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a->s6_addr + PREFIX_LEN, b->s6_addr + PREFIX_LEN,
		      sizeof(*a) - PREFIX_LEN) == 0;
}

static unsigned count_suffix(const struct rest *rest, const struct in6_addr *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rest->n; i++)
		n += same_suffix(&rest->addr[i], a);
	return n;
}

/*
 * Takes up to max addresses out of the rest: those that end as base does, or any if base is NULL.
 */
static unsigned take(struct rest *rest, const struct in6_addr *base, unsigned max,
		     struct in6_addr *ret)
{
	unsigned n = 0, kept = 0;

	for (unsigned i = 0; i < rest->n; i++) {
		if (n < max && (!base || same_suffix(&rest->addr[i], base)))
			ret[n++] = rest->addr[i];
		else
			rest->addr[kept++] = rest->addr[i];
	}
	rest->n = kept;
	return n;
}

/* Alternate Prefixes of plen octets for all that end as base does, or for all if base is NULL. */
static void put_alt_prefixes(struct packet *p, struct rest *rest, const struct in6_addr *base,
			     uint8_t plen)
{
	struct in6_addr part[PREFIXES_MAX];
	unsigned n;

	while ((n = take(rest, base, plen == PREFIX_LEN ? PREFIXES_MAX : COMPLETE_MAX, part)) > 0) {
		start_sub(p, SUB_ALT_PREFIXES, 1U + plen * n, 4, 1);
		put_u8(&p->w, (uint8_t)((plen / 4 - 1) << 6 | n));
		for (unsigned i = 0; i < n; i++)
			put_bytes(&p->w, &part[i], plen);
	}
}

static void put_group(struct packet *p, struct rest *rest, const struct in6_addr *base)
{
	struct in6_addr coa;

	if (!take(rest, base, 1, &coa))
		return;
	put_alt_coa(p, &coa);
	put_alt_prefixes(p, rest, &coa, PREFIX_LEN);
}

/*
 * An Alternate CoA takes the place of the source (draft-13 5.1), so it distinguishes the two kinds
 * of BU.
 */
static void put_addresses(struct packet *p, const struct binding_update *bu,
			  const struct in6_addr *src)
{
	struct rest rest = { .n = bu->n_addr };
	unsigned i = 0;

	memcpy(rest.addr, bu->addr, bu->n_addr * sizeof(bu->addr[0]));
	if (bu->names_source || bu->n_addr == 0) {
		put_alt_prefixes(p, &rest, src, PREFIX_LEN);
		put_alt_prefixes(p, &rest, NULL, sizeof(struct in6_addr));
		return;
	}
	put_group(p, &rest, NULL);
	while (i < rest.n) {
		if (count_suffix(&rest, &rest.addr[i]) < GROUP_MIN) {
			i++;
			continue;
		}
		put_group(p, &rest, &rest.addr[i]);
		i = 0;
	}
	if (rest.n == 1)
		put_alt_coa(p, &rest.addr[0]);
	else
		put_alt_prefixes(p, &rest, NULL, sizeof(struct in6_addr));
}

static void put_bu(struct packet *p, const struct binding_update *bu, const struct in6_addr *src)
{
	start_option(p, OPT_BU, 4, 2);
	put_u8(&p->w, bu->flags);
	put_u8(&p->w, bu->prefix_len);
	put_u16(&p->w, bu->seq);
	put_u32(&p->w, bu->lifetime);
	if (bu->homeless)
		put_homeless(p);
	if (bu->has_unique_id)
		put_unique_id(p, bu->unique_id);
	put_addresses(p, bu, src);
	if (bu->has_challenge)
		put_challenge(p, bu->challenge);
	end_option(p);
}

static void put_ba(struct packet *p, const struct binding_ack *ba)
{
	start_option(p, OPT_BA, 4, 3);
	put_u8(&p->w, ba->status);
	put_u16(&p->w, ba->seq);
	put_u32(&p->w, ba->lifetime);
	put_u32(&p->w, ba->refresh);
	if (ba->has_challenge)
		put_challenge(p, ba->challenge);
	end_option(p);
}

static void put_br(struct packet *p, const struct binding_request *br)
{
	start_option(p, OPT_BR, 1, 0);
	if (br->homeless)
		put_homeless(p);
	if (br->has_unique_id)
		put_unique_id(p, br->unique_id);
	end_option(p);
}

/* Its shares and nonces end up on 4-octet boundaries. Returns 0, or -EINVAL as aap_build(). */
static int put_aap(struct packet *p, const struct aap_message *m)
{
	uint8_t data[AAP_DATA_MAX];
	int n = aap_build(m, data, sizeof(data));

	if (n < 0)
		return n;
	start_option(p, OPT_AAP, 4, 2);
	put_bytes(&p->w, data, (size_t)n);
	end_option(p);
	return 0;
}

static void put_hao(struct packet *p, const struct in6_addr *home)
{
	start_doh(p);
	start_option(p, OPT_HAO, 8, 6);
	put_bytes(&p->w, home, sizeof(*home));
	end_option(p);
	end_doh(p);
}

static void put_rh0(struct packet *p, const struct in6_addr *final)
{
	start_header(p, IPPROTO_ROUTING);
	put_u8(&p->w, RH0_LEN / 8 - 1);
	put_u8(&p->w, 0);		/* type */
	put_u8(&p->w, 1);		/* Segments Left */
	put_u32(&p->w, 0);
	put_bytes(&p->w, final, sizeof(*final));
}

static void put_ah(struct packet *p, const struct signal *s, unsigned icv_len)
{
	unsigned room = AH_ICV_ROOM(icv_len);

	start_header(p, IPPROTO_AH);
	put_u8(&p->w, (uint8_t)((AH_FIXED_LEN + room) / 4 - 2));
	put_u16(&p->w, 0);
	put_u32(&p->w, s->spi);
	put_u32(&p->w, s->ah_seq);
	put_zeros(&p->w, room);
}

static void put_ip6(struct packet *p, const struct signal *s)
{
	put_u32(&p->w, UINT32_C(6) << 28);
	put_u16(&p->w, 0);
	p->next_at = p->w.len;
	put_u8(&p->w, IPPROTO_NONE);
	put_u8(&p->w, HOP_LIMIT);
	put_bytes(&p->w, &s->src, sizeof(s->src));
	put_bytes(&p->w, &s->dst, sizeof(s->dst));
}

/*
 * draft-13 5.1: R and a prefix length only with H, D only with H and A; homelessv6 3.4.2: a
 * Response names one.
 */
static bool bu_valid(const struct binding_update *bu)
{
	if (bu->n_addr > BU_ADDRS_MAX || bu->flags & ~BU_FLAGS)
		return false;
	if (!(bu->flags & BU_HOME) && (bu->flags & (BU_ROUTER | BU_DAD) || bu->prefix_len))
		return false;
	if (bu->flags & BU_DAD && !(bu->flags & BU_ACK))
		return false;
	return !bu->has_challenge || bu->n_addr == 0 || (bu->n_addr == 1 && !bu->names_source);
}

/*
 * X1, R4: BU and BA never without AH. X4: nor an AAP Response or Confirm; an Init or a Retry goes
 * alone then.
 */
static bool valid_without_ah(const struct signal *s)
{
	if (s->n_bu || s->n_ba)
		return false;
	if (!s->has_aap)
		return s->has_br;
	return (s->aap.kind == AAP_INIT || s->aap.kind == AAP_RETRY) && !s->has_br &&
	       !s->has_home && !s->has_rh0;
}

static bool signal_valid(const struct signal *s, unsigned icv_len)
{
	if (s->n_bu > SIGNAL_BU_MAX || s->n_ba > SIGNAL_BA_MAX)
		return false;
	if (s->has_ah ? icv_len != 12 && icv_len != 16 : !valid_without_ah(s))
		return false;
	for (unsigned i = 0; i < s->n_bu; i++) {
		if (!bu_valid(&s->bu[i]))
			return false;
		/* homelessv6 3.2.2: increasing numbers, modulo 2^16. */
		if (i > 0 && (int16_t)(s->bu[i].seq - s->bu[i - 1].seq) <= 0)
			return false;
	}
	return true;
}

int signal_build(const struct signal *s, unsigned icv_len, uint8_t *buf, size_t size)
{
	struct packet p = { .w = { .buf = buf, .size = size < SIGNAL_MTU ? size : SIGNAL_MTU } };
	size_t payload;

	if (!signal_valid(s, icv_len))
		return -EINVAL;
	put_ip6(&p, s);
	if (s->has_rh0)
		put_rh0(&p, &s->final);
	if (s->has_home)
		put_hao(&p, &s->home);
	if (s->has_ah)
		put_ah(&p, s, icv_len);
	if (s->has_aap || s->n_ba || s->n_bu || s->has_br) {
		start_doh(&p);
		if (s->has_aap && put_aap(&p, &s->aap))
			return -EINVAL;
		for (unsigned i = 0; i < s->n_ba; i++)
			put_ba(&p, &s->ba[i]);
		for (unsigned i = 0; i < s->n_bu; i++)
			put_bu(&p, &s->bu[i], &s->src);
		if (s->has_br)
			put_br(&p, &s->br);
		end_doh(&p);
	}
	if (p.w.full || p.too_long)
		return -EMSGSIZE;
	payload = p.w.len - IP6_HEADER_LEN;
	buf[4] = (uint8_t)(payload >> 8);
	buf[5] = (uint8_t)payload;
	return (int)p.w.len;
}
