# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the tests in this folder stand on: a topology of network namespaces (drawn in README) that
# goes away however the test ends, helpers with configured SAs on both hosts, and waits that end
# when the thing happens. Source it first:
#
#	source "$(dirname "$0")/lib.sh"
#
#   HMIP_BUILD   the build tree, default build/ at the top of the sources
#   HMIP_LOGS    where each test keeps its folder of logs, default $HMIP_BUILD/tests/netns-logs
#   HMIP_KEEP=1  leave the namespaces and processes of a failed test as they are
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

test_name=${test_name:-$(basename "$0" .sh)}
netns_dir=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
HMIP_BUILD=$(readlink -m "${HMIP_BUILD:-$netns_dir/../../build}")
dir=${HMIP_LOGS:-$HMIP_BUILD/tests/netns-logs}/$test_name
export HMIP_BUILD

SKIP=77
PREFIX=hmip-$$
client=$PREFIX-client server=$PREFIX-server
r0=$PREFIX-r0 r1=$PREFIX-r1 core=$PREFIX-core

# Addresses. The client's links are a0 and a1, the server's b0 and b1.
C0=2001:db8:a0::10 C1=2001:db8:a1::10
S0=2001:db8:b0::20 S1=2001:db8:b1::20

# ---- how a test ends -----------------------------------------------------------------------------

say()
{
	printf '%s %s\n' "$(date +%T.%3N)" "$*" | tee -a "$dir/test.log"
}

skip()
{
	printf 'SKIP %s: %s\n' "$test_name" "$*"
	exit $SKIP
}

fail()
{
	say "FAILED: $*"
	exit 1
}

# on_exit COMMAND...: to be run at the end, last first.
exit_hooks=()
on_exit()
{
	exit_hooks=("$*" "${exit_hooks[@]}")
}

show_logs()
{
	local f
	for f in "$dir"/*.log; do
		[[ -s $f && $f != "$dir/test.log" ]] || continue
		printf -- '---- %s (last 40 lines)\n' "$f"
		tail -n 40 "$f"
	done
	for f in "$client" "$server"; do
		[[ -e /run/netns/$f ]] || continue
		printf -- '---- %s\n' "$f"
		ip -n "$f" -6 addr show scope global 2>&1 || true
		ip -n "$f" -6 route 2>&1 || true
		ip netns exec "$f" ss -6tni 2>&1 | head -n 20 || true
	done
	for f in client server; do
		[[ -e $dir/$f.sock ]] || continue
		printf -- '---- hmipctl of the %s\n' "$f"
		timeout 2 "$(program hmipctl)" -s "$dir/$f.sock" status 2>&1 || true
		timeout 2 "$(program hmipctl)" -s "$dir/$f.sock" cache 2>&1 || true
		timeout 2 "$(program hmipctl)" -s "$dir/$f.sock" sockets 2>&1 || true
	done
}

namespaces()
{
	ip netns list | sed -n "s/^\($PREFIX-[^ ]*\).*/\1/p"
}

teardown()
{
	local status=$? ns h
	trap '' INT TERM PIPE
	trap - EXIT ERR
	set +e
	if [[ $status != 0 && $status != "$SKIP" ]]; then
		show_logs
		if [[ ${HMIP_KEEP-} == 1 ]]; then
			say "kept: $(namespaces | tr '\n' ' ')"
			exit $status
		fi
	fi
	for h in "${exit_hooks[@]}"; do
		eval "$h"
	done
	for ns in $(namespaces); do
		ip netns pids "$ns" | xargs -r kill 2>/dev/null
	done
	for ns in $(namespaces); do
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[[ -n $(ip netns pids "$ns") ]] || break
			sleep 0.05
		done
		ip netns pids "$ns" | xargs -r kill -9 2>/dev/null
		ip netns del "$ns"
	done
	exit $status
}

# ---- waiting -------------------------------------------------------------------------------------

