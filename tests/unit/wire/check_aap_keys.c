/* SPDX-License-Identifier: BSD-2-Clause */
/* aap.h: key schedule, cookie and sealed state, by vectors computed elsewhere and by tampering. */
#include "aap_load.h"
#include "array.h"
#include "mip6.h"
#include "suite.h"

#include <errno.h>

#define SEALED_AT	UINT64_C(0x0001020304050607)	/* the vectors' time of sealing */
#define COOKIE_AT	(UINT64_C(0x01020304) * USEC_PER_SEC)

/* The vectors' first run. */
struct first_run {
	struct aap_keypair i, r;
	struct aap_message init, response;
	struct aap_run run;
};

static struct aap_keypair load_pair(const char *private)
{
	struct aap_keypair k;
	uint8_t random[AAP_SHARE_LEN];

	load(private, random, sizeof(random));
	ck_assert_int_eq(aap_keypair_make(random, &k), 0);
	return k;
}

static void load_run(struct first_run *f)
{
	*f = (struct first_run){ .i = load_pair(V_I_PRIVATE),
				 .r = load_pair(V_R_PRIVATE),
				 .init = load_message(V_INIT),
				 .response = load_message(V_RESPONSE) };
	f->run = (struct aap_run){ .initiator = load_addr(V_I_ADDR),
				   .responder = load_addr(V_R_ADDR), .init = &f->init.init,
				   .response = &f->response.response };
}

START_TEST(x4_both_sides_derive_the_published_keys)
{
	struct first_run f;
	uint8_t prk_i[AAP_PRK_LEN], prk_r[AAP_PRK_LEN];
	struct aap_keys keys;

	load_run(&f);
	assert_octets(f.i.share, AAP_SHARE_LEN, V_I_SHARE);
	assert_octets(f.r.share, AAP_SHARE_LEN, V_R_SHARE);
	ck_assert_int_eq(aap_secret_initiator(&f.i, &f.run, prk_i), 0);
	assert_octets(prk_i, sizeof(prk_i), V_PRK);
	ck_assert_int_eq(aap_secret_responder(&f.r, &f.run, prk_r), 0);
	assert_octets(prk_r, sizeof(prk_r), V_PRK);
	ck_assert_int_eq(aap_keys_expand(prk_r, &keys), 0);
	ck_assert_int_eq(keys.ir.alg, AH_HMAC_SHA256_128);
	ck_assert_int_eq(keys.ri.alg, AH_HMAC_SHA256_128);
	assert_octets(keys.ir.key, keys.ir.len, V_K_IR);
	assert_octets(keys.ri.key, keys.ri.len, V_K_RI);
}
END_TEST

START_TEST(renewed_keys_depend_on_the_old_ones)
{
	struct aap_keypair i = load_pair(V_REKEY_I_PRIVATE), r = load_pair(V_I_PRIVATE);
	/* the first run's responder begins this one */
	struct aap_keys old = load_keys(V_K_RI, V_K_IR), keys;
	struct aap_message init = load_message(V_REKEY_INIT),
			   response = load_message(V_REKEY_RESPONSE_HEAD "00");
	struct aap_run run = { .initiator = load_addr(V_R_ADDR), .responder = load_addr(V_I_ADDR),
			       .init = &init.init, .response = &response.response, .old = &old };
	uint8_t prk[AAP_PRK_LEN], other[AAP_PRK_LEN];

	ck_assert_int_eq(aap_secret_initiator(&i, &run, prk), 0);
	assert_octets(prk, sizeof(prk), V_REKEY_PRK);
	ck_assert_int_eq(aap_secret_responder(&r, &run, prk), 0);
	assert_octets(prk, sizeof(prk), V_REKEY_PRK);
	ck_assert_int_eq(aap_keys_expand(prk, &keys), 0);
	assert_octets(keys.ir.key, keys.ir.len, V_REKEY_K_IR);
	assert_octets(keys.ri.key, keys.ri.len, V_REKEY_K_RI);

	run.old = NULL;
	ck_assert_int_eq(aap_secret_initiator(&i, &run, other), 0);
	ck_assert(memcmp(prk, other, sizeof(prk)) != 0);
	old.ri.key[31] ^= 1;
	run.old = &old;
	ck_assert_int_eq(aap_secret_initiator(&i, &run, other), 0);
	ck_assert(memcmp(prk, other, sizeof(prk)) != 0);
}
END_TEST

