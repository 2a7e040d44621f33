#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Traffic that is not hmip's is as without hmip: two hosts that are Homeless to each other
# translate, publish, redirect, proxy and forward, and so does a router that runs a helper. Each way
# is tried without helpers, then with them while the hosts themselves open connections, at rest and
# with the peer moved; results and errno are equal, and no helper drops anything.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/translated.sh"

guest=$PREFIX-guest	# a virtual machine on a bridge of the client, with an address of its own
plain=$PREFIX-plain	# a host behind r0, without a helper

# A bridge on a second link of the client, with the guest on it.
bridge()
{
	ip link add dev c2 netns "$client" type veth peer name c2 netns "$core"
	namespace "$guest"
	in_ns "$guest" sysctl -qw net.ipv6.conf.default.accept_dad=0
	ip link add dev guest netns "$client" type veth peer name e0 netns "$guest"
	ip -n "$client" link add br0 type bridge
	local dev
	for dev in c2 guest; do
		ip -n "$client" link set $dev master br0 up
	done
	ip -n "$client" link set br0 up
	ip -n "$core" link set c2 up
	ip -n "$guest" link set e0 up
	ip -n "$core" addr add 2001:db8:a2::1/64 dev c2
	ip -n "$guest" addr add 2001:db8:a2::20/64 dev e0
	must_soon 10 "addresses are usable" settled "$core" "$guest"
	ip -n "$guest" -6 route add default via 2001:db8:a2::1
}

# A proxy that others' traffic through the client is handed to without their knowing, on its way to
# port 8070 of the server.
transparent_proxy()
{
	in_ns "$client" nft -f - 2>"$dir/tproxy.log" <<-RULES || return 0
	table ip6 mangle {
		chain prerouting {
			type filter hook prerouting priority mangle;
			iifname "box" tcp dport 8070 tproxy to :3129 meta mark set 1 accept
		}
	}
	RULES
	ip -n "$client" -6 rule add fwmark 1 lookup 100
	ip -n "$client" -6 route add local ::/0 dev lo table 100
	spawn tproxy "$client" python3 "$netns_dir/neutral.py" proxy --port 3129 --transparent \
		--to $S0
	must_soon 10 "the transparent proxy listens" listens "$client" 3129
	ways[tproxy]="$box $S0 8070 9"
}

topology c0 c1 s0 s1
containers
behind "$plain" plain "$r0" 2001:db8:a5::2 2001:db8:a5::1
ip -n "$core" -6 route add 2001:db8:a5::/64 via 2001:db8:f0::1
bridge
spawn echo "$server" python3 "$netns_dir/neutral.py" serve --at $S0 --at $S1
spawn shop "$shop" python3 "$netns_dir/neutral.py" serve
spawn proxy "$client" python3 "$netns_dir/neutral.py" proxy --port 3128 --to $S0
must_soon 10 "the server listens" listens "$server" 7000
must_soon 10 "the container listens" listens "$shop" 7000
must_soon 10 "the proxy listens" listens "$client" 3128

# From which namespace, to which address, port and closed port.
declare -A ways=(
	[masquerade]="$box $S0 7000 9"
	[published]="$client $S0 8090 8091"
	[redirect]="$client $S0 8080 8081"
	[output]="$client 2001:db8:99::9 7000 9"
	[proxy]="$box fd00:b::1 3128 9"
	[bridge]="$guest $S0 7000 9"
	[router]="$plain $S0 7000 9"
	[both]="$box $S0 8090 8091"
)
transparent_proxy

# try WHEN: each way, all at once; what came of it is in $dir/WAY.WHEN.
try()
{
	local way ns address port closed
	for way in "${!ways[@]}"; do
		read -r ns address port closed <<<"${ways[$way]}"
		in_ns "$ns" python3 "$netns_dir/neutral.py" work "$address" "$port" "$closed" \
			>"$dir/$way.$1" 2>"$dir/$way.$1.log" &
		pid_of[$way]=$!
	done
	for way in "${!ways[@]}"; do
		finish "$way" 120 || fail "$way $1: $(tail -n 1 "$dir/$way.$1.log")"
	done
}

# same_as_without WHEN
same_as_without()
{
	local way bad=
	for way in "${!ways[@]}"; do
		diff "$dir/$way.without" "$dir/$way.$1" >"$dir/$way.$1.diff" ||
			bad+=" $way ($(sed -n 's/^> //p' "$dir/$way.$1.diff" | head -n 2 |
				paste -sd ,))"
	done
	[[ -z $bad ]] || fail "not as without hmip, $1:$bad"
}

# dropped SIDE: what its helper has dropped or refused.
dropped()
{
	ctl "$1" --json status | json "' '.join(f'{k} {v}' for k, v in d['datapath'].items()
		if v and k in ('in-tentative-dropped', 'in-early-dropped', 'out-refused', 'held',
			       'refusals', 'too-deep'))" || true
}

drops_nothing()
{
	local side
	for side in client server r0; do
		[[ -z $(dropped $side) ]] ||
			fail "$1: the helper of $side dropped something: $(dropped $side)"
	done
}

# The container calls from the ports of a connection of the client: the translation keeps them, as
# the pairs differ.
same_ports()
{
	in_ns "$box" python3 "$netns_dir/neutral.py" once $S1 7000 $1 >"$dir/same-ports" \
		2>"$dir/same-ports.log" ||
		fail "$2: $(tail -n 1 "$dir/same-ports.log")"
	local words
	words=$(paste -sd , "$dir/same-ports")
	must "who is translated to the ports of a connection gets through: $2, $words" \
		[ "$words" = "connection: words,datagrams: words" ]
	must "the connection goes on: $2, $(tail -n 1 "$dir/hold.log")" \
		[ "$(cat "$dir/hold.log")" = held ]
}

has_both_ports()
{
	sockets client "len([s for s in d if s['local'].endswith(':$1')
		and s['lingers'] is None]) == 2"
}

try without
for way in "${!ways[@]}"; do
	must "all is well without hmip: $way" [ "$(grep -c ': word$' "$dir/$way.without")" -ge 20 ]
	must "all of the transfer: $way" grep -q '^transfer: whole$' "$dir/$way.without"
done
say "without helpers: ${!ways[*]}"

for side in client server r0; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
	helper_start $side
done
on client python3 "$netns_dir/neutral.py" work $S0 7000 9 >"$dir/first.out"
# Addresses are told, and asked about, while there is a connection.
spawn_on first client python3 "$netns_dir/neutral.py" hold $S0 7000 42000
must_soon 10 "the server has verified the client's addresses" both_active server $C0 $C1
must_soon 10 "the client has verified the server's" both_active client $S0 $S1
kill "${pid_of[first]}"
spawn calls-client "$client" python3 "$netns_dir/neutral.py" calls $S0 7000 100
spawn calls-back "$server" python3 "$netns_dir/neutral.py" calls $C0 3128 50
try with
same_as_without with
drops_nothing "at rest"
say "with helpers that know each other all is the same"

spawn hold "$client" python3 "$netns_dir/neutral.py" hold $S0 7000 41000
must_soon 10 "the client's connections are registered" has_both_ports 41000
same_ports 41000 "at rest"
drops_nothing "with the same ports"
link_down c0
must_soon 10 "the client has moved" uses client $C1
try moved
same_as_without moved
same_ports 41000 "after a move"
say "and after a move"