now_ms()
{
	local t=$EPOCHREALTIME
	echo $((${t/./} / 1000))
}

# wait_until SECONDS COMMAND...: runs COMMAND until it succeeds. Fails quietly after SECONDS, on a
# slow machine HMIP_PATIENCE times as many.
wait_until()
{
	local end=$(($(now_ms) + $1 * 1000 * ${HMIP_PATIENCE:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		(($(now_ms) < end)) || return 1
		sleep 0.03
	done
}

# must_soon SECONDS WHAT COMMAND...: as wait_until, but the test fails, saying WHAT did not come
# true.
must_soon()
{
	local s=$1 what=$2
	shift 2
	wait_until "$s" "$@" || fail "not within $s s: $what"
}

# must WHAT COMMAND...
must()
{
	local what=$1
	shift
	"$@" || fail "$what"
}

# must_not WHAT COMMAND...
must_not()
{
	local what=$1
	shift
	! "$@" || fail "$what"
}

# ---- programs ------------------------------------------------------------------------------------

# The path of one of our programs in the build tree.
program()
{
	case $1 in
	hmip-run) echo "$HMIP_BUILD/shim/hmip-run" ;;
	hmipctl) echo "$HMIP_BUILD/hmipctl/hmipctl" ;;
	*) echo "$HMIP_BUILD/helper/$1" ;;
	esac
}

# side_by_side CASE...: runs this script for each, all at the same time; fails with the names of
# those that failed.
side_by_side()
{
	local c failed=
	for c; do
		"$0" "$c" >"$dir/$c.log" 2>&1 &
		pid_of[$c]=$!
		on_exit "kill ${pid_of[$c]} 2>/dev/null; wait ${pid_of[$c]}"
	done
	for c; do
		wait "${pid_of[$c]}" || failed+=" $c"
		cat "$dir/$c.log"
	done
	[[ -z $failed ]] || fail "$failed"
}

# set_uid VARIABLE UID: the start of a command that runs the rest as that user, who may read what is
# under a home directory of mode 0700, such as this tree in /root. access(2) heeds the capability
# only without the fix-up.
set_uid()
{
	local -n words=$1
	words=(setpriv --reuid "$2" --regid "$2" --clear-groups
		--securebits=+no_setuid_fixup --inh-caps=+dac_read_search
		--ambient-caps=+dac_read_search)
}

# in_ns NAMESPACE COMMAND...
in_ns()
{
	ip netns exec "$@"
}

# spawn NAME NAMESPACE COMMAND...: in the background, by way of the command "within" if there is
# one; output in $dir/NAME.log, process id in pid_of[NAME].
declare -A pid_of
within=()
spawn()
{
	local name=$1 ns=$2
	shift 2
	ip netns exec "$ns" "${within[@]}" "$@" >>"$dir/$name.log" 2>&1 </dev/null &
	pid_of[$name]=$!
}

alive()
{
	kill -0 "${pid_of[$1]}" 2>/dev/null
}

# finish NAME SECONDS: waits for the end of what spawn started; returns its status.
finish()
{
	wait_until "$2" not alive "$1" || fail "$1 did not end within $2 s"
	wait "${pid_of[$1]}"
}

not()
{
	! "$@"
}

# on SIDE COMMAND...: under the shim, where SIDE is client or server.
on()
{
	local side=$1
	shift
	in_ns "$PREFIX-$side" env HMIP_SOCKET="$dir/$side.sock" "$(program hmip-run)" "$@"
}

# spawn_on NAME SIDE COMMAND...: spawn, under the shim.
spawn_on()
{
	local name=$1 side=$2
	shift 2
	spawn "$name" "$PREFIX-$side" env HMIP_SOCKET="$dir/$side.sock" "$(program hmip-run)" "$@"
}

# ---- the network ---------------------------------------------------------------------------------

