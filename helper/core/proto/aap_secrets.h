/* SPDX-License-Identifier: BSD-2-Clause */
/* What both roles of AAP share. */
#ifndef HMIP_AAP_SECRETS_H
#define HMIP_AAP_SECRETS_H

#include "core_data.h"

/* Draws the secrets and the SPI range. */
void aap_open(struct core *c);

#endif
