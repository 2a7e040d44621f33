#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Both ends lose their address at the same moment: each has another that was announced; then neither
# has, and one comes back where it was while the other does where it had been before (A1, B13).
source "$(dirname "$0")/lib.sh"

both_down()
{
	local first
	link_down "$1" &
	first=$!
	link_down "$2"
	wait "$first"
}

topology c0 c1 s0 s1
helpers
serve
talk t
must_soon 10 "the server has verified both of the client's addresses" both_active server $C0 $C1
must_soon 10 "the client has verified both of the server's addresses" both_active client $S0 $S1
both_down c0 s0
goes_on t 5 "both lost their address, each with another announced"
must "the client sends from its second address" uses client $C1
must "the client sends to the server's second address" sends_to client $S1
must "the server sends from its second address" uses server $S1

both_down c1 s1
say "neither has an address"
sleep 2
link_ready c0
sleep 1
link_ready s1
goes_on t 12 "the server is back where it was, the client where it had been"
must "the client sends from its first address" uses client $C0
must "the client sends to the server's second address" sends_to client $S1
stop_talk t
