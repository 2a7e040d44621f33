#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# More connections than max_connections: the rest are listed with the reason, nothing that this host
# may leave undone moves them, and they are attached when others end.
source "$(dirname "$0")/lib.sh"

MAX=16 FIRST=12 SECOND=12	# and one of talk

# crowd NAME COUNT
crowd()
{
	mkfifo "$dir/$1.fifo"
	spawn "$1" "$client" python3 "$netns_dir/crowd.py" talk --to $S0 --port 7001 \
		--control "$dir/$1.fifo" --status "$dir/$1.json"
	echo "$2" >"$dir/$1.fifo"
	must_soon 20 "$1 has $2 connections" test_figure "$1" "d['open'] == $2"
}

test_figure()
{
	json "$2" <"$dir/$1.json" >/dev/null
}

# crowd_goes_on NAME SECONDS WHAT: on each of its connections.
crowd_goes_on()
{
	local rounds
	rounds=$(json "str(d['slowest'])" <"$dir/$1.json")
	must_soon "$2" "$1 goes on: $3" test_figure "$1" "d['slowest'] > $rounds + 3"
	must "$1 has no error: $3" test_figure "$1" "not d['errors']"
}

# count_of WORD: the client's open connections that have the reason WORD.
count_of()
{
	sockets client "str(len([s for s in d if s['lingers'] is None and s['reason'] == '$1']))"
}

count_is()
{
	[[ $(count_of "$1") == "$2" ]]
}

listed()
{
	in_ns "$client" "$(program hmipctl)" -s "$dir/client.sock" --json uncovered |
		json "len([r for r in d if r['reason'] == '$1']) == $2" >/dev/null
}

topology c0 c1 s0
(umask 077 && { echo "max_connections = $MAX"; conf client; } >"$dir/client.conf")
helpers
serve
spawn serve-crowd "$server" python3 "$netns_dir/crowd.py" serve --port 7001
must_soon 10 "the server listens" listens "$server" 7001
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
crowd first $FIRST
must_soon 10 "the helper has found them" sockets client "len(d) == 1 + $FIRST"
crowd second $SECOND
rest=$((1 + FIRST + SECOND - MAX))
must_soon 10 "the rest are in sockets" count_is table-full $rest
must "the rest are uncovered" listed table-full $rest
must "the counter says how many" [ "$(counter client table-full)" = $rest ]
must "one event says so" [ "$(events client table-full)" = 1 ]

must "prefer c1" ctl client prefer c1
for name in first second; do
	crowd_goes_on $name 10 "told to prefer c1"
done
goes_on t 10 "told to prefer c1"
must_not "the datapath has no table that is full" grep -q 'is full' "$dir/client-helper.log"

say "one crowd ends"
kill "${pid_of[first]}"
finish first 5 || true
must_soon 10 "the rest are attached" count_is table-full 0
must "nothing is uncovered" listed table-full 0
must_soon 10 "what was preferred is used" uses client $C1
crowd_goes_on second 10 "attached and moved"
link_down c0
crowd_goes_on second 10 "its address is lost"
goes_on t 10 "its address is lost"
stop_talk t
