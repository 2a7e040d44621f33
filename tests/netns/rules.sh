#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Policy rules send what they select by another link than root's; routers filter sources. Nobody's
# connection leaves its link while that has its address, with one it moves, and others' traffic is
# not pulled along (S1).
#
#	rules.sh [KIND]	all of them side by side, or one
#
# Each kind has a topology of its own, and the folder of its name in this test's folder of logs.
declare -A kinds=(
	[user]="rules by user and by mark"
	[port]="rules by protocol and port"
	[class]="a rule by traffic class, which no look-up of the helper tells"
	[only]="a rule by user, whose table leads to one link or nowhere"
)
kind=${1-}
[[ -z $kind ]] || test_name=rules/$kind
source "$(dirname "$0")/lib.sh"

USER=1000 MARK=7 TABLE=100 CLASS=0x20

if [[ -z $kind ]]; then
	side_by_side "${!kinds[@]}"
	exit 0
fi

# Only sources of the link's own prefix are forwarded.
filter_sources()
{
	in_ns "$1" nft "add table ip6 filter;
		add chain ip6 filter forward { type filter hook forward priority 0; };
		add rule ip6 filter forward iif $2 ip6 saddr != $3 counter drop"
}

table_route()
{
	ip -n "$client" -6 route replace default via 2001:db8:a1::1 dev c1 table $TABLE
}

rule()
{
	ip -n "$client" -6 rule add "$@" lookup $TABLE
}

rules()
{
	case $kind in
	user)
		rule uidrange $USER-$USER
		rule fwmark $MARK
		;;
	only)
		rule uidrange $USER-$USER
		ip -n "$client" -6 route add unreachable default metric 4096 table $TABLE
		;;
	port)
		rule ipproto tcp dport 7300
		rule ipproto udp dport 7400
		;;
	class) rule dsfield $CLASS ;;
	esac
	table_route
}

as_user()
{
	set_uid within $USER
	"$@"
	within=()
}

datagrams()
{
	spawn_on "$1" client python3 "$netns_dir/datagrams.py" talk --to $S0 --port 7100 \
		--status "$dir/$1.json" "${@:2}"
	must_soon 10 "$1 gets through" flowing "$1" 1
}

# Up and down, fast and slow, and datagrams: of what a rule selects, and of root's own.
streams()
{
	case $kind in
	user)
		as_user talk user/fast --rate 400000
		as_user talk user/quiet --rate 2000
		talk marked --rate 400000 --mark $MARK
		as_user datagrams user/udp --connect
		as_user datagrams user/sendto
		apart="user/fast user/quiet marked"
		others="user/udp user/sendto"
		;;
	port)
		talk port-fast --rate 400000 --port 7300
		talk port-quiet --rate 2000 --port 7300
		datagrams port-udp --port 7400 --connect
		datagrams port-sendto --port 7400
		apart="port-fast port-quiet"
		others="port-udp port-sendto"
		;;
	only)
		as_user talk user/fast --rate 400000
		as_user talk user/quiet --rate 2000
		as_user datagrams user/udp --connect
		apart="user/fast user/quiet"
		others="user/udp"
		;;
	class)
		talk class-fast --rate 400000 --traffic-class $CLASS
		talk class-quiet --rate 2000 --traffic-class $CLASS
		apart="class-fast class-quiet"
		others=
		;;
	esac
	talk root --rate 400000
	datagrams root-udp
	all="$apart $others root root-udp"
}

