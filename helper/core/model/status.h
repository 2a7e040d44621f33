/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer is able to do, as a state machine (S7; the draft's Appendix D, which it left open):
 * doc/STATUS.md has the figure. A pure table: the only state is the caller's.
 */
#ifndef HMIP_STATUS_H
#define HMIP_STATUS_H

#include "core_types.h"

/* What moves a peer from one status to another, or confirms the one it has. */
enum status_event {
	STATUS_SUPPORTS,	/* a BU under its SA has Homeless Support (homelessv6 3.1.1) */
	STATUS_ASKED,		/* AAP begins with it (homelessv6 A.2): it has no SA */
	STATUS_SILENT,		/* it did not answer AAP */
	STATUS_WRONG,		/* its answers to AAP are wrong */
	STATUS_PROBLEM,		/* Parameter Problem that quotes our Init (draft-13 10.14) */
	STATUS_LEAVES,		/* its helper ends: its BU deletes its own source */
	STATUS_LEFT,		/* the helper of this host ends */
	STATUS_KEYS_GONE,	/* its SA was removed */
	STATUS_EVENTS,
};

/* What a peer of some status may be sent: bits. */
enum status_may {
	STATUS_MAY_ASK = 1,	/* AAP's Init, if it has no SA */
	STATUS_MAY_UPDATE = 2,	/* BUs, Challenges and what else Homeless hosts say, under its SA */
	STATUS_MAY_MOVE = 4,	/* data with other addresses than those its connection has */
};

/* The status of a peer of status s after e. */
enum peer_status status_after(enum peer_status s, enum status_event e);

/* Why e changes a status, for the log: "sends Homeless Support". Static text. */
const char *status_event_text(enum status_event e);

/* Which of enum status_may a peer of status s may be sent. */
unsigned status_may(enum peer_status s);

/*
 * The status of a peer that an earlier helper, maybe of another version, saved as s: unknown if no
 * event leads to s here.
 */
enum peer_status status_restored(enum peer_status s);

#endif
