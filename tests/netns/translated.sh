# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Containers behind both hosts, and rules that translate what goes to them and from them. Source it
# after lib.sh.
command -v nft >/dev/null || skip "no nft (Debian: nftables)"
box=$PREFIX-box		# a container behind the client, masqueraded
shop=$PREFIX-shop	# a container behind the server, some ports of it published

# A host of its own behind another: NS IF GATEWAY-NS ADDRESS GATEWAY
behind()
{
	namespace "$1"
	in_ns "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0
	in_ns "$3" sysctl -qw net.ipv6.conf.all.forwarding=1
	cable "$3" "$2" "$5/64" "$1" e0 "$4/64"
	must_soon 10 "addresses are usable" settled "$1" "$3"
	ip -n "$1" -6 route add default via "$5"
}

# With 2001:db8:99::9, which nobody has, the client itself reaches the server.
containers()
{
	behind "$box" box "$client" fd00:b::2 fd00:b::1
	behind "$shop" shop "$server" fd00:5::2 fd00:5::1
	in_ns "$client" nft -f - <<-RULES
	table ip6 nat {
		chain output {
			type nat hook output priority -100;
			ip6 daddr 2001:db8:99::9 dnat to $S0
		}
		chain postrouting {
			type nat hook postrouting priority srcnat;
			ip6 saddr fd00:b::/64 oifname "c*" masquerade
		}
	}
	RULES
	in_ns "$server" nft -f - <<-RULES
	table ip6 nat {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			iifname "s*" tcp dport 8080 redirect to :7000
			iifname "s*" udp dport 8080 redirect to :7000
			iifname "s*" tcp dport 8081 redirect to :9
			iifname "s*" udp dport 8081 redirect to :9
			iifname "s*" tcp dport 8090 dnat to [fd00:5::2]:7000
			iifname "s*" udp dport 8090 dnat to [fd00:5::2]:7000
			iifname "s*" tcp dport 8091 dnat to [fd00:5::2]:9
			iifname "s*" udp dport 8091 dnat to [fd00:5::2]:9
		}
	}
	RULES
}
