#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Policy rules send one user's traffic, and what bears a mark, by another link than root's; routers
# filter sources. Nobody's connection leaves its link while that has its address, with one it moves,
# and others' traffic is not pulled along.
source "$(dirname "$0")/lib.sh"

USER=1000 MARK=7 TABLE=100

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

as_user()
{
	set_uid within $USER
	"$@"
	within=()
}

# Up and down, fast and slow, and datagrams: of the user, with the mark, of neither.
streams()
{
	as_user talk user/fast --rate 400000
	as_user talk user/quiet --rate 2000
	talk marked --rate 400000 --mark $MARK
	as_user datagrams user/udp --connect
	as_user datagrams user/sendto
	talk root --rate 400000
	datagrams root-udp
}

datagrams()
{
	spawn_on "$1" client python3 "$netns_dir/datagrams.py" talk --to $S0 --port 7100 \
		--status "$dir/$1.json" "${@:2}"
	must_soon 10 "$1 gets through" flowing "$1" 1
}

all="user/fast user/quiet marked user/udp user/sendto root root-udp"

# all_go_on WHAT: each hears more, more than what can be under way.
all_go_on()
{
	local e
	python3 - "$dir" $((30 * ${HMIP_PATIENCE:-1})) $all <<-END || fail "goes on: $1"
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
	for e in $all; do
		alive $e || fail "$e ended ($1)"
	done
	say "$1: all go on"
}

# leaves_by NAME ADDRESS: its packets bear ADDRESS.
leaves_by()
{
	local port
	port=$(figure "$1" local | tail -n 1)
	sockets client "all(s['wire_local'] == '[$2]:$port' for s in d
		if s['local'].endswith(':$port'))" >/dev/null
}

unmoved()
{
	local e
	for e in user/fast user/quiet marked; do
		must "$e stays on its link ($1)" leaves_by $e $C1
	done
	must "root's stays on its link ($1)" leaves_by root $C0
}

topology c0 c1 s0
filter_sources "$r0" c0 2001:db8:a0::/64
filter_sources "$r1" c1 2001:db8:a1::/64
ip -n "$client" -6 rule add uidrange $USER-$USER lookup $TABLE
ip -n "$client" -6 rule add fwmark $MARK lookup $TABLE
table_route
mkdir "$dir/user"
chown $USER "$dir/user"
helpers
serve
spawn_on u-server server python3 "$netns_dir/datagrams.py" serve --port 7100 \
	--status "$dir/u-server.json"
must_soon 10 "the server of datagrams is there" bound "$server" 7100
streams
must_soon 15 "the server has verified the client's addresses" both_active server $C0 $C1
all_go_on "both addresses are known"
unmoved "both addresses are known"

say "root's routes change"
ip -n "$client" -6 route add 2001:db8:77::/64 via 2001:db8:a0::1 dev c0
all_go_on "after a change of routes"
unmoved "after a change of routes"

link_down c1
all_go_on "the user's link went: his connections moved"
link_ready c1
table_route
all_go_on "the user's link is back"
link_down c0
all_go_on "root's link went: all moved"
for e in user/fast user/quiet marked root; do
	stop_talk $e
done