# cable NS IF ADDRESS/LEN NS IF ADDRESS/LEN
cable()
{
	ip link add dev "$2" netns "$1" type veth peer name "$5" netns "$4"
	ip -n "$1" link set dev "$2" up
	ip -n "$4" link set dev "$5" up
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$4" addr add "$6" dev "$5"
}

namespace()
{
	ip netns add "$1"
	ip -n "$1" link set lo up
	in_ns "$1" sysctl -qw net.ipv6.conf.all.forwarding="${2:-0}"
}

no_tentative()
{
	[[ -z $(ip -n "$1" -6 addr show tentative) ]]
}

settled()
{
	local ns
	for ns in "$@"; do
		no_tentative "$ns" || return 1
	done
}

# The standard topology. With "c0 s0" only these links exist at the start; default "c0 c1 s0".
topology()
{
	local links=" ${*:-c0 c1 s0} " ns
	for ns in "$client" "$server"; do
		namespace "$ns"
	done
	for ns in "$r0" "$r1" "$core"; do
		namespace "$ns" 1
		# A router is there, even if its end of the cable has come up together with the
		# host's.
		in_ns "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0
	done
	cable "$r0" core 2001:db8:f0::1/64 "$core" r0 2001:db8:f0::2/64
	cable "$r1" core 2001:db8:f1::1/64 "$core" r1 2001:db8:f1::2/64
	cable "$client" c0 $C0/64 "$r0" c0 2001:db8:a0::1/64
	cable "$client" c1 $C1/64 "$r1" c1 2001:db8:a1::1/64
	cable "$server" s0 $S0/64 "$core" s0 2001:db8:b0::1/64
	cable "$server" s1 $S1/64 "$core" s1 2001:db8:b1::1/64
	ip -n "$r0" -6 route add default via 2001:db8:f0::2
	ip -n "$r1" -6 route add default via 2001:db8:f1::2
	ip -n "$core" -6 route add 2001:db8:a0::/64 via 2001:db8:f0::1
	ip -n "$core" -6 route add 2001:db8:a1::/64 via 2001:db8:f1::1
	must_soon 10 "duplicate address detection" settled "$client" "$server" "$r0" "$r1" "$core"
	local link
	for link in c0 c1 s0 s1; do
		if [[ $links == *" $link "* ]]; then
			default_route $link
		else
			link_down $link
		fi
	done
}

# What belongs to a link of a host: namespace, address, gateway, metric of its default route.
link_facts()
{
	case $1 in
	c0) echo "$client $C0 2001:db8:a0::1 100" ;;
	c1) echo "$client $C1 2001:db8:a1::1 200" ;;
	s0) echo "$server $S0 2001:db8:b0::1 100" ;;
	s1) echo "$server $S1 2001:db8:b1::1 200" ;;
	esac
}

default_route()
{
	local ns addr gw metric
	read -r ns addr gw metric < <(link_facts "$1")
	ip -n "$ns" -6 route replace default via "$gw" dev "$1" metric "$metric"
}

# The link goes: first its address is deleted, then it is down.
link_down()
{
	local ns addr gw metric
	read -r ns addr gw metric < <(link_facts "$1")
	ip -n "$ns" addr del "$addr/64" dev "$1"
	ip -n "$ns" link set "$1" down
}

# The link comes (back), with duplicate address detection under way.
link_up()
{
	local ns addr gw metric
	read -r ns addr gw metric < <(link_facts "$1")
	ip -n "$ns" link set "$1" up
	ip -n "$ns" addr replace "$addr/64" dev "$1"
	# The route needs a link with carrier.
	wait_until 5 default_route "$1" || fail "no default route over $1"
}

address_usable()
{
	local ns addr gw metric
	read -r ns addr gw metric < <(link_facts "$1")
	ip -n "$ns" -6 addr show dev "$1" to "$addr" -tentative | grep -q inet6
}

# ... and wait for it to be usable.
link_ready()
{
	link_up "$1"
	must_soon 10 "the address of $1 is usable" address_usable "$1"
}

