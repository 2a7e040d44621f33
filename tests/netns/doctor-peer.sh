#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# hmipctl doctor HOST and doctor PID name the cause of each of these broken set-ups of two hosts,
# and what it advises mends it.
source "$(dirname "$0")/lib.sh"
source "$netns_dir/diagnosis.sh"

[[ $("$(program hmip-run)" busybox true 2>&1) == *"statically linked"* ]] ||
	skip "busybox is not static (Debian: busybox-static)"

# reload SIDE LINE...: its configuration from now on.
reload()
{
	local side=$1 had
	shift
	printf '%s\n' "state = \"$dir/$side.state\"" 'max_connections = 16' "$@" >"$dir/$side.conf"
	[[ -n ${pid_of[$side-helper]-} ]] || return 0
	had=$(grep -c 'is in force' "$dir/$side-helper.log" || true)
	kill -HUP "${pid_of[$side-helper]}"
	must_soon 5 "the $side reads its configuration" eval \
		"((\$(grep -c 'is in force' '$dir/$side-helper.log') > $had))"
}

# Both begin anew; what they knew is gone.
fresh_helpers()
{
	helper_stop client
	helper_stop server
	rm -f "$dir"/*.state*
	helper_start server
	helper_start client
}

python=$(readlink -f "$(command -v /usr/bin/python3 || command -v python3)")
cat >"$dir/hold.py" <<'END'
# A connection to argv[1]:argv[2] that stays.
import signal, socket, sys
host, port, *how = sys.argv[1:]
s = socket.socket(socket.AF_INET if "." in host else socket.AF_INET6)
if "prevent" in how:
    s.setsockopt(socket.IPPROTO_IP, 26, 1)
if "device" in how:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"c0")
if "from" in how:
    s.bind((how[1], 0))
s.connect((host, int(port)))
print("connected", flush=True)
signal.pause()
END

# hold NAME HOST PORT [HOW...]
hold()
{
	spawn "$1" "$client" "$python" "$dir/hold.py" "${@:2}"
	must_soon 10 "$1 is connected" grep -q connected "$dir/$1.log"
}

covered()
{
	ctl_in client doctor "$1" >"$dir/covered.out"
	[[ $(<"$dir/told") == 0 ]]
}

hang_up()
{
	local name
	for name; do
		kill "${pid_of[$name]}" 2>/dev/null || true
	done
}

topology c0 s0
reload client
reload server
helper_start client

broken "a host without IPv6" client name problem "IPv4 address only" 192.0.2.1
ip -n "$client" -6 route add unreachable 2001:db8:b0::/64
broken "no route to the peer" client route problem "no route to $S0" $S0
ip -n "$client" -6 route del unreachable 2001:db8:b0::/64
mended "no route to the peer" client route $S0

# The doctor has asked it and has been told nothing.
must "no helper there is found" grep -q 'did not answer AAP' "$dir/findings.json"
must "with a remedy" grep -q 'start hmip-helper there' "$dir/findings.json"
say "found: no helper there"
helper_start server
mended "no helper there" client met $S0

firewall_of()
{
	in_ns "$1" nft -f - <<-END
		table inet way {
			chain $2 {
				type filter hook $2 priority filter;
				meta l4proto != { tcp, icmpv6 } drop
			}
		}
	END
}

firewall_of "$r1" forward
link_ready c1
broken "a firewall on the way of a new address" client own-address problem "no proof of .*$C1" $S0
in_ns "$r1" nft flush ruleset
must_soon 40 "a firewall on the way of a new address is mended" well client own-address $S0
firewall_of "$r1" forward
broken "a firewall on the way of another pair" client pair problem "$C1 - $S0, could be used" $S0
in_ns "$r1" nft flush ruleset
mended "a firewall on the way of another pair" client pair $S0
firewall_of "$server" output
broken "a firewall there" client pair problem "$C0 - $S0, in use: no answer" $S0
must "the doctor there knows" diagnosed server firewall problem "drops signalling"
in_ns "$server" nft insert rule inet way output 'meta l4proto { ah, ipv6-nonxt, 253 } accept'
mended "a firewall there" client pair $S0
must "the doctor there, too" well server firewall
in_ns "$server" nft flush ruleset

say "connections"
spawn echo "$server" busybox nc -ll -p 7100 -e /bin/cat
must_soon 10 "the echo service listens" listens "$server" 7100
spawn listener "$client" "$python" -c '
import signal, socket
s = socket.create_server(("127.0.0.1", 7200))
signal.pause()'
must_soon 10 "somebody listens" eval \
	"[[ -n \$(ip netns exec $client ss -4Htln 'sport = :7200') ]]"
hold plain $S0 7100
must_soon 10 "a connection of any program is covered" covered "${pid_of[plain]}"
hold v4 127.0.0.1 7200
broken "IPv4" client connection problem "no such connection over IPv6" "${pid_of[v4]}"
hold prevented $S0 7100 prevent
broken "a prevented program" client connection problem hmip_prevent "${pid_of[prevented]}"
hold device $S0 7100 device
broken "a program bound to an interface" client connection problem "bound it to an interface" \
	"${pid_of[device]}"
in_ns "$client" nft -f - <<-END
	table ip6 nat {
		chain output {
			type nat hook output priority -100;
			ip6 daddr 2001:db8:99::9 dnat to $S0
		}
	}
END
hold translated 2001:db8:99::9 7100
broken "NAT" client connections advice "translates"
hang_up v4 prevented device translated
in_ns "$client" nft flush ruleset

reload client 'adopt = no'
spawn static "$client" sh -c "mkfifo $dir/static.in; exec busybox nc $S0 7100 <>$dir/static.in"
hold unloaded $S0 7100
broken "a static program" client connection problem "statically linked" "${pid_of[static]}"
broken "a program without hmip-run" client connection problem "without hmip-run" \
	"${pid_of[unloaded]}"
must "so does the host's" diagnosed client adoption advice "under hmip-run"
reload client 'adopt = yes'
must_soon 10 "a static program is mended" covered "${pid_of[static]}"
must_soon 10 "a program without hmip-run is mended" covered "${pid_of[unloaded]}"
hang_up static unloaded

for i in $(seq 17); do
	hold "full$i" $S0 7100
done
broken "a full table" client tables problem "max_connections others are"
broken "a connection beyond it" client connection problem "max_connections" "${pid_of[full17]}"
hang_up plain full{1..17}

reload client 'max_entries = 64' 'personality "work" {' 'interface = {"c1"}' '}'
sed -i 's/^max_connections = 16/max_connections = 64/' "$dir/client.conf"
fresh_helpers
hold unknown $S0 7100
broken "nobody has begun" client connection problem "no Homeless peers are known" \
	"${pid_of[unknown]}"
ctl_in client meet $S0 >"$dir/meet.out"
must_soon 10 "nobody has begun is mended" covered "${pid_of[unknown]}"
must "the table is not full any more" well client tables
hold work $S0 7100 from $C1
broken "another personality" client connection problem "another personality" "${pid_of[work]}"
hang_up unknown work

say "keys"
for side in client server; do
	chmod 600 "$dir/$side.conf"
	conf $side >"$dir/$side.conf"
done
sed -i "s/key_in = \"0011/key_in = \"1100/" "$dir/server.conf"
fresh_helpers
broken "wrong keys" client met problem "under the configured keys" $S0
must "the server knows" diagnosed server keys advice "wrong keys"
conf server >"$dir/server.conf"
fresh_helpers
must_soon 20 "wrong keys are mended" well client met $S0
must "the server is well" well server keys
