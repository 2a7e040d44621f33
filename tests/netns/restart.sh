#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SIGTERM, as at a restart of the service: moved connections of TCP and UDP go on without a helper,
# and under the next one, which can move them again. SIGINT, as at its stop: nothing is left; a
# connection on its birth pair goes on (stop.sh has more of that).
source "$(dirname "$0")/lib.sh"

# Both ways: between sockets that are not connected, and from one that is.
datagrams()
{
	spawn_on u-server server python3 "$netns_dir/datagrams.py" serve --port 7100 \
		--status "$dir/u-server.json"
	must_soon 10 "the server of datagrams is there" bound "$server" 7100
	spawn_on u-client client python3 "$netns_dir/datagrams.py" talk --to $S0 --port 7100 \
		--status "$dir/u-client.json"
	spawn_on c-client client python3 "$netns_dir/datagrams.py" talk --to $S0 --port 7100 \
		--connect --status "$dir/c-client.json"
}

# all_go_on WHAT: within seconds, TCP and UDP, both ways.
all_go_on()
{
	local e had
	for e in t quiet; do
		goes_on $e 10 "$1"
	done
	for e in u-client u-server c-client; do
		had=$(figure $e received)
		must_soon 10 "$e hears more: $1" flowing $e $((had + 50))
	done
}

replaced()
{
	say "the $1's helper is stopped for a restart"
	helper_leave "$1"
	all_go_on "without a helper at the $1"
	helper_start "$1"
	all_go_on "under a new helper at the $1"
}

topology c0 c1 s0 s1
helpers
serve
datagrams
talk t
talk quiet --rate 50000
must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1
link_down c0
link_down s0
all_go_on "both moved"
replaced client
replaced server
must_soon 10 "the client's new helper knows its connections" uses client $C1
link_ready c0
must_soon 15 "the server's new helper has verified the client's first address again" \
	is_active server $C0
link_down c1
all_go_on "the client moved under new helpers"

say "the client's helper is stopped for good"
talk unmoved --to $S1
helper_stop client
goes_on unmoved 10 "without helper and datapath"
must "nothing of ours is in the kernel" \
	[ -z "$(ip -n "$client" -6 route show table all proto 109)" ]
must_not "no program of ours is attached" grep -q hmip_ <(in_ns "$client" bpftool net)
stop_talk unmoved
