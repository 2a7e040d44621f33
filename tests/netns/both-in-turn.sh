#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Both ends move in turn, 20 times in all (A1).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0 s1
helpers
serve
talk t
c=0 s=0
for i in $(seq 20); do
	must_soon 10 "the server has verified both of the client's addresses" \
		both_active server $C0 $C1
	must_soon 10 "the client has verified both of the server's addresses" \
		both_active client $S0 $S1
	if ((i % 2)); then
		link_down c$c
		goes_on t 5 "move $i: the client leaves c$c"
		link_up c$c
		c=$((1 - c))
	else
		link_down s$s
		goes_on t 5 "move $i: the server leaves s$s"
		link_up s$s
		s=$((1 - s))
	fi
done
stop_talk t
