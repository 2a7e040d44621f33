/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is the records of a store: | length of the key (1) | of the value (2) | key | value
 * without its check |. As they are, and with the right check, each is decoded or refused. What is
 * decoded is what is encoded again, octet by octet, and is restored; the core then lives on for a
 * while.
 */
#include "host.h"
#include "cursor.h"
#include "state_load.h"

#include <openssl/sha.h>

#define CHECK_LEN	4

static int decode(const uint8_t *b, size_t key_len, size_t len, struct state_record *ret)
{
	int r = state_record_decode(b, key_len, b + key_len, len - key_len, ret);

	must(r <= 0);
	return r;
}

/* As a writer of this version would have left it. */
static void one(struct state_loader *l, const uint8_t *key, size_t key_len, const uint8_t *value,
		size_t len)
{
	uint8_t b[256 + 65536 + CHECK_LEN], sum[SHA256_DIGEST_LENGTH];
	static struct state_record r;
	static struct state_bytes again;

	memcpy(b, key, key_len);
	memcpy(b + key_len, value, len);
	decode(b, key_len, key_len + len, &r);
	SHA256(b, key_len + len, sum);
	memcpy(b + key_len + len, sum, CHECK_LEN);
	len += key_len + CHECK_LEN;
	if (decode(b, key_len, len, &r) < 0)
		return;
	must(state_record_encode(&r, &again) == 0);
	must(again.key_len == key_len && again.len == len && !memcmp(again.b, b, len));
	must(state_restore(l, &r) <= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cur_open(data, size), key, value;
	struct state_loader l = { .c = host(), .now = NOW, .same = true };
	uint8_t key_len;
	uint16_t len;

	drain(l.c);
	while (cur_u8(&in, &key_len) == 0 && cur_u16(&in, &len) == 0 &&
	       cur_sub(&in, key_len, &key) == 0 && cur_sub(&in, len, &value) == 0) {
		one(&l, key.p, key_len, value.p, len);
		l.same = true;
	}
	core_restore_done(l.c, NOW);
	drain(l.c);
	live_on(l.c);
	core_free(l.c);
	return 0;
}
