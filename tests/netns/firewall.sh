#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Stateful firewalls on both hosts stay happy: conntrack sees the birth pair in both directions,
# whatever is on the wire. Where firewalls of hosts and routers let pass nothing but TCP, the rule
# in hmip(7) is enough for strangers to meet and move.
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
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } \
				accept
			iif lo accept
			$2
		}
		chain output {
			type filter hook output priority filter; policy drop;
			ct state invalid counter name invalid_out drop
			ct state established,related,new accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit,
				mld2-listener-report } accept
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
	n=$(in_ns "$ns" nft -j list counters |
		json "str(sum(c['counter']['packets'] for c in d['nftables'] if 'counter' in c))")
	[[ $n == 0 ]] || fail "conntrack took $n packets for invalid in $ns"
done
in_ns "$server" conntrack -L -f ipv6 -p tcp >"$dir/conntrack.log" 2>&1 || true
must "the server's conntrack knows the birth pair" \
	grep -q "src=$C0 dst=$S0 .*src=$S0 dst=$C0" "$dir/conntrack.log"
must_not "and no other" grep -qE "src=($C1|$S1)" "$dir/conntrack.log"
stop_talk t

say "strangers, and firewalls that deny what is not asked for"
helper_stop client
helper_stop server
kill "${pid_of[client-monitor]}" "${pid_of[server-monitor]}" 2>/dev/null || true
rm -f "$dir"/*.state
for ns in "$client" "$server"; do
	in_ns "$ns" nft flush ruleset
done
link_ready c0
link_ready s0
link_down c1
rule=$(sed -n 's/^\.Dl \(meta l4proto .* accept\)$/\1/p' "$netns_dir/../../man/hmip.7")
must "hmip(7) has a rule" [ -n "$rule" ]
say "the rule of hmip(7): $rule"

# deny NAMESPACE HOOK...: what these hooks see is dropped, but TCP, neighbour discovery and what the
# rule allows.
deny()
{
	local ns=$1 hook
	shift
	for hook; do
		in_ns "$ns" nft -f - <<-END
		table inet deny_$hook {
			chain $hook {
				type filter hook $hook priority filter; policy drop;
				$rule
				ct state invalid drop
				meta l4proto tcp accept
				icmpv6 type != { echo-request, echo-reply } accept
				iif lo accept
			}
		}
		END
	done
}

deny "$client" input output
deny "$server" input output
for ns in "$r0" "$r1" "$core"; do
	deny "$ns" forward
done
for side in client server; do
	(umask 077 && echo "state = \"$dir/$side.state\"" >"$dir/$side.conf")
	helper_start $side
done
talk strangers
must_soon 10 "the strangers know each other" is_active server $C0
link_ready c1
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
goes_on strangers 10 "through firewalls that deny, after a move"
stop_talk strangers