static bool same_secret(const struct first_run *f, const struct aap_run *theirs)
{
	uint8_t a[AAP_PRK_LEN], b[AAP_PRK_LEN];

	ck_assert_int_eq(aap_secret_initiator(&f->i, &f->run, a), 0);
	int r = aap_secret_responder(&f->r, theirs, b);
	/* -EINVAL: its own share was tampered with */
	ck_assert_msg(r == 0 || r == -EINVAL, "%d", r);
	return r == 0 && memcmp(a, b, sizeof(a)) == 0;
}

START_TEST(x4_every_bit_of_the_transcript_counts)
{
	struct first_run f;
	uint8_t data[256];

	load_run(&f);
	struct aap_run theirs = f.run;
	ck_assert(same_secret(&f, &theirs));
	for (size_t bit = 0; bit < 128; bit += 5) {
		theirs = f.run;
		theirs.initiator.s6_addr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(!same_secret(&f, &theirs));
		theirs = f.run;
		theirs.responder.s6_addr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(!same_secret(&f, &theirs));
	}
	for (size_t octet = 4; octet < AAP_HEAD_LEN; octet++) {
		struct aap_message m;

		load(V_INIT, data, AAP_INIT_LEN);
		/* in the last octet of a share, X25519 itself would not see it */
		data[octet] ^= 0x80;
		ck_assert_int_eq(aap_parse(data, AAP_INIT_LEN, &m), 0);
		theirs = f.run, theirs.init = &m.init;
		ck_assert_msg(!same_secret(&f, &theirs), "octet %zu of the Init", octet);
		size_t n = unhex(V_RESPONSE, data, sizeof(data));
		data[octet] ^= 0x80;
		ck_assert_int_eq(aap_parse(data, n, &m), 0);
		theirs = f.run, theirs.response = &m.response;
		ck_assert_msg(!same_secret(&f, &theirs), "octet %zu of the Response", octet);
	}
}
END_TEST

START_TEST(cookie_and_sealed_state_are_no_part_of_the_transcript)
{
	struct first_run f;
	struct aap_message again = load_message(V_INIT_COOKIE);

	load_run(&f);
	struct aap_run theirs = f.run;
	struct aap_response other = f.response.response;
	other.sealed = (struct aap_sealed){ .len = 7 };
	theirs.init = &again.init;
	theirs.response = &other;
	ck_assert(same_secret(&f, &theirs));
}
END_TEST

START_TEST(points_of_low_order_are_refused)
{
	struct first_run f;
	uint8_t prk[AAP_PRK_LEN], untouched[AAP_PRK_LEN];

	load_run(&f);
	memset(prk, 0xa5, sizeof(prk));
	memcpy(untouched, prk, sizeof(prk));
	load(v_low_order[_i], f.init.init.share, AAP_SHARE_LEN);
	ck_assert_int_eq(aap_secret_responder(&f.r, &f.run, prk), -EBADMSG);
	f.init = load_message(V_INIT);
	load(v_low_order[_i], f.response.response.share, AAP_SHARE_LEN);
	ck_assert_int_eq(aap_secret_initiator(&f.i, &f.run, prk), -EBADMSG);
	/* The same with the bit that X25519 does not look at. */
	f.response.response.share[31] |= 0x80;
	ck_assert_int_eq(aap_secret_initiator(&f.i, &f.run, prk), -EBADMSG);
	ck_assert(memcmp(prk, untouched, sizeof(prk)) == 0);
}
END_TEST

