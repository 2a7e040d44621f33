#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Small segments that a move lost are sent again at once: TCP itself does not have to repeat them
# after the move, and the data is right (A1, C11). A router stops forwarding shortly before the link
# is lost, so that something is in flight.
source "$(dirname "$0")/lib.sh"

# repeated: how many segments TCP has sent again at both ends, whatever made it.
repeated()
{
	local side n=0
	for side in client server; do
		n=$((n + $(in_ns "$PREFIX-$side" nstat -asz TcpRetransSegs |
			awk '$1 == "TcpRetransSegs" { print $2 }')))
	done
	echo $n
}

in_flight()
{
	in_ns "$client" ss -6Hntio state established "( dport = :7000 )" |
		grep -q ' unacked:'
}

command -v nstat >/dev/null || skip "no nstat (Debian: iproute2)"
topology c0 c1 s0
in_ns "$client" sysctl -qw net.ipv6.conf.c0.accept_dad=0 net.ipv6.conf.c1.accept_dad=0
helpers
serve
talk t --rate 3000
must_soon 10 "the server has verified the client's second address" is_active server $C1

moves=10 quiet=0
for i in $(seq $moves); do
	must_soon 10 "the server has verified both addresses" both_active server $C0 $C1
	must_soon 10 "the client sends from its first address" uses client $C0
	must_soon 10 "the server sends there" sends_to server $C0
	in_ns "$r0" sysctl -qw net.ipv6.conf.all.forwarding=0
	must_soon 5 "something is in flight" in_flight
	link_down c0
	before=$(repeated)
	had=$(figure t received)
	must_soon 5 "loss $i: data flows" flowing t $((had + 1000))
	n=$(($(repeated) - before))
	say "loss $i: TCP sent $n segments again (longest silence so far $(figure t max_gap_ms) ms)"
	((n > 0)) || quiet=$((quiet + 1))
	in_ns "$r0" sysctl -qw net.ipv6.conf.all.forwarding=1
	# An address that is lost for less than a second again and again is avoided for a while.
	sleep 1
	link_ready c0
done
# On a slow machine a timer is faster now and then.
((quiet >= moves / 2)) || fail "TCP sent segments again in $((moves - quiet)) of $moves losses"
stop_talk t
