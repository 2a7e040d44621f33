/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes events of the core (ACTION_EVENT) to the log and to "hmipctl monitor". */
#ifndef HMIP_EVENT_LOG_H
#define HMIP_EVENT_LOG_H

struct action;
struct daemon;

/* Writes the event a to the log and sends it to every hmipctl monitor. */
void event_log(struct daemon *d, const struct action *a);

#endif