START_TEST(own_share_thrown_back_is_refused)
{
	struct first_run f;
	uint8_t prk[AAP_PRK_LEN];

	load_run(&f);
	memcpy(f.response.response.share, f.i.share, AAP_SHARE_LEN);
	ck_assert_int_eq(aap_secret_initiator(&f.i, &f.run, prk), -EBADMSG);
	ck_assert_int_eq(aap_secret_responder(&f.r, &f.run, prk), -EINVAL);
	load_run(&f);
	ck_assert_int_eq(aap_secret_initiator(&f.r, &f.run, prk), -EINVAL);
}
END_TEST

START_TEST(greater_nonce_stays_initiator)
{
	uint8_t low[AAP_NONCE_LEN] = { 1, 255 }, high[AAP_NONCE_LEN] = { 128 };

	ck_assert_int_gt(aap_precedence(high, low), 0);
	ck_assert_int_lt(aap_precedence(low, high), 0);
	ck_assert_int_eq(aap_precedence(low, low), 0);
	memcpy(high, low, sizeof(high));
	high[AAP_NONCE_LEN - 1] = 1;
	ck_assert_int_gt(aap_precedence(high, low), 0);
}
END_TEST

struct cookie_case {
	uint8_t secret[AAP_SECRET_LEN];
	struct in6_addr i, r;
	struct aap_message init;	/* with the cookie */
};

static void load_cookie(struct cookie_case *c)
{
	load(V_COOKIE_SECRET, c->secret, sizeof(c->secret));
	c->i = load_addr(V_I_ADDR);
	c->r = load_addr(V_R_ADDR);
	c->init = load_message(V_INIT_COOKIE);
}

static int check_cookie(const struct cookie_case *c, usec_t now)
{
	return aap_retry_check(c->secret, &c->i, &c->r, &c->init.init, now);
}

START_TEST(x8_cookie_is_as_published)
{
	struct cookie_case c;
	struct aap_message init = load_message(V_INIT), retry = { .kind = AAP_RETRY };
	uint8_t data[256];

	load_cookie(&c);
	ck_assert_int_eq(aap_retry_make(c.secret, &c.i, &c.r, &init.init, COOKIE_AT + 999999,
					&retry.retry),
			 0);
	int n = aap_build(&retry, data, sizeof(data));
	ck_assert_int_eq(n, AAP_RETRY_LEN);
	assert_octets(data, (size_t)n, V_RETRY);
}
END_TEST

START_TEST(x8_cookie_is_accepted_for_its_time_only)
{
	struct cookie_case c;

	load_cookie(&c);
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), 0);
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT + AAP_COOKIE_LIFETIME * USEC_PER_SEC), 0);
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT + (AAP_COOKIE_LIFETIME + 1) * USEC_PER_SEC),
			 -ETIME);
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT - 1), -ETIME);
}
END_TEST

START_TEST(x8_cookie_is_bound_to_addresses_secret_and_init)
{
	struct cookie_case good, c;

	load_cookie(&good);
	c = good, c.init.init.has_cookie = false;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -ENOENT);
	c = good, c.i.s6_addr[15] ^= 1;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	c = good, c.r.s6_addr[15] ^= 1;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	c = good, c.i = good.r, c.r = good.i;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	c = good, c.secret[31] ^= 1;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	c = good, c.init.init.spi ^= 1;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	c = good, c.init.init.nonce[15] ^= 1;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	c = good, c.init.init.share[31] ^= 1;
	ck_assert_int_eq(check_cookie(&c, COOKIE_AT), -EACCES);
	for (unsigned i = 0; i < AAP_COOKIE_LEN; i++) {
		c = good, c.init.init.cookie[i] ^= 1;
		int r = check_cookie(&c, COOKIE_AT + USEC_PER_SEC);
		ck_assert_int_eq(r, i < 3 ? -ETIME : -EACCES);
	}
}
END_TEST

static struct aap_state published_state(void)
{
	struct aap_state st = {
		.time = SEALED_AT, .spi_i = 0x11223344, .spi_r = 0x55667788, .bu_seq = 0x0102
	};

	load(V_PRK, st.prk, sizeof(st.prk));
	return st;
}

