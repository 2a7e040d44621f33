#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Both ends lose their only address at the same moment and get one that the other has never heard
# of: the name by which the client found the server, resolved anew, brings them together (A1, C5),
# unless resolve = no. With keys configured, and with strangers.
source "$(dirname "$0")/lib.sh"

# both_move FROM TO: the client and the server, each from one link to the other.
both_move()
{
	local first
	link_down "c$1" &
	first=$!
	link_down "s$1"
	wait "$first"
	link_up "c$2" &
	first=$!
	link_ready "s$2"
	wait "$first"
	must_soon 10 "the client's address is usable" address_usable "c$2"
}

# resolve SIDE yes|no: puts it into the configuration.
resolve()
{
	sed -i '/^resolve/d' "$dir/$1.conf"
	sed -i "1i resolve = $2" "$dir/$1.conf"
}

topology c0 s0
name_server server.example $S0
(umask 077 && conf client >"$dir/client.conf")
resolve client no
helpers
serve
talk t --to server.example
must_soon 10 "the server has verified the client's address" is_active server $C0
must_soon 10 "the client has verified the server's address" is_active client $S0
must "the name is known" [ "$(cache client 'd[0]["dns"]')" = server.example ]
name_is server.example $S1
sent=$(counter client bu-sent)
both_move 0 1
had=$(figure t received)
must_soon 30 "the client has looked for the server in vain" \
	counter_above client bu-sent $((sent + 10))
must "nothing has come through" [ "$(figure t received)" = "$had" ]
must "no name was asked for" [ "$(events client resolving)" = 0 ]
say "with resolve = no neither finds the other"

resolve client yes
kill -HUP "${pid_of[client-helper]}"
goes_on t 30 "the name has led to the server"
must "the client sends from its second address" uses client $C1
must "the client sends to the server's second address" sends_to client $S1
must_soon 10 "the server sends to the client's second address" sends_to server $C1
must "a name was asked for" event_seen client resolving
stop_talk t

say "strangers, and a name that is late"
helper_stop client
helper_stop server
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
helpers
talk strangers --to server.example
must_soon 10 "the server has verified the client's address" is_active server $C1
must_soon 10 "the client has verified the server's address" is_active client $S1
must "the SA is an anonymous one" [ "$(cache client 'd[0]["sa"]["class"]')" = anonymous ]
both_move 1 0
must_soon 20 "the name was asked for" event_seen client resolving
name_is server.example $S0
goes_on strangers 30 "the name has led to the server, which is a stranger"
must "the client sends to the server's first address" sends_to client $S0
must_not "the server asked for a name" event_seen server resolving
stop_talk strangers
