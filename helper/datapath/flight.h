/* SPDX-License-Identifier: BSD-2-Clause */
/* The small segments of a TCP connection that the programs keep (dp_abi.h), for reading. */
#ifndef HMIP_FLIGHT_H
#define HMIP_FLIGHT_H

#include "dp_abi.h"

#include <stdint.h>

/*
 * Copies the octets of f that are not acknowledged to ret, from una or, if the first ones are not
 * kept, from a later number on. The peer has acknowledged what is before una; nxt is the number
 * that is sent next (datapath_seq()). *seq becomes the number of the first octet, in host order.
 * Returns how many there are: 0 if none is kept, or what is kept is not of this time.
 */
uint32_t flight_unacked(const struct dp_flight *f, uint32_t una, uint32_t nxt, uint32_t *seq,
			uint8_t ret[static DP_FLIGHT_OCTETS]);

#endif
