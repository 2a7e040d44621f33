/* SPDX-License-Identifier: BSD-2-Clause */
#include "sa.h"

#include <openssl/crypto.h>

uint32_t sa_next_seq(struct sa *sa)
{
	if (sa->out_seq == UINT32_MAX)
		return 0;
	return ++sa->out_seq;
}

bool sa_reserve(struct sa *sa)
{
	if (sa->out_seq <= sa->out_limit)
		return false;
	sa->out_limit = sa->out_seq < UINT32_MAX - SA_BLOCK ? sa->out_seq + SA_BLOCK : UINT32_MAX;
	return true;
}

void sa_wipe(struct sa *sa)
{
	OPENSSL_cleanse(&sa->in.key, sizeof(sa->in.key));
	OPENSSL_cleanse(&sa->out.key, sizeof(sa->out.key));
}
