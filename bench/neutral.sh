#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# neutral.sh [ROUNDS [SECONDS [CALLS]]]: what hmip costs traffic that is not its own. Two pairs of
# hosts, one cable each: "bare" without helpers, "helped" with helpers that know each other. Behind
# one host of a pair is a container that is masqueraded, behind the other one that has a published
# port. The host itself opens 50 connections a second to the other all the time, so that the helpers
# have something to scan for. In each round, in changing order, for both pairs:
#
#   masqueraded   container to host      a transfer of SECONDS by iperf3, then CALLS connections
#                                        opened and closed
#   published     host to container      the same
#
# Default 9 rounds of 2 s and 200 calls. Prints for each the medians of throughput and of the time
# that a call takes, and the medians and quartiles of the ratios to bare in the same round. Look at
# the ratio of the bests if the machine is busy with other things.
test_name=bench-neutral
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
rounds=${1:-9} seconds=${2:-2} calls=${3:-200}
bench=$HMIP_BUILD/bench/bench_connect
[[ -x $bench ]] || skip "no $bench (make -C bench bench_connect)"
for p in iperf3 nft; do
	command -v $p >/dev/null || skip "no $p"
done

# The hosts of "helped" are $client and $server.
declare -A host=([bare]=$PREFIX-a [helped]=$client) other=([bare]=$PREFIX-b [helped]=$server)
A=2001:db8:1::1 B=2001:db8:1::2

# pair WAY: its hosts and containers, and what they serve.
pair()
{
	local way=$1 ns here=${host[$1]} there=${other[$1]}
	local box=$PREFIX-box-$way shop=$PREFIX-shop-$way
	for ns in "$here" "$there" "$box" "$shop"; do
		namespace "$ns" 1
		in_ns "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0
	done
	cable "$here" e0 $A/64 "$there" e0 $B/64
	cable "$here" box fd00:b::1/64 "$box" e0 fd00:b::2/64
	cable "$there" shop fd00:5::1/64 "$shop" e0 fd00:5::2/64
	ip -n "$box" -6 route add default via fd00:b::1
	ip -n "$shop" -6 route add default via fd00:5::1
	must_soon 10 "addresses are usable" settled "$here" "$there" "$box" "$shop"
	in_ns "$here" nft -f - <<-RULES
	table ip6 nat {
		chain postrouting {
			type nat hook postrouting priority srcnat;
			ip6 saddr fd00:b::/64 masquerade
		}
	}
	RULES
	in_ns "$there" nft -f - <<-RULES
	table ip6 nat {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			iifname e0 tcp dport { 5300, 7300 } dnat to \
				[fd00:5::2]:tcp dport map { 5300 : 5200, 7300 : 7000 }
		}
	}
	RULES
	for ns in "$there" "$shop"; do
		spawn "iperf3-$ns" "$ns" iperf3 -s -p 5200
		spawn "serve-$ns" "$ns" "$bench" serve 7000
		must_soon 10 "iperf3 listens" listens "$ns" 5200
		must_soon 10 "it is served" listens "$ns" 7000
	done
}

# load WAY: connections of the host itself.
load()
{
	spawn "load-$1" "${host[$1]}" python3 -c "
import socket, time
while True:
    began = time.monotonic()
    s = socket.create_connection(('$B', 7000))
    s.close()
    time.sleep(max(0, 0.02 - (time.monotonic() - began)))"
}

# measure WAY KIND: one round; a line in $dir/WAY-KIND of Mbit/s and the median of the calls in ns.
measure()
{
	local ns=${host[$1]} iperf=5300 port=7300 mbit
	if [[ $2 == masqueraded ]]; then
		ns=$PREFIX-box-$1 iperf=5200 port=7000
	fi
	in_ns "$ns" iperf3 -6 -J -c $B -p $iperf -t "$seconds" >"$dir/run.json" ||
		{ cat "$dir/run.json"; fail "iperf3, $1, $2"; }
	mbit=$(json 'round(d["end"]["sum_received"]["bits_per_second"] / 1e6)' <"$dir/run.json")
	echo "$mbit $(echo "$calls" | in_ns "$ns" "$bench" call $B $port)" >>"$dir/$1-$2"
}

is_homeless()
{
	cache client "[e for e in d if e['status'] == 'homeless']"
}

pair bare
pair helped
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
	helper_start $side
done
echo 1 | on client "$bench" call $B 7000 >/dev/null
must_soon 10 "the hosts know each other" is_homeless
load bare
load helped
ways=(bare helped)
for _ in $(seq "$rounds"); do
	ways=("${ways[@]:1}" "${ways[0]}")
	for kind in masqueraded published; do
		for way in "${ways[@]}"; do
			measure "$way" $kind
		done
	done
done
python3 - "$dir" <<'END'
import statistics
import sys

for kind in ("masqueraded", "published"):
    bare, helped = ([tuple(map(float, line.split()))
                     for line in open(f"{sys.argv[1]}/{way}-{kind}")] for way in ("bare", "helped"))
    for i, what, scale, unit in ((0, "throughput", 1, "Mbit/s"), (1, "call", 1000, "us")):
        low, usual, high = statistics.quantiles([h[i] / b[i] for h, b in zip(helped, bare)])
        medians = [statistics.median(r[i] for r in w) / scale for w in (bare, helped)]
        bests = [(min if i else max)(r[i] for r in w) for w in (helped, bare)]
        print(f"{kind:12} {what:11} bare {medians[0]:8.1f} helped {medians[1]:8.1f} {unit:7}"
              f" of bare {usual:.3f} ({low:.3f}-{high:.3f}), bests {bests[0] / bests[1]:.3f}")
END
say "scans: client $(counter client scans), server $(counter server scans);" \
	"refusals: $(counter client refusals), $(counter server refusals)"
