/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Anonymous Authentication Protocol of homelessv6 2.4.3 and A.2: two hosts without keys agree
 * on a pair of AH keys in three messages, and the responder keeps no state before the third (X4).
 * man/hmip-aap.7 specifies it; the names here are those used there. Pure: random octets and the
 * time are arguments.
 *
 *   initiator                                      responder
 *      | ---- Init ----------------------------------> |   answered by a Retry instead under load
 *      | <--- AH(K_ri), Response, Initial BU --------- |   its state goes along, sealed
 *      | ---- AH(K_ir), Confirm, Initial BU ---------> |   and comes back: entry and SA are made
 *
 * aap_msg.c has the messages and the cookie, aap_crypto.c what needs keys. Integers are in host
 * order here. Functions that return int return 0 on success, -EIO if the cryptographic library
 * fails, and what is said of each; an output is written on success only.
 */
#ifndef HMIP_AAP_H
#define HMIP_AAP_H

#include "ah.h"
#include "usec.h"

#include <netinet/in.h>

#define AAP_VERSION		1
#define AAP_SPI_MIN		256	/* the SPIs below are reserved (RFC 4302, 2.4) */

#define AAP_NONCE_LEN		16
#define AAP_SHARE_LEN		32	/* an X25519 public key (RFC 7748) */
#define AAP_COOKIE_LEN		20
#define AAP_HEAD_LEN		56	/* of Init and of Response: what the key schedule covers */
#define AAP_INIT_LEN		252	/* padded, so that no answer is longer than its request */
#define AAP_RETRY_LEN		40
#define AAP_SEALED_MAX		196	/* of any responder's sealed state, which is
					 * opaque to the initiator */
#define AAP_SEALED_LEN		82	/* of ours */
#define AAP_CONFIRM_HEAD_LEN	4
#define AAP_DATA_MAX		252	/* of any message */

#define AAP_PRK_LEN		32
#define AAP_SECRET_LEN		32	/* of a key used locally: for cookies, for sealing */
#define AAP_SEAL_NONCE_LEN	12

#define AAP_COOKIE_LIFETIME	10	/* seconds a cookie is accepted */
#define AAP_STATE_LIFETIME	120	/* seconds a sealed state is */
#define AAP_SHARE_LIFETIME	60	/* seconds a responder may use one key pair */

enum aap_kind {
	AAP_INIT = 1,
	AAP_RETRY,
	AAP_RESPONSE,
	AAP_CONFIRM,
};

struct aap_init {
	uint32_t spi;			/* SPIi: for packets to the initiator */
	uint8_t nonce[AAP_NONCE_LEN];	/* Ni */
	uint8_t share[AAP_SHARE_LEN];
	bool has_cookie;
	uint8_t cookie[AAP_COOKIE_LEN];
};

struct aap_retry {
	uint8_t nonce[AAP_NONCE_LEN];	/* Ni of the Init it answers */
	uint8_t cookie[AAP_COOKIE_LEN];
};

struct aap_sealed {
	uint8_t len;			/* 1 to AAP_SEALED_MAX */
	uint8_t octets[AAP_SEALED_MAX];
};

struct aap_response {
	uint32_t spi;			/* SPIr: for packets to the responder */
	uint8_t nonce[AAP_NONCE_LEN];	/* Nr */
	uint8_t share[AAP_SHARE_LEN];
	struct aap_sealed sealed;
};

struct aap_confirm {
	struct aap_sealed sealed;	/* as it was in the Response */
};

struct aap_message {
	enum aap_kind kind;
	union {
		struct aap_init init;
		struct aap_retry retry;
		struct aap_response response;
		struct aap_confirm confirm;
	};
};

/*
 * Reads the len octets of option data at data. Nothing is said of the shares: agreeing on a key
 * checks them. Returns 0; -ENOMSG if the option is another experiment's, or of a version we do not
 * know; -EBADMSG if it is malformed.
 */
int aap_parse(const uint8_t *data, size_t len, struct aap_message *ret);

/*
 * Writes the option data of m. Returns its length; -EINVAL if m breaks a rule of the format:
 * unknown kind, a reserved SPI, a sealed state of no or too great length, a cookie of zeros;
 * -EMSGSIZE if it needs more than size octets.
 */
int aap_build(const struct aap_message *m, uint8_t *buf, size_t size);

/*
 * The octets that the key schedule and the cookie cover: those up to the cookie, and up to the
 * sealed state.
 */
void aap_init_head(const struct aap_init *init, uint8_t ret[static AAP_HEAD_LEN]);
void aap_response_head(const struct aap_response *r, uint8_t ret[static AAP_HEAD_LEN]);

