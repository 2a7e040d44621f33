/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters, and their names. */
#include "core_data.h"

static const char *const counter_names[COUNT_MAX] = {
	[COUNT_PACKETS] = "packets",
	[COUNT_MALFORMED] = "malformed",
	[COUNT_NO_AH] = "no-ah",
	[COUNT_UNKNOWN_SPI] = "unknown-spi",
	[COUNT_BAD_ICV] = "bad-icv",
	[COUNT_REPLAYED] = "replayed",
	[COUNT_NOT_LOCAL] = "not-local",
	[COUNT_WRONG_ENTRY] = "wrong-entry",
	[COUNT_OLD_SEQ] = "old-sequence",
	[COUNT_BAD_RESPONSE] = "bad-response",
	[COUNT_UNEXPECTED_BA] = "unexpected-ba",
	[COUNT_REFUSED_ADDR] = "refused-address",
	[COUNT_NO_ROOM] = "no-room",
	[COUNT_PCB_CLASH] = "port-clash",
	[COUNT_TABLE_FULL] = "table-full",
	[COUNT_HOSTMAP_CUT] = "host-map-cut",
	[COUNT_ADOPTED] = "adopted",
	[COUNT_AAP_INITS] = "aap-inits",
	[COUNT_AAP_RETRIES] = "aap-retries",
	[COUNT_AAP_CONFIRMED] = "aap-confirmed",
	[COUNT_AAP_REFUSED] = "aap-refused",
	[COUNT_CONFLICTS] = "conflicts",
	[COUNT_EVICTED] = "evicted",
	[COUNT_LIMITED] = "limited",
	[COUNT_BU_SENT] = "bu-sent",
	[COUNT_BU_HEARD] = "bu-heard",
	[COUNT_BA_SENT] = "ba-sent",
	[COUNT_BA_HEARD] = "ba-heard",
	[COUNT_CHALLENGES] = "challenges-sent",
	[COUNT_VERIFIED] = "verified",
	[COUNT_SWITCHED] = "switched",
	[COUNT_SILENCES] = "silences",
	[COUNT_PROBES] = "probes",
	[COUNT_DETOURS] = "detours",
	[COUNT_RESOLVED] = "resolved",
	[COUNT_UDP_SENT] = "udp-sent",
	[COUNT_UDP_HEARD] = "udp-heard",
	[COUNT_COPIES] = "copies",
	[COUNT_KEEPALIVES] = "keep-alives",
	[COUNT_TRANSLATED] = "translated",
	[COUNT_UNPRIVILEGED] = "unprivileged",
	[COUNT_UDP_REFUSED] = "udp-refused",
};

const char *core_counter_name(enum core_counter n)
{
	return counter_names[n];
}

uint64_t core_counter(const struct core *c, enum core_counter n)
{
	return c->counter[n];
}
