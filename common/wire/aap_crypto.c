/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The half of aap.h that needs keys: X25519, the key schedule, and the responder's state under
 * seal.
 */
#include "aap.h"
#include "cursor.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#define TRANSCRIPT_LEN	(2 * sizeof(struct in6_addr) + 2 * AAP_HEAD_LEN)
#define HASH_LEN	32
#define KEY_LEN		32		/* of K_ir and K_ri */
#define TAG_LEN		16
#define STATE_LEN	(AAP_SEALED_LEN - AAP_SEAL_NONCE_LEN - TAG_LEN)

static const char label_ir[] = "hmip aap ir", label_ri[] = "hmip aap ri";

/*
 * Without share its public half is computed, which takes a scalar multiplication. NULL on failure.
 */
static EVP_PKEY *load_private(const uint8_t private[static AAP_SHARE_LEN], const uint8_t *share)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)private,
						  AAP_SHARE_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)share,
						  AAP_SHARE_LEN),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
	EVP_PKEY *pkey = NULL;

	if (!share)
		params[1] = OSSL_PARAM_construct_end();
	if (ctx && EVP_PKEY_fromdata_init(ctx) > 0 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

int aap_keypair_make(const uint8_t random[static AAP_SHARE_LEN], struct aap_keypair *ret)
{
	EVP_PKEY *pkey = load_private(random, NULL);
	struct aap_keypair k;
	size_t n = sizeof(k.share);
	int r = -EIO;

	if (pkey && EVP_PKEY_get_raw_public_key(pkey, k.share, &n) && n == sizeof(k.share)) {
		memcpy(k.private, random, sizeof(k.private));
		*ret = k;
		r = 0;
	}
	EVP_PKEY_free(pkey);
	OPENSSL_cleanse(&k, sizeof(k));
	return r;
}

/*
 * X25519. A point of low order makes zeros whatever the private key; RFC 7748, 6.1 tells how to
 * refuse it.
 */
static int multiply(const struct aap_keypair *own, const uint8_t theirs[static AAP_SHARE_LEN],
		    uint8_t ret[static AAP_SHARE_LEN])
{
	static const uint8_t zeros[AAP_SHARE_LEN];
	EVP_PKEY *pkey = load_private(own->private, own->share), *peer;
	EVP_PKEY_CTX *ctx = NULL;
	size_t n = AAP_SHARE_LEN;
	int r = -EIO;

	peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, theirs, AAP_SHARE_LEN);
	if (!pkey || !peer)
		goto out;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (!ctx || EVP_PKEY_derive_init(ctx) <= 0 || EVP_PKEY_derive_set_peer(ctx, peer) <= 0)
		goto out;
	/* OpenSSL fails if the result is zero, and for no other reason that a peer can cause. */
	r = EVP_PKEY_derive(ctx, ret, &n) > 0 && n == AAP_SHARE_LEN &&
	    CRYPTO_memcmp(ret, zeros, n) ? 0 : -EBADMSG;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(pkey);
	return r;
}

/* One half of HKDF-SHA-256; what is not needed for it is NULL. */
static int hkdf(int mode, const void *key, size_t key_len, const void *salt, const char *info,
		uint8_t ret[static HASH_LEN])
{
	OSSL_PARAM params[5] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_len),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int r = -EIO;

	params[3] = salt ? OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt,
							     HASH_LEN)
			 : OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info,
							     strlen(info));
	params[4] = OSSL_PARAM_construct_end();
	if (ctx && EVP_KDF_derive(ctx, ret, HASH_LEN, params) > 0)
		r = 0;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return r;
}

/*
 * SHA-256 of what both have seen, except the sealed state and the cookie, which only the responder
 * uses.
 */
static int hash_transcript(const struct aap_run *run, uint8_t ret[static HASH_LEN])
{
	uint8_t text[TRANSCRIPT_LEN], *p = text;
	size_t n;

	memcpy(p, &run->initiator, sizeof(run->initiator));
	p += sizeof(run->initiator);
	memcpy(p, &run->responder, sizeof(run->responder));
	p += sizeof(run->responder);
	aap_init_head(run->init, p);
	aap_response_head(run->response, p + AAP_HEAD_LEN);
	return EVP_Q_digest(NULL, "SHA256", NULL, text, sizeof(text), ret, &n) > 0 &&
	       n == HASH_LEN ? 0 : -EIO;
}

/* The product alone, or followed by the old keys: without them nobody can renew them. */
static int extract(const struct aap_keypair *own, const uint8_t theirs[static AAP_SHARE_LEN],
		   const struct aap_run *run, uint8_t ret[static AAP_PRK_LEN])
{
	uint8_t secret[AAP_SHARE_LEN + 2 * AH_KEY_MAX], salt[HASH_LEN], prk[AAP_PRK_LEN];
	struct writer w = { .buf = secret, .len = AAP_SHARE_LEN, .size = sizeof(secret) };
	int r;

	if (memcmp(own->share, theirs, AAP_SHARE_LEN) == 0)
		return -EBADMSG;
	r = multiply(own, theirs, secret);
	if (r)
		goto out;
	if (run->old) {
		put_bytes(&w, run->old->ir.key, run->old->ir.len);
		put_bytes(&w, run->old->ri.key, run->old->ri.len);
	}
	r = hash_transcript(run, salt);
	if (!r)
		r = hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, secret, w.len, salt, NULL, prk);
	if (!r)
		memcpy(ret, prk, sizeof(prk));
out:
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(prk, sizeof(prk));
	return r;
}

