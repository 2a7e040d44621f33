/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving Binding Updates. */
#ifndef HMIP_BU_RECV_H
#define HMIP_BU_RECV_H

#include "core_data.h"

/* A packet with nothing but AH came: it announces its source (B11). */
void bu_receive_bare(struct core *c, struct hce *h, const struct signal *s, usec_t now);

/*
 * An authentic packet with Binding Updates came from h's peer: checks all of them, applies all or
 * none (R5), and acknowledges them. h may be freed (X6).
 */
void bu_receive(struct core *c, struct hce *h, const struct signal *s, usec_t now);

#endif
