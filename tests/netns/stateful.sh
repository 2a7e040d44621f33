#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Routers that pass to the inside only what answers the inside: a side that only receives moves
# behind one, and is behind one when its peer moves, so soon after that Linux does not answer what
# opens the way at once. What is sent to it then arrives (S1).
source "$(dirname "$0")/lib.sh"

rule=$(sed -n 's/^\.Dl \(meta l4proto .* accept\)$/\1/p' "$netns_dir/../../man/hmip.7")
must "hmip(7) has a rule" [ -n "$rule" ]

# deny ROUTER OUTSIDE: from there only answers are passed, and signalling.
deny()
{
	in_ns "$1" nft -f - <<-END
	table inet router {
		chain forward {
			type filter hook forward priority filter; policy accept;
			$rule
			iifname "$2" ct state established,related accept
			iifname "$2" drop
		}
	}
	END
}

# feed LINE: the server sends it, and only that. arrives LINE.
feed()
{
	echo "$1" >>"$dir/lines"
}

arrived()
{
	grep -qx "$1" "$dir/listener.log"
}

# Nothing is on its way, and no acknowledgement is owed.
quiet()
{
	local before
	before=$(in_ns "$client" nstat -asz TcpOutSegs TcpInSegs)
	sleep 0.1
	[[ $(in_ns "$client" nstat -asz TcpOutSegs TcpInSegs) == "$before" ]]
}

command -v nstat >/dev/null || skip "no nstat (Debian: iproute2)"
topology c0 c1 s0 s1
for r in "$r0" "$r1"; do
	deny "$r" core
	in_ns "$r" sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
done
helpers
: >"$dir/lines"
spawn_on feeder server python3 -c '
import socket, subprocess, sys
l = socket.create_server(("::", 7000), family=socket.AF_INET6)
c, _ = l.accept()
subprocess.run(["tail", "-n", "+1", "-f", sys.argv[1]], stdout=c)' "$dir/lines"
must_soon 10 "the server listens" listens "$server" 7000
spawn_on listener client python3 -uc '
import socket, sys
for line in socket.create_connection((sys.argv[1], 7000)).makefile():
    print(line, end="")' $S0
feed first
must_soon 10 "the client hears the server" arrived first
must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1

must_soon 10 "nothing is under way" quiet
link_down c0
must_soon 5 "the client sends from its second address" uses client $C1
must_soon 5 "the server sends to the second address" sends_to server $C1
must_soon 10 "nothing is under way" quiet
feed moved
must_soon 5 "the client hears the server behind its new router" arrived moved

link_down s0
must_soon 5 "the server sends from its second address" uses server $S1
must_soon 5 "the client sends to the second address" sends_to client $S1
must_soon 10 "nothing is under way" quiet
feed followed
must_soon 5 "the client hears the server from its new address" arrived followed
