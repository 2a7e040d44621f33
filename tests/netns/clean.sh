#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# After a stop the kernel is as it was; after kill -9 data flows on, a new helper takes over, and
# the session can be moved again.
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0 s1
kernel_state "$client" >"$dir/client-before"
kernel_state "$server" >"$dir/server-before"
helpers
serve
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
goes_on t 5 "moved"
must_not "the datapath shows while it runs" cmp -s "$dir/client-before" <(kernel_state "$client")

say "the client's helper is killed"
kill -9 "${pid_of[client-helper]}"
finish client-helper 5 || true
goes_on t 5 "without a helper"
helper_start client
goes_on t 5 "under a new helper"
must_soon 10 "the new helper knows the connection" uses client $C1
link_ready c0
must_soon 15 "the new helper announces a new address" is_active server $C0
link_down c1
goes_on t 10 "moved by the new helper"
must "on the first link" uses client $C0

say "the server's helper is killed and the client moves while it is away"
kill -9 "${pid_of[server-helper]}"
finish server-helper 5 || true
link_ready c1
link_down c0
helper_start server
goes_on t 20 "once the server has a helper again"
link_ready c0
stop_talk t

# Link-local addresses, too, whose routes were there before.
must_soon 10 "duplicate address detection" settled "$client" "$server"
helper_stop client
helper_stop server
kernel_state "$client" | sort >"$dir/client-after"
kernel_state "$server" | sort >"$dir/server-after"
for side in client server; do
	sort "$dir/$side-before" | diff -I 'ff00::/8' - "$dir/$side-after" ||
		fail "the helper of the $side left something behind, or took something"
done
must_not "the socket is gone" [ -e "$dir/client.sock" ]