int aap_secret_initiator(const struct aap_keypair *own, const struct aap_run *run,
			 uint8_t ret[static AAP_PRK_LEN])
{
	if (memcmp(own->share, run->init->share, AAP_SHARE_LEN))
		return -EINVAL;
	return extract(own, run->response->share, run, ret);
}

int aap_secret_responder(const struct aap_keypair *own, const struct aap_run *run,
			 uint8_t ret[static AAP_PRK_LEN])
{
	if (memcmp(own->share, run->response->share, AAP_SHARE_LEN))
		return -EINVAL;
	return extract(own, run->init->share, run, ret);
}

static int expand(const uint8_t prk[static AAP_PRK_LEN], const char *label, struct ah_key *ret)
{
	*ret = (struct ah_key){ .alg = AH_HMAC_SHA256_128, .len = KEY_LEN };
	return hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, prk, AAP_PRK_LEN, NULL, label, ret->key);
}

int aap_keys_expand(const uint8_t prk[static AAP_PRK_LEN], struct aap_keys *ret)
{
	struct aap_keys keys;
	int r = expand(prk, label_ir, &keys.ir);

	if (!r)
		r = expand(prk, label_ri, &keys.ri);
	if (!r)
		*ret = keys;
	aap_keys_wipe(&keys);
	return r;
}

static void put_state(struct writer *w, const struct aap_state *st)
{
	put_u32(w, (uint32_t)(st->time >> 32));
	put_u32(w, (uint32_t)st->time);
	put_u32(w, st->spi_i);
	put_u32(w, st->spi_r);
	put_u32(w, st->old_spi);
	put_u16(w, st->bu_seq);
	put_bytes(w, st->prk, sizeof(st->prk));
}

static int get_state(struct cursor c, struct aap_state *st)
{
	uint32_t high, low;

	if (cur_u32(&c, &high) || cur_u32(&c, &low) || cur_u32(&c, &st->spi_i) ||
	    cur_u32(&c, &st->spi_r) || cur_u32(&c, &st->old_spi) || cur_u16(&c, &st->bu_seq) ||
	    cur_copy(&c, st->prk, sizeof(st->prk)))
		return -EBADMSG;
	st->time = (usec_t)high << 32 | low;
	return 0;
}

/* ChaCha20-Poly1305 (RFC 8439) over STATE_LEN octets, the two addresses being associated data. */
static int aead(bool sealing, const uint8_t *key, const uint8_t *nonce,
		const struct in6_addr *initiator, const struct in6_addr *responder,
		const uint8_t *in, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	int n, r = -EIO;

	if (!ctx || !cipher || !EVP_CipherInit_ex2(ctx, cipher, key, nonce, sealing, NULL))
		goto out;
	if (!sealing && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) <= 0)
		goto out;
	if (!EVP_CipherUpdate(ctx, NULL, &n, initiator->s6_addr, sizeof(*initiator)) ||
	    !EVP_CipherUpdate(ctx, NULL, &n, responder->s6_addr, sizeof(*responder)) ||
	    !EVP_CipherUpdate(ctx, out, &n, in, STATE_LEN))
		goto out;
	if (EVP_CipherFinal_ex(ctx, out + n, &n) <= 0) {
		r = sealing ? -EIO : -EACCES;
		goto out;
	}
	if (!sealing || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) > 0)
		r = 0;
out:
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	return r;
}

int aap_seal(const uint8_t key[static AAP_SECRET_LEN],
	     const uint8_t nonce[static AAP_SEAL_NONCE_LEN], const struct in6_addr *initiator,
	     const struct in6_addr *responder, const struct aap_state *st, struct aap_sealed *ret)
{
	struct aap_sealed s = { .len = AAP_SEALED_LEN };
	uint8_t plain[STATE_LEN], *box = s.octets + AAP_SEAL_NONCE_LEN;
	struct writer w = { .buf = plain, .size = sizeof(plain) };
	int r;

	memcpy(s.octets, nonce, AAP_SEAL_NONCE_LEN);
	put_state(&w, st);
	r = aead(true, key, nonce, initiator, responder, plain, box, box + STATE_LEN);
	if (!r)
		*ret = s;
	OPENSSL_cleanse(plain, sizeof(plain));
	return r;
}

int aap_unseal(const uint8_t key[static AAP_SECRET_LEN], const struct in6_addr *initiator,
	       const struct in6_addr *responder, const struct aap_sealed *sealed, usec_t now,
	       struct aap_state *ret)
{
	uint8_t plain[STATE_LEN], tag[TAG_LEN];
	const uint8_t *box = sealed->octets + AAP_SEAL_NONCE_LEN;
	struct aap_state st;
	int r;

	if (sealed->len != AAP_SEALED_LEN)
		return -EBADMSG;
	memcpy(tag, box + STATE_LEN, sizeof(tag));
	r = aead(false, key, sealed->octets, initiator, responder, box, plain, tag);
	if (!r)
		r = get_state(cur_open(plain, sizeof(plain)), &st);
	/* Unsigned, so a time in the future is long ago. */
	if (!r && now - st.time > AAP_STATE_LIFETIME * USEC_PER_SEC)
		r = -ETIME;
	if (!r)
		*ret = st;
	OPENSSL_cleanse(plain, sizeof(plain));
	aap_state_wipe(&st);
	return r;
}

void aap_keypair_wipe(struct aap_keypair *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

void aap_keys_wipe(struct aap_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}

void aap_state_wipe(struct aap_state *st)
{
	OPENSSL_cleanse(st, sizeof(*st));
}
