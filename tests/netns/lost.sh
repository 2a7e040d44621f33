#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An address that is lost and that no connection uses is remembered (C9): a server answers its
# sessions from it, with IPV6_PKTINFO, and another binds to it, also under a new helper.
source "$(dirname "$0")/lib.sh"

session_goes_on()
{
	local had
	had=$(figure session received)
	must_soon 10 "the session goes on: $1" flowing session $((had + 100))
	say "$1: the session goes on"
}

# binds_to ADDRESS: a program under hmip-run at the server can.
binds_to()
{
	on server python3 -c "
import socket, sys
socket.socket(socket.AF_INET6, socket.SOCK_STREAM).bind((sys.argv[1], 7200))" "$1" \
		2>>"$dir/bind.log"
}

topology c0 s0 s1
helpers
spawn_on server server python3 "$netns_dir/pktinfo.py" 7100 "$dir/server.json"
must_soon 10 "the server is there" bound "$server" 7100
spawn_on session client python3 "$netns_dir/datagrams.py" talk --to $S0 --port 7100 \
	--status "$dir/session.json"
must_soon 10 "the session begins" flowing session 1
must_soon 15 "the client has verified the server's second address" is_active client $S1
session_goes_on "unmoved"
link_down s0
session_goes_on "the server moved"
must "a server binds to the lost address" binds_to $S0
must_not "and to no other" binds_to 2001:db8:b0::21
helper_leave server
helper_start server
session_goes_on "under a new helper"
must "a server binds to the lost address under a new helper" binds_to $S0
