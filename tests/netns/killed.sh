#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kill -9 at random instants, at either end, while connections come and move: none is lost (A1), and
# no AH sequence number is used twice (X1). HMIP_KILLS: how many.
source "$(dirname "$0")/lib.sh"
kills=${HMIP_KILLS:-12}

# capture SIDE: what this host signs, a line "SPI SEQUENCE-NUMBER" each.
capture()
{
	spawn "$1-capture" "$PREFIX-$1" tcpdump -n -l -i any -Q out --immediate-mode \
		'ip6 and not ip6 proto 6 and not ip6 proto 58'
	must_soon 10 "the capture at the $1 listens" grep -q 'listening on' "$dir/$1-capture.log"
}

signed()
{
	sed -n 's/.*AH(spi=\(0x[0-9a-f]*\).*seq=\(0x[0-9a-f]*\)[,)].*/\1 \2/p' "$dir/$1-capture.log"
}

# Moves a host, if its helper is there to do it; both links are up, so each move can be undone.
move_somewhere()
{
	ctl client prefer c$((RANDOM % 2)) >/dev/null 2>&1 || true
	ctl server prefer s$((RANDOM % 2)) >/dev/null 2>&1 || true
}

replaced()
{
	kill -9 "${pid_of[$1-helper]}"
	must_soon 5 "the helper of the $1 is dead" eval "! alive $1-helper"
	helper_start "$1"
}

command -v tcpdump >/dev/null || skip "tcpdump is not installed"
topology c0 c1 s0 s1
capture client
capture server
helpers
serve
talk old
must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1
ctl client prefer c1 >/dev/null
must_soon 10 "the client has moved" uses client $C1

for ((i = 1; i <= kills; i++)); do
	side=client
	((RANDOM % 2)) || side=server
	talk new$i
	move_somewhere
	sleep 0.$((RANDOM % 4))$((RANDOM % 10))
	replaced $side
	must_soon 10 "state is taken up" grep -q 'restored the state' "$dir/$side-helper.log"
	goes_on old 20 "kill $i, of the $side's helper"
	goes_on new$i 20 "kill $i, of the $side's helper"
	stop_talk new$i
done
stop_talk old
must_not "a state could not be restored or saved" \
	grep -q 'cannot restore\|cannot save' "$dir/client-helper.log" "$dir/server-helper.log"
for side in client server; do
	n=$(signed $side | wc -l)
	must "much was signed by the $side ($n packets)" [ "$n" -gt "$kills" ]
	must "no number of the $side was used twice: $(signed $side | sort | uniq -d | head -n 3)" \
		[ -z "$(signed $side | sort | uniq -d)" ]
	say "$side: $n packets signed, no number twice"
done
