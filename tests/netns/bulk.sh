#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 1 GiB each way (HMIP_BULK octets) through 20 moves has the right SHA-256 (A1). Without duplicate
# address detection, for speed.
source "$(dirname "$0")/lib.sh"

octets=${HMIP_BULK:-$((1 << 30))}
topology c0 c1 s0
in_ns "$client" sysctl -qw net.ipv6.conf.c0.accept_dad=0 net.ipv6.conf.c1.accept_dad=0
helpers
serve
talk t --rate $((octets / 45))
link=0
for i in $(seq 20); do
	must_soon 10 "the server has verified both addresses" both_active server $C0 $C1
	link_down c$link
	goes_on t 5 "move $i"
	link_up c$link
	link=$((1 - link))
done
both_ways()
{
	(($(figure t sent) >= octets && $(figure t received) >= octets))
}

must_soon 90 "$octets octets go each way" both_ways
stop_talk t
say "SHA-256 $(figure t sha256_sent) as received; longest silence $(figure t max_gap_ms) ms"
