/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding Updates, receiving. */
#ifndef HMIP_BU_RECV_H
#define HMIP_BU_RECV_H

#include "core_data.h"

/* A packet of AH alone announces its source (B11). */
void bu_receive_bare(struct core *c, struct hce *h, const struct signal *s, usec_t now);

/*
 * Binding Updates of an authentic packet from h's peer: checks all, then does all or nothing (R5),
 * then answers. h may be gone afterwards (X6).
 */
void bu_receive(struct core *c, struct hce *h, const struct signal *s, usec_t now);

#endif