# carrier LINK up|down: at the far end, so that the address stays.
carrier()
{
	case $1 in
	c0) ip -n "$r0" link set c0 "$2" ;;
	c1) ip -n "$r1" link set c1 "$2" ;;
	s*) ip -n "$core" link set "$1" "$2" ;;
	esac
	[[ $2 == down ]] || router_address "$1"
}

# A router's interface loses its address when it goes down.
router_address()
{
	case $1 in
	c0) ip -n "$r0" addr replace 2001:db8:a0::1/64 dev c0 ;;
	c1) ip -n "$r1" addr replace 2001:db8:a1::1/64 dev c1 ;;
	s0) ip -n "$core" addr replace 2001:db8:b0::1/64 dev s0 ;;
	s1) ip -n "$core" addr replace 2001:db8:b1::1/64 dev s1 ;;
	esac
}

# capture NAME NAMESPACE INTERFACE [OCTETS]: into $dir/NAME.pcap, from now on; of each packet all or
# so many octets.
capture()
{
	spawn "tcpdump-$1" "$2" tcpdump -n -U -B 32768 -s "${4:-0}" -i "$3" -w "$dir/$1.pcap" ip6
	must_soon 10 "tcpdump listens" grep -q 'listening on' "$dir/tcpdump-$1.log"
}

capture_end()
{
	kill -INT "${pid_of[tcpdump-$1]}"
	finish "tcpdump-$1" 10
}

# ... and nothing may have been missed.
capture_is_whole()
{
	must "tcpdump lost nothing" grep -q '^0 packets dropped by kernel' "$dir/tcpdump-$1.log"
}

# ---- names ---------------------------------------------------------------------------------------

