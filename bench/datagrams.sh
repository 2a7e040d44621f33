#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# datagrams.sh [ROUNDS]: what the shim adds to a call of sendto() and of recvfrom(): without a
# helper; to a peer the helper does not know, to one that is Homeless, and to one that has moved;
# with few rows in the host map, and with 1000. See datagrams.c. "none" is what the preload itself
# costs.
test_name=bench-datagrams
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
bench=$HMIP_BUILD/bench/bench_datagrams
[[ -x $bench ]] || skip "no $bench (make -C bench bench_datagrams)"

namespace "$client"
for a in $C0 $C1; do
	ip -n "$client" addr add $a/128 dev lo nodad
done
for way in "none 0" "plain 0" "plain 1000" "known 0" "known 1000" "moved 0" "moved 1000"; do
	read -r kind rows <<<"$way"
	in_ns "$client" env HMIP_SOCKET="$dir/bench.sock" \
		LD_PRELOAD="$HMIP_BUILD/shim/.libs/libhmip.so" \
		"$bench" $C0 $C1 "$kind" "$rows" "${1:-2000}"
done
