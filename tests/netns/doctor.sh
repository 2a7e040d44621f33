#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# hmipctl doctor names the cause of each of these broken set-ups, and what it advises mends it.
source "$(dirname "$0")/lib.sh"
source "$netns_dir/diagnosis.sh"

topology c0 s0
(umask 077 && for side in client server; do
	{ conf $side; echo 'max_connections = 16'; } >"$dir/$side.conf"
done)

broken "no helper" client helper problem "no helper answers"
helper_start client
helper_start server
mended "no helper" client helper

in_ns "$server" "$(program hmipctl)" -s "$dir/client.sock" --json doctor \
	>"$dir/findings.json" || true
must "another namespace is found" json \
	"[f for f in d if f['check'] == 'helper' and 'another network namespace' in f['text']]" \
	<"$dir/findings.json" >/dev/null
say "found: hmipctl in another namespace than the helper"

broken "one address" client addresses advice "one usable address"
link_ready c1
mended "one address" client addresses

ip -n "$client" -6 route del default dev c1
broken "no route" client routes problem "cannot leave by its interface"
nft_in client -f - <<-END
	table inet fw {
		chain prerouting {
			type filter hook prerouting priority raw;
			meta nfproto ipv6 fib saddr . iif oif missing drop
		}
	}
END
broken "a strict reverse path filter" client firewall problem "one leads nowhere"
default_route c1
mended "no route" client routes
mended "a strict reverse path filter" client firewall
nft_in client flush ruleset

nft_in client -f - <<-END
	table ip6 wg-quick-c0 {
		chain preraw {
			type filter hook prerouting priority raw;
			iifname != "c0" ip6 daddr $C0 fib saddr type != local drop
		}
	}
END
broken "a rule against forged packets" client firewall problem "drops what comes for $C0"
nft_in client insert rule ip6 wg-quick-c0 preraw socket wildcard 0 accept
mended "a rule against forged packets" client firewall
nft_in client flush ruleset

broken "slow duplicate address detection" client dad advice "on c0 wait"
for i in default c0 c1; do
	in_ns "$client" sysctl -qw net.ipv6.conf.$i.optimistic_dad=1
done
mended "slow duplicate address detection" client dad

nft_in client -f - <<-END
	table inet host {
		chain output {
			type filter hook output priority filter; policy drop;
			ct state established,related accept
			meta l4proto { tcp, icmpv6 } accept
		}
	}
END
broken "a firewall here" client firewall problem "drops signalling"
nft_in client insert rule inet host output 'meta l4proto { ah, ipv6-nonxt, 253 } accept'
mended "a firewall here" client firewall
nft_in client flush ruleset

if [[ $(status client "d['datapath']['kind']") == tcx && -x $HMIP_BUILD/tests/tcx_counter ]]; then
	spawn tcx "$client" "$HMIP_BUILD/tests/tcx_counter" c0 before
	broken "another program before ours" client datapath problem "is before it"
	helper_leave client
	helper_start client
	mended "another program before ours" client datapath
	kill "${pid_of[tcx]}"
fi
