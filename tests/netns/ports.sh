#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hundreds of connections from few ports, before and after moves of either end: none shares its
# ports with another (R3).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
in_ns "$client" sysctl -qw net.ipv4.ip_local_port_range="40000 40279"
helpers
spawn_on crowd-server server python3 "$netns_dir/crowd.py" serve --port 7000
must_soon 10 "the server listens" listens "$server" 7000
mkfifo "$dir/control"
spawn_on crowd client python3 "$netns_dir/crowd.py" talk --to $S0 --port 7000 \
	--control "$dir/control" --status "$dir/crowd.json"

total=0 alone=00

# How many connections each helper left alone since another had their ports.
clashes()
{
	echo "$(counter client port-clash)$(counter server port-clash)"
}

know_all()
{
	local side
	for side in client server; do
		[[ $(sockets $side "str(sum(s['lingers'] is None for s in d))") == "$total" ]] ||
			return 1
	done
}

opened()
{
	[[ $(figure crowd open) == "$total" ]] && (($(figure crowd slowest) >= $1))
}

flowing_all()
{
	wait_until 15 opened $(($(figure crowd slowest) + 3)) && [[ -z $(figure crowd errors) ]]
}

# more COUNT WHAT: opens so many, and waits until all that are open, old and new, have got a word
# through since.
more()
{
	total=$((total + $1))
	echo "$1" >"$dir/control"
	must_soon 15 "all are open: $2" opened 1
	flowing_all || fail "$2: $(figure crowd errors)"
	must_soon 5 "both helpers know all: $2" know_all
	must "no connection was left alone for its ports: $2" [ "$(clashes)" = $alone ]
	say "$2: $total connections, slowest at round $(figure crowd slowest)"
}

# reuse FROM PORT: a connection of a program that chose the port itself; prints what came of it.
reuse()
{
	ip netns exec "$client" python3 - "$@" $S0 7000 <<-'END'
	import errno, socket, sys
	s = socket.socket(socket.AF_INET6)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	s.bind((sys.argv[1], int(sys.argv[2])))
	s.settimeout(10)
	try:
	    s.connect((sys.argv[3], int(sys.argv[4])))
	    s.sendall(b"word")
	    print(s.recv(10).decode())
	except TimeoutError:
	    print("time-out")
	except OSError as e:
	    print(errno.errorcode[e.errno])
	END
}

# The port of a connection that was born with an address.
port_of()
{
	sockets client "next(s['local'].rsplit(':', 1)[1] for s in d
		if s['local'].startswith('[$1]:') and s['lingers'] is None)"
}

must_soon 10 "the client waits" [ -s "$dir/crowd.json" ]
more 100 "at first"
must_soon 10 "the server has verified the client's second address" is_active server $C1
port=$(port_of $C0)
must "who has the ports of another connection but another pair gets through" \
	[ "$(reuse $C1 $port)" = word ]
must "and is no trouble" flowing_all
alone=$(clashes)	# it was there long enough to be found, or not
link_down c0
must "the client sends from its second address" uses client $C1
must "who has its pair, too, is refused at once" [ "$(reuse $C1 $port)" = EHOSTUNREACH ]
must "which is counted" counter_above client out-refused 0
more 70 "after the client's move"
link_ready s1
must_soon 10 "the client has verified the server's second address" is_active client $S1
link_down s0
must_soon 5 "the client sends to the second address" sends_to client $S1
more 50 "after the server's move"
link_ready c0
must_soon 10 "the server has verified the client's first address" is_active server $C0
link_down c1
must "the client is back" uses client $C0
more 40 "after the client's return"
must "no two have the same port" [ "$(figure crowd shared_ports)" = 0 ]
