#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A move to a path whose MTU is 1280 somewhere in the middle: Packet Too Big reaches the connection,
# in both directions.
source "$(dirname "$0")/lib.sh"

sent_above()
{
	(($(figure t sent) > $1))
}

bulk_goes_on()
{
	local had sent
	had=$(figure t received) sent=$(figure t sent)
	must_soon 15 "bulk data still arrives: $1" flowing t $((had + 8000000))
	must_soon 15 "bulk data still leaves: $1" sent_above $((sent + 8000000))
	say "$1: bulk data flows both ways"
}

topology c0 c1 s0
ip -n "$r1" link set core mtu 1280
ip -n "$core" link set r1 mtu 1280
helpers
serve
talk t --rate 20000000
must_soon 10 "the server has verified the client's second address" is_active server $C1
bulk_goes_on "before the move"
link_down c0
bulk_goes_on "on the narrow path"
for side in client server; do
	must "the datapath of the $side translated Packet Too Big" \
		[ "$(counter $side icmp-translated)" -gt 0 ]
done
link_ready c0
link_down c1
bulk_goes_on "back on the wide path"
stop_talk t
