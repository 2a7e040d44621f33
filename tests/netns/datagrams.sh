#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# UDP between sockets that are not connected, some of them bound to an address, or of which only the
# client's is: client and server move, in turn, to addresses announced before and to fresh ones, and
# each end goes on seeing the other by the name it first knew it by (A1, C4, C11, X5). The hosts
# share no keys.
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
helpers

# datagrams NAME SIDE ARGS...: an end; its state is in $dir/NAME.json
datagrams()
{
	local name=$1 side=$2
	shift 2
	spawn_on "$name" "$side" python3 "$netns_dir/datagrams.py" "$@" --status "$dir/$name.json"
}

bound()
{
	[[ -n $(ip netns exec "$1" ss -6Hlun "sport = :$2") ]]
}

pairs="plain msg connected bound"

# all_have [MORE]: prints how many datagrams each end has received; with MORE succeeds if each has
# that many more than when this was called without.
all_have()
{
	python3 -c '
import glob, json, os, sys
now = {f: json.load(open(f)) for end in ("client", "server")
       for f in glob.glob(f"{sys.argv[1]}/*-{end}.json")}
had = sys.argv[1] + "/had"
if len(sys.argv) == 2:
    json.dump({f: now[f]["received"] for f in now}, open(had, "w"))
else:
    was = json.load(open(had))
    print("longest silence", max(d["max_gap_ms"] for d in now.values()), "ms")
    sys.exit(any(now[f]["received"] < was[f] + int(sys.argv[2]) for f in was))' "$dir" "$@"
}

# all_go_on SECONDS WHAT: both ends of all exchanges hear something new.
all_go_on()
{
	all_have
	must_soon "$1" "all go on: $2" all_have 30
	say "$2: all go on, $(all_have 30)"
}

# known_by SIDE ADDRESS: all ends of SIDE have seen their peer by that name and no other.
known_by()
{
	local p
	for p in $pairs; do
		[[ $(figure "$p-$1" names) == "{'$2': "*([0-9])"}" ]] ||
			fail "$p-$1 knows its peer by $(figure "$p-$1" names)"
	done
}
shopt -s extglob

port=7100
for p in $pairs; do
	args=()
	[[ $p != msg ]] || args=(--msg)
	[[ $p != bound ]] || args=(--bind $S0)
	datagrams $p-server server serve --port $port "${args[@]}"
	must_soon 10 "the server of $p is there" bound "$server" $port
	[[ $p != connected ]] || args+=(--connect)
	[[ $p != bound ]] || args=(--bind $C0)
	datagrams $p-client client talk --to $S0 --port $port "${args[@]}"
	port=$((port + 1))
done
must_soon 10 "C4: the client has an entry, which needs no connection" \
	cache client "[e for e in d if e['senders'] == 3]"
must_soon 15 "the server has verified the client's addresses" both_active server $C0 $C1
must_not "the server, which only answers, initiates nothing" \
	cache server "[e for e in d if e['initiated'] or e['senders']]"
all_go_on 5 "unmoved"

link_down c0
all_go_on 5 "the client moved to an address announced before"
link_down s0
link_up s1
all_go_on 15 "the server moved to a fresh address"
link_down c1
link_up c0
all_go_on 15 "the client moved back"

say "both helpers are replaced"
for side in client server; do
	helper_leave $side
	helper_start $side
done
all_go_on 10 "under new helpers"
must_soon 5 "the client's knows the senders" cache client "[e for e in d if e['senders'] == 3]"
link_down s1
link_up s0
all_go_on 15 "the server moved back"
known_by client $S0
known_by server $C0
for p in $pairs; do
	for e in $p-client $p-server; do
		kill -TERM "${pid_of[$e]}"
		finish $e 10 || fail "$e"
		[[ $(figure $e wrong) == 0 ]] || fail "$e: $(cat "$dir/$e.json")"
	done
done
must_soon 10 "C10: with the sockets gone, nothing needs the entry" \
	cache client "[e for e in d if e['senders'] == 0]"
