#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Others' clsact qdisc, tc filters and tcx programs on the same interfaces stay in place and in
# effect, while a helper runs and after it.
source "$(dirname "$0")/lib.sh"

# What the filters' action has seen: packets.
filter_count()
{
	tc -n "$client" -s filter show dev c0 "$1" |
		sed -n 's/.*Sent [0-9]* bytes \([0-9]*\) pkt.*/\1/p' | head -n 1
}

counts_rise()
{
	(($(filter_count ingress) > in_before && $(filter_count egress) > out_before))
}

in_effect()
{
	in_before=$(filter_count ingress) out_before=$(filter_count egress)
	in_ns "$client" python3 -c "
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(0.3)
for _ in range(3):
    s.sendto(b'x', ('2001:db8:a0::1', 9))
    try:
        s.recv(1)
    except OSError:
        pass" || true
	must_soon 3 "others' tc filters count: $1" counts_rise
	if [[ -n ${pid_of[tcx]-} ]]; then
		local had
		had=$(tail -n 1 "$dir/tcx.log")
		must_soon 3 "others' tcx program counts: $1" tcx_rises "$had"
	fi
}

tcx_rises()
{
	in_ns "$client" python3 -c "
import socket
socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('2001:db8:a0::1', 9))"
	[[ $(tail -n 1 "$dir/tcx.log") != "$1" ]]
}

topology c0 c1 s0
tc -n "$client" qdisc add dev c0 clsact
ip -n "$client" link add mirror0 type veth peer name mirror1
ip -n "$client" link set mirror0 up
for direction in ingress egress; do
	tc -n "$client" filter add dev c0 $direction prio 7 protocol ipv6 u32 match u32 0 0 \
		action mirred egress mirror dev mirror0 continue
done
if [[ -x $HMIP_BUILD/tests/tcx_counter ]]; then
	spawn tcx "$client" "$HMIP_BUILD/tests/tcx_counter" c0
	if ! wait_until 3 grep -q attached "$dir/tcx.log"; then
		say "this kernel has no tcx: $(cat "$dir/tcx.log")"
		unset 'pid_of[tcx]'
	fi
fi
in_effect "before"
helpers
serve
talk t
in_effect "beside a helper"
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
goes_on t 5 "moved"
link_ready c0
link_down c1
goes_on t 10 "moved back, over the interface with others' programs"
in_effect "after moves"
stop_talk t
helper_stop client
must "others' qdisc is still there" sh -c "tc -n $client qdisc show dev c0 | grep -q clsact"
in_effect "after the helper"
