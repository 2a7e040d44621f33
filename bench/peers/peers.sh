#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# peers.sh [OPTION]...: measures hmip beside other systems that keep connections alive across
# address changes, and beside what is physically possible, in one run. README says what the
# systems, the metrics and the columns of the output are.
#
#   --systems "S ..."    default: all of systems/ but those that need a program that is missing;
#                        hmip is the build tree, hmip@DIR another one or an installed one
#   --only "M ..."       of tput overhead connect gap outage; default: all
#   --handovers "H ..."  of bbm mbb both; default: all
#   --kinds "K ..."      of down up rpc; default: all
#   --delays "MS ..."    of the links c and d, one way; default: 20
#   --reps N             default: 3
#   --quick              bbm only, short, once; about four minutes
#   --raw FILE           keep the result of each repetition
#   --from FILE          no measurement, but a summary of what --raw kept
#   --base S             the system that the others are compared with; default: plain
#   --list               the systems
#
# PEERS_CC is the TCP congestion control, default cubic. HMIP_CONF has lines for hmip.conf.
# HMIP_BUILD is the build tree, default build/ at the top of the sources. PEERS_KEEP=1 keeps logs.
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C PEERS_CC=${PEERS_CC:-cubic}

here=$(dirname "$(readlink -f "$0")")
HMIP_BUILD=$(readlink -m "${HMIP_BUILD:-$here/../../build}")
programs=$HMIP_BUILD/bench app=$HMIP_BUILD/bench/peers_app analyse=$HMIP_BUILD/bench/peers_analyse
source "$here/network.sh"

wanted="plain udpfloor hmip mptcp_full mptcp_backup mptcp_late wireguard openvpn mobike quic"
only="tput overhead connect gap outage" handovers="bbm mbb both" kinds_wanted="down up rpc"
delays=20 reps=3 raw='' base=plain
port=7000 rate=100mbit queue=250k burst=15k
before_s=2 after_s=5 outage_s=15 after_outage_s=20 tput_s=3 connects=200 far_connects=30
overhead_octets=2000000

usage()
{
	sed -n '4,/^# PEERS_CC/ { /^# PEERS_CC/d; s/^# \?//p }' "$0" >&2
	exit 2
}

while (($# > 0)); do
	case $1 in
	--quick)
		handovers=bbm reps=1 after_s=3 tput_s=2 only="tput overhead connect gap"
		shift
		continue
		;;
	--list)
		(cd "$here/systems" && printf '%s\n' *.sh | sed 's/\.sh$//')
		exit
		;;
	--systems | --only | --handovers | --kinds | --delays | --reps | --raw | --from | --base) ;;
	*) usage ;;
	esac
	(($# > 1)) || usage
	case $1 in
	--systems) wanted=$2 ;;
	--only) only=$2 ;;
	--handovers) handovers=$2 ;;
	--kinds) kinds_wanted=$2 ;;
	--delays) delays=$2 ;;
	--reps) reps=$2 ;;
	--raw) raw=$2 ;;
	--from) from=$2 ;;
	--base) base=$2 ;;
	esac
	shift 2
done
[[ -z ${from-} ]] || exec python3 "$here/summary.py" "$base" "$from"

say()
{
	echo "# $*" >&2
}

die()
{
	echo "peers.sh: $*" >&2
	exit 2
}

[[ $(id -u) == 0 ]] || die "must be root"
for p in ip tc ss tcpdump python3; do
	command -v $p >/dev/null || die "no $p (Debian: iproute2 tcpdump python3)"
done
[[ -x $app && -x $analyse && -x $programs/peers_cable ]] ||
	die "no peers_app, peers_analyse, peers_cable in $programs (make -C $programs programs)"

prefix=peers-$$
work=$(mktemp -d "${TMPDIR:-/tmp}/peers.XXXXXX") || exit 2
results=$work/results

end_jobs()
{
	local p
	for p in $(jobs -p); do
		kill "$p" 2>/dev/null
	done
	wait
}

