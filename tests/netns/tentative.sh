#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A Tentative address carries no data, and data that comes from one draws no reset (R2, R5, X5).
source "$(dirname "$0")/lib.sh"

topology c0 s0
capture r1 "$r1" core
helpers
serve
talk t
lport=$(figure t local | tail -n 1)
# The Challenge goes to the new address and never arrives.
in_ns "$r1" nft -f - <<-END
table ip6 cut {
	chain forward {
		type filter hook forward priority filter; policy accept;
		ip6 daddr $C1 meta l4proto ah counter drop
		ip6 daddr $C1 ip6 nexthdr 60 counter drop
		ip6 daddr $C1 udp dport 434 counter drop
	}
}
END
link_down c0
link_ready c1
must_soon 10 "the server holds the address Tentative" is_tentative server $C1
must_soon 10 "a Challenge was sent" event_seen server challenge-sent
before=$(counter server in-tentative-dropped)
in_ns "$r1" "$netns_dir/attack.py" segment --src $C1 --dst $S0 --sport "$lport" --dport 7000
must_soon 5 "data from a Tentative address is dropped and counted" \
	counter_above server in-tentative-dropped "$before"
sleep 1
must "the address is still Tentative" is_tentative server $C1
must "nobody has reset the connection" alive t
in_ns "$r1" nft delete table ip6 cut
# The capture so far: of the connection's port only our own segment is in it.
cp "$dir/r1.pcap" "$dir/r1-before.pcap"
goes_on t 15 "once the Challenge gets through"
must "the address is Active" is_active server $C1
n=$("$netns_dir/wire.py" seen "$dir/r1-before.pcap" 7000 $C1)
must "no data but the injected segment on the new link while it was Tentative, but there were $n" \
	[ "$n" -le 1 ]
must "no reset" [ "$("$netns_dir/wire.py" rst "$dir/r1.pcap")" = 0 ]
stop_talk t
