#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# No address at all for 30 s (HMIP_OUTAGE), then a fresh one: TCP waits and goes on (A1, B13).
source "$(dirname "$0")/lib.sh"

topology c0 s0
helpers
serve
talk t
link_down c0
say "no address for ${HMIP_OUTAGE:-30} s"
sleep "${HMIP_OUTAGE:-30}"
must "the program waits" alive t
link_ready c1
goes_on t 10 "after the outage"
must "on the new address" uses client $C1
stop_talk t