/* Whether two messages say the same; in time that depends on them, so not for secrets. */
bool aap_same(const struct aap_message *a, const struct aap_message *b);

/*
 * For a host that has sent an Init to a peer and gets one from it: above 0 if the host stays
 * initiator and ignores the peer's, below 0 if it is to answer. 0: it is the host's own Init,
 * reflected; ignore it.
 */
int aap_precedence(const uint8_t own[static AAP_NONCE_LEN],
		   const uint8_t theirs[static AAP_NONCE_LEN]);

/*
 * The Retry that answers init, sent from one address to the other, without keeping anything. secret
 * is the responder's own and need not change while it runs: a cookie grows too old by itself.
 */
int aap_retry_make(const uint8_t secret[static AAP_SECRET_LEN], const struct in6_addr *initiator,
		   const struct in6_addr *responder, const struct aap_init *init, usec_t now,
		   struct aap_retry *ret);

/*
 * Whether init has a cookie that was made under secret for these addresses and this very Init, not
 * more than AAP_COOKIE_LIFETIME ago. Returns 0; -ENOENT if it has none; -ETIME if it is too old, or
 * from the future; -EACCES if it is wrong.
 */
int aap_retry_check(const uint8_t secret[static AAP_SECRET_LEN], const struct in6_addr *initiator,
		    const struct in6_addr *responder, const struct aap_init *init, usec_t now);

struct aap_keypair {
	uint8_t private[AAP_SHARE_LEN];
	uint8_t share[AAP_SHARE_LEN];
};

/* Makes a key pair of 32 random octets. */
int aap_keypair_make(const uint8_t random[static AAP_SHARE_LEN], struct aap_keypair *ret);

/* The two keys of an anonymous SA pair, HMAC-SHA-256-128 both. */
struct aap_keys {
	struct ah_key ir;		/* from the initiator to the responder */
	struct ah_key ri;
};

/* The public part of one run. Pointers are borrowed. */
struct aap_run {
	struct in6_addr initiator, responder;	/* addresses of the packets, as on the wire */
	const struct aap_init *init;
	const struct aap_response *response;	/* its sealed state is not looked at */
	const struct aap_keys *old;		/* of the SA that carried the Init, "ir" from its
						 * sender; or NULL */
};

/*
 * The secret both ends of a run share, from which aap_keys_expand() makes the keys. own is the
 * caller's key pair. Returns 0; -EINVAL if own's share is not that of its message; -EBADMSG if the
 * peer's is the same one or a point of low order, which makes no secret.
 */
int aap_secret_initiator(const struct aap_keypair *own, const struct aap_run *run,
			 uint8_t ret[static AAP_PRK_LEN]);
int aap_secret_responder(const struct aap_keypair *own, const struct aap_run *run,
			 uint8_t ret[static AAP_PRK_LEN]);

int aap_keys_expand(const uint8_t prk[static AAP_PRK_LEN], struct aap_keys *ret);

/*
 * What the responder needs when the Confirm comes, and forgets until then. The addresses are sealed
 * along with it.
 */
struct aap_state {
	usec_t time;			/* when it was sealed */
	uint32_t spi_i, spi_r;
	uint32_t old_spi;		/* by which the Init under AH came: that SA is
					 * replaced; 0: without AH */
	uint16_t bu_seq;		/* of the Initial BU that went with the Response */
	uint8_t prk[AAP_PRK_LEN];
};

/*
 * Seals st, for the Response. nonce must never be used twice with key: random, or counted. key is
 * the responder's own; with it the keys of the runs it sealed can be read, so change it every
 * AAP_STATE_LIFETIME, and keep the previous one as long.
 */
int aap_seal(const uint8_t key[static AAP_SECRET_LEN],
	     const uint8_t nonce[static AAP_SEAL_NONCE_LEN], const struct in6_addr *initiator,
	     const struct in6_addr *responder, const struct aap_state *st, struct aap_sealed *ret);

/*
 * Opens what came in a Confirm from initiator to responder. Returns 0; -EBADMSG if it has not the
 * length of ours; -EACCES if it was not sealed under key for these addresses, or was changed;
 * -ETIME if it is older than AAP_STATE_LIFETIME, or from the future. The caller then checks that
 * the packet's SPI is ret->spi_r and its ICV right under the expanded key "ir".
 */
int aap_unseal(const uint8_t key[static AAP_SECRET_LEN], const struct in6_addr *initiator,
	       const struct in6_addr *responder, const struct aap_sealed *sealed, usec_t now,
	       struct aap_state *ret);

/* Overwrite secrets in memory. */
void aap_keypair_wipe(struct aap_keypair *k);
void aap_keys_wipe(struct aap_keys *k);
void aap_state_wipe(struct aap_state *st);

#endif
