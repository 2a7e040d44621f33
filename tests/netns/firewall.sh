#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Stateful firewalls on both hosts stay happy: conntrack sees the birth pair in both directions, whatever is on the wire.
source "$(dirname "$0")/lib.sh"

firewall()
{
	in_ns "$1" nft -f - <<-END
	table inet host {
		counter invalid_in { }
		counter invalid_out { }
		chain input {
			type filter hook input priority filter; policy drop;
			ct state invalid counter name invalid_in drop
			ct state established,related accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
			iif lo accept
			$2
		}
		chain output {
			type filter hook output priority filter; policy drop;
			ct state invalid counter name invalid_out drop
			ct state established,related,new accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld2-listener-report } accept
		}
	}
	END
}

topology c0 c1 s0 s1
helpers
serve
firewall "$client" ""
firewall "$server" "tcp dport 7000 ct state new accept"
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1
link_down c0
goes_on t 5 "through the firewalls, after the client moved"
link_down s0
goes_on t 5 "through the firewalls, after the server moved"
for ns in "$client" "$server"; do
	n=$(in_ns "$ns" nft -j list counters | json "str(sum(c['counter']['packets'] for c in d['nftables'] if 'counter' in c))")
	[[ $n == 0 ]] || fail "conntrack took $n packets for invalid in $ns"
done
in_ns "$server" conntrack -L -f ipv6 -p tcp >"$dir/conntrack.log" 2>&1 || true
must "the server's conntrack knows the birth pair" grep -q "src=$C0 dst=$S0 .*src=$S0 dst=$C0" "$dir/conntrack.log"
must_not "and no other" grep -qE "src=($C1|$S1)" "$dir/conntrack.log"
stop_talk t
