#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# On an interface of a type that the programs do not know, a GRE tunnel here, nothing is rewritten.
# So signalling that comes by it is not heard: nothing moves to where its data would not arrive.
source "$(dirname "$0")/lib.sh"
[[ -c /dev/net/tun ]] || skip "no /dev/net/tun"
GRE=823		# ARPHRD_IP6GRE
S2=2001:db8:b0::22

topology c0 s0
helper_start client -w "$dir/client.pcap"
helper_start server
serve
talk t --rate 400000
must_soon 10 "the server has verified the client's address" is_active server $C0

say "from the router, all comes by an interface of another type"
python3 "$netns_dir/tun.py" $GRE "$client" "$r0" >"$dir/tun.log" 2>&1 &
pid_of[tun]=$!
must_soon 10 "it is there" grep -q joined "$dir/tun.log"
ip -n "$client" link set t0 up
ip -n "$r0" link set t0 up
ip -n "$r0" -6 route add $C0/128 dev t0
goes_on t 10 "by that interface"
# A new source, which the server's kernel prefers.
sent=$(counter server bu-sent)
ip -n "$server" addr add $S2/64 dev s0 nodad
must_soon 20 "the server announces it, and again" counter_above server bu-sent $((sent + 1))
must_not "the client does not know it" is_active client $S2
goes_on t 10 "as it was"

say "back to one that they know"
ip -n "$r0" -6 route del $C0/128 dev t0
must_soon 20 "the client knows the address" is_active client $S2
goes_on t 10 "moved"
stop_talk t
# recorded PACKETS
recorded()
{
	[[ -n $(tcpdump -n -r "$dir/client.pcap" "ip6 proto 51 and $1" 2>/dev/null) ]]
}

must "what was heard is recorded" recorded "src $S2"
must "what was sent, too" recorded "dst $S2"
