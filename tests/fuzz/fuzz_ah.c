/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a packet. It is verified under every algorithm; what can be signed must then verify,
 * whatever else is in it, and no more when a bit of the ICV, the SPI or the end is turned.
 */
#include "ah.h"
#include "fuzz.h"

#define PACKET_MAX 4096

static void flip_and_verify(uint8_t *pkt, size_t len, size_t at, const struct ah_key *key)
{
	pkt[at] ^= 0x04;
	must(ah_verify(pkt, len, key) == -EACCES);
	pkt[at] ^= 0x04;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t pkt[PACKET_MAX];

	if (size > sizeof(pkt))
		return 0;
	for (int alg = AH_HMAC_MD5_96; alg <= AH_HMAC_SHA256_128; alg++) {
		struct ah_key key = { .alg = (enum ah_alg)alg, .len = 16,
				      .key = "a key for fuzzing" };
		struct ah_header h;
		int found = ah_find(data, size, &h), r = ah_verify(data, size, &key);

		must(found == 0 || found == -ENOENT || found == -EBADMSG);
		must(r == 0 || r == -EACCES || r == -EBADMSG || (r == -ENOENT && found == -ENOENT));
		memcpy(pkt, data, size);
		r = ah_sign(pkt, size, &key);
		if (r) {
			must(memcmp(pkt, data, size) == 0);
			continue;
		}
		must(found == 0 && ah_verify(pkt, size, &key) == 0);
		flip_and_verify(pkt, size, h.offset + 4, &key);
		flip_and_verify(pkt, size, h.icv_offset + ah_icv_len(key.alg) - 1, &key);
		flip_and_verify(pkt, size, h.icv_offset + h.icv_len - 1, &key);
	}
	return 0;
}