struct seal_case {
	uint8_t key[AAP_SECRET_LEN];
	struct in6_addr i, r;
	struct aap_sealed sealed;
};

static void load_seal(struct seal_case *c)
{
	load(V_SEAL_KEY, c->key, sizeof(c->key));
	c->i = load_addr(V_I_ADDR);
	c->r = load_addr(V_R_ADDR);
	c->sealed = load_message(V_CONFIRM).confirm.sealed;
}

static int unseal(const struct seal_case *c, usec_t now, struct aap_state *ret)
{
	return aap_unseal(c->key, &c->i, &c->r, &c->sealed, now, ret);
}

START_TEST(x4_state_is_sealed_as_published)
{
	struct seal_case c;
	struct aap_state st = published_state();
	struct aap_sealed sealed;

	load_seal(&c);
	ck_assert_int_eq(aap_seal(c.key, c.sealed.octets, &c.i, &c.r, &st, &sealed), 0);
	ck_assert_uint_eq(sealed.len, AAP_SEALED_LEN);
	ck_assert_str_eq(hex(sealed.octets, sealed.len), hex(c.sealed.octets, c.sealed.len));
}
END_TEST

START_TEST(x4_state_comes_back_whole)
{
	struct seal_case c;
	struct aap_state st, want = published_state();

	load_seal(&c);
	want.old_spi = 0xfffefdfc;
	ck_assert_int_eq(aap_seal(c.key, c.sealed.octets, &c.i, &c.r, &want, &c.sealed), 0);
	ck_assert_int_eq(unseal(&c, SEALED_AT, &st), 0);
	ck_assert_uint_eq(st.time, want.time);
	ck_assert_uint_eq(st.spi_i, want.spi_i);
	ck_assert_uint_eq(st.spi_r, want.spi_r);
	ck_assert_uint_eq(st.old_spi, want.old_spi);
	ck_assert_uint_eq(st.bu_seq, want.bu_seq);
	ck_assert(memcmp(st.prk, want.prk, sizeof(st.prk)) == 0);
}
END_TEST

START_TEST(x4_state_is_opened_in_its_time_only)
{
	struct seal_case c;
	struct aap_state st;

	load_seal(&c);
	ck_assert_int_eq(unseal(&c, SEALED_AT + AAP_STATE_LIFETIME * USEC_PER_SEC, &st), 0);
	ck_assert_int_eq(unseal(&c, SEALED_AT + AAP_STATE_LIFETIME * USEC_PER_SEC + 1, &st),
			 -ETIME);
	ck_assert_int_eq(unseal(&c, SEALED_AT - 1, &st), -ETIME);
}
END_TEST

START_TEST(x4_state_of_others_or_tampered_with_is_refused)
{
	struct seal_case good, c;
	struct aap_state st, before;

	load_seal(&good);
	memset(&before, 0xa5, sizeof(before));
	st = before;
	c = good, c.key[0] ^= 1;
	ck_assert_int_eq(unseal(&c, SEALED_AT, &st), -EACCES);
	c = good, c.i.s6_addr[15] ^= 1;
	ck_assert_int_eq(unseal(&c, SEALED_AT, &st), -EACCES);
	c = good, c.r.s6_addr[0] ^= 1;
	ck_assert_int_eq(unseal(&c, SEALED_AT, &st), -EACCES);
	c = good, c.i = good.r, c.r = good.i;
	ck_assert_int_eq(unseal(&c, SEALED_AT, &st), -EACCES);
	for (unsigned bit = 0; bit < AAP_SEALED_LEN * 8; bit++) {
		c = good, c.sealed.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(unseal(&c, SEALED_AT, &st), -EACCES);
	}
	for (unsigned n = 0; n <= AAP_SEALED_MAX; n++) {
		c = good, c.sealed.len = (uint8_t)n;
		ck_assert_int_eq(unseal(&c, SEALED_AT, &st), n == AAP_SEALED_LEN ? 0 : -EBADMSG);
		if (n == AAP_SEALED_LEN)
			st = before;
		ck_assert(memcmp(&st, &before, sizeof(st)) == 0);
	}
}
END_TEST

