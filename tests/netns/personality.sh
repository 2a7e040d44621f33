#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two personalities: the server learns the addresses of one of them only, whatever becomes of these
# (X9).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
(umask 077 && { conf client; printf 'personality "work" {\n\tinterface = {"c1"}\n}\n'; } \
	>"$dir/client.conf")
helpers
serve
talk t
must_soon 10 "the server's helper takes part" \
	cache client "[e for e in d if e['status'] == 'homeless']"
must "the entry is of the default personality" cache client "d[0]['personality'] is None"
must "the other address is not" \
	status client "[a for a in d['addresses']
		if a['address'] == '$C1'][0]['personality'] == 'work'"

HMIP_PERSONALITY=work talk w
must "it connects from its own address" [ "$(figure w local | head -n 1)" = "$C1" ]
must "it is left alone" \
	sockets client "not [s for s in d if s['local'].startswith('[$C1]')
		and s['hce'] is not None]"
status=0
HMIP_PERSONALITY=nobody on client python3 -c "
import errno, socket
s = socket.socket(socket.AF_INET6)
assert s.connect_ex(('$S0', 7000)) == errno.EADDRNOTAVAIL" || status=$?
must "an unknown personality connects from nowhere" [ $status = 0 ]

link_down c0
must_soon 5 "the client has lost its address" \
	status client "not [a for a in d['addresses'] if a['address'] == '$C0'][0]['usable']"
had=$(figure w received)
must_soon 10 "the other personality talks on" flowing w $((had + 100000))
must "the connection is not moved" \
	sockets client "[s for s in d
		if s['local'].startswith('[$C0]')][0]['wire_local'].startswith('[$C0]')"
link_ready c0
goes_on t 30 "back at its own address"
must_not "the server has learned of the other address" state_at server $C1
must_not "... or heard of it in signalling" grep -q "$C1" "$dir/server.events"
stop_talk t
stop_talk w
helper_stop client

say "the server meets the other personality first"
rm -f "$dir/client.state"
helper_stop server
rm -f "$dir/server.state"
helpers
HMIP_PERSONALITY=work talk x
must_soon 10 "the server knows that address" is_active server $C1
must_not "... and no other" state_at server $C0
must "the entry says so" cache client "d[0]['personality'] == 'work'"
helper_stop client
helper_start client
must_soon 10 "a new helper knows it, too" cache client "d[0]['personality'] == 'work'"
must_not "the server has learned of the other address" state_at server $C0
stop_talk x
