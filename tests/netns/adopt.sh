#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Adoption: one program on the client is under the shim, nothing on the server is; no keys are
# configured. sshd as an init starts it, a static echo service and a static client of it, begun
# before the hosts knew each other, all move (A1), with either helper replaced in between; with
# adopt = no they are left alone.
source "$(dirname "$0")/lib.sh"
source "$netns_dir/services.sh"

for p in busybox sshd ssh ssh-keygen file; do
	command -v $p >/dev/null || skip "no $p"
done
file -L "$(command -v busybox)" | grep -q 'statically linked' ||
	skip "busybox is not static (Debian: busybox-static)"

# Conversations outlast the test, on a slow machine, too.
long=$((260 * ${HMIP_PATIENCE:-1}))

# static_client NAME LINES PORT: sends that many lines to the echo service; what comes back is in
# $dir/NAME.out.
static_client()
{
	lines "$2" | in_ns "$client" busybox nc $S0 "$3" >"$dir/$1.out" 2>"$dir/$1.log" &
	pid_of[$1]=$!
}

lines()
{
	for i in $(seq "$1"); do
		echo "line $i"
		sleep 0.05
	done
}

# echoed NAME LINES: so many have come back by now.
echoed()
{
	(($(wc -l <"$dir/$1.out") >= $2))
}

echoes_on()
{
	local had
	had=$(wc -l <"$dir/$1.out")
	must_soon 10 "$1 goes on $2" echoed "$1" $((had + 3))
}

all_back()
{
	finish "$1" 30 || fail "$1: status $?"
	seq -f 'line %g' "$2" | cmp - "$dir/$1.out" || fail "$1 lost or changed something"
}

# care SIDE PORT: how its open connections with that port came under its care.
care()
{
	sockets "$1" "' '.join(s['known_by'] for s in d if s['lingers'] is None
		and (s['local'] + ' ' + s['foreign'] + ' ').find(']:$2 ') >= 0)"
}

cares()
{
	[[ $(care "$1" "$2") == "$3" ]]
}

# An orderly stop would end what has moved.
replace()
{
	kill -9 "${pid_of[$1-helper]}"
	wait "${pid_of[$1-helper]}" || true
	helper_start "$1"
}

topology c0 c1 s0
for side in client server; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
helpers
sshd_at 2222 spawn sshd "$server"
spawn echo "$server" busybox nc -ll -p 7100 -e /bin/cat
must_soon 10 "the echo service listens" listens "$server" 7100

static_client before $long 7100
must_soon 10 "the static client is at work" echoed before 1
must "nobody cares about it" cares client 7100 ""
lines "$long" | on client "${ssh_command[@]}" cat >"$dir/ssh.out" 2>"$dir/ssh.log" &
pid_of[ssh]=$!
must_soon 10 "the session has begun" echoed ssh 1
must_soon 10 "the server has verified the client's second address" is_active server $C1
must "the session was shown by the client" cares client 2222 preload
must_soon 5 "and found by the server" cares server 2222 adopted
must_soon 5 "what was there before is adopted by the client" cares client 7100 adopted
must_soon 5 "and by the server" cares server 7100 adopted
static_client after $long 7100
must_soon 5 "what comes later is, too" cares client 7100 "adopted adopted"
must_soon 5 "on both hosts" cares server 7100 "adopted adopted"

link_down c0
must_soon 5 "all are on the new link" uses client $C1
for name in before after ssh; do
	echoes_on $name "after a move"
done
say "a static client and server and an ssh session moved"

replace server
replace client
must "the successors know them" cares client 7100 "adopted adopted"
must "on both hosts" cares server 7100 "adopted adopted"
must "and that the session was shown" cares client 2222 preload
link_ready c0
must_soon 10 "the server has verified the first address again" is_active server $C0
link_down c1
for name in before after ssh; do
	echoes_on $name "after a move back under new helpers"
done
say "they moved back under new helpers"

# brief SECONDS: short connections, one after the other, that nobody registers.
brief()
{
	in_ns "$client" python3 - $S0 7200 "$1" <<'END'
import socket
import sys
import time

end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as s:
        s.recv(1)
END
}

spawn brief "$server" python3 -c '
import socket
listener = socket.create_server(("::", 7200), family=socket.AF_INET6)
while True:
    s = listener.accept()[0]
    s.send(b"x")
    s.close()'
must_soon 10 "the service of short connections listens" listens "$server" 7200
brief 1
# Scans find one of them nearly each time. The longest pause between two is 0.32 s.
scans=$(counter client scans) most=24
brief 3
scans=$(($(counter client scans) - scans))
must "connections that come and go are not looked for all the time: $scans" test $scans -le $most
say "$scans scans in 3 s of short connections"

for side in client server; do
	echo 'adopt = no' >>"$dir/$side.conf"
	kill -HUP "${pid_of[$side-helper]}"
	must_soon 5 "the $side reads its configuration" \
		grep -q 'is in force' "$dir/$side-helper.log"
done
static_client alone 40 7100
must_soon 10 "another static client is at work" echoed alone 3
all_back alone 40
must "it was left alone" cares client 7100 "adopted adopted"
must "by the server, too" cares server 7100 "adopted adopted"
for name in before after ssh; do
	echoes_on $name "without further adoption"
done
all_back before $long
all_back after $long
all_back ssh $long
say "every line came back"
