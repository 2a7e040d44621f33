#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What does not move, or not always, is said beforehand by hmipctl uncovered and hmipctl sockets:
# connections while no peer is Homeless, translated ports, policy rules by user and by mark. What is
# Multipath TCP and adopted moves, so it is not listed.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/translated.sh"

# That of a version manager in root's home is not for other users.
python=$(readlink -f "$(command -v /usr/bin/python3 || command -v python3)")
USER=1000 MARK=7

cat >"$dir/echo.py" <<'END'
# Echoes on port 7000; with --mptcp as Multipath TCP on port 7001.
import socket, sys, threading
mptcp = "--mptcp" in sys.argv
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 262 if mptcp else 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("::", 7001 if mptcp else 7000))
s.listen(64)
def echo(c):
    while data := c.recv(4096):
        c.sendall(data)
while True:
    threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()
END
cat >"$dir/hold.py" <<'END'
# One connection to argv[2]:argv[3]: counts in the file argv[1] what came back.
import os, socket, sys, time
status, host, port, *options = sys.argv[1:]
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 262 if "mptcp" in options else 0)
if "mark" in options:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(options[options.index("mark") + 1]))
s.connect((host, int(port)))
n = 0
while True:
    s.sendall(b"x")
    n += len(s.recv(1))
    with open(status + ".new", "w") as f:
        print(n, file=f)
    os.rename(status + ".new", status)
    time.sleep(0.05)
END

# echoes NAME COUNT: more than COUNT octets came back.
echoes()
{
	[[ -e $dir/state/$1 ]] && (($(<"$dir/state/$1") > $2))
}

# hold NAME NAMESPACE ADDRESS PORT [OPTIONS...]: outside the shim.
hold()
{
	local name=$1 ns=$2
	shift 2
	spawn "$name" "$ns" "$python" "$dir/hold.py" "$dir/state/$name" "$@"
	must_soon 10 "$name gets through" echoes "$name" 0
}

# uncovered SIDE EXPRESSION: over its answer, d.
uncovered()
{
	in_ns "$PREFIX-$1" "$(program hmipctl)" -s "$dir/$1.sock" --json uncovered | json "$2"
}

# listed SIDE REASON EXPRESSION: a row r of SIDE has REASON, and so EXPRESSION.
listed()
{
	uncovered "$1" "[r for r in d if r['reason'] == '$2' and ($3)]" >/dev/null
}

# rows SIDE COUNT: so many are listed.
rows()
{
	[[ $(uncovered "$1" "str(len(d))") == "$2" ]]
}

# sockets_say SIDE REASON EXPRESSION: the same of hmipctl sockets.
sockets_say()
{
	in_ns "$PREFIX-$1" "$(program hmipctl)" -s "$dir/$1.sock" --json sockets |
		json "[r for r in d if r['reason'] == '$2' and ($3)]" >/dev/null
}

prints()
{
	in_ns "$PREFIX-$1" "$(program hmipctl)" -s "$dir/$1.sock" "$2" >"$dir/$1-$2.out"
	grep -qE "$3" "$dir/$1-$2.out"
}

topology c0 c1 s0
mkdir "$dir/state"
chmod 755 "$dir"
chmod 777 "$dir/state"
containers
helpers
spawn echo "$server" "$python" "$dir/echo.py"
spawn shop "$shop" "$python" "$dir/echo.py"
must_soon 10 "the server listens" listens "$server" 7000
must_soon 10 "the container listens" listens "$shop" 7000

hold early "$client" $S0 7000
hold early2 "$client" $S0 7000
must "no peer is known, which JSON says of each connection" \
	[ "$(uncovered client "[r['reason'] for r in d]" | paste -sd ,)" = no-peers,no-peers ]
must "and the text of all" prints client uncovered \
	'^no Homeless peers known; 2 connections would not survive a move$'

on client python3 -c "import socket; socket.create_connection(('$S0', 7000))"
must_soon 10 "the server takes part" cache client "[e for e in d if e['status'] == 'homeless']"
must_soon 10 "the client is known" is_active server $C0
must_soon 10 "the second address, too" is_active server $C1
must_soon 10 "all is adopted" prints client uncovered \
	'^no uncovered connections with Homeless peers$'

say "translated ports"
hold redirected "$client" $S0 8080
must_soon 5 "redirected: the server's socket, with its process" listed server translated \
	"r['pid'] == ${pid_of[echo]} and r['local'] == '[$S0]:7000'"
hold direct "$client" $S0 7000		# it makes the server's helper scan
must_soon 10 "sockets says it as well" sockets_say server translated "r['local'] == '[$S0]:7000'"
must "also as text" prints server sockets '\(translated\)$'
must "for this connection only" rows server 1
hold published "$client" $S0 8090
must_soon 5 "published: no socket" listed server translated \
	"r['pid'] is None and r['uid'] is None and r['local'] == '[$S0]:8090' and \
		r['name'] == 'client'"
hold masqueraded "$box" $S0 7000
must_soon 5 "masqueraded: no socket" listed client translated \
	"r['pid'] is None and r['foreign'] == '[$S0]:7000' and r['local'].startswith('[$C0]')"
hold output "$client" 2001:db8:99::9 7000
must_soon 5 "its destination is translated: its process" listed client translated \
	"r['pid'] == ${pid_of[output]} and r['foreign'] == '[$S0]:7000'"
must "each once" rows client 2
kill "${pid_of[output]}" "${pid_of[masqueraded]}"
must_soon 10 "what ended is not listed" rows client 0

if [[ $(in_ns "$client" sysctl -n net.mptcp.enabled 2>&1) == 1 ]]; then
	spawn mptcp-echo "$server" "$python" "$dir/echo.py" --mptcp
	must_soon 10 "the server listens" listens "$server" 7001
	hold mptcp "$client" $S0 7001 mptcp
	must_soon 10 "Multipath TCP is adopted" sockets client \
		"[s for s in d if s['foreign'] == '[$S0]:7001' and s['hce']]"
fi

say "policy rules"
ip -n "$client" -6 route add default via 2001:db8:a1::1 dev c1 table 100
ip -n "$client" -6 rule add fwmark $MARK lookup 100
ip -n "$client" -6 rule add uidrange $USER-$USER lookup 100
must "no rule selects a connection yet" rows client 0
set_uid within $USER
hold user "$client" $S0 7000
within=()
must_soon 5 "a rule by user" listed client policy-rule \
	"r['uid'] == $USER and r['local'].startswith('[$C1]')"
must "sockets says so" sockets_say client policy-rule "r['local'].startswith('[$C1]')"
must "as text" prints client sockets '^server .*the same \(policy-rule\)$'
kill "${pid_of[user]}"
must_soon 10 "no rule selects one now" rows client 0
hold marked "$client" $S0 7000 mark $MARK
must_soon 5 "a rule by mark" listed client policy-rule "r['pid'] == ${pid_of[marked]}"

link_down c0
for name in early early2 direct marked ${pid_of[mptcp]+mptcp}; do
	must_soon 20 "$name goes on" echoes $name $(($(<"$dir/state/$name") + 40))
done
