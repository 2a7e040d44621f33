# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A server whose only link leads to a program that is all the rest of the world, with a helper that knows two peers by
# configured keys, Alice and Dave. Source it after lib.sh.
MAC=02:00:00:00:00:20
outside=$PREFIX-outside
python=${PYTHON3:-/usr/bin/python3}

outside()
{
	"$python" -c 'import scapy' 2>/dev/null || skip "no scapy (Debian: python3-scapy)"
	namespace "$server"
	ip netns add "$outside"
	in_ns "$outside" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	in_ns "$server" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
	ip link add dev s0 netns "$server" address $MAC type veth peer name world netns "$outside"
	ip -n "$outside" link set world up
	ip -n "$server" link set s0 up
	ip -n "$server" addr add $S0/128 dev s0 nodad
	ip -n "$server" addr add $S1/128 dev s0 nodad
	ip -n "$server" -6 neigh replace fe80::1 lladdr "$(in_ns "$outside" cat /sys/class/net/world/address)" dev s0 nud permanent
	ip -n "$server" -6 route add default via fe80::1 dev s0
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

# peer PROGRAM ARGS...: one of tests/peers, outside.
peer()
{
	local program=$1
	shift
	in_ns "$outside" env PYTHONDONTWRITEBYTECODE=1 "$python" "$netns_dir/../peers/$program" --hmipctl "$(program hmipctl)" \
		--socket "$dir/server.sock" --pid "$(status server 'd["pid"]')" --interface world --mac $MAC --to $S0 "$@" |
		tee "$dir/peer.txt" || fail "$program"
	must "the helper is alive" alive server-helper
}
