/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of aap.h as they are in a packet, and the cookie of a Retry, which needs no more
 * than an HMAC.
 */
#include "aap.h"
#include "cursor.h"

#include <openssl/crypto.h>

#define HEADER_LEN	4
#define COOKIE_TIME_LEN	4

/* Option 0x1e is for every experiment (RFC 4727); these two octets say which. */
static const uint8_t magic[2] = { 'H', 'M' };

static bool all_zeros(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	while (n-- > 0)
		any |= *p++;
	return any == 0;
}

/* The common beginning of Init and Response. */
static int parse_head(struct cursor *c, uint32_t *spi, uint8_t nonce[static AAP_NONCE_LEN],
		      uint8_t share[static AAP_SHARE_LEN])
{
	if (cur_u32(c, spi) || *spi < AAP_SPI_MIN || cur_copy(c, nonce, AAP_NONCE_LEN))
		return -EBADMSG;
	return cur_copy(c, share, AAP_SHARE_LEN);
}

/* Behind the cookie there is padding, of any content. */
static int parse_init(struct cursor c, struct aap_init *init)
{
	if (cur_left(&c) != AAP_INIT_LEN - HEADER_LEN ||
	    parse_head(&c, &init->spi, init->nonce, init->share))
		return -EBADMSG;
	if (cur_copy(&c, init->cookie, AAP_COOKIE_LEN))
		return -EBADMSG;
	init->has_cookie = !all_zeros(init->cookie, AAP_COOKIE_LEN);
	return 0;
}

static int parse_retry(struct cursor c, struct aap_retry *retry)
{
	if (cur_left(&c) != AAP_RETRY_LEN - HEADER_LEN ||
	    cur_copy(&c, retry->nonce, AAP_NONCE_LEN) ||
	    cur_copy(&c, retry->cookie, AAP_COOKIE_LEN))
		return -EBADMSG;
	return all_zeros(retry->cookie, AAP_COOKIE_LEN) ? -EBADMSG : 0;
}

static int parse_sealed(struct cursor c, struct aap_sealed *sealed)
{
	if (cur_left(&c) == 0 || cur_left(&c) > AAP_SEALED_MAX)
		return -EBADMSG;
	sealed->len = (uint8_t)cur_left(&c);
	return cur_copy(&c, sealed->octets, sealed->len);
}

static int parse_response(struct cursor c, struct aap_response *r)
{
	if (parse_head(&c, &r->spi, r->nonce, r->share))
		return -EBADMSG;
	return parse_sealed(c, &r->sealed);
}

int aap_parse(const uint8_t *data, size_t len, struct aap_message *ret)
{
	struct cursor c = cur_open(data, len);
	struct aap_message m = { 0 };
	uint8_t id[sizeof(magic)], version, kind;
	int r;

	if (cur_copy(&c, id, sizeof(id)) || memcmp(id, magic, sizeof(id)) || cur_u8(&c, &version) ||
	    version != AAP_VERSION)
		return -ENOMSG;
	if (cur_u8(&c, &kind))
		return -EBADMSG;
	m.kind = kind;
	switch (kind) {
	case AAP_INIT:
		r = parse_init(c, &m.init);
		break;
	case AAP_RETRY:
		r = parse_retry(c, &m.retry);
		break;
	case AAP_RESPONSE:
		r = parse_response(c, &m.response);
		break;
	case AAP_CONFIRM:
		r = parse_sealed(c, &m.confirm.sealed);
		break;
	default:
		r = -EBADMSG;
	}
	if (r == 0)
		*ret = m;
	return r;
}

static void put_header(struct writer *w, enum aap_kind kind)
{
	put_bytes(w, magic, sizeof(magic));
	put_u8(w, AAP_VERSION);
	put_u8(w, (uint8_t)kind);
}

static void put_init_head(struct writer *w, const struct aap_init *init)
{
	put_header(w, AAP_INIT);
	put_u32(w, init->spi);
	put_bytes(w, init->nonce, AAP_NONCE_LEN);
	put_bytes(w, init->share, AAP_SHARE_LEN);
}

static void put_init(struct writer *w, const struct aap_init *init)
{
	put_init_head(w, init);
	if (init->has_cookie)
		put_bytes(w, init->cookie, AAP_COOKIE_LEN);
	put_zeros(w, AAP_INIT_LEN - AAP_HEAD_LEN - (init->has_cookie ? AAP_COOKIE_LEN : 0));
}

static void put_retry(struct writer *w, const struct aap_retry *retry)
{
	put_header(w, AAP_RETRY);
	put_bytes(w, retry->nonce, AAP_NONCE_LEN);
	put_bytes(w, retry->cookie, AAP_COOKIE_LEN);
}

static void put_response_head(struct writer *w, const struct aap_response *r)
{
	put_header(w, AAP_RESPONSE);
	put_u32(w, r->spi);
	put_bytes(w, r->nonce, AAP_NONCE_LEN);
	put_bytes(w, r->share, AAP_SHARE_LEN);
}

static bool sealed_valid(const struct aap_sealed *sealed)
{
	return sealed->len > 0 && sealed->len <= AAP_SEALED_MAX;
}

