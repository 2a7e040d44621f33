/* SPDX-License-Identifier: BSD-2-Clause */
/* What both roles of AAP share. */
#ifndef HMIP_AAP_SECRETS_H
#define HMIP_AAP_SECRETS_H

#include "core_data.h"

/* Fills buf with len random octets. */
void aap_random(struct core *c, uint8_t *buf, size_t len);

/* Reports a message of AAP. */
void aap_emit(struct core *c, const struct hce *h, const struct signal *s, const char *what);

/* Counts and reports a message of AAP that is not accepted. */
void aap_refuse(struct core *c, const struct signal *s, const char *why);

/*
 * An SPI nobody has. All anonymous ones of a host share their upper half, so that the datapath can
 * tell AH that is ours before there is state for it.
 */
uint32_t aap_draw_spi(struct core *c, usec_t now);

/* Draws the secrets and the SPI range. */
void aap_open(struct core *c);

/* Keys for sealing, and the shares of Responses, are used for so long and no longer. */
bool aap_refresh_secrets(struct core *c, usec_t now);

/* Opens the sealed state of a Confirm. Returns whether it is ours, and new enough. */
bool aap_unseal_confirm(struct core *c, const struct signal *s, usec_t now, struct aap_state *ret);

#endif
