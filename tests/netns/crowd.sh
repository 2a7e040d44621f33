#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Threads that connect, fork and start programs all the time, while the client moves to and fro:
# nothing hangs, what is said comes back, every socket goes by the name it was asked for, nothing is
# printed (A1). HMIP_STRESS is for how many seconds (8).
source "$(dirname "$0")/lib.sh"
crowd=$HMIP_BUILD/tests/crowd
[[ -x $crowd ]] || skip "no $crowd"
seconds=${HMIP_STRESS:-8}

topology c0 c1 s0
helpers
spawn_on serve server "$crowd" serve $S0 7
must_soon 10 "the server listens" listens "$server" 7
on client "$crowd" call $S0 7 1 >/dev/null || fail "before any move"
must_soon 10 "the server has verified the client's second address" is_active server $C1

spawn_on call client "$crowd" call $S0 7 "$seconds"
moves=0
while alive call; do
	for link in c0 c1; do
		link_down $link
		sleep 0.7	# a while of living there
		link_ready $link
		must_soon 10 "the server knows the other one again" both_active server $C0 $C1
		((moves += 1))
	done
done
finish call 5 || { cat "$dir/call.log"; fail "the crowd"; }
say "$(cat "$dir/call.log"), $moves moves"
must "there is nothing else in its output" [ "$(wc -l <"$dir/call.log")" = 1 ]
read -r calls _ _ _ young _ _ cut _ < <(tr -d , <"$dir/call.log")
must "calls got through" [ "$calls" -gt 0 ]
# On a busy machine, one of some thousands is cut when an address has come back.
must "hardly any was cut" [ $((young + cut)) -le $((1 + calls / 100)) ]
must "the server is silent" [ ! -s "$dir/serve.log" ]