/* A host with an address, and what it keeps for itself. */
struct party {
	struct in6_addr addr;
	struct aap_keypair pair;
	uint8_t secret[AAP_SECRET_LEN], seal_key[AAP_SECRET_LEN];
};

static struct party make_party(const char *text, uint8_t seed)
{
	struct party p = { .addr = addr(text) };
	uint8_t random[AAP_SHARE_LEN];

	memset(random, seed, sizeof(random));
	memset(p.secret, seed + 1, sizeof(p.secret));
	memset(p.seal_key, seed + 2, sizeof(p.seal_key));
	ck_assert_int_eq(aap_keypair_make(random, &p.pair), 0);
	return p;
}

/* Sends s, under key if not NULL; what arrives is parsed into *ret. */
static void travel(struct signal *s, const struct ah_key *key, uint8_t pkt[static SIGNAL_MTU],
		   size_t *len, struct signal *ret)
{
	s->has_aap = true;
	s->has_ah = s->has_home = key != NULL;
	s->home = s->src;
	s->ah_seq = 1;
	s->n_bu = key != NULL;
	s->bu[0] = (struct binding_update){
		.flags = BU_ACK, .lifetime = 600, .homeless = true, .names_source = true
	};
	int n = signal_build(s, 16, pkt, SIGNAL_MTU);
	ck_assert_int_gt(n, 0);
	if (key)
		ck_assert_int_eq(ah_sign(pkt, (size_t)n, key), 0);
	*len = (size_t)n;
	ck_assert_int_eq(signal_parse(pkt, *len, ret), 0);
	ck_assert(ret->has_aap && ret->aap.kind == s->aap.kind);
}

/*
 * The responder's answer to what has arrived. Nothing but its own secrets outlives this function.
 */
static void respond(const struct party *r, const struct signal *in, usec_t now, struct signal *out,
		    struct aap_keys *keys)
{
	struct aap_response *answer = &out->aap.response;
	struct aap_run run = { .initiator = in->src, .responder = in->dst, .init = &in->aap.init,
			       .response = answer };
	struct aap_state st = {
		.time = now, .spi_i = in->aap.init.spi, .spi_r = 7000, .bu_seq = 1
	};
	uint8_t nonce[AAP_SEAL_NONCE_LEN] = { 1 };

	*out = (struct signal){
		.src = in->dst, .dst = in->src, .spi = in->aap.init.spi, .aap.kind = AAP_RESPONSE
	};
	answer->spi = st.spi_r;
	memcpy(answer->share, r->pair.share, sizeof(answer->share));
	ck_assert_int_eq(aap_secret_responder(&r->pair, &run, st.prk), 0);
	ck_assert_int_eq(aap_keys_expand(st.prk, keys), 0);
	ck_assert_int_eq(aap_seal(r->seal_key, nonce, &in->src, &in->dst, &st, &answer->sealed), 0);
}

