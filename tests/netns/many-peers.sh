#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# many-peers.sh [PEERS [RATE [UPDATES [SECONDS]]]]: so many peers come at once, default 300 at 300 a
# second, and all are met (X8); then they refresh their addresses, so many a second. What it cost
# the helper is printed.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/outside.sh"

peers=${1:-300} rate=${2:-300} updates=${3:-300} seconds=${4:-2}
many=$HMIP_BUILD/tests/many_peers
[[ -x $many ]] || skip "no many_peers in $HMIP_BUILD/tests"

known()
{
	ctl server --json cache | json "len(d) == $peers" >/dev/null
}

namespace "$outside"
in_ns "$outside" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
attach server $S0 s0 $MAC world
cat >"$dir/server.conf" <<-END
	state = "$dir/server.state"
	max_entries = $((peers + 64))
END
helper_start server
in_ns "$outside" "$many" world $MAC $S0 "$peers" "$rate" "$updates" "$seconds" \
	"$(status server 'd["pid"]')" | tee "$dir/peers.txt" || fail "all peers are met"
must "the helper has an entry for each" known
must "Updates are acknowledged" awk '/^updates/ { seen = 1; few = $2 * 0.9 > $7 + 0 }
	END { exit few || !seen }' "$dir/peers.txt"
must "the helper is alive" alive server-helper
