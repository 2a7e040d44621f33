#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the kernel delivers to this host is taken, on whatever interface the address is and however
# good a source it is (C3, S1): service addresses with preferred lifetime 0, on lo, on another
# interface than the route's, and prefixes that are local as a whole (AnyIP). A client meets the
# server there and moves. Then both networks are renumbered at once: the old addresses are
# deprecated together, and the hosts meet at the new ones before they go.
source "$(dirname "$0")/lib.sh"

topology c0 s0
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done

VIP=2001:db8:b0::53	# on the link, deprecated
LO=2001:db8:c0::53	# on lo
ELSEWHERE=2001:db8:c1::53	# on an interface that has no route to anybody
ANY=2001:db8:c2::53	# of a prefix that is local
ip -n "$core" -6 route add 2001:db8:c0::/46 via $S0
ip -n "$server" addr add $VIP/128 dev s0 nodad preferred_lft 0
ip -n "$server" addr add $LO/128 dev lo
ip -n "$server" link add inside type veth peer name far
ip -n "$server" link set inside up
ip -n "$server" link set far up
ip -n "$server" addr add $ELSEWHERE/64 dev inside nodad
ip -n "$server" -6 route add local 2001:db8:c2::/64 dev lo
helpers
serve

# The hosts have met at the address that NAME talks to.
met()
{
	cache client "[e for e in d if e['status'] == 'homeless' and
		any(a['address'] == '$1' and a['state'] == 'active' for a in e['addresses'])]"
}

for to in $VIP $LO $ELSEWHERE $ANY; do
	talk t$to --to $to --rate 300000
	must_soon 20 "the hosts meet at $to" met $to
	must_soon 10 "the server has the connection with $to" \
		eval "sockets server \"[s for s in d if s['local'].startswith('[$to]')]\""
done
must "they are one peer" [ "$(cache client "len(d)")" = 1 ]
link_down c0
link_up c1
for to in $VIP $LO $ELSEWHERE $ANY; do
	goes_on t$to 15 "with the client on another link"
done

say "both networks are renumbered"
NEW_C=2001:db8:a1:1::10 NEW_S=2001:db8:b0:1::20
ip -n "$r1" addr add 2001:db8:a1:1::1/64 dev c1
ip -n "$core" addr add 2001:db8:b0:1::1/64 dev s0
ip -n "$core" -6 route add 2001:db8:a1:1::/64 via 2001:db8:f1::1
must_soon 10 "the server uses its best address" uses server $S0
ip -n "$client" addr change $C1/64 dev c1 preferred_lft 0
ip -n "$server" addr change $S0/64 dev s0 preferred_lft 0
ip -n "$client" addr add $NEW_C/64 dev c1
ip -n "$server" addr add $NEW_S/64 dev s0
must_soon 15 "the server sends to the new address" sends_to server $NEW_C
must_soon 15 "the client sends to the new address" sends_to client $NEW_S
must "nothing was withdrawn" is_active server $C1
ip -n "$client" addr del $C1/64 dev c1
ip -n "$server" addr del $S0/64 dev s0
for to in $VIP $LO $ELSEWHERE $ANY; do
	goes_on t$to 15 "in the new networks"
	stop_talk t$to
done
