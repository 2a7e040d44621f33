#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The link loses its carrier; its address and routes stay configured (A1, B6).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0 s1
helpers
serve
talk t

# TCP does not send a segment again that still waits in the kernel for the link's router.
nothing_waits()
{
	[[ -z $(ip -n "$server" -6 neigh show dev "$1" | grep -E "INCOMPLETE|FAILED") ]]
}

must_soon 10 "the server has verified the client's second address" is_active server $C1
carrier c0 down
must "the address is still there" sh -c "ip -n $client -6 addr show dev c0 | grep -q $C0"
goes_on t 5 "without carrier on its first link"
must "the client sends from the second address" uses client $C1

carrier c0 up
must_soon 10 "the first address is announced again" is_active server $C0
carrier c1 down
goes_on t 5 "without carrier on its second link"
must "the client sends from the first address" uses client $C0
must_soon 10 "the client has verified the server's second address" is_active client $S1
carrier s0 down
goes_on t 5 "without carrier on the server's first link"
must "nothing waits for the router of that link" nothing_waits s0
stop_talk t
