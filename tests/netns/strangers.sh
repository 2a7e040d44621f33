#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two hosts that have never met, no keys configured: AAP makes the SAs (X3, X4, A4 flow A.2), the
# session survives fresh moves of both ends (A1). A host without a helper is asked, found plain and
# left alone (S7); one that must not be asked is not.
source "$(dirname "$0")/lib.sh"

topology c0 s0
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
capture c0 "$r0" c0
helpers
serve
talk t
must_soon 10 "the server has verified the client's address" is_active server $C0
must "the SA is an anonymous one" [ "$(cache client 'd[0]["sa"]["class"]')" = anonymous ]
must "the peer is Homeless" [ "$(cache client 'd[0]["status"]')" = homeless ]
link_down c0
link_up c1
goes_on t 15 "on an address the server had never heard of"
link_down s0
link_up s1
goes_on t 15 "with the server on another address, too"
stop_talk t
capture_end c0
capture_is_whole c0
"$netns_dir/wire.py" flow "$dir/c0.pcap" >"$dir/flow.log" || fail "the messages cannot be read"
must "the first three messages are those of A.2" [ "$(head -n 3 "$dir/flow.log" | tr '\n' ' ')" = \
	"$C0 > $S0: Init $S0 > $C0: AH Response BU $C0 > $S0: AH Confirm BA BU " ]

say "a host that has no helper"
link_ready s0
helper_stop server
helper_stop client
helper_start client
talk plain
must_soon 30 "it is plain" eval "cache client '[e for e in d if e[\"status\"] == \"plain\"]'"
goes_on plain 5 "its connection is left alone"
stop_talk plain
