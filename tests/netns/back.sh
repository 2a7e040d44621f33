#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Away and back to the first link, on whose address the connection was born (A1, C9).
source "$(dirname "$0")/lib.sh"

topology c0 s0
helpers
serve
talk t
for round in 1 2 3; do
	link_down c0
	link_ready c1
	goes_on t 10 "away, round $round"
	must "the client sends from the second address" uses client $C1
	link_down c1
	link_ready c0
	goes_on t 10 "back, round $round"
	must "the client sends from the first address" uses client $C0
done
stop_talk t

say "a new connection, born after all of this"
talk u
link_down c0
link_ready c1
goes_on u 10 "away"
stop_talk u
