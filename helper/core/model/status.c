/* SPDX-License-Identifier: BSD-2-Clause */
#include "status.h"

#define U	PEER_UNKNOWN
#define H	PEER_HOMELESS
#define MH	PEER_MOBILE_HOME
#define MA	PEER_MOBILE_AWAY
#define S	PEER_STANDARD
#define P	PEER_PLAIN

/*
 * No event leads to the standard kinds: none may, before what such a host must be sent is built
 * (B9, R6, R7, S2, S4). Their rows are what the events there are would mean: who says Homeless
 * Support is homeless whatever it was, and without an SA nothing is known. What is about AAP, and
 * the farewell, which has no Home Address option (draft-13 8.2), concerns no such host.
 */
static const enum peer_status after[][STATUS_EVENTS] = {
	/*                    SUPPORTS ASKED SILENT WRONG PROBLEM LEAVES LEFT KEYS_GONE */
	[PEER_UNKNOWN]     = { H,      U,    P,     P,    P,      U,     U,   U },
	[PEER_HOMELESS]    = { H,      U,    P,     P,    P,      U,     U,   U },
	[PEER_MOBILE_HOME] = { H,      U,    MH,    MH,   MH,     MH,    U,   U },
	[PEER_MOBILE_AWAY] = { H,      U,    MA,    MA,   MA,     MA,    U,   U },
	[PEER_STANDARD]    = { H,      U,    S,     S,    S,      S,     U,   U },
	[PEER_PLAIN]       = { H,      U,    P,     P,    P,      U,     U,   U },
};

static const char *const text[] = {
	[STATUS_SUPPORTS] = "sends Homeless Support",
	[STATUS_ASKED] = "asked by AAP",
	[STATUS_SILENT] = "did not answer AAP",
	[STATUS_WRONG] = "its answers to AAP are wrong",
	[STATUS_PROBLEM] = "its kernel does not know AAP",
	[STATUS_LEAVES] = "it leaves",
	[STATUS_LEFT] = "this host leaves",
	[STATUS_KEYS_GONE] = "its keys are gone",
};

/*
 * An Initial BU may go to a host of any ability: without Homeless Support it means the deletion of
 * a binding that the host does not have (B3, S5). To a plain one it goes once keys
 * are configured.
 */
static const unsigned may[] = {
	[PEER_UNKNOWN] = STATUS_MAY_ASK | STATUS_MAY_UPDATE,
	[PEER_HOMELESS] = STATUS_MAY_ASK | STATUS_MAY_UPDATE | STATUS_MAY_MOVE,
	[PEER_MOBILE_HOME] = 0,
	[PEER_MOBILE_AWAY] = 0,
	[PEER_STANDARD] = 0,
	[PEER_PLAIN] = STATUS_MAY_ASK | STATUS_MAY_UPDATE,
};

enum peer_status status_after(enum peer_status s, enum status_event e)
{
	return after[s][e];
}

const char *status_event_text(enum status_event e)
{
	return text[e];
}

unsigned status_may(enum peer_status s)
{
	return may[s];
}

/* Whether an event leads from another status to s. */
static bool is_reached(enum peer_status s)
{
	for (unsigned from = 0; from <= PEER_PLAIN; from++)
		for (unsigned e = 0; e < STATUS_EVENTS; e++)
			if (from != s && after[from][e] == s)
				return true;
	return false;
}

enum peer_status status_restored(enum peer_status s)
{
	return is_reached(s) ? s : PEER_UNKNOWN;
}
