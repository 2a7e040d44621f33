/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two whole packets of draft-13, 104 octets each, whose ICVs (HMAC-SHA-1-96) a second AH
 * implementation has confirmed.
 */
#ifndef HMIP_TEST_VECTORS_H
#define HMIP_TEST_VECTORS_H

#include "ah.h"

#define HOME	"20010db8000100000000000000000001"
#define COA	"20010db8000200000000000000000001"
#define CN	"20010db8000900000000000000000009"

/* MN -> CN: the Home Address option and the source are exchanged in the ICV. */
#define V1 \
	"6000000000403c40" COA CN \
	"33020102 0000c910" HOME \
	"3c04000000001000 00000001 34f919e9e9d6155fa423ee34" \
	"3b01 c608 8000 0001 00000258 01020000"
#define V1_ICV_NOT_EXCHANGED "d20f59b1d583c44416792cdc"

/* CN -> MN: the Routing header counts as it arrives. */
#define V2 \
	"6000000000402b40" CN COA \
	"33020001 00000000" HOME \
	"3c04000000002000 00000001 5d71584779f37f372ab9d998" \
	"3b01 00 070b 00 0001 00000258 00000258"

#define V_LEN		104
#define V_ICV_OFFSET	76

static const struct ah_key vector_key = { AH_HMAC_SHA1_96, 20,
					  { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
					    17, 18, 19, 20 } };

#endif
