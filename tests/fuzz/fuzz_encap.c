/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a packet. What is taken out of UDP lies within it, is no datagram itself, and gives
 * the same when it is put into UDP again.
 */
#include "encap.h"
#include "fuzz.h"

#define ADDRS_OFFSET	8
#define NEXT_OFFSET	6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t built[SIGNAL_MTU];
	struct encap e, again;
	int r = encap_open(data, size, &e), n;

	must(r == 0 || r == -ENOMSG || r == -EXDEV || r == -EBADMSG);
	if (r && r != -EXDEV)
		return 0;
	must(e.inner == data + ENCAP_OVERHEAD && e.len <= size - ENCAP_OVERHEAD && e.len >= 40);
	must((r == 0) == !memcmp(e.inner + ADDRS_OFFSET, data + ADDRS_OFFSET, 32));
	must(e.inner[NEXT_OFFSET] != IPPROTO_UDP && encap_open(e.inner, e.len, &again) < 0);
	n = encap_build(e.inner, e.len, e.dport, built, sizeof(built));
	must(e.len <= ENCAP_INNER_MAX ? n == (int)e.len + ENCAP_OVERHEAD : n == -EMSGSIZE);
	if (n < 0)
		return 0;
	must(encap_open(built, (size_t)n, &again) == 0);
	must(again.sport == e.dport && again.dport == e.dport && again.len == e.len);
	must(memcmp(again.inner, e.inner, e.len) == 0);
	return 0;
}
