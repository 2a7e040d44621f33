/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a datagram of XFRM netlink, whose messages are read as those of a dump and as
 * notifications. What is usable has a key of a length that exists.
 */
#include "fuzz.h"
#include "sad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *copy = malloc(size ? size : 1);	/* aligned */
	const struct nlmsghdr *m = copy;
	int len = (int)size;

	must(copy != NULL);
	memcpy(copy, data, size);
	/* libmnl 1.0.4 takes a length of 2^31 and more for a negative one; the kernel has none. */
	for (; mnl_nlmsg_ok(m, len) && m->nlmsg_len <= size; m = mnl_nlmsg_next(m, &len)) {
		struct sad_sa sa;
		int r = sad_parse(m, &sa);

		must(r == 0 || r == -ENOMSG || r == -EBADMSG);
		if (r == 0) {
			must(sad_matters(m));
			must(sa.refused ? sa.key.len == 0
					: sa.key.len > 0 && sa.key.len <= AH_KEY_MAX);
		}
	}
	free(copy);
	return 0;
}
