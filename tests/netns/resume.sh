#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# After a loss bulk data goes on before a timer of TCP expires: one Packet Too Big for each loss and
# connection, none for a move on purpose. 20 moves there and back leave no path MTU, and the maximum
# segment size is what it was at the beginning (A1, C11).
source "$(dirname "$0")/lib.sh"

# snmp SIDE NAME: a counter of the host's stack.
snmp()
{
	in_ns "$PREFIX-$1" nstat -asz "$2" | awk -v n="$2" '$1 == n { print $2 }'
}

# mss SIDE: of the conversations' connections, each once.
mss()
{
	in_ns "$PREFIX-$1" ss -6Hntio state established "( sport = :7000 or dport = :7000 )" |
		grep -o ' mss:[0-9]*' | sort -u | tr -d '\n'
}

mss_is()
{
	[[ $(mss "$1") == "$2" ]]
}

no_path_mtu()
{
	[[ -z $(in_ns "$1" ip -6 route show cache) ]]
}

command -v nstat >/dev/null || skip "no nstat (Debian: iproute2)"
topology c0 c1 s0
in_ns "$client" sysctl -qw net.ipv6.conf.c0.accept_dad=0 net.ipv6.conf.c1.accept_dad=0
# Queues, so that there is something in flight to be lost.
for end in "$client c0" "$client c1" "$r0 c0" "$r1 c1"; do
	tc -n "${end% *}" qdisc add dev "${end#* }" root tbf rate 40mbit burst 16k limit 100k
done
helpers
serve
talk t --rate 0
must_soon 10 "the server has verified the client's second address" is_active server $C1
for side in client server; do
	declare "mss_$side=$(mss $side)" "big_$side=$(snmp $side Icmp6InPktTooBigs)"
done
must "there is a maximum segment size" [ -n "$mss_client" ]

# Away because the link is lost, and back on purpose, because its route is the better one.
moves=20
for i in $(seq $moves); do
	must_soon 10 "the server has verified both addresses" both_active server $C0 $C1
	must_soon 10 "the client sends from its first address" uses client $C0
	must_soon 10 "the server sends there" sends_to server $C0
	link_down c0
	goes_on t 5 "loss $i"
	# A host may send one Update a second (B10), and a move and the way back take two; and an
	# address that is lost for less than a second again and again is avoided for a while.
	sleep 2
	link_ready c0
done
must_soon 10 "the server sends to the first address" sends_to server $C0
for side in client server; do
	before=big_$side n=$(snmp $side Icmp6InPktTooBigs)
	n=$((n - ${!before}))
	say "$side: $n Packets Too Big, $(snmp $side TcpExtTCPTimeouts) timeouts"
	((n <= moves)) || fail "the $side made $n for $moves losses and one connection"
	# On a slow machine a timer is faster now and then.
	((n >= moves / 2)) || fail "the $side made only $n for $moves losses"
done
for side in client server; do
	before=mss_$side
	must_soon 5 "the segments of the $side are as long as at first" mss_is $side "${!before}"
	must_soon 5 "no path MTU is left at the $side" no_path_mtu "$PREFIX-$side"
done
stop_talk t
