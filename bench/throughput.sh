#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# throughput.sh [ROUNDS [SECONDS]]: what hmip costs a bulk transfer. iperf3 between the two hosts of
# tests/netns/README, whose cables have no limit but the processor; in each round, in changing
# order: without hmip, with it and unmoved, with it and moved to the second link at the start. Each
# run takes SECONDS (default 8 rounds of 4 s). Prints the best and the median of each way, and
# ratios to the first: of the bests, and the median of the rounds' own. On a machine that is busy
# with other things look at the bests.
test_name=bench-throughput
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
command -v iperf3 >/dev/null || skip "no iperf3 (Debian: iperf3)"
rounds=${1:-8} seconds=${2:-4}

# run WAY: prints Mbit/s.
run()
{
	local port=5201 prefix=() pid
	case $1 in
	plain) port=5202 ;;
	*) prefix=(env HMIP_SOCKET="$dir/client.sock" "$(program hmip-run)") ;;
	esac
	in_ns "$client" "${prefix[@]}" iperf3 -6 -J -c $S0 -p $port -t "$seconds" -O 1 \
		>"$dir/run.json" &
	pid=$!
	if [[ $1 == moved ]]; then
		sleep 0.5	# in what iperf3 omits
		link_down c0
	fi
	wait $pid || { cat "$dir/run.json" >&2; fail "iperf3, $1"; }
	if [[ $1 == moved ]]; then
		link_ready c0
		must_soon 20 "the first link is known again" is_active server $C0
		must_soon 20 "and the second" is_active server $C1
	fi
	json 'round(d["end"]["sum_received"]["bits_per_second"] / 1e6)' <"$dir/run.json"
}

topology c0 c1 s0
helpers
spawn_on iperf3 server iperf3 -s -p 5201
spawn iperf3-plain "$server" iperf3 -s -p 5202
must_soon 10 "iperf3 listens" listens "$server" 5201
must_soon 10 "iperf3 listens" listens "$server" 5202
on client iperf3 -6 -c $S0 -p 5201 -t 1 >/dev/null	# the hosts get to know each other
must_soon 20 "the server has verified the client's second address" is_active server $C1

ways=(plain unmoved moved)
for round in $(seq "$rounds"); do
	line="round $round:"
	ways=("${ways[@]:1}" "${ways[0]}")
	for way in "${ways[@]}"; do
		mbit=$(run "$way")
		echo "$mbit" >>"$dir/$way.mbit"
		line+="  $way $mbit"
	done
	echo "$line Mbit/s"
done
python3 - "$dir" <<'END'
import statistics
import sys

rate = {way: [int(x) for x in open(f"{sys.argv[1]}/{way}.mbit")]
        for way in ("plain", "unmoved", "moved")}
for way, mbit in rate.items():
    best = max(mbit) / max(rate["plain"])
    usual = statistics.median(a / b for a, b in zip(mbit, rate["plain"]))
    print(f"{way:8} best {max(mbit):6} Mbit/s, median {statistics.median(mbit):6.0f}; "
          f"of plain: bests {best:.3f}, median of rounds {usual:.3f}")
END
