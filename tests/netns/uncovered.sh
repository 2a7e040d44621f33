#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# hmipctl uncovered names the connections with a Homeless peer that would not survive a move, and
# says why.
source "$(dirname "$0")/lib.sh"

topology c0 s0
for side in client server; do
	# Else they would all be found.
	(umask 077 && { conf $side; echo 'adopt = no'; } >"$dir/$side.conf")
done
helpers
spawn_on echo server python3 "$netns_dir/crowd.py" serve --port 7000
must_soon 10 "the server listens" listens "$server" 7000

# uncovered EXPRESSION: over the client's, d.
uncovered()
{
	ip netns exec "$client" "$(program hmipctl)" -s "$dir/client.sock" --json uncovered |
		json "$1"
}

# reason NAME REASON: what is said of the only connection of process NAME.
reason()
{
	[[ $(uncovered "[r['reason'] for r in d if r['pid'] == ${pid_of[$1]}]") == "$2" ]]
}

# hold NAME COMMAND...: a program that connects to the server and stays.
hold()
{
	local name=$1
	shift
	spawn "$name" "$client" "$@"
	must_soon 10 "$name is connected" connected "$name"
}

connected()
{
	[[ -n $(ip netns exec "$client" ss -6Htnp state established |
		grep -F "pid=${pid_of[$1]},") ]]
}

python=$(readlink -f "$(command -v /usr/bin/python3 || command -v python3)")
cat >"$dir/hold.py" <<'END'
import signal, socket, sys
s = socket.socket(socket.AF_INET6)
if sys.argv[3:] == ["mptcp"]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 262)
elif len(sys.argv) > 3:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[3].encode())
s.connect((sys.argv[1], int(sys.argv[2])))
signal.pause()
END
run=("env" "HMIP_SOCKET=$dir/client.sock" "$(program hmip-run)")

must "nothing is uncovered where there is nothing" [ "$(uncovered "str(len(d))")" = 0 ]
hold covered "${run[@]}" "$python" "$dir/hold.py" $S0 7000
must_soon 10 "the server takes part" cache client "[e for e in d if e['status'] == 'homeless']"
must "what is shown is covered" [ "$(uncovered "str(len(d))")" = 0 ]

hold bare "$python" "$dir/hold.py" $S0 7000
must "without hmip-run" reason bare not-preloaded
hold device "${run[@]}" "$python" "$dir/hold.py" $S0 7000 c0
must_soon 5 "bound to an interface" reason device device
if [[ $(in_ns "$client" sysctl -n net.mptcp.enabled 2>&1) == 1 ]]; then
	hold mptcp "${run[@]}" "$python" "$dir/hold.py" $S0 7000 mptcp
	must "of Multipath TCP" reason mptcp mptcp
else
	say "no Multipath TCP"
fi
cp "$python" "$dir/set-gid"
chown root:nogroup "$dir/set-gid"
chmod 2755 "$dir/set-gid"
hold secure "$dir/set-gid" "$dir/hold.py" $S0 7000
must "set-gid" reason secure set-uid
if [[ $("$(program hmip-run)" busybox true 2>&1) == *"statically linked"* ]]; then
	mkfifo "$dir/stdin"
	spawn static "$client" sh -c "exec busybox nc $S0 7000 <>$dir/stdin"
	must_soon 10 "busybox is connected" connected static
	must "a static program" reason static static
else
	say "no static busybox (Debian: busybox-static)"
fi
hold wrong env HMIP_SOCKET="$dir/nobody" "$(program hmip-run)" "$python" "$dir/hold.py" $S0 7000
must "shown to nobody" reason wrong not-registered

must_not "from another namespace" ctl client uncovered 2>"$dir/elsewhere.err"
must "which is said" grep -q 'runs in another network namespace' "$dir/elsewhere.err"
in_ns "$client" "$(program hmipctl)" -s "$dir/client.sock" uncovered >"$dir/table"
must "with a heading" grep -q '^PID *COMMAND *PEER *PROTO *LOCAL *FOREIGN *WHY$' "$dir/table"
must "in a sentence" \
	grep -q "^${pid_of[bare]} .* server *tcp .* its program was started without hmip-run$" \
	"$dir/table"
if setpriv --reuid=65534 --clear-groups test -x "$(program hmipctl)"; then
	chmod 755 "$dir"
	in_ns "$client" setpriv --reuid=65534 --clear-groups "$(program hmipctl)" \
		-s "$dir/client.sock" -j uncovered >"$dir/nobody.json" 2>"$dir/nobody.err"
	must "others' processes are hidden" \
		[ "$(json "sorted({r['reason'] for r in d} - {'device', 'mptcp'})" \
			<"$dir/nobody.json")" = hidden ]
	must "that, too" grep -q 'only your own processes' "$dir/nobody.err"
fi