# name_server NAME ADDRESS: a DNS server at 2001:db8:f0::2 that knows that name; what is spawned
# from now on asks it.
name_server()
{
	command -v dnsmasq >/dev/null || skip "no dnsmasq (Debian: dnsmasq-base)"
	[[ -e /etc/resolv.conf ]] || skip "no /etc/resolv.conf to be replaced"
	name_is "$@"
	spawn dnsmasq "$core" dnsmasq --conf-file=/dev/null --no-daemon --user=root --pid-file= \
		--no-resolv --no-hosts \
		--bind-interfaces --listen-address=2001:db8:f0::2 --local=/example/ \
		--addn-hosts="$dir/names"
	must_soon 10 "the name server listens" bound "$core" 53
	echo "nameserver 2001:db8:f0::2" >"$dir/resolv.conf"
	# ip netns exec gives a mount namespace of its own.
	within=(sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$dir/resolv.conf")
}

# name_is NAME ADDRESS: the only name that the server knows.
name_is()
{
	echo "$2 $1" >"$dir/names"
	[[ -z ${pid_of[dnsmasq]-} ]] || kill -HUP "${pid_of[dnsmasq]}"
}

# bound NAMESPACE PORT: somebody takes datagrams there.
bound()
{
	[[ -n $(ip netns exec "$1" ss -6Hanu "sport = :$2") ]]
}

# ---- our helpers ---------------------------------------------------------------------------------

KEY_CS=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
KEY_SC=ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
SPI_CS=0x1001	# the client sends with, the server hears with
SPI_SC=0x1002

# conf SIDE ALGORITHM: the configuration of one side, its peer known by the address of link 0.
conf()
{
	local peer addr in out kin kout
	if [[ $1 == client ]]; then
		peer=server addr=$S0 in=$SPI_SC kin=$KEY_SC out=$SPI_CS kout=$KEY_CS
	else
		peer=client addr=$C0 in=$SPI_CS kin=$KEY_CS out=$SPI_SC kout=$KEY_SC
	fi
	cat <<-END
	default_lifetime = 600
	maximum_expired_lifetime = 1800
	binding_lifetime = 600
	state = "$dir/$1.state"

	peer "$peer" {
		address = {"$addr"}
		algorithm = "${2:-hmac-sha256-128}"
		spi_in = $in
		spi_out = $out
		key_in = "$kin"
		key_out = "$kout"
	}
	END
}

ctl()
{
	local side=$1
	shift
	timeout $((5 * ${HMIP_PATIENCE:-1})) "$(program hmipctl)" -s "$dir/$side.sock" "$@"
}

# helper_start SIDE: with the configuration $dir/SIDE.conf (written if there is none), until it
# answers.
helper_start()
{
	local side=$1
	shift
	if [[ ! -e $dir/$side.conf ]]; then
		(umask 077 && conf "$side" >"$dir/$side.conf")
	fi
	spawn "$side-helper" "$PREFIX-$side" "$(program hmip-helper)" -f -c "$dir/$side.conf" \
		-s "$dir/$side.sock" "$@"
	helper_ready "$side" || fail "the helper of the $side does not answer"
}

helper_ready()
{
	wait_until 10 helper_answers_or_died "$1" && ctl "$1" status >/dev/null 2>&1
}

helper_answers_or_died()
{
	! alive "$1-helper" || ctl "$1" status
}

# helper_stop SIDE: nothing is left in the kernel. helper_leave SIDE: all stays in effect, for the
# next helper.
helper_stop()
{
	kill -INT "${pid_of[$1-helper]}"
	finish "$1-helper" 10
}

helper_leave()
{
	kill -TERM "${pid_of[$1-helper]}"
	finish "$1-helper" 10
}

# kernel_state NAMESPACE: everything of ours that could be left in a host's kernel: routes of any
# table, rules, qdiscs, filters, programs.
kernel_state()
{
	local ns=$1 link
	ip -n "$ns" -6 route show table all | sed -E 's/expires [0-9]+sec//'
	ip -n "$ns" -6 rule
	ip -n "$ns" -4 rule
	ip -n "$ns" neigh show proxy
	in_ns "$ns" nft list ruleset
	tc -n "$ns" qdisc | sort
	for link in $(ip -n "$ns" -br link | sed 's/[@ ].*//'); do
		tc -n "$ns" filter show dev "$link" ingress
		tc -n "$ns" filter show dev "$link" egress
	done
	in_ns "$ns" bpftool net 2>&1
	in_ns "$ns" ls /sys/fs/bpf 2>/dev/null
	true
}

# Both helpers, each with its monitor's events in $dir/SIDE.events (JSON, one a line).
helpers()
{
	local side
	for side in client server; do
		helper_start $side
		ip netns exec "$PREFIX-$side" "$(program hmipctl)" -s "$dir/$side.sock" \
			--json monitor >"$dir/$side.events" 2>"$dir/$side-monitor.log" </dev/null &
		pid_of[$side-monitor]=$!
	done
}

# json EXPRESSION [FILE]: a Python expression over d, the JSON document on standard input; prints
# its value, strings and numbers bare, lists a line each. Fails if the value is false or empty.
json()
{
	python3 -c '
import json, sys
d = json.load(sys.stdin)
v = eval(sys.argv[1])
if isinstance(v, (list, tuple)):
    print("\n".join(map(str, v)))
elif v is not None:
    print(v)
sys.exit(0 if v else 1)' "$1"
}

# cache SIDE EXPRESSION, sockets SIDE EXPRESSION, status SIDE EXPRESSION
cache()
{
	ctl "$1" --json cache | json "$2"
}

sockets()
{
	ctl "$1" --json sockets | json "$2"
}

status()
{
	ctl "$1" --json status | json "$2"
}

# counter SIDE NAME: wherever status keeps it; 0 if it is not there.
counter()
{
	ctl "$1" --json status | python3 -c '
import json, sys
def find(d, name):
    if isinstance(d, dict):
        if isinstance(d.get(name), int):
            return d[name]
        return next((r for r in (find(v, name) for v in d.values()) if r is not None), None)
    return None
print(find(json.load(sys.stdin), sys.argv[1]) or 0)' "$2"
}

# events SIDE NAME: how many such events the side had.
events()
{
	grep -c "\"$2\"" "$dir/$1.events" || true
}

event_seen()
{
	(($(events "$1" "$2") > 0))
}

# state_at SIDE ADDRESS: in which state SIDE holds a peer's address; fails if it does not hold it.
state_at()
{
	cache "$1" "[a['state'] for e in d for a in e['addresses'] if a['address'] == '$2']"
}

is_tentative()
{
	[[ $(state_at "$1" "$2") == tentative ]]
}

both_active()
{
	is_active "$1" "$2" && is_active "$1" "$3"
}

is_active()
{
	[[ $(state_at "$1" "$2") == active ]]
}

# uses SIDE ADDRESS: all open connections of SIDE bear ADDRESS as their own on the wire; sends_to:
# as their peer's.
uses()
{
	sockets "$1" "(lambda w: bool(w) and all(x.startswith('[$2]:') for x in w))(
		[s['wire_local'] for s in d if s['lingers'] is None])" >/dev/null
}

