#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# congestion.sh rate|delay [SECONDS [ALGORITHM...]]: what TCP's congestion control makes of a move
# between unequal links, by cubic, reno and bbr. A download goes on by a second link when the first
# is lost, for SECONDS (default 12), and then for as long by the first, which is back.
#
#   rate      1 Gbit/s and 10 Mbit/s, both with a round trip of 40 ms
#   delay     50 Mbit/s, with hardly any round trip and with one of 40 ms
#
# Prints for each move
#
#   silence   the longest time without data within SECONDS after it, ms
#   resumes   ms until the data of 200 ms is half of what the link can carry in that time; -1: not
#             within SECONDS
#   goodput   of SECONDS, and of their second half, Mbit/s
#
# and goodput before the first, Mbit/s. A machine that is too slow for 1 Gbit/s shows that there.
test_name=bench-congestion
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
what=${1-} seconds=${2:-12}
algorithms=("${@:3}")
((${#algorithms[@]})) || algorithms=(cubic reno bbr)
app=$HMIP_BUILD/bench/peers_app
cable=$HMIP_BUILD/bench/peers_cable
[[ -x $app && -x $cable ]] || skip "no $app and $cable (make -C bench programs)"
case $what in
rate) first=1000 second=10 far="r0 r1" ;;	# Mbit/s; the routers that are far from the core
delay) first=50 second=50 far=r1 ;;
*) fail "say rate or delay" ;;
esac

# rate NETNS LINK MBIT: with a queue of the link's bandwidth times 40 ms, 64 kB at least.
rate()
{
	local octets=$(($3 * 40 * 125))
	tc -n "$1" qdisc add dev "$2" root tbf rate "$3mbit" burst $(($3 * 250 + 3000)) \
		limit $((octets < 65536 ? 65536 : octets))
}

# far_link ROUTER NETWORK: puts 20 ms each way between a router and the core.
far_link()
{
	local ns=$PREFIX-$1 end
	ip -n "$ns" link del core
	spawn "cable-$1" "$core" "$cable" "$ns" core "$core" "$1" 20000
	must_soon 5 "the long-distance link of $1 is there" ip -n "$core" link show "$1"
	ip -n "$ns" addr add "2001:db8:$2::1/64" dev core nodad
	ip -n "$core" addr add "2001:db8:$2::2/64" dev "$1" nodad
	for end in "$ns core" "$core $1"; do
		ip -n "${end% *}" link set "${end#* }" up txqueuelen 5000
	done
	must_soon 5 "$1 has its routes" ip -n "$ns" -6 route replace default via "2001:db8:$2::2"
	must_soon 5 "the core has its routes" \
		ip -n "$core" -6 route replace "2001:db8:a${1#r}::/64" via "2001:db8:$2::1"
}

# run ALGORITHM: a line for each move.
run()
{
	local t=$dir/$1 away back
	PEERS_CC=$1 spawn_on "serve-$1" server "$app" serve 7500 "$t.server"
	must_soon 10 "it is served" listens "$server" 7500
	PEERS_CC=$1 spawn_on "app-$1" client "$app" transfer down $S0 7500 $((4 * seconds)) "$t.log"
	must_soon 10 "the server has verified both addresses" both_active server $C0 $C1
	sleep "$seconds"
	away=$(now_ms)
	link_down c0
	sleep "$seconds"
	link_ready c0
	must_soon 10 "the server sends to the first address again" sends_to server $C0
	back=$(now_ms)
	sleep "$seconds"
	kill "${pid_of[app-$1]}" "${pid_of[serve-$1]}"
	wait "${pid_of[app-$1]}" "${pid_of[serve-$1]}" || true
	python3 - "$t.log" "$1" "$away" "$back" "$seconds" $first $second <<-'END'
	import struct
	import sys

	path, name, *numbers = sys.argv[1:]
	away, back, seconds, first, second = map(int, numbers)
	with open(path, "rb") as f:
	    (began,) = struct.unpack("q", f.read(8))
	    octets = [n for (n,) in struct.iter_unpack("I", f.read())]
	span = seconds * 1000

	def mbit(data):
	    return sum(data) / 125 / len(data)

	def move(what, at, link):
	    data = octets[at - began : at - began + span]
	    longest = quiet = 0
	    for n in data:
	        quiet = 0 if n else quiet + 1
	        longest = max(longest, quiet)
	    half = (i for i in range(span - 200) if mbit(data[i : i + 200]) >= link / 2)
	    print(f"{name:6} {what:6} silence {longest:6} resumes {next(half, -1):6}"
	          f" goodput {mbit(data):7.1f}, then {mbit(data[span // 2 :]):7.1f}")

	before = octets[away - began - span // 2 : away - began]
	print(f"{name:6} before {mbit(before):.1f}")
	move("away", away, second)
	move("back", back, first)
	END
}

topology c0 c1 s0
in_ns "$client" sysctl -qw net.ipv6.conf.c0.accept_dad=0
for end in "$client c0" "$r0 c0"; do
	rate "${end% *}" "${end#* }" $first
done
for end in "$client c1" "$r1 c1"; do
	rate "${end% *}" "${end#* }" $second
done
for r in $far; do
	far_link $r f${r#r}
done
for ns in "$client" "$server"; do
	in_ns "$ns" sysctl -qw net.ipv4.tcp_rmem="4096 131072 33554432" \
		net.ipv4.tcp_wmem="4096 131072 33554432"
done
helpers
for a in "${algorithms[@]}"; do
	run "$a"
done
