/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of the core (ACTION_EVENT), for the log and for "hmipctl monitor". */
#ifndef HMIP_EVENT_LOG_H
#define HMIP_EVENT_LOG_H

struct action;
struct daemon;

/* Writes the event to the log and sends it to the monitors. */
void event_log(struct daemon *d, const struct action *a);

#endif
