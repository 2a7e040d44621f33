/* SPDX-License-Identifier: BSD-2-Clause */
/* What both roles of AAP share. */
#ifndef HMIP_AAP_SECRETS_H
#define HMIP_AAP_SECRETS_H

#include "core_data.h"

/* Fills buf with len random bytes. */
void aap_random(struct core *c, uint8_t *buf, size_t len);

/* Reports a message of AAP. */
void aap_emit(struct core *c, const struct hce *h, const struct signal *s, const char *what);

/* Counts and reports a message of AAP that is not accepted. */
void aap_refuse(struct core *c, const struct signal *s, const char *why);

/*
 * Draws an inbound SPI that is neither in use nor revoked. All anonymous SPIs of a personality have
 * the same upper half, by which the datapath recognises AH for it before there is state.
 */
uint32_t aap_draw_spi(struct core *c, unsigned personality, usec_t now);

/* Draws the secrets and the SPI ranges. */
void aap_open(struct core *c);

/*
 * Replaces the sealing key, and the share for Responses of that personality, if they have expired.
 * Returns false if the cryptographic library failed.
 */
bool aap_refresh_secrets(struct core *c, unsigned personality, usec_t now);

/*
 * Opens the sealed state of a Confirm into *ret. Returns whether this host made it, it has not
 * expired, and its SPI is not revoked.
 */
bool aap_unseal_confirm(struct core *c, const struct signal *s, usec_t now, struct aap_state *ret);

#endif
