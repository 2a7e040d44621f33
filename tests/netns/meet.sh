#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Mobility that nothing under hmip-run begins, between hosts without keys: a static program with
# initiate = all, a host that hmipctl meet names, one that the configuration names. Each moves. A
# plain host is asked once, and its connection is left alone.
source "$(dirname "$0")/lib.sh"

[[ $("$(program hmip-run)" busybox true 2>&1) == *"statically linked"* ]] ||
	skip "busybox is not static (Debian: busybox-static)"

# configure LINE...: the client's configuration, in force.
configure()
{
	printf '%s\n' "state = \"$dir/client.state\"" "$@" >"$dir/client.conf"
}

# restart_client LINE...: with another configuration; both hosts forget each other.
restart_client()
{
	configure "$@"
	helper_stop client
	helper_stop server
	rm -f "$dir"/*.state*
	helper_start server
	helper_start client
}

# echoes NAME: a static client of the echo service, whose lines come back in $dir/NAME.out.
echoes()
{
	mkfifo "$dir/$1.in"
	spawn "$1" "$client" sh -c "exec busybox nc $S0 7100 <>$dir/$1.in >$dir/$1.out"
	must_soon 10 "$1 has begun" test -e "$dir/$1.out"
	must_soon 10 "$1 is answered" answered "$1" first
}

# answered NAME LINE: LINE is sent, and comes back.
answered()
{
	grep -qx "$2" "$dir/$1.out" && return
	[[ -e $dir/$1.$2 ]] || { touch "$dir/$1.$2" && echo "$2" >"$dir/$1.in"; }
	return 1
}

hang_up()
{
	kill "${pid_of[$1]}"
	wait "${pid_of[$1]}" 2>/dev/null || true
}

is_homeless()
{
	cache client "[e for e in d
		if e['status'] == 'homeless' and e['sa']['class'] == 'anonymous']"
}

moves()
{
	must_soon 10 "the server has verified the other address" is_active server $C1
	must_soon 10 "the client has the connection" sockets client \
		"[s for s in d if s['known_by'] == 'adopted' and not s['reason']]"
	must_soon 10 "the server, too" sockets server \
		"[s for s in d if s['known_by'] == 'adopted' and not s['reason']]"
	link_down c0
	must_soon 10 "$1 goes on after a move" answered "$1" moved
	must "on the other link" uses client $C1
	link_ready c0
}

topology c0 c1 s0
echo "state = \"$dir/server.state\"" >"$dir/server.conf"
configure 'initiate = all'
helpers
spawn echo "$server" busybox nc -ll -p 7100 -e /bin/cat
must_soon 10 "the echo service listens" listens "$server" 7100

say "initiate = all"
echoes all
must_soon 10 "the hosts met" is_homeless
moves all
hang_up all

say "hmipctl meet"
restart_client 'initiate = preload'
must "it is said" [ "$(in_ns "$client" "$(program hmipctl)" -s "$dir/client.sock" meet $S0 7100 |
	sed 's/, round trip .*//')" = "$S0 at $S0 is Homeless, keys agreed on by AAP" ]
for port in https 0 65536; do
	status=0
	ctl client meet $S0 $port >/dev/null 2>&1 || status=$?
	must "$port is no port" [ $status = 2 ]
done
must "again, at once" ctl client --json meet $S0 >"$dir/again.json"
must "the same" [ "$(json "d['status']" <"$dir/again.json")" = homeless ]
echoes met
moves met
hang_up met

say "meet = {...}"
restart_client "meet = {\"$S0\"}"
must_soon 10 "the hosts met" is_homeless
echoes configured
moves configured
hang_up configured

say "a host without a helper"
restart_client 'initiate = {"2001:db8:b0::/48"}' 'plain_lifetime = 600'
helper_stop server
capture c0 "$r0" c0
echoes plain
must_soon 30 "it is plain" cache client "[e for e in d if e['status'] == 'plain']"
echoes plain2
must "its connections are left alone" answered plain first
capture_end c0
capture_is_whole c0
"$netns_dir/wire.py" flow "$dir/c0.pcap" >"$dir/flow.log" || fail "the messages cannot be read"
must "it was asked as often as AAP does" [ "$(grep -c ': Init' "$dir/flow.log")" = 4 ]
hang_up plain
hang_up plain2

say "hosts that cannot be met"
must_not "no route" ctl client meet 2001:db8:dead::1 2>"$dir/far.err"
must_not "ourselves" ctl client meet $C0 2>"$dir/own.err"
must "which is said" grep -q "cannot meet $C0: .* another host" "$dir/own.err"
