#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Signalling fails in each of many ways, and nobody moves: downloads, uploads, quiet sessions and
# datagrams go on where they are for longer than all lifetimes, and new connections are as without
# hmip (C9, S6). Then the client loses the address: what goes on and what waits is as "When
# signalling falls silent" in hmip-helper(8) says, and new connections work as before. In some
# causes it does so at once, before anybody can have noticed.
#
#	unmoved.sh [CAUSE]	all of them side by side, or one
#
# Each cause has a topology of its own, and the folder of its name in this test's folder of logs.
declare -A causes=(
	[stopped]="the server's helper is stopped for good"
	[restarting]="the server's helper is stopped for a restart that does not come"
	[killed]="the server's helper is killed"
	[no-state]="the server's helper loses its state, but not its keys"
	[no-keys]="the server's helper loses its state and with it its keys"
	[no-peer]="the server's helper has another configuration, without the client"
	[deaf]="no signalling reaches the client"
	[mute]="no signalling of the client gets through"
	[silence]="no signalling gets through"
	[silent-link]="no signalling gets through on the link in use"
	[user]="no signalling gets through; a rule sends the user's traffic by another link"
	[mark]="the server's helper is killed; a rule sends marked traffic by another link"
	[stopped-at-once]="the server's helper is stopped, and at once the address is lost"
	[killed-at-once]="the server's helper is killed, and at once the address is lost"
	[no-state-at-once]="the server's helper loses its state, and at once the address is lost"
)
cause=${1-}
[[ -z $cause ]] || test_name=unmoved/$cause
source "$(dirname "$0")/lib.sh"
command -v nft >/dev/null || skip "no nft (Debian: nftables)"

LIFETIME=6 EXPIRED=10	# seconds
USER=1000 MARK=7
patience=${HMIP_PATIENCE:-1}
streams="download upload connected"
works="$streams session unconnected"

# ---- all causes ------------------------------------------------------------------------------

if [[ -z $cause ]]; then
	side_by_side "${!causes[@]}"
	exit 0
fi

# ---- the programs ----------------------------------------------------------------------------

# at_work WHICH EXPRESSION: of all programs' states w, see unmoved.py.
at_work()
{
	json "(lambda w: $1)(d['work'])" <"$dir/work.json"
}

begin_work()
{
	serve
	spawn_on work-server server python3 "$netns_dir/unmoved.py" serve --port 7200
	must_soon 10 "the programs' server listens" listens "$server" 7200
	local status=$dir/work.json mark=0
	if [[ $cause == user ]]; then
		mkdir "$dir/user"
		chown $USER "$dir/user"
		status=$dir/user/work.json
		ln -s user/work.json "$dir/work.json"
		set_uid within $USER
	fi
	[[ $cause != mark ]] || mark=$MARK
	spawn_on work client python3 "$netns_dir/unmoved.py" talk --to $S0 --port 7200 \
		--mark $mark --status "$status"
	within=()
	must_soon 10 "all programs are at work" at_work "all(p['answered'] for p in w.values())"
}

# answered: what has come back to each so far, for all_go_on.
answered()
{
	at_work "{n: p['answered'] for n, p in w.items()}"
}

# all_go_on HAD NAME...: more has come back to these than what can have been under way.
all_go_on()
{
	local had=$1
	shift
	at_work "all(w[n]['answered'] > ${had}[n] + (0 if n == 'session' else 20)
		for n in '$*'.split())"
}

all_quiet()
{
	json "not d['going']" <"$dir/work.json"
}

quieten()
{
	kill -USR1 "${pid_of[work]}"
	must_soon 5 "all are quiet" all_quiet
}

# as_born SIDE: no packet of its connections has another pair than its own.
as_born()
{
	! alive "$1-helper" ||
		ctl "$1" --json sockets | json "all((s['wire_local'], s['wire_foreign']) ==
			(s['local'], s['foreign']) for s in d)" >/dev/null
}

undisturbed()
{
	must "nobody's connection ended ($1)" nobody_ended
	must "nobody waited long for an answer ($1): $(cat "$dir/work.json")" \
		at_work "all(max(p['max_gap_ms'], p['gap_ms']) < 1500 * $patience
			for n, p in w.items() if n != 'session')" >/dev/null
	must "nothing moved ($1)" [ "$(events client switched) $(events server switched)" = "0 0" ]
	must "all of the client's is as it was born ($1)" as_born client
	must "all of the server's is as it was born ($1)" as_born server
}

nobody_ended()
{
	at_work "not any(p['error'] for p in w.values())" >/dev/null
}

# begins NAME COMMAND...: a connection of its own, from the first to the last octet.
begins()
{
	spawn "$@" python3 "$netns_dir/peer.py" talk --to $S0 --rate 400000 --bytes 20000 \
		--status "$dir/$1.json"
}

# What begins now is as without hmip, with and without the shim.
new_connections()
{
	local began n=$((++generation))
	began=$(now_ms)
	begins "plain-$n" "$client"
	begins "shim-$n" "$client" env HMIP_SOCKET="$dir/client.sock" "$(program hmip-run)"
	for c in plain-$n shim-$n; do
		finish $c 10 || fail "$c ($1): $(cat "$dir/$c.json")"
	done
	say "$1: new connections took $(($(now_ms) - began)) ms"
}
generation=0

# ---- the causes ------------------------------------------------------------------------------

