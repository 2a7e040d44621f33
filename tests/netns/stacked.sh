#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Addresses on bridges, with a hardware address of their own and with that of their port, on
# macvlans and, where the kernel has them, on a VLAN and a bond. The device below receives the
# packet first. It is judged once, on the device that has the address, and a move from each to
# another is as any.
source "$(dirname "$0")/lib.sh"

# onto NAMESPACE LINK DEVICE ADDRESS GATEWAY METRIC: the address and the default route of a link are
# on a device above it.
onto()
{
	ip -n "$1" addr del "$4/64" dev "$2" 2>/dev/null || true
	ip -n "$1" link set "$2" up
	ip -n "$1" link set "$3" up
	ip -n "$1" addr add "$4/64" dev "$3" nodad
	wait_until 5 ip -n "$1" -6 route replace default via "$5" dev "$3" metric "$6" ||
		fail "no default route over $3"
}

# bridge LINK DEVICE ADDRESS GATEWAY METRIC [WORD...]
bridge()
{
	local link=$1 device=$2
	ip -n "$client" link add "$device" "${@:6}" type bridge
	ip -n "$client" addr flush dev "$link" scope global
	ip -n "$client" link set "$link" master "$device"
	onto "$client" "$link" "$device" "${@:3:3}"
}

# The second bridge is on a VLAN, if there are any.
vlan()
{
	ip -n "$r1" link add link c1 name c1.5 type vlan id 5 || return
	ip -n "$r1" link set c1.5 up
	ip -n "$r1" addr flush dev c1 scope global
	ip -n "$r1" addr add 2001:db8:a1::1/64 dev c1.5 nodad
	ip -n "$client" link add link c1 name c1.5 type vlan id 5
	ip -n "$client" link set c1.5 up
}

# macvlan MODE LINK DEVICE ADDRESS GATEWAY METRIC
macvlan()
{
	ip -n "$server" addr flush dev "$2" scope global
	ip -n "$server" link add link "$2" name "$3" type macvlan mode "$1"
	onto "$server" "${@:2}"
}

bond()
{
	ip -n "$server" link add bond0 type bond mode active-backup miimon 100 || return
	ip -n "$server" addr flush dev s1 scope global
	ip -n "$server" link set s1 down
	ip -n "$server" link set s1 master bond0
}

topology c0 c1 s0 s1
# Those of the client are there before its helper, those of the server are made under it.
bridge c0 br0 $C0 2001:db8:a0::1 100 address 02:00:00:00:be:01
port=c1
if vlan 2>"$dir/vlan.log"; then
	port=c1.5
fi
bridge $port br1 $C1 2001:db8:a1::1 200
helpers
macvlan bridge s0 mv0 $S0 2001:db8:b0::1 100
below=s1
if bond 2>"$dir/bond.log"; then
	below=bond0
fi
macvlan passthru $below mv1 $S1 2001:db8:b1::1 200
say "the client's second bridge is on $port, the server's second macvlan on $below"
serve
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1

lose()
{
	ip -n "$1" addr del "$3/64" dev "$2"
}

lose "$client" br0 $C0
goes_on t 5 "from a bridge to the other"
lose "$server" mv0 $S0
goes_on t 5 "from a macvlan to the other"
onto "$client" c0 br0 $C0 2001:db8:a0::1 100
onto "$server" s0 mv0 $S0 2001:db8:b0::1 100
must_soon 10 "the client sends from the first bridge again" uses client $C0
must_soon 10 "the server sends from the first macvlan again" uses server $S0
goes_on t 5 "back on both"
for side in client server; do
	n=$(counter $side followed)
	((n <= 8)) || fail "the $side followed its peer $n times"
	n=$(counter $side replayed)
	((n == 0)) || fail "the $side took $n packets for replayed"
done

say "a port that is none any more"
ip -n "$client" link del br0
# The router knows the bridge's hardware address.
ip -n "$client" link set c0 address 02:00:00:00:be:01
onto "$client" c0 c0 $C0 2001:db8:a0::1 100
must_soon 10 "the client sends from what was a port" uses client $C0
goes_on t 5 "from what was a port"

say "a path that dies silently is left"
in_ns "$r0" nft -f - <<-END
	table inet dead {
		chain forward {
			type filter hook forward priority filter; policy drop;
		}
	}
END
must_soon 20 "the client uses the second bridge" uses client $C1
goes_on t 10 "around the dead path"
stop_talk t
