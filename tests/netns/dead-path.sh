#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A router drops what goes between the two addresses in use, while links and addresses stay: bulk
# data goes on over another pair, and comes back when the first is healed. Then the same in one
# direction only.
source "$(dirname "$0")/lib.sh"

# drop ADDRESS ADDRESS: from the first to the second, silently, at the router all ways lead over.
drop()
{
	in_ns "$core" nft add rule inet dead forward ip6 saddr "$1" ip6 daddr "$2" drop
}

heal()
{
	in_ns "$core" nft flush chain inet dead forward
}

no_longer_uses()
{
	! { uses client $C0 && sends_to client $S0; }
}

is_home()
{
	uses client $C0 && sends_to client $S0 && uses server $S0 && sends_to server $C0
}

command -v nft >/dev/null || skip "no nft (Debian: nftables)"
topology c0 c1 s0 s1
in_ns "$core" nft 'table inet dead { chain forward { type filter hook forward priority 0; }; }' ||
	skip "no nftables in this kernel"
for side in client server; do
	(umask 077 && { echo "path_timeout = 1"; conf $side; } >"$dir/$side.conf")
done
helpers
serve
talk t
must_soon 10 "the server has verified both of the client's addresses" both_active server $C0 $C1
must_soon 10 "the client has verified both of the server's addresses" both_active client $S0 $S1
goes_on t 5 "before"
must "nothing was probed as long as data flowed" [ "$(counter client probes)" == 0 ]

drop $C0 $S0
drop $S0 $C0
must_soon 5 "the client leaves the dead path" no_longer_uses
goes_on t 5 "on another pair"
heal
must_soon 15 "both come back to the first pair" is_home
goes_on t 5 "back on the first pair"

drop $S0 $C0
must_soon 5 "the one-way dead path is left" no_longer_uses
goes_on t 5 "after one direction died"
heal
say "probes of the client: $(counter client probes), of the server: $(counter server probes)"
stop_talk t