conf_of()
{
	if [[ " killed no-keys silence mark " == *" $cause "* ]]; then
		echo "state = \"$dir/$1.state\""
	else
		conf "$1"
	fi | grep -v lifetime
	printf '%s = %s\n' default_lifetime $LIFETIME binding_lifetime $LIFETIME \
		maximum_expired_lifetime $EXPIRED
}

# block ROUTER EXPRESSION: of signalling, native and in UDP.
block()
{
	in_ns "$1" nft "add table ip6 block;
		add chain ip6 block forward { type filter hook forward priority 0; };
		add rule ip6 block forward ip6 nexthdr { 51, 59, 60 } $2 counter drop;
		add rule ip6 block forward udp dport 434 $2 drop"
}

kill_helper()
{
	kill -9 "${pid_of[server-helper]}"
	wait "${pid_of[server-helper]}" || true
}

comes_true()
{
	case ${cause%-at-once} in
	stopped) helper_stop server ;;
	restarting) helper_leave server ;;
	killed | mark) kill_helper ;;
	no-state | no-keys)
		kill_helper
		rm -f "$dir/server.state"
		helper_start server
		;;
	no-peer)
		sed -i '/^peer/,$d' "$dir/server.conf"
		kill -HUP "${pid_of[server-helper]}"
		must_soon 5 "the server reads its configuration" \
			grep -q 'is in force' "$dir/server-helper.log"
		;;
	deaf) block "$core" "ip6 saddr 2001:db8:b0::/48" ;;
	mute) block "$core" "ip6 daddr 2001:db8:b0::/48" ;;
	silence | user) block "$core" "" ;;
	silent-link) block "$r0" "" ;;
	esac
}

# Who finds that the other is silent: "SIDE ADDRESS" each.
silent_to()
{
	case $cause in
	no-state | no-keys | silent-link) ;;
	mute) echo "server $own" ;;
	silence | user) printf '%s\n' "client $S0" "server $own" ;;
	*) echo "client $S0" ;;
	esac
}

is_deprecated()
{
	[[ $(state_at "$1" "$2") == deprecated ]]
}

up_for()
{
	(($(status client "int(d['uptime'])") >= $1))
}

# ---- nobody moves ----------------------------------------------------------------------------

nobody_moves()
{
	local began had side address
	began=$(status client "int(d['uptime'])")
	new_connections "at once"
	while read -r side address; do
		must_soon $((2 * LIFETIME)) "$address expires at the $side" \
			is_deprecated "$side" $address
	done < <(silent_to)
	must_soon $((2 * LIFETIME + 2 * EXPIRED)) "time passes" \
		up_for $((began + LIFETIME + EXPIRED + 2))
	undisturbed "for all lifetimes"
	new_connections "while all are at work"

	say "all are quiet"
	quieten
	began=$(status client "int(d['uptime'])")
	while read -r side address; do
		must_soon $((2 * EXPIRED + 2 * LIFETIME)) "the $side forgets $address" \
			not state_at "$side" $address
	done < <(silent_to)
	must_soon $((2 * LIFETIME + 2 * EXPIRED)) "time passes" \
		up_for $((began + LIFETIME + EXPIRED + 2))
	new_connections "while all are quiet"
	had=$(answered)
	kill -USR2 "${pid_of[work]}"
	must_soon 5 "all go on after a silence" all_go_on "$had" $works
	undisturbed "after a silence"
}

# ---- all of it -------------------------------------------------------------------------------

own=$C0 link=c0
topology c0 c1 s0
if [[ $cause == user || $cause == mark ]]; then
	own=$C1 link=c1
	selector=(fwmark $MARK)
	[[ $cause == mark ]] || selector=(uidrange $USER-$USER)
	ip -n "$client" -6 rule add "${selector[@]}" lookup 100
	ip -n "$client" -6 route add default via 2001:db8:a1::1 dev c1 table 100
fi
for side in client server; do
	(umask 077 && conf_of $side >"$dir/$side.conf")
done
helpers
begin_work
must_soon 15 "the server has verified the client's addresses" both_active server $C0 $C1

say "${causes[$cause]}"
comes_true
if [[ $cause != *-at-once ]]; then
	nobody_moves
fi

# ---- the client moves ------------------------------------------------------------------------

case $cause in
no-state | no-keys | silent-link | killed-at-once) moving="$streams" waiting="" ;;
no-state-at-once) moving="" waiting="" streams="" ;;	# the server resets those
*) moving="" waiting="$streams" ;;
esac

say "the client loses the address"
link_down $link
new_connections "when the address is lost"
had=$(answered)
must_soon 15 "those go on by another link that can: $moving unconnected" \
	all_go_on "$had" $moving unconnected
for name in $waiting; do
	must "$name waits" at_work "w['$name']['answered'] == ${had}['$name']"
done
[[ $cause == no-state-at-once ]] ||
	must "nobody's connection ended when the address was lost" nobody_ended

say "the address is back"
link_ready $link
[[ $link == c0 ]] || ip -n "$client" -6 route replace default via 2001:db8:a1::1 dev c1 table 100
must_soon 30 "all go on when the address is back" all_go_on "$had" $streams unconnected
new_connections "when the address is back"
if [[ $cause == no-state-at-once ]]; then
	exit 0
fi
quieten
had=$(answered)
kill -USR2 "${pid_of[work]}"
must_soon 10 "all go on in the end" all_go_on "$had" $works
must "nobody's connection ended" nobody_ended
for ns in "$r0" "$core"; do
	must_not "what is blocked was there" \
		grep -q 'counter packets 0 ' <(in_ns "$ns" nft list ruleset)
done