static bool message_valid(const struct aap_message *m)
{
	switch (m->kind) {
	case AAP_INIT:
		return m->init.spi >= AAP_SPI_MIN &&
		       !(m->init.has_cookie && all_zeros(m->init.cookie, AAP_COOKIE_LEN));
	case AAP_RETRY:
		return !all_zeros(m->retry.cookie, AAP_COOKIE_LEN);
	case AAP_RESPONSE:
		return m->response.spi >= AAP_SPI_MIN && sealed_valid(&m->response.sealed);
	case AAP_CONFIRM:
		return sealed_valid(&m->confirm.sealed);
	}
	return false;
}

int aap_build(const struct aap_message *m, uint8_t *buf, size_t size)
{
	struct writer w = { .buf = buf, .size = size };

	if (!message_valid(m))
		return -EINVAL;
	switch (m->kind) {
	case AAP_INIT:
		put_init(&w, &m->init);
		break;
	case AAP_RETRY:
		put_retry(&w, &m->retry);
		break;
	case AAP_RESPONSE:
		put_response_head(&w, &m->response);
		put_bytes(&w, m->response.sealed.octets, m->response.sealed.len);
		break;
	case AAP_CONFIRM:
		put_header(&w, AAP_CONFIRM);
		put_bytes(&w, m->confirm.sealed.octets, m->confirm.sealed.len);
		break;
	}
	return w.full ? -EMSGSIZE : (int)w.len;
}

void aap_init_head(const struct aap_init *init, uint8_t ret[static AAP_HEAD_LEN])
{
	struct writer w = { .buf = ret, .size = AAP_HEAD_LEN };

	put_init_head(&w, init);
}

void aap_response_head(const struct aap_response *r, uint8_t ret[static AAP_HEAD_LEN])
{
	struct writer w = { .buf = ret, .size = AAP_HEAD_LEN };

	put_response_head(&w, r);
}

/* Messages have one form on the wire, so that is what is compared. */
bool aap_same(const struct aap_message *a, const struct aap_message *b)
{
	uint8_t x[AAP_DATA_MAX], y[AAP_DATA_MAX];
	int n = aap_build(a, x, sizeof(x));

	return n >= 0 && n == aap_build(b, y, sizeof(y)) && memcmp(x, y, (size_t)n) == 0;
}

int aap_precedence(const uint8_t own[static AAP_NONCE_LEN],
		   const uint8_t theirs[static AAP_NONCE_LEN])
{
	return memcmp(own, theirs, AAP_NONCE_LEN);
}

static uint32_t cookie_time(usec_t now)
{
	return (uint32_t)(now / USEC_PER_SEC);
}

/* time | HMAC-SHA-256-128(secret, initiator | responder | Init's head | time) */
static int make_cookie(const uint8_t secret[static AAP_SECRET_LEN],
		       const struct in6_addr *initiator, const struct in6_addr *responder,
		       const struct aap_init *init, uint32_t time,
		       uint8_t ret[static AAP_COOKIE_LEN])
{
	struct ah_key key = { .alg = AH_HMAC_SHA256_128, .len = AAP_SECRET_LEN };
	uint8_t covered[2 * sizeof(*initiator) + AAP_HEAD_LEN];
	struct writer c = { .buf = covered, .size = sizeof(covered) };
	struct writer w = { .buf = ret, .size = AAP_COOKIE_LEN };
	int r;

	memcpy(key.key, secret, AAP_SECRET_LEN);
	put_bytes(&c, initiator, sizeof(*initiator));
	put_bytes(&c, responder, sizeof(*responder));
	put_init_head(&c, init);
	put_u32(&w, time);
	r = ah_hmac128(&key, covered, c.len, ret, COOKIE_TIME_LEN, ret + COOKIE_TIME_LEN);
	OPENSSL_cleanse(&key, sizeof(key));
	return r;
}

int aap_retry_make(const uint8_t secret[static AAP_SECRET_LEN], const struct in6_addr *initiator,
		   const struct in6_addr *responder, const struct aap_init *init, usec_t now,
		   struct aap_retry *ret)
{
	struct aap_retry retry;
	int r = make_cookie(secret, initiator, responder, init, cookie_time(now), retry.cookie);

	if (r)
		return r;
	memcpy(retry.nonce, init->nonce, sizeof(retry.nonce));
	*ret = retry;
	return 0;
}

int aap_retry_check(const uint8_t secret[static AAP_SECRET_LEN], const struct in6_addr *initiator,
		    const struct in6_addr *responder, const struct aap_init *init, usec_t now)
{
	struct cursor c = cur_open(init->cookie, AAP_COOKIE_LEN);
	uint8_t want[AAP_COOKIE_LEN];
	uint32_t time;
	int r;

	if (!init->has_cookie)
		return -ENOENT;
	/* Modulo 2^32, so a time in the future is long ago. */
	if (cur_u32(&c, &time) || cookie_time(now) - time > AAP_COOKIE_LIFETIME)
		return -ETIME;
	r = make_cookie(secret, initiator, responder, init, time, want);
	if (r == 0 && CRYPTO_memcmp(want, init->cookie, sizeof(want)))
		r = -EACCES;
	OPENSSL_cleanse(want, sizeof(want));
	return r;
}
