#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Routers that drop AH and destination options: strangers behind firewalls that deny meet in UDP,
# a session survives moves of both ends, and hmipctl says which way is used. Where UDP is dropped,
# too, the session stays on its addresses and goes on, and hmipctl says what is unanswered.
source "$(dirname "$0")/lib.sh"

# The core's rules: chain "signalling" has what is dropped of it.
router()
{
	in_ns "$core" nft -f - <<-END
	table inet core {
		counter dropped { }
		chain forward {
			type filter hook forward priority filter; policy accept;
			ip6 nexthdr { 51, 60 } counter name dropped drop
			jump more
		}
		chain more { }
	}
	END
}

drop_udp()
{
	in_ns "$core" nft add rule inet core more udp dport 434 drop
}

# Nothing comes in but answers, and connections to the server's port.
deny()
{
	in_ns "$1" nft -f - <<-END
	table inet host {
		chain input {
			type filter hook input priority filter; policy drop;
			ct state established,related accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			iif lo accept
			tcp dport 7000 accept
		}
	}
	END
}

# via SIDE LOCAL FOREIGN WAY
via()
{
	[[ $(cache "$1" "[p['via'] for e in d for p in e['paths']
		if (p['local'], p['foreign']) == ('$2', '$3')]") == "$4" ]]
}

# told SIDE REGEXP: hmipctl says so to people.
told()
{
	ctl "$1" cache | grep -qE "$2"
}

topology c0 c1 s0 s1
link_down c1
link_down s1
router
deny "$client"
deny "$server"
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
helpers
serve
talk t
must_soon 10 "the server has verified the client's address" is_active server $C0
must "the peer is Homeless" [ "$(cache client 'd[0]["status"]')" = homeless ]
link_down c0
link_up c1
goes_on t 10 "on an address the server had never heard of"
must_soon 5 "the server sends there" sends_to server $C1
link_down s0
link_up s1
goes_on t 10 "with the server on another address, too"
must_soon 5 "the client sends there" sends_to client $S1
must_not "nothing came natively" cache client \
	"[1 for e in d for p in e['paths'] if p['native_heard'] is not None]"
must "native signalling was tried" eval "in_ns $core nft -j list counters |
	json 'd[\"nftables\"][-1][\"counter\"][\"packets\"]' >/dev/null"
# Each new address is a request or two, and after the second answer only UDP is used.
link_ready c0
must_soon 10 "the server has verified the client's first address again" is_active server $C0
ctl client prefer $C0
must_soon 10 "the client sends from it" uses client $C0
goes_on t 10 "after a move on purpose"

say "UDP is dropped as well"
drop_udp
link_ready s0
goes_on t 10 "where nothing gets through"
must "the session is on its addresses" uses client $C0
must_soon 20 "the server says what is unanswered" via server $S0 $C0 none
must "so it does to people" told server "no signalling gets through: $S0 - $C0"
stop_talk t
