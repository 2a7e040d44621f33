/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of actions, the timers and the generator of nonces. */
#ifndef HMIP_ACTION_H
#define HMIP_ACTION_H

#include "core_data.h"

/*
 * Appends an action, zeroed but for type and entry (h may be NULL). Never NULL: if memory is short
 * the process ends.
 */
struct action *action_push(struct core *c, enum action_type type, const struct hce *h);

/* Returns whether the shell has still to take the action of that number. */
bool action_is_queued(const struct core *c, uint64_t number);

/*
 * Returns the action of that number, for the caller to update, if the shell has still to take it.
 * Otherwise appends one like action_push(), and writes its number, 1 or more, to *number.
 */
struct action *core_act_once(struct core *c, enum action_type type, const struct hce *h,
			     uint64_t *number);

/*
 * Reports an event. local, foreign, detail may be NULL; detail is static text. Returns the action,
 * never NULL.
 */
struct action *event_emit(struct core *c, enum core_event event, const struct hce *h,
			  const struct in6_addr *local, const struct in6_addr *foreign,
			  uint32_t seq, const char *detail);

/*
 * The same for a state that changes. from (NULL: there was none before), to and why are static
 * text.
 */
struct action *event_change(struct core *c, enum core_event event, const struct hce *h,
			    const struct in6_addr *local, const struct in6_addr *foreign,
			    const char *from, const char *to, const char *why);

/* Makes sure that core_tick() looks after h, which is of this core, at t or before. */
void hce_arm(struct core *c, struct hce *h, usec_t t);

/* ... after what is of no entry. */
void host_arm(struct core *c, usec_t t);

/* Draws CHALLENGE_LEN unpredictable bytes. */
void nonce_draw(struct core *c, uint8_t ret[static CHALLENGE_LEN]);

#endif