# go_on WHAT NAME...: each hears more, more than what can be under way.
go_on()
{
	local e
	python3 - "$dir" $((30 * ${HMIP_PATIENCE:-1})) "${@:2}" <<-END || fail "goes on: $1"
	import json, sys, time
	folder, seconds, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
	def received(name):
	    with open(f"{folder}/{name}.json") as f:
	        return json.load(f)["received"]
	def more(name):
	    return 2000 if "quiet" in name else 100 if "udp" in name or "sendto" in name else 100000
	goal = {name: received(name) + more(name) for name in names}
	end = time.monotonic() + seconds
	while goal and time.monotonic() < end:
	    time.sleep(0.05)
	    goal = {name: n for name, n in goal.items() if received(name) < n}
	sys.exit(f"not within {seconds} s: {', '.join(goal)}" if goal else 0)
	END
	for e in "${@:2}"; do
		alive "$e" || fail "$e ended ($1)"
	done
	say "$1: go on: ${*:2}"
}

all_go_on()
{
	# shellcheck disable=SC2086	# several words
	go_on "$1" $all
}

port_of()
{
	figure "$1" local | tail -n 1
}

# leaves_by NAME ADDRESS: its packets bear ADDRESS.
leaves_by()
{
	local port
	port=$(port_of "$1")
	sockets client "all(s['wire_local'] == '[$2]:$port' for s in d
		if s['local'].endswith(':$port'))" >/dev/null
}

unmoved()
{
	local e
	for e in $apart; do
		must "$e stays on its link ($1)" leaves_by $e $C1
	done
	must "root's stays on its link ($1)" leaves_by root $C0
}

# Counts segments of what the rule selects that leave by root's link.
count_on_root_link()
{
	local e ports=()
	for e in $apart; do
		ports+=("$(port_of "$e")")
	done
	in_ns "$r0" nft "add rule ip6 filter forward iif c0 \
		tcp sport { $(IFS=,; echo "${ports[*]}") } counter comment forbidden"
}

nothing_left()
{
	in_ns "$r0" nft list chain ip6 filter forward |
		grep -q 'packets 0 bytes 0 comment "forbidden"'
}

# forbidden WHAT: root's connections have another link, what the rule selects waits for its own.
forbidden()
{
	local e
	for e in $apart; do
		must_soon 10 "$e is kept from root's link ($1)" sockets client \
			"all(s['reason'] == 'policy-forbids' and s['wire_local'] == s['local']
				for s in d if s['local'].endswith(':$(port_of "$e")'))" >/dev/null
	done
	go_on "$1" root root-udp
}

say "${kinds[$kind]}"
topology c0 c1 s0
filter_sources "$r0" c0 2001:db8:a0::/64
filter_sources "$r1" c1 2001:db8:a1::/64
rules
mkdir "$dir/user"
chown $USER "$dir/user"
helpers
serve
if [[ $kind == port ]]; then
	spawn_on port-server server python3 "$netns_dir/peer.py" serve --port 7300
	must_soon 10 "the server listens" listens "$server" 7300
fi
for port in 7100 7400; do
	spawn_on u-server-$port server python3 "$netns_dir/datagrams.py" serve --port $port \
		--status "$dir/u-server-$port.json"
	must_soon 10 "the server of datagrams is there" bound "$server" $port
done
streams
must_soon 15 "the server has verified the client's addresses" both_active server $C0 $C1
all_go_on "both addresses are known"
unmoved "both addresses are known"
must "sockets names the rule" sockets client \
	"[s for s in d if s['reason'] == 'policy-rule']" >/dev/null

say "root's routes change"
ip -n "$client" -6 route add 2001:db8:77::/64 via 2001:db8:a0::1 dev c0
all_go_on "after a change of routes"
unmoved "after a change of routes"

if [[ $kind == only ]]; then
	count_on_root_link
	say "the address is lost, and the table leads to its link still"
	ip -n "$client" addr del $C1/64 dev c1
	forbidden "the rule's address is lost"
	link_ready c1
	all_go_on "the rule's address is back"
	link_down c1
	forbidden "the rule's link went"
	must "none of them left by root's link" nothing_left
else
	link_down c1
	all_go_on "the rule's link went: its connections moved"
fi
link_ready c1
table_route
all_go_on "the rule's link is back"
link_down c0
all_go_on "root's link went: all moved"
for e in $apart root; do
	stop_talk $e
done
