#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An address goes and comes back within a second, ten times: all ends where it began (R5, B6, C3).
# Then the same beside a second address, which must be known and Active all along.
source "$(dirname "$0")/lib.sh"

flap()
{
	local i
	for i in $(seq 10); do
		ip -n "$client" addr del $C0/64 dev c0
		sleep 0.3
		ip -n "$client" addr add $C0/64 dev c0
		sleep 0.3
	done
	must_soon 10 "the address is usable" address_usable c0
}

topology c0 s0
helpers
serve
talk t
flap
goes_on t 10 "after ten times"
must "where it began" uses client $C0
must_soon 10 "the server holds the address Active" is_active server $C0

link_ready c1
must_soon 10 "the server has verified the second address" is_active server $C1
flap
goes_on t 10 "after ten times beside a second address"
must_soon 15 "the server holds both Active" both_active server $C0 $C1
link_down c1
goes_on t 10 "on the first alone"
must "on the first address" uses client $C0
stop_talk t
