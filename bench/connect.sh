#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# connect.sh [ROUNDS [CALLS]]: what hmip costs a connection that is opened, accepted and closed
# again, over one cable between two hosts. In each round, in changing order, CALLS connections
# (default 60 rounds of 300) each of these ways:
#
#   bare       no helper on either host, no shim
#   lonely     the shim on both ends, no helper
#   unshimmed  helpers on both hosts, which know each other, no shim
#   homeless   the same, with the shim on both ends
#   stranger   a helper here, the shim on both ends; the other host has no helper and is known to
#              take no part
#
# Prints for each way the median over the rounds of their median and mean, and of the ratios to bare
# in the same round, with the quartiles of the latter.
test_name=bench-connect
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
rounds=${1:-60} calls=${2:-300}
bench=$HMIP_BUILD/bench/bench_connect
[[ -x $bench ]] || skip "no $bench (make -C bench bench_connect)"
a=$PREFIX-a b=$PREFIX-b other=$PREFIX-other

# caller WAY ADDRESS PORT HOW...: a process that calls when told; to[WAY] and from[WAY] are its
# ends.
declare -A to from
caller()
{
	local way=$1 address=$2 port=$3
	shift 3
	mkfifo "$dir/$way.in" "$dir/$way.out"
	"$@" "$bench" call "$address" "$port" <"$dir/$way.in" >"$dir/$way.out" 2>"$dir/$way.log" &
	exec {to[$way]}>"$dir/$way.in" {from[$way]}<"$dir/$way.out"
}

# call WAY N: prints median and mean, ns.
call()
{
	echo "$2" >&"${to[$1]}"
	read -r -u "${from[$1]}" line
	echo "$line"
}

is_status()
{
	cache client "[e for e in d if e['status'] == '$1'
		and e['addresses'][0]['address'] == '$2']"
}

for ns in "$a" "$b" "$other" "$client" "$server"; do
	namespace "$ns"
	in_ns "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0
done
cable "$a" e0 2001:db8:1::1/64 "$b" e0 2001:db8:1::2/64
cable "$client" e0 2001:db8:2::1/64 "$server" e0 2001:db8:2::2/64
cable "$client" e1 2001:db8:3::1/64 "$other" e1 2001:db8:3::2/64
must_soon 10 "addresses are usable" settled "$a" "$b" "$client" "$server" "$other"
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
	helper_start $side
done
spawn serve-bare "$b" "$bench" serve 7000
spawn serve-lonely "$b" env HMIP_SOCKET="$dir/none.sock" "$(program hmip-run)" "$bench" serve 7001
spawn serve-unshimmed "$server" "$bench" serve 7000
spawn_on serve-homeless server "$bench" serve 7001
spawn serve-stranger "$other" env HMIP_SOCKET="$dir/none.sock" "$(program hmip-run)" "$bench" \
	serve 7000
for at in "$b 7000" "$b 7001" "$server 7000" "$server 7001" "$other 7000"; do
	# shellcheck disable=SC2086
	must_soon 10 "it is served" listens $at
done
caller bare 2001:db8:1::2 7000 in_ns "$a"
caller lonely 2001:db8:1::2 7001 in_ns "$a" env HMIP_SOCKET="$dir/none.sock" "$(program hmip-run)"
caller unshimmed 2001:db8:2::2 7000 in_ns "$client"
caller homeless 2001:db8:2::2 7001 on client
caller stranger 2001:db8:3::2 7000 on client
call homeless 1 >/dev/null
call stranger 1 >/dev/null
must_soon 10 "the server is Homeless" is_status homeless 2001:db8:2::2
must_soon 40 "the other host is plain" is_status plain 2001:db8:3::2

ways=(bare lonely unshimmed homeless stranger)
for _ in $(seq "$rounds"); do
	ways=("${ways[@]:1}" "${ways[0]}")
	for way in "${ways[@]}"; do
		call "$way" "$calls" >>"$dir/$way.ns"
	done
done
for way in "${ways[@]}"; do
	exec {to[$way]}>&-
done
python3 - "$dir" bare lonely unshimmed homeless stranger <<'END'
import statistics
import sys

ns = {way: [tuple(map(int, line.split())) for line in open(f"{sys.argv[1]}/{way}.ns")]
      for way in sys.argv[2:]}
for way, rounds in ns.items():
    text = f"{way:10}"
    for i, what in enumerate(("median", "mean")):
        ratio = [r[i] / b[i] for r, b in zip(rounds, ns["bare"])]
        low, usual, high = statistics.quantiles(ratio)
        text += f"  {what} {statistics.median(r[i] for r in rounds) / 1000:6.1f} us,"
        text += f" of bare {usual:.3f} ({low:.3f}-{high:.3f})"
    print(text)
END
say "scans: client $(counter client scans), server $(counter server scans);" \
	"adopted: $(counter client adopted), $(counter server adopted)"