cleanup()
{
	local left
	trap - EXIT
	trap '' INT TERM
	end_jobs
	left=$(ip netns list | awk -v p="$prefix-" 'index($1, p) == 1 { print $1 }')
	remove_namespaces $left
	if [[ -n ${PEERS_KEEP-} ]]; then
		say "logs are in $work"
	else
		rm -rf "$work"
	fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- systems ---------------------------------------------------------------------------------

# load_system: what $system, NAME or NAME@VARIANT, does not define has these defaults.
load_system()
{
	wrap_mobile=() wrap_server=() app_flags=()
	can="tput overhead connect gap outage" kinds="down up rpc" moves="bbm mbb both"
	variant=
	[[ $system != *@* ]] || variant=${system#*@}
	system_needs()
	{
		:
	}
	system_up()
	{
		:
	}
	# system_event mobile|server available|leaving|gone LINK
	system_event()
	{
		:
	}
	# The address that the client connects to.
	system_address()
	{
		echo 2001:db8:c::2
	}
	# system_server LOG
	system_server()
	{
		spawn "$server" "${wrap_server[@]}" "$app" serve "${app_flags[@]}" $port "$1"
	}
	# system_client KIND SECONDS LOG
	system_client()
	{
		spawn "$mobile" "${wrap_mobile[@]}" "$app" transfer "${app_flags[@]}" "$1" \
			"$(system_address)" $port "$2" "$3"
	}
	source "$here/systems/${system%%@*}.sh"
}

# need PROGRAM...: fails with a message if one is missing.
need()
{
	local p
	for p in "$@"; do
		[[ -n $(command -v "$p") ]] || { echo "no $p"; return 1; }
	done
}

has()
{
	[[ " $1 " == *" $2 "* ]]
}

system_can()
{
	(load_system && has "$can" "$1")
}

listens()
{
	[[ -n $(on_server ss -6Hlntu "sport = :$port") ]]
}

# begin DELAY_MS RATE LINKS: network, system and server.
begin()
{
	network_up "$@" && system_up && system_server "$dir/server" && await 5 listens
}

# ---- measurements: each in a subshell and namespaces of its own ------------------------------

# row METRIC VALUE UNIT NOTE
row()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$system" "$@" >>"$results"
}

last_error()
{
	tail -qn 1 "$dir/err" | tr '\t' ' '
}

# failed METRIC STEP
failed()
{
	row "$1" fail - "$2: $(last_error)"
}

# measure_gap KIND HANDOVER DELAY_MS
measure_gap()
{
	local metric=gap_$1.$2.$3ms links=a after=$after_s seconds log=$dir/client end rest note
	local gap alive noise before_mbit after_mbit resumed
	[[ $2 != bbm && $2 != both ]] || links="a b"
	seconds=$((before_s + after))
	if [[ $2 == outage ]]; then
		metric=outage_$1.$3ms after=$after_outage_s
		seconds=$((before_s + outage_s + after))
	fi
	handover=$2
	begin "$3" $rate "$links" || { failed "$metric" setup; return; }
	[[ $1 != up ]] || log=$dir/server
	system_client "$1" $seconds "$dir/client"
	sleep $before_s
	handover "$2"
	end=$((moved + after * 1000 - 300))
	rest=$((end - $(now_ms)))
	((rest <= 0)) || sleep "$(printf '%d.%03d' $((rest / 1000)) $((rest % 1000)))"
	read -r gap alive noise before_mbit after_mbit resumed \
		< <("$analyse" gap "$log" "$moved" $end)
	[[ -n $gap ]] || { failed "$metric" "no log"; return; }
	note="$before_mbit Mbit/s before, $after_mbit after; noise $noise ms"
	if [[ $2 == outage ]]; then
		gap=$resumed note="since the new link is up"
	fi
	[[ $alive == 1 ]] || gap=dead note="$(last_error)"
	row "$metric" "$gap" ms "$note"
	if [[ $2 == bbm && $1 != rpc ]]; then
		row "rate_$1.$3ms" "$before_mbit" Mbit/s "before the handover; the link has $rate"
	fi
}

measure_tput()
{
	local bits
	begin 0 none "a b" || { failed tput setup; return; }
	system_client down $((tput_s + 1)) "$dir/client"
	wait $pid
	bits=$("$analyse" rate "$dir/client" 1000 2>>"$dir/err") ||
		{ failed tput "no transfer"; return; }
	row tput $((bits / 1000000)) Mbit/s "no delay, no rate limit; from the second second on"
}

measure_overhead()
{
	local octets packets largest capture
	queue=8m burst=1600 begin 0 $rate a || { failed overhead setup; return; }
	spawn "$mobile" tcpdump -n -U --immediate-mode -s 128 -w "$dir/capture" -i a ip6
	capture=$pid
	await 5 grep -q "listening on" "$dir/err" || { failed overhead tcpdump; return; }
	system_client down:$overhead_octets 5 "$dir/client"
	wait $pid || { failed overhead transfer; return; }
	sleep 0.2	# tcpdump reads what was captured
	kill $capture
	wait $capture
	read -r octets packets largest < \
		<("$analyse" overhead "$dir/capture" $overhead_octets 2>>"$dir/err")
	[[ -n $octets ]] || { failed overhead capture; return; }
	row overhead "$octets" B/packet "$packets packets, the largest has $largest octets"
}

# measure_connect DELAY_MS COUNT
measure_connect()
{
	local median decile metric=connect.$1ms
	begin "$1" none a || { failed "$metric" setup; return; }
	read -r median decile < <(on_mobile "${wrap_mobile[@]}" "$app" connect "$(system_address)" \
		$((port + 1)) "$2" 2>>"$dir/err")
	[[ -n $median ]] || { failed "$metric" connect; return; }
	row "$metric" "$median" us "median of $2; 9th decile $decile"
}

# job COMMAND...: in namespaces of its own, which are always removed.
job()
(
	mobile=$prefix-$sequence-m router=$prefix-$sequence-r server=$prefix-$sequence-s
	dir=$work/$sequence
	mkdir "$dir"
	: >"$dir/err"
	trap 'remove_namespaces "$mobile" "$router" "$server"; end_jobs' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	load_system
	"$@" 2>>"$dir/err"
)

# run COMMAND...: by itself. run_light COMMAND...: up to four at once, for what sends little.
sequence=0 light=0
run()
{
	sequence=$((sequence + 1))
	job "$@"
}

run_light()
{
	sequence=$((sequence + 1))
	job "$@" &
	light=$((light + 1))
	((light < 4)) || wait_light
}

wait_light()
{
	wait
	light=0
}

# gaps KIND HANDOVER DELAY_MS: of all systems that have them.
gaps()
{
	local how=run
	[[ $1 != rpc ]] || how=run_light
	for system in "${systems[@]}"; do
		(load_system && has "$kinds" "$1" && has "$moves outage" "$2") || continue
		if [[ $2 == outage ]]; then
			system_can outage || continue
		else
			system_can gap || continue
		fi
		$how measure_gap "$1" "$2" "$3"
	done
	wait_light
}

# each METRIC COMMAND...: all systems that have it.
each()
{
	local metric=$1
	shift
	for system in "${systems[@]}"; do
		! system_can "$metric" || run "$@"
	done
}

# repetition METRIC
repetition()
{
	local delay handover kind
	case $1 in
	tput) each tput measure_tput ;;
	overhead) each overhead measure_overhead ;;
	connect)
		each connect measure_connect 0 $connects
		for delay in $delays; do
			[[ $delay == 0 ]] || each connect measure_connect "$delay" $far_connects
		done
		;;
	outage) gaps rpc outage 20 ;;
	gap)
		for delay in $delays; do
			for handover in $handovers; do
				for kind in $kinds_wanted; do
					gaps "$kind" "$handover" "$delay"
				done
			done
		done
		;;
	esac
}

systems=()
for system in $wanted; do
	[[ -r $here/systems/${system%%@*}.sh ]] || die "no system $system; --list has them"
	if why=$(load_system && system_needs); then
		systems+=("$system")
	else
		say "skipping $system: $why"
	fi
done
((${#systems[@]})) || die "no system to measure"
printf 'systems\t%s\n' "${systems[*]}" >"$results"
say "systems: ${systems[*]}; load $(cut -d' ' -f1-3 /proc/loadavg)"
for metric in $only; do
	for ((rep = 1; rep <= reps; rep++)); do
		say "$(date +%T) $metric, repetition $rep of $reps"
		repetition "$metric"
		systems=("${systems[@]:1}" "${systems[0]}")
	done
done
[[ -z $raw ]] || cp "$results" "$raw"
python3 "$here/summary.py" "$base" "$results"
