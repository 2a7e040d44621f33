/* SPDX-License-Identifier: BSD-2-Clause */
#include "ah.h"
#include "array.h"
#include "exthdr.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define AH_HEAD_MAX	2048	/* octets up to the end of AH that the view may have to change */
#define OPT_MUTABLE	0x20	/* in an option's type: its data may change on the way */
#define REPLAY_WIDTH	64

static const struct {
	const char *name;
	const char *digest;
	unsigned icv_len;
} algorithm[] = {
	[AH_HMAC_MD5_96] = { "hmac-md5-96", "MD5", 12 },
	[AH_HMAC_SHA1_96] = { "hmac-sha1-96", "SHA1", 12 },
	[AH_HMAC_SHA256_128] = { "hmac-sha256-128", "SHA256", 16 },
};

#define N_ALGORITHMS ARRAY_LEN(algorithm)

/* A packet as the ICV is computed over it: a changed copy of its head, the rest as it is. */
struct ah_view {
	uint8_t head[AH_HEAD_MAX];
	size_t head_len;
	const uint8_t *tail;
	size_t tail_len;
};

const char *ah_alg_name(enum ah_alg alg)
{
	return algorithm[alg].name;
}

int ah_alg_by_name(const char *name, enum ah_alg *ret)
{
	for (size_t i = 0; i < N_ALGORITHMS; i++) {
		if (strcmp(name, algorithm[i].name) == 0) {
			*ret = (enum ah_alg)i;
			return 0;
		}
	}
	return -ENOENT;
}

unsigned ah_icv_len(enum ah_alg alg)
{
	return algorithm[alg].icv_len;
}

static int read_ah(const struct exthdr *h, struct ah_header *ret)
{
	struct cursor c = h->body;
	struct ah_header ah = {
		.offset = h->offset,
		.icv_offset = h->offset + AH_FIXED_LEN,
		.icv_len = h->len - AH_FIXED_LEN,
	};

	if (cur_skip(&c, 2) || cur_u32(&c, &ah.spi) || cur_u32(&c, &ah.seq))
		return -EBADMSG;
	*ret = ah;
	return 0;
}

int ah_find(const uint8_t *pkt, size_t len, struct ah_header *ret)
{
	struct exthdr_walk w;
	struct exthdr h;
	int r;

	if (exthdr_open(&w, pkt, len))
		return -EBADMSG;
	while ((r = exthdr_next(&w, &h)) > 0) {
		if (h.type == IPPROTO_AH)
			return read_ah(&h, ret);
	}
	return r < 0 ? r : -ENOENT;
}

static void swap_address(uint8_t *a, uint8_t *b)
{
	uint8_t t[16];

	memcpy(t, a, sizeof(t));
	memcpy(a, b, sizeof(t));
	memcpy(b, t, sizeof(t));
}

/* A type 0 Routing header as it arrives: its last hop done. */
static void view_routing(uint8_t *head, const struct exthdr *h)
{
	uint8_t *rh = head + h->offset;

	if (rh[2] != 0 || rh[3] == 0)
		return;
	rh[3] = 0;
	swap_address(head + IP6_DST_OFFSET, rh + RH0_ADDR_OFFSET);
}

/*
 * Mutable data counts as zeros; the Home Address option and the source are exchanged (draft-13, 5.4
 * and 10.2).
 */
static int view_options(struct exthdr_walk *w, struct exthdr *h, uint8_t *head)
{
	struct tlv opt;
	int r;

	while ((r = exthdr_option(w, h, &opt)) > 0) {
		uint8_t *data = head + (opt.data.p - w->pkt);

		if (opt.type & OPT_MUTABLE)
			memset(data, 0, cur_left(&opt.data));
		else if (opt.type == OPT_HAO && h->type == IPPROTO_DSTOPTS)
			swap_address(head + IP6_SRC_OFFSET, data);
	}
	return r;
}

/*
 * Makes the view of pkt, which is what the ICV covers (RFC 4302 3.3.3; draft-13 5.4 and 10.2). ah
 * has been found in it by ah_find(). Returns 0, or -EBADMSG if an option in front of AH is
 * malformed or AH lies too far back.
 */
static int view_make(const uint8_t *pkt, size_t len, const struct ah_header *ah, unsigned icv_len,
		     struct ah_view *v)
{
	struct exthdr_walk w;
	struct exthdr h;

