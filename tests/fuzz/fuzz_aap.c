/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is option data. What can be read is written again and must read back the same, and has
 * one form; as an Init it brings no forged cookie through, its share makes a secret or is refused;
 * as a Confirm it opens nothing.
 */
#include "aap.h"
#include "fuzz.h"

static const uint8_t secret[32] = "a secret for fuzzing";
static const struct in6_addr here = { .s6_addr = { 0x20, 1 } }, there = { .s6_addr = { 0x20, 2 } };

static void answer(const struct aap_init *init, usec_t now)
{
	static struct aap_keypair own;
	static bool ready;
	struct aap_response response = { .spi = AAP_SPI_MIN };
	struct aap_run run = {
		.initiator = there, .responder = here, .init = init, .response = &response
	};
	struct aap_init again = *init;
	struct aap_retry retry;
	uint8_t prk[AAP_PRK_LEN];
	int r = aap_retry_check(secret, &there, &here, init, now);

	must(r == -ETIME || r == -EACCES || (r == -ENOENT && !init->has_cookie));
	must(aap_retry_make(secret, &there, &here, init, now, &retry) == 0);
	memcpy(again.cookie, retry.cookie, sizeof(again.cookie));
	again.has_cookie = true;
	must(aap_retry_check(secret, &there, &here, &again, now) == 0);
	if (!ready)
		must(aap_keypair_make(secret, &own) == 0);
	ready = true;
	memcpy(response.share, own.share, sizeof(response.share));
	r = aap_secret_responder(&own, &run, prk);
	must(r == 0 || r == -EBADMSG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[AAP_DATA_MAX], second[AAP_DATA_MAX];
	static struct aap_message m, again;
	struct aap_state st;
	int n, r = aap_parse(data, size, &m);

	must(r == 0 || r == -EBADMSG || r == -ENOMSG);
	if (r)
		return 0;
	n = aap_build(&m, first, sizeof(first));
	must(n > 0 && (size_t)n == size);
	must(aap_parse(first, (size_t)n, &again) == 0);
	must(aap_same(&m, &again));
	must(aap_build(&again, second, sizeof(second)) == n &&
	     memcmp(first, second, (size_t)n) == 0);
	must(m.kind == AAP_INIT || memcmp(data, first, size) == 0);
	if (m.kind == AAP_INIT)
		answer(&m.init, size * USEC_PER_SEC);
	if (m.kind == AAP_CONFIRM) {
		r = aap_unseal(secret, &there, &here, &m.confirm.sealed, 0, &st);
		must(r == -EACCES || r == -EBADMSG);
	}
	return 0;
}
