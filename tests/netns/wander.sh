#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Either end moves, HMIP_MOVES times (12), each time in another way and at another moment of its
# transfers: all data arrives as it was sent (A1). HMIP_SEED repeats a run.
source "$(dirname "$0")/lib.sh"

moves=${HMIP_MOVES:-12}
RANDOM=${HMIP_SEED:=$((RANDOM + 1))}
say "HMIP_SEED=$HMIP_SEED"

declare -A link=([client]=c [server]=s) at=([client]=0 [server]=0) \
	peer_of=([client]=server [server]=client) \
	address=([c0]=$C0 [c1]=$C1 [s0]=$S0 [s1]=$S1)

# other_link END: it comes up, and the peer knows it.
other_link()
{
	link_ready "$2"
	must_soon 15 "${peer_of[$1]} has verified the address of $2" \
		is_active "${peer_of[$1]}" "${address[$2]}"
}

# Each WAY END USED OTHER ends on the link OTHER, the only one.
known()		# to an address that the peer knew
{
	other_link "$1" "$3"
	link_down "$2"
}

fresh()		# to one that was not there before
{
	link_up "$3"
	link_down "$2"
}

planned()	# before the loss, and the loss comes at any moment of the move
{
	other_link "$1" "$3"
	ctl "$1" prefer "$3" >/dev/null
	link_down "$2"
}

unplugged()	# the address stays, without carrier
{
	other_link "$1" "$3"
	carrier "$2" down
	goes_on t 15 "without carrier on $2"
	link_down "$2"
	carrier "$2" up
}

away()		# no link at all for a moment
{
	link_down "$2"
	link_up "$3"
}

ways=(known fresh planned unplugged away)
topology c0 s0
# Duplicate address detection would take most of the time; fresh.sh has it.
in_ns "$client" sysctl -qw net.ipv6.conf.c0.accept_dad=0 net.ipv6.conf.c1.accept_dad=0
in_ns "$server" sysctl -qw net.ipv6.conf.s0.accept_dad=0 net.ipv6.conf.s1.accept_dad=0
helpers
serve
talk t --rate 4000000
talk u --rate 4000000
for i in $(seq "$moves"); do
	((RANDOM % 2)) && end=client || end=server
	way=${ways[RANDOM % ${#ways[@]}]}
	used=${link[$end]}${at[$end]} other=${link[$end]}$((1 - at[$end]))
	$way $end "$used" "$other"
	at[$end]=$((1 - at[$end]))
	for name in t u; do
		goes_on $name 20 "move $i, of the $end from $used to $other, $way"
	done
done
stop_talk t
stop_talk u
