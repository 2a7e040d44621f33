/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending signalling, by the way that via.h chooses. */
#ifndef HMIP_SEND_H
#define HMIP_SEND_H

#include "core_data.h"

/* Sends s without AH (AAP's Init and Retry). h may be NULL. Returns 0 or a negative errno. */
int core_send_open(struct core *c, struct hce *h, struct signal *s, usec_t now);

/*
 * Sends s, whose spi, ah_seq and has_ah are filled in here, under sa. h may be NULL. Returns 0 or a
 * negative errno.
 */
int core_send_under(struct core *c, struct hce *h, struct sa *sa, struct signal *s, usec_t now);

/*
 * Sends s, whose spi, ah_seq and has_ah are filled in here, under the SA of h. Returns 0 or a
 * negative errno.
 */
int core_send(struct core *c, struct hce *h, struct signal *s, usec_t now);

#endif
