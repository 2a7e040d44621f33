#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An address is left on purpose before it is lost (B6, B7): the peer has moved when hmipctl returns,
# so the loss itself changes nothing; it is taken back, and there may be nowhere to go. The hook of
# NetworkManager and ifupdown does so, and examples/hmip-wpa when a wireless signal is weak.
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
helpers
serve
talk t

switches()
{
	grep -c '"switched"' "$dir/$1.events" || true
}

# with_hmipctl COMMAND...: on the client, where COMMAND finds hmipctl and the helper.
with_hmipctl()
{
	in_ns "$client" env HMIP_SOCKET="$dir/client.sock" \
		PATH="$(dirname "$(program hmipctl)"):$PATH" "$@"
}

# is_leaving ADDRESS: the client's status says so.
is_leaving()
{
	status client "any(a['leaving'] for a in d['addresses'] if a['address'] == '$1')" >/dev/null
}

is_deprecated()
{
	[[ $(state_at server "$1") == deprecated ]]
}

must_soon 10 "the server has verified the client's second address" is_active server $C1
hook=$netns_dir/../../packaging/hooks/hmip
for way in "c0 $C0 $C1 hmipctl leave --wait c0" "c1 $C1 $C0 $hook c1 pre-down" \
	"c0 $C0 $C1 env IFACE=c0 $hook"; do
	read -r link from to command <<<"$way"
	# The hooks do not tell whether all have moved; hmipctl has to give up on a slow machine.
	check=(must_soon 10)
	# shellcheck disable=SC2086 # these are words
	if with_hmipctl $command && [[ $command == hmipctl* ]]; then
		check=(must)
	fi
	"${check[@]}" "$from is leaving" is_leaving "$from"
	"${check[@]}" "the client sends from $to" uses client "$to"
	"${check[@]}" "the server sends to $to" sends_to server "$to"
	"${check[@]}" "the server knows that $from is left" is_deprecated "$from"
	had="$(switches client) $(switches server)"
	link_down "$link"
	goes_on t 5 "$link was left, and is down"
	must "the loss moved nothing" test "$(switches client) $(switches server)" == "$had"
	link_ready "$link"
	must_soon 10 "$from is back, and the server has verified it" is_active server "$from"
	must_not "$from is not leaving any more" is_leaving "$from"
done
say "longest silence: $(figure t max_gap_ms) ms"

must "leave by address" ctl client leave $C1
must_soon 5 "the server knows that it is left" is_deprecated $C1
must "take it back" ctl client leave --cancel $C1
must_soon 5 "the server has verified it anew" is_active server $C1
must_not "an address of nobody cannot be left" ctl client leave 2001:db8:ffff::1

# Nobody has a radio here: this speaks as wpa_supplicant does.
mkdir "$dir/wpa"
mkfifo "$dir/signal"
spawn wpa "$client" python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
for command in ("ATTACH", "SIGNAL_MONITOR THRESHOLD=-70 HYSTERESIS=5"):
    said, who = s.recvfrom(4096)
    s.sendto(b"OK\n" if said.decode() == command else b"FAIL\n", who)
for line in open(sys.argv[2]):
    s.sendto(b"<3>" + line.encode(), who)' "$dir/wpa/c1" "$dir/signal"
must_soon 10 "wpa_supplicant is there" test -S "$dir/wpa/c1"
within=(env HMIP_SOCKET="$dir/client.sock" WPA_CTRL="$dir/wpa"
	PATH="$(dirname "$(program hmipctl)"):$PATH")
spawn hmip-wpa "$client" "$netns_dir/../../examples/hmip-wpa" c1 -70
within=()
exec {signal}>"$dir/signal"
echo "CTRL-EVENT-SIGNAL-CHANGE above=0 signal=-72 noise=-95 txrate=6000" >&"$signal"
must_soon 10 "a weak signal is left" is_leaving $C1
echo "CTRL-EVENT-SIGNAL-CHANGE above=1 signal=-60 noise=-95 txrate=54000" >&"$signal"
must_soon 10 "a good one is used again" not is_leaving $C1
echo "CTRL-EVENT-TERMINATING" >&"$signal"
finish hmip-wpa 10

link_down c1
must_soon 5 "the client sends from its only address" uses client $C0
must_not "there is nowhere to go" ctl client leave --wait c0
goes_on t 5 "nowhere to go"
stop_talk t
