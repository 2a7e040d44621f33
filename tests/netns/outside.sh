# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Hosts whose only link leads to a program that is all the rest of the world. Source it after
# lib.sh.
MAC=02:00:00:00:00:20 MAC_CLIENT=02:00:00:00:00:10
outside=$PREFIX-outside
python=${PYTHON3:-/usr/bin/python3}

# The namespace such programs run in.
world()
{
	"$python" -c 'import scapy' 2>/dev/null || skip "no scapy (Debian: python3-scapy)"
	ip netns add "$outside"
	in_ns "$outside" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
}

# attach SIDE ADDRESS INTERFACE MAC PEER_INTERFACE: makes a host.
attach()
{
	local ns=$PREFIX-$1
	namespace "$ns"
	in_ns "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
	ip link add dev "$3" netns "$ns" address "$4" type veth peer name "$5" netns "$outside"
	ip -n "$outside" link set "$5" up
	ip -n "$ns" link set "$3" gso_max_segs 1 up
	ip -n "$ns" addr add "$2/128" dev "$3" nodad
	ip -n "$ns" -6 neigh replace fe80::1 dev "$3" nud permanent \
		lladdr "$(in_ns "$outside" cat "/sys/class/net/$5/address")"
	ip -n "$ns" -6 route add default via fe80::1 dev "$3" src "$2"
}

# A server with two addresses and a helper that knows two peers by configured keys, Alice and Dave.
outside()
{
	world
	attach server $S0 s0 $MAC world
	ip -n "$server" addr add $S1/128 dev s0 nodad
	(umask 077 && cat >"$dir/server.conf") <<-END
		state = "$dir/server.state"
		peer "alice" {
			address = {"2001:db8:a::a"}
			spi_in = 0x1001
			spi_out = 0x1002
			key_in = "$KEY_CS"
			key_out = "$KEY_SC"
		}
		peer "dave" {
			address = {"2001:db8:d::d"}
			spi_in = 0x2001
			spi_out = 0x2002
			key_in = "$KEY_SC"
			key_out = "$KEY_CS"
		}
	END
	helper_start server
}

# play PROGRAM ARGS...: one of tests/peers, outside.
play()
{
	local program=$1
	shift
	in_ns "$outside" env PYTHONDONTWRITEBYTECODE=1 "$python" "$netns_dir/../peers/$program" \
		"$@" | tee "$dir/peer.txt" ||
		fail "$program"
}

# peer PROGRAM ARGS...: the same, with the server.
peer()
{
	play "$1" --hmipctl "$(program hmipctl)" --socket "$dir/server.sock" \
		--pid "$(status server 'd["pid"]')" --interface world --mac $MAC --to $S0 "${@:2}"
	must "the helper is alive" alive server-helper
}
