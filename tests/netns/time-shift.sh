#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An attacker was on the path to a plain host for seconds (X5): from its address he ran AAP with
# the client, and proved it. He is elsewhere since, and refreshes both addresses from there. Not one
# packet of a connection that the client makes to the plain host later goes to him.
source "$(dirname "$0")/lib.sh"

topology c0 s0 s1
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
echo "binding_lifetime = 30" >>"$dir/server.conf"
helpers
spawn_on victim client python3 "$netns_dir/peer.py" serve --port 7001
must_soon 10 "the client listens" listens "$client" 7001
spawn_on attacker server python3 "$netns_dir/peer.py" talk --to $C0 --port 7001 --rate 1000 \
	--status "$dir/attacker.json"
must_soon 20 "the attacker has proved both addresses" both_active client $S0 $S1
ctl server prefer $S1 >/dev/null || fail "hmipctl prefer"
must_soon 10 "he is at the other one" sends_to client $S1

# From now on what is sent to S0 reaches a plain host; the attacker believes it to be his as before.
ip -n "$core" addr add $S0/128 dev lo
spawn plain "$core" python3 "$netns_dir/peer.py" serve --port 7009
must_soon 10 "the plain host listens" listens "$core" 7009
capture s0 "$server" s0
capture s1 "$server" s1
count=$(counter client bu-heard)
must_soon 60 "he refreshes" counter_above client bu-heard $((count + 1))
must_soon 180 "an address is his no longer than he proves it" not is_active client $S0
must "the other one is" is_active client $S1
talk later --to $S0 --port 7009
goes_on later 10 "with the plain host"
ip -n "$server" addr del $S0/64 dev s0
must_soon 10 "he knows that he has left it" not ctl server prefer $S0
goes_on later 10 "though he moves"
stop_talk later
for link in s0 s1; do
	capture_end $link
	capture_is_whole $link
	must "nothing of it comes by $link" \
		[ -z "$(tcpdump -n -r "$dir/$link.pcap" 'ip6 and tcp port 7009' 2>/dev/null)" ]
done