sends_to()
{
	sockets "$1" "(lambda w: bool(w) and all(x.startswith('[$2]:') for x in w))(
		[s['wire_foreign'] for s in d if s['lingers'] is None])" >/dev/null
}

# counter_above SIDE NAME COUNT
counter_above()
{
	(($(counter "$1" "$2") > $3))
}

# ---- traffic: peer.py, see there -----------------------------------------------------------------

# serve [KIND] [PORT]: a server under the shim.
serve()
{
	spawn_on serve server python3 "$netns_dir/peer.py" serve --kind "${1:-epoll}" \
		--port "${2:-7000}"
	must_soon 10 "the server listens" listens "$server" "${2:-7000}"
}

# listens NAMESPACE PORT
listens()
{
	[[ -n $(ip netns exec "$1" ss -6Htln "sport = :$2") ]]
}

# talk NAME [ARGS...]: a client under the shim that sends and receives until told to stop; its state
# is in $dir/NAME.json.
talk()
{
	local name=$1
	shift
	spawn_on "$name" client python3 "$netns_dir/peer.py" talk --status "$dir/$name.json" "$@"
	must_soon 10 "$name gets through" flowing "$name" 1
}

# figure NAME WHAT: "received", "max_gap_ms", "local" (the address its socket believes in), ...
figure()
{
	json "d['$2']" <"$dir/$1.json" || true
}

# flowing NAME OCTETS: that much has come back so far.
flowing()
{
	(($(figure "$1" received) >= $2))
}

# goes_on NAME SECONDS WHAT: new octets arrive within SECONDS, and some more.
goes_on()
{
	local had
	alive "$1" || fail "$1 ended ($3)"
	had=$(figure "$1" received)
	must_soon "$2" "$1 goes on: $3" flowing "$1" $((had + 100000))
	say "$3: $1 goes on (longest silence so far $(figure "$1" max_gap_ms) ms)"
}

# stop_talk NAME: ends the conversation in good order; checks that all arrived as it was sent, in
# both directions.
stop_talk()
{
	kill -TERM "${pid_of[$1]}"
	finish "$1" 60 || fail "$1: $(cat "$dir/$1.json")"
	[[ $(figure "$1" result) == ok ]] || fail "$1: $(cat "$dir/$1.json")"
	say "$1: $(figure "$1" sent) octets sent and $(figure "$1" received) received are right"
}

# ---- begin ---------------------------------------------------------------------------------------

[[ $(id -u) == 0 ]] || skip "must be root"
command -v ip >/dev/null || skip "no ip (Debian: iproute2)"
[[ -x $(program hmip-helper) ]] || skip "no hmip-helper in $HMIP_BUILD/helper"
mkdir -p "$dir"
find "$dir" -mindepth 1 -delete
trap teardown EXIT
set -E
trap 'say "failed: line $LINENO of $0: $BASH_COMMAND"' ERR
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 141' PIPE
