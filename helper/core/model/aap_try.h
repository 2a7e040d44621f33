/* SPDX-License-Identifier: BSD-2-Clause */
/* The initiator's run of AAP, as an entry keeps it. */
#ifndef HMIP_AAP_TRY_H
#define HMIP_AAP_TRY_H

#include "core_data.h"

/* Ends h's run, if there is one. */
void aap_abort(struct hce *h);

/* An Acknowledgement of h's peer came: the Confirm need not be repeated. */
void aap_confirmed(struct hce *h);

#endif
