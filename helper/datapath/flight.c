/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "flight.h"

#include <string.h>

uint32_t flight_unacked(const struct dp_flight *f, uint32_t una, uint32_t nxt, uint32_t *seq,
			uint8_t ret[static DP_FLIGHT_OCTETS])
{
	uint32_t kept = f->end - f->start, unacked = f->end - una, sent = nxt - una, len, at, n;

	if (!kept || kept > DP_FLIGHT_OCTETS || !unacked || unacked > sent)
		return 0;
	len = unacked < kept ? unacked : kept;
	*seq = f->end - len;
	at = *seq % DP_FLIGHT_OCTETS;
	n = DP_FLIGHT_OCTETS - at < len ? DP_FLIGHT_OCTETS - at : len;
	memcpy(ret, f->octets + at, n);
	memcpy(ret + n, f->octets, len - n);
	return len;
}