START_TEST(a4_strangers_agree_on_keys_and_the_responder_keeps_nothing)
{
	static struct signal sent, heard;
	static uint8_t pkt[SIGNAL_MTU];
	struct party i = make_party("2001:db8:1::1", 11), r = make_party("2001:db8:2::2", 77);
	usec_t now = 5000 * USEC_PER_SEC;
	struct aap_keys keys, again;
	struct aap_init init = { .spi = 6000, .nonce = { 1, 2, 3 } };
	struct aap_state st;
	uint8_t prk[AAP_PRK_LEN];
	size_t len;

	/* Init, Retry, Init. */
	memcpy(init.share, i.pair.share, sizeof(init.share));
	sent = (struct signal){ .src = i.addr, .dst = r.addr,
				.aap = { .kind = AAP_INIT, .init = init } };
	travel(&sent, NULL, pkt, &len, &heard);
	ck_assert_int_eq(aap_retry_check(r.secret, &heard.src, &heard.dst, &heard.aap.init, now),
			 -ENOENT);
	sent = (struct signal){ .src = r.addr, .dst = i.addr, .aap.kind = AAP_RETRY };
	ck_assert_int_eq(aap_retry_make(r.secret, &heard.src, &heard.dst, &heard.aap.init, now,
					&sent.aap.retry),
			 0);
	travel(&sent, NULL, pkt, &len, &heard);
	ck_assert(memcmp(heard.aap.retry.nonce, init.nonce, AAP_NONCE_LEN) == 0);
	init.has_cookie = true;
	memcpy(init.cookie, heard.aap.retry.cookie, sizeof(init.cookie));
	sent = (struct signal){ .src = i.addr, .dst = r.addr,
				.aap = { .kind = AAP_INIT, .init = init } };
	travel(&sent, NULL, pkt, &len, &heard);
	ck_assert_int_eq(aap_retry_check(r.secret, &heard.src, &heard.dst, &heard.aap.init, now),
			 0);

	/* Response: the initiator learns the keys. */
	respond(&r, &heard, now, &sent, &keys);
	travel(&sent, &keys.ri, pkt, &len, &heard);
	aap_keys_wipe(&keys);
	struct aap_run run = { .initiator = heard.dst, .responder = heard.src, .init = &init,
			       .response = &heard.aap.response };
	ck_assert_int_eq(aap_secret_initiator(&i.pair, &run, prk), 0);
	ck_assert_int_eq(aap_keys_expand(prk, &keys), 0);
	ck_assert_uint_eq(heard.spi, init.spi);
	ck_assert_int_eq(ah_verify(pkt, len, &keys.ri), 0);
	ck_assert_int_eq(ah_verify(pkt, len, &keys.ir), -EACCES);

	/* Confirm: so does the responder. */
	sent = (struct signal){ .src = i.addr, .dst = r.addr, .spi = heard.aap.response.spi,
				.aap = { .kind = AAP_CONFIRM,
					 .confirm.sealed = heard.aap.response.sealed } };
	travel(&sent, &keys.ir, pkt, &len, &heard);
	now += 3 * USEC_PER_SEC;
	ck_assert_int_eq(aap_unseal(r.seal_key, &heard.src, &heard.dst, &heard.aap.confirm.sealed,
				    now, &st),
			 0);
	ck_assert_uint_eq(st.spi_r, heard.spi);
	ck_assert_uint_eq(st.spi_i, init.spi);
	ck_assert_int_eq(aap_keys_expand(st.prk, &again), 0);
	ck_assert_int_eq(ah_verify(pkt, len, &again.ir), 0);
	ck_assert(memcmp(again.ri.key, keys.ri.key, sizeof(keys.ri.key)) == 0);
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("aap_keys");
	TCase *tc = add_case(s, "keys");

	tcase_add_test(tc, x4_both_sides_derive_the_published_keys);
	tcase_add_test(tc, renewed_keys_depend_on_the_old_ones);
	tcase_add_test(tc, x4_every_bit_of_the_transcript_counts);
	tcase_add_test(tc, cookie_and_sealed_state_are_no_part_of_the_transcript);
	tcase_add_loop_test(tc, points_of_low_order_are_refused, 0, ARRAY_LEN(v_low_order));
	tcase_add_test(tc, own_share_thrown_back_is_refused);
	tcase_add_test(tc, greater_nonce_stays_initiator);

	tc = add_case(s, "stateless");
	tcase_add_test(tc, x8_cookie_is_as_published);
	tcase_add_test(tc, x8_cookie_is_accepted_for_its_time_only);
	tcase_add_test(tc, x8_cookie_is_bound_to_addresses_secret_and_init);
	tcase_add_test(tc, x4_state_is_sealed_as_published);
	tcase_add_test(tc, x4_state_comes_back_whole);
	tcase_add_test(tc, x4_state_is_opened_in_its_time_only);
	tcase_add_test(tc, x4_state_of_others_or_tampered_with_is_refused);

	tc = add_case(s, "run");
	tcase_add_test(tc, a4_strangers_agree_on_keys_and_the_responder_keeps_nothing);
	return suite_run(s);
}
