#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Connections that nobody shows, and whose host moves before anybody can have looked for them (A1):
# of the client, then of the server. At last the server's helper is too late: it registers the
# connection after the client has moved.
source "$(dirname "$0")/lib.sh"

# begin NAME LINK: connects, and at once takes LINK down; then says something and hears it again.
# Prints how long that took.
begin()
{
	local ns addr gw metric
	read -r ns addr gw metric < <(link_facts "$2")
	in_ns "$client" python3 - "$ns" "$addr" "$2" $S0 >"$dir/$1.out" 2>"$dir/$1.log" <<-'END' &
	import socket, subprocess, sys, time

	ns, address, link, server = sys.argv[1:]
	away = subprocess.Popen(["ip", "-n", ns, "-batch", "-"], stdin=subprocess.PIPE, text=True)
	s = socket.create_connection((server, 7000))
	away.communicate(f"addr del {address}/64 dev {link}\nlink set {link} down\n")
	begun = time.monotonic()
	s.sendall(b"alive")
	s.settimeout(30)
	assert s.recv(5) == b"alive"
	print(round((time.monotonic() - begun) * 1000), "ms")
	END
	pid_of[$1]=$!
	finish "$1" 40 || fail "$1 did not survive: $(tail -n 1 "$dir/$1.log")"
	say "$1: $(cat "$dir/$1.out")"
}

topology c0 c1 s0 s1
helpers
# Serves anybody, and is not under the shim.
cat >"$dir/echo.py" <<'END'
import socketserver

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(100):
            self.request.sendall(data)

class Server(socketserver.ThreadingTCPServer):
    address_family = socketserver.socket.AF_INET6
    daemon_threads = True

Server(("::", 7000), Echo).serve_forever()
END
spawn echo "$server" python3 "$dir/echo.py"
must_soon 10 "the server listens" listens "$server" 7000
on client python3 -c "import socket
s = socket.create_connection(('$S0', 7000)); s.sendall(b'x'); s.recv(1)"
must_soon 10 "the server has verified the client's addresses" both_active server $C0 $C1
must_soon 10 "the client has verified the server's" both_active client $S0 $S1
for i in 1 2 3 4; do
	begin client-$i c0
	link_ready c0
	must_soon 10 "the client is back" both_active server $C0 $C1
	begin server-$i s0
	link_ready s0
	must_soon 10 "the server is back" both_active client $S0 $S1
done

# The server's helper has no time to scan: its kernel has no socket for what the client sends from
# its other address.
resets()
{
	in_ns "$server" awk '$1 == "Tcp:" && $15 ~ /^[0-9]+$/ { print $15 }' /proc/net/snmp
}

sent_a_reset()
{
	(($(resets) > before))
}

kill -STOP "${pid_of[server-helper]}"
on_exit "kill -CONT ${pid_of[server-helper]}"
before=$(resets)
begin late c0 &
late=$!
must_soon 10 "the server's kernel refuses what the client sends" sent_a_reset
kill -CONT "${pid_of[server-helper]}"
wait $late || fail "late did not survive"
must "the reset did not leave" counter_above server refusals 0
