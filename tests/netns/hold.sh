#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Both links of the client are lost for longer than TCP waits for an answer, at both ends: a quiet
# session that TCP's keep-alive guards at both ends goes on when a link is back, on the address as
# before; so does a transfer in both directions, on another address and with helpers that began
# meanwhile (A1, B13). What that has in flight each way was received, and the acknowledgements were
# lost: neither end takes the other's, from numbers of the past, while it has a closed window.
source "$(dirname "$0")/lib.sh"

held()
{
	cache "$1" "[e for e in d if e['held_since'] is not None]" >/dev/null
}

# gave_up SIDE: connections that ended at that host because nobody answered.
gave_up()
{
	in_ns "$PREFIX-$1" nstat -asz TcpExtTCPAbortOnTimeout |
		awk '$1 == "TcpExtTCPAbortOnTimeout" { print $2 }'
}

echoed()
{
	grep -qx "echo $1" "$dir/quiet.log"
}

outage()
{
	say "no link for ${HMIP_OUTAGE:-40} s"
	must_soon 5 "the client holds its connections" held client
	must_soon 15 "the server does" held server
	sleep "${HMIP_OUTAGE:-40}"
	for side in client server; do
		must "the $side still holds" held $side
		must "no connection of the $side has ended" [ "$(gave_up $side)" == 0 ]
	done
}

command -v nstat >/dev/null || skip "no nstat (Debian: iproute2)"
topology c0 c1 s0
# TCP gives up after 13 s of silence, not after 15 minutes.
for ns in "$client" "$server"; do
	in_ns "$ns" sysctl -qw net.ipv4.tcp_retries2=5
done
helpers
spawn_on silent-server server python3 "$netns_dir/quiet.py" serve --keepalive
must_soon 10 "the quiet server listens" listens "$server" 7001
spawn_on quiet client python3 "$netns_dir/quiet.py" sit --keepalive
must_soon 10 "the quiet session is there" grep -qx connected "$dir/quiet.log"
kill -USR1 "${pid_of[quiet]}"
must_soon 10 "the quiet session talks" echoed 1
must_soon 10 "the server has verified both addresses" both_active server $C0 $C1

# Nothing but the keep-alive tells the server of it.
link_down c1
link_down c0
outage
link_ready c0
kill -USR1 "${pid_of[quiet]}"
must_soon 10 "the quiet session goes on where it was" echoed 2
must_soon 5 "the client holds nothing" not held client
must_soon 5 "the server holds nothing" not held server

# A queue each way, so that much is in flight. The helpers are replaced meanwhile.
for at in "$client c0" "$server s0"; do
	tc -n "${at% *}" qdisc add dev "${at#* }" root handle 1: htb default 1 ||
		skip "no HTB in this kernel"
	tc -n "${at% *}" class add dev "${at#* }" parent 1: classid 1:1 htb rate 8mbit burst 8k
done
serve
talk t --rate "${HMIP_RATE:-2000000}"
link_down c0
must_soon 15 "the server holds its connections" held server
for side in client server; do
	helper_leave $side
	helper_start $side
done
outage
link_ready c1
goes_on t 5 "on the other address"
must "... which it is" uses client $C1
kill -USR1 "${pid_of[quiet]}"
must_soon 10 "the quiet session goes on as well" echoed 3
stop_talk t
