/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a packet. What can be parsed is built again, unless the format forbids that, and
 * must then read back the same; what was built once is built the same ever after.
 */
#include "fuzz.h"
#include "same_signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[SIGNAL_MTU], second[SIGNAL_MTU];
	static struct signal s, again;
	unsigned icv_len = size % 2 ? 12 : 16;
	int n;

	if (signal_parse(data, size, &s))
		return 0;
	s.unprotected = false;		/* the builder makes no unprotected BU */
	s.aap_behind_ah = s.has_aap && s.has_ah;
	n = signal_build(&s, icv_len, first, sizeof(first));
	if (n < 0) {
		must(n == -EINVAL || n == -EMSGSIZE);
		return 0;
	}
	if (!s.n_bu && !s.n_ba && !s.has_br && !s.has_aap) {
		/* AH and nothing behind it says something, too (homelessv6 appendix B). */
		must(signal_parse(first, (size_t)n, &again) == (s.has_ah ? 0 : -ENOMSG));
		must(!s.has_ah || again.bare);
		return 0;
	}
	must(signal_parse(first, (size_t)n, &again) == 0);
	must(same_signal(&s, &again));
	must(signal_build(&again, icv_len, second, sizeof(second)) == n);
	must(memcmp(first, second, (size_t)n) == 0);
	return 0;
}
