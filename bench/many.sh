#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# many.sh [ROUNDS [N]]: a move with N connections (default 3 rounds of 10000) to one peer, beside
# one with a single connection. In each round the client's link goes and its connections take the
# second one, which is up and known to the server:
#
#   idle     nothing is in flight
#   flight   an octet is in flight on each connection, lost on the old path for a second, so that
#            TCP backs off
#
# For each: ms from the move until the server's host has heard each connection from the new address
# (first, median, last), flight: until each has its echo; ms of processor time of both helpers
# until three seconds after the move; the longest time in ms that the client's helper took for
# "hmipctl status" within these, and the longest of the same number of calls before the move.
test_name=bench-many
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
rounds=${1:-3} n=${2:-10000}
many=$HMIP_BUILD/bench/bench_many
[[ -x $many ]] || skip "no $many (make -C bench bench_many)"

# processor_ms: of both helpers since their start.
processor_ms()
{
	local side sum=0 stat
	for side in client server; do
		read -r -a stat <"/proc/${pid_of[$side-helper]}/stat"
		sum=$((sum + (stat[13] + stat[14]) * 1000 / $(getconf CLK_TCK)))
	done
	echo $sum
}

# ask_for MS FILE: asks the client's helper for its status again and again; the longest time that a
# call took, ms, goes to FILE.
ask_for()
{
	local end=$(($(now_ms) + $1)) t longest=0
	while t=$(now_ms) && ((t < end)); do
		timeout 20 "$(program hmipctl)" -s "$dir/client.sock" status >/dev/null 2>&1 || true
		t=$(($(now_ms) - t))
		((t <= longest)) || longest=$t
	done
	echo $longest >"$2"
}

# said NAME WHAT COUNT: the program NAME has printed so many lines that match WHAT.
said()
{
	(($(grep -c "$2" "$dir/$1.log") >= $3))
}

# hold NAME N: connections of a program; its input is the file descriptor in_of[NAME].
declare -A in_of
hold()
{
	local fd
	mkfifo "$dir/$1.in"
	exec {fd}<>"$dir/$1.in"
	in_of[$1]=$fd
	ip netns exec "$client" env HMIP_SOCKET="$dir/client.sock" "$(program hmip-run)" \
		"$many" hold $S0 7000 "$2" <"$dir/$1.in" >"$dir/$1.log" 2>&1 &
	pid_of[$1]=$!
	must_soon 60 "$1 has its connections" said "$1" open 1
}

# heard FILE MOVED_US: when each port was first heard from the second address: first, median, last
# in ms, and how many.
heard()
{
	tcpdump -nn -tt -r "$1" "src host $C1 and tcp" 2>/dev/null | python3 -c '
import sys
seen = {}
for line in sys.stdin:
    word = line.split()
    seen.setdefault(word[2], float(word[0]) * 1000 - int(sys.argv[1]) / 1000)
t = sorted(seen.values()) or [float("nan")]
print(*("%.0f" % x for x in (t[0], t[len(t) // 2], t[-1])), len(seen))' "$2"
}

# move NAME WHAT: one move of one program's connections, and back.
moves=0
move()
{
	local name=$1 what=$2 moved cpu times=- calm slow sent
	moves=$((moves + 1))
	ask_for 1000 "$dir/calm"
	capture "m$moves" "$server" s0 96
	if [[ $what == flight ]]; then
		ip -n "$r0" -6 route add blackhole $S0/128
		sent=$(grep -c sent "$dir/$name.log" || true)
		echo >&"${in_of[$name]}"
		must_soon 20 "octets are in flight" said "$name" sent $((sent + 1))
		sleep 1
	fi
	cpu=$(processor_ms)
	ask_for 3000 "$dir/slow" &
	slow=$!
	moved=${EPOCHREALTIME/./}
	link_down c0
	wait $slow
	cpu=$(($(processor_ms) - cpu))
	if [[ $what == flight ]]; then
		must_soon 60 "each has its echo" said "$name" '^[0-9]' $((sent + 1))
		times=$(tail -n 1 "$dir/$name.log" | awk -v t="$moved" '{
			printf "%.0f %.0f %.0f", ($1 - t) / 1000, ($2 - t) / 1000,
				($3 - t) / 1000 }')
		ip -n "$r0" -6 route del blackhole $S0/128
	fi
	capture_end "m$moves"
	calm=$(<"$dir/calm") slow=$(<"$dir/slow")
	echo "$name $what: heard $(heard "$dir/m$moves.pcap" "$moved"), echo $times," \
		"processor $cpu, status $slow (calm $calm)"
	rm -f "$dir/m$moves.pcap"
	link_ready c0
	must_soon 20 "the first link is known again" is_active server $C0
	must_soon 20 "and the second" is_active server $C1
}

topology c0 c1 s0
helpers
spawn_on serve server "$many" serve 7000
must_soon 10 "the server listens" listens "$server" 7000
for size in 1 "$n"; do
	hold "of-$size" "$size"
	must_soon 20 "the server has verified the client's second address" is_active server $C1
	for _ in $(seq "$rounds"); do
		move "of-$size" idle
		move "of-$size" flight
	done
	exec {in_of["of-$size"]}>&-
	kill "${pid_of["of-$size"]}"
	finish "of-$size" 60 || true
done