	v->head_len = ah->icv_offset + ah->icv_len;
	if (v->head_len > sizeof(v->head) || exthdr_open(&w, pkt, len))
		return -EBADMSG;
	memcpy(v->head, pkt, v->head_len);
	v->tail = pkt + v->head_len;
	v->tail_len = (size_t)(w.left.end - v->tail);

	memcpy(v->head, (const uint8_t[]){ 0x60, 0, 0, 0 }, 4);	/* Traffic Class, Flow Label */
	v->head[7] = 0;						/* Hop Limit */
	memset(v->head + ah->icv_offset, 0, icv_len);
	while (exthdr_next(&w, &h) > 0 && h.type != IPPROTO_AH) {
		if (h.type == IPPROTO_ROUTING)
			view_routing(v->head, &h);
		else if (view_options(&w, &h, v->head))
			return -EBADMSG;
	}
	return 0;
}

struct part {
	const void *p;
	size_t len;
};

/* HMAC over two parts, whole. Returns 0, -EINVAL if the key has no usable length, -EIO. */
static int hmac(const struct ah_key *key, struct part a, struct part b,
		uint8_t ret[static EVP_MAX_MD_SIZE])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)algorithm[key->alg].digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = NULL;
	EVP_MAC_CTX *ctx = NULL;
	size_t n;
	int r = -EIO;

	if (key->len == 0 || key->len > AH_KEY_MAX)
		return -EINVAL;
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!mac)
		goto out;
	ctx = EVP_MAC_CTX_new(mac);
	if (!ctx)
		goto out;
	if (EVP_MAC_init(ctx, key->key, key->len, params) && EVP_MAC_update(ctx, a.p, a.len) &&
	    EVP_MAC_update(ctx, b.p, b.len) && EVP_MAC_final(ctx, ret, &n, EVP_MAX_MD_SIZE))
		r = 0;
out:
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return r;
}

/* The whole HMAC that the ICV of pkt is cut from. Returns 0, -ENOENT, -EBADMSG, -EINVAL, -EIO. */
static int compute(const uint8_t *pkt, size_t len, const struct ah_key *key, struct ah_header *ah,
		   uint8_t ret[static EVP_MAX_MD_SIZE])
{
	unsigned icv_len = ah_icv_len(key->alg);
	struct ah_view v;
	int r = ah_find(pkt, len, ah);

	if (r)
		return r;
	/* No padding beyond what alignment asks for (RFC 4302, 2.6). */
	if (ah->icv_len != AH_ICV_ROOM(icv_len))
		return -EBADMSG;
	r = view_make(pkt, len, ah, icv_len, &v);
	if (r)
		return r;
	return hmac(key, (struct part){ v.head, v.head_len },
		    (struct part){ v.tail, v.tail_len }, ret);
}

int ah_sign(uint8_t *pkt, size_t len, const struct ah_key *key)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	struct ah_header ah;
	int r = compute(pkt, len, key, &ah, md);

	if (r == 0)
		memcpy(pkt + ah.icv_offset, md, ah_icv_len(key->alg));
	return r;
}

int ah_verify(const uint8_t *pkt, size_t len, const struct ah_key *key)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	struct ah_header ah;
	int r = compute(pkt, len, key, &ah, md);

	if (r == 0 && CRYPTO_memcmp(pkt + ah.icv_offset, md, ah_icv_len(key->alg)))
		r = -EACCES;
	OPENSSL_cleanse(md, sizeof(md));
	return r;
}

int ah_hmac128(const struct ah_key *key, const void *a, size_t alen, const void *b, size_t blen,
	       uint8_t ret[static 16])
{
	uint8_t md[EVP_MAX_MD_SIZE];
	int r = hmac(key, (struct part){ a, alen }, (struct part){ b, blen }, md);

	if (r == 0)
		memcpy(ret, md, 16);
	OPENSSL_cleanse(md, sizeof(md));
	return r;
}

bool ah_replay_check(const struct ah_replay *w, uint32_t seq)
{
	if (seq == 0)
		return false;
	if (seq > w->top)
		return true;
	return w->top - seq < REPLAY_WIDTH && !(w->seen >> (w->top - seq) & 1);
}

void ah_replay_update(struct ah_replay *w, uint32_t seq)
{
	if (seq > w->top) {
		uint32_t step = seq - w->top;

		w->seen = (step < REPLAY_WIDTH ? w->seen << step : 0) | 1;
		w->top = seq;
	} else if (w->top - seq < REPLAY_WIDTH) {
		w->seen |= UINT64_C(1) << (w->top - seq);
	}
}
