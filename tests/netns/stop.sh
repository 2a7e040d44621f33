#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGINT, as at a stop of the service: moved connections whose first addresses can be used go back
# there at both ends, and on without hmip, whichever end's helper stops first. Nothing is left, a
# stop takes no longer than a second, and helpers that are started later find each other again (A1,
# R5).
#
#	stop.sh [CASE]		all of them side by side, or one
#
# Each case has a topology of its own, and the folder of its name in this test's folder of logs.
declare -A cases=(
	[mover]="the client moved; its helper is stopped, then the server's"
	[peer]="the client moved; the server's helper is stopped, then the client's"
	[both-moved]="both moved; the client's helper is stopped, then the server's"
	[at-once]="both moved; both helpers are stopped at once"
	[silent]="both moved; the server's helper is mute when the client's is stopped"
	[twice]="both moved; the server's helper is mute, and a second signal ends the wait"
	[lost]="the client moved and its first address is gone when its helper is stopped"
	[unmoved]="nothing moved; the client's helper is stopped, and nobody is waited for"
)
case=${1-}
[[ -z $case ]] || test_name=stop/$case
source "$(dirname "$0")/lib.sh"

patience=${HMIP_PATIENCE:-1}
works="download upload connected session"

# ---- all cases -------------------------------------------------------------------------------

if [[ -z $case ]]; then
	side_by_side "${!cases[@]}"
	exit 0
fi

# ---- the programs: unmoved.py ----------------------------------------------------------------

# at_work EXPRESSION: of all programs' states w.
at_work()
{
	json "(lambda w: $1)(d['work'])" <"$dir/work.json"
}

begin_work()
{
	spawn_on work-server server python3 "$netns_dir/unmoved.py" serve --port 7200
	must_soon 10 "the programs' server listens" listens "$server" 7200
	spawn_on work client python3 "$netns_dir/unmoved.py" talk --to $S0 --port 7200 \
		--status "$dir/work.json"
	must_soon 10 "all programs are at work" at_work "all(p['answered'] for p in w.values())"
	serve
	talk bulk --rate 1000000
}

nobody_ended()
{
	at_work "not any(w[n]['error'] for n in '$works'.split())" >/dev/null
}

# all_answered HAD: more has come back to each than what can have been under way.
all_answered()
{
	at_work "all(w[n]['answered'] > ${1}[n] + (0 if n == 'session' else 20)
		for n in '$works'.split())"
}

all_quiet()
{
	json "not d['going']" <"$dir/work.json"
}

# all_go_on WHAT: the streams have not paused until now; the session has, and says something.
all_go_on()
{
	local had
	kill -USR1 "${pid_of[work]}"
	must_soon 5 "all are quiet" all_quiet
	had=$(at_work "{n: p['answered'] for n, p in w.items()}")
	kill -USR2 "${pid_of[work]}"
	must_soon 10 "all go on: $1" all_answered "$had"
	must "nobody's connection ended: $1" nobody_ended
	goes_on bulk 10 "$1"
}

# ---- stops -----------------------------------------------------------------------------------

# stopped SIDE SIGNALS MS: its helper ends within that time, and leaves nothing.
stopped()
{
	local began
	began=$(now_ms)
	for _ in $(seq "$2"); do
		kill -INT "${pid_of[$1-helper]}"
		(($2 == 1)) || must_soon 1 "the $1 is leaving" \
			grep -q 'stopping on signal' "$dir/$1-helper.log"
	done
	[[ $case != silent ]] ||
		must_soon 1 "hmipctl says that the helper is leaving" status "$1" "d['leaving']" \
			>/dev/null
	finish "$1-helper" 10
	took=$(($(now_ms) - began))
	say "the helper of the $1 stopped within $took ms"
	((took < $3 * patience)) || fail "it took longer than $3 ms"
}

nothing_left()
{
	kernel_state "$PREFIX-$1" | sort >"$dir/$1-after"
	sort "$dir/$1-before" | diff -I 'ff00::/8' - "$dir/$1-after" ||
		fail "the helper of the $1 left something behind, or took something"
}

# log_says SIDE TEXT
log_says()
{
	must "the log of the $1 says: $2" grep -q "$2" "$dir/$1-helper.log"
}

# ---- before ----------------------------------------------------------------------------------

topology c0 c1 s0 s1
# Data is always under way by the second links: queues hold what they cannot take.
for out in "$r1 c1" "$r1 core" "$core r1" "$core s1"; do
	tc -n "${out% *}" qdisc add dev "${out#* }" root tbf rate 8mbit burst 16k limit 24k
done
for side in client server; do
	kernel_state "$PREFIX-$side" >"$dir/$side-before"
done
helpers
begin_work
must_soon 15 "the server has verified the client's addresses" both_active server $C0 $C1
must_soon 15 "the client has verified the server's addresses" both_active client $S0 $S1
if [[ $case != unmoved ]]; then
	link_down c0
	must_soon 5 "the client moved" uses client $C1
	ctl client prefer c1
fi
case $case in
both-moved | at-once | silent | twice)
	link_down s0
	must_soon 5 "the server moved" uses server $S1
	ctl server prefer s1
	link_ready s0
	must_soon 15 "the client has verified the server's first address again" is_active client $S0
	;;
esac
if [[ $case != unmoved && $case != lost ]]; then
	link_ready c0
	must_soon 15 "the server has verified the client's first address again" \
		is_active server $C0
	must "the client stays where it moved" uses client $C1
fi
all_go_on "with helpers"

# ---- the stop --------------------------------------------------------------------------------

say "${cases[$case]}"
case $case in
mover | both-moved) order="client server" ;;
peer) order="server client" ;;
at-once)
	kill -INT "${pid_of[server-helper]}"
	stopped client 1 1500
	finish server-helper 10
	order=""
	;;
silent | twice)
	kill -STOP "${pid_of[server-helper]}"
	on_exit "kill -CONT ${pid_of[server-helper]} 2>/dev/null"
	if [[ $case == twice ]]; then
		stopped client 2 1500
	else
		stopped client 1 3000
		((took >= 1000)) || fail "it did not wait for the server"
	fi
	log_says client "did not acknowledge"
	nothing_left client
	exit 0
	;;
lost)
	stopped client 1 1500
	log_says client "cannot go back"
	exit 0
	;;
unmoved)
	stopped client 1 1500
	must_not "nothing is said of moved connections" \
		grep -q "connections are back\|cannot go back" "$dir/client-helper.log"
	order=server
	;;
esac
for side in $order; do
	stopped "$side" 1 1500
	all_go_on "without a helper at the $side"
	[[ $side != "${order%% *}" || $case == unmoved ]] ||
		log_says "$side" "connections are back on the addresses they began with"
done
link_ready c0
for side in client server; do
	must_soon 10 "duplicate address detection" settled "$client" "$server"
	nothing_left $side
done
all_go_on "without helpers"
not_disturbed()
{
	at_work "all(w[n]['gap_ms'] < 1500 * $patience for n in ('download', 'upload'))" >/dev/null
}
must "no connection was disturbed for long: $(cat "$dir/work.json")" not_disturbed

# ---- and back --------------------------------------------------------------------------------

helper_start client
helper_start server
must_soon 15 "the helpers have found each other again" both_active server $C0 $C1
must_soon 15 "the client's connections are known" uses client $C0
link_down c0
must_soon 10 "the client moved again" uses client $C1
all_go_on "moved under new helpers"
stop_talk bulk
