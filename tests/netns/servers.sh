#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Servers of every build keep their clients: one with epoll, one that forks, one with threads;
# several connections each (A1).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
helpers
port=7000
talks=()
for kind in epoll fork thread; do
	spawn_on serve-$kind server python3 "$netns_dir/peer.py" serve --kind $kind --port $port
	must_soon 10 "the $kind server listens" listens "$server" $port
	for i in 1 2; do
		talk $kind$i --port $port --rate 500000
		talks+=($kind$i)
	done
	port=$((port + 1))
done
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
for t in "${talks[@]}"; do
	goes_on "$t" 10 "moved"
done
must "all six connections moved" \
	[ "$(sockets client "str(sum(s['wire_local'].startswith('[$C1]:') for s in d))")" = 6 ]
for t in "${talks[@]}"; do
	stop_talk "$t"
done
must_soon 10 "the helper sees that they ended" \
	sockets client "not [s for s in d if s['lingers'] is None]"
