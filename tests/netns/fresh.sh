#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The new address appears only after the old one is gone: nobody has heard of it (B7, R5, X5: BU,
# Challenge, Response).
source "$(dirname "$0")/lib.sh"

topology c0 s0
helpers
serve
talk t
link_down c0
must_soon 5 "the helper notes the loss" event_seen client address-lost
link_ready c1
goes_on t 10 "on an address that did not exist before the move"
must "the client sends from the new address" uses client $C1
must "the server has verified it" is_active server $C1
for e in bu-sent challenge-heard response-sent switched; do
	must "the client told of $e" event_seen client $e
done
for e in bu-heard challenge-sent response-heard switched; do
	must "the server told of $e" event_seen server $e
done
stop_talk t
