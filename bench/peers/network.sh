# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The network that each measurement of peers.sh makes for itself, and what runs in it:
#
#	mobile =(a, b)= router =(c, d)= server
#
# Link L is 2001:db8:L::/64, the router ::1 on it, the host ::2. The links a and b have a rate
# limit and a queue, c and d a delay. A host sends a packet by the link its source belongs to.
#
# Variables: $mobile, $router and $server are namespaces, $dir is the folder of the measurement.

now_ms()
{
	local t=$EPOCHREALTIME
	echo $((${t/./} / 1000))
}

# await SECONDS COMMAND...: runs COMMAND until it succeeds. Fails after SECONDS.
await()
{
	local end=$(($(now_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		(($(now_ms) < end)) || return 1
		sleep 0.05
	done
}

# spawn NAMESPACE COMMAND...: in the background; process id in $pid, output in $dir/out, $dir/err.
spawn()
{
	ip netns exec "$@" </dev/null >>"$dir/out" 2>>"$dir/err" &
	pid=$!
}

on_mobile()
{
	ip netns exec "$mobile" "$@"
}

on_server()
{
	ip netns exec "$server" "$@"
}

# processes NAMESPACE...: their ids.
processes()
{
	local ns
	for ns in "$@"; do
		ip netns pids "$ns" 2>/dev/null
	done
}

no_processes()
{
	[[ -z $(processes "$@") ]]
}

# remove_namespaces NAMESPACE...: ends all processes in them first.
remove_namespaces()
{
	local ns p
	for p in $(processes "$@"); do
		kill "$p" 2>/dev/null
	done
	await 1 no_processes "$@" || for p in $(processes "$@"); do
		kill -9 "$p" 2>/dev/null
	done
	for ns in "$@"; do
		ip netns del "$ns" 2>/dev/null
	done
}

# link_commands LINK METRIC: what ip(8) shall do for a host's link to come up.
link_commands()
{
	local table=$((100 + $(printf %d "'$1")))
	cat <<-END
	link set dev $1 up txqueuelen 5000
	addr add 2001:db8:$1::2/64 dev $1 nodad
	route add default via 2001:db8:$1::1 dev $1 metric $2
	route add default via 2001:db8:$1::1 dev $1 table $table
	rule add from 2001:db8:$1::/64 lookup $table pref $table
	END
}

link_up()
{
	link_commands b 100 | ip -6 -n "$mobile" -b -
}

# link_down NAMESPACE LINK
link_down()
{
	printf 'link set dev %s down\naddr flush dev %s\n' "$2" "$2" |
		ip -6 -n "$1" -b - 2>/dev/null
}

# far_link LINK DELAY_MS: between router and server.
far_link()
{
	if [[ $2 == 0 ]]; then
		ip -n "$router" link add "r$1" type veth peer name "$1" netns "$server"
		return
	fi
	"$programs/peers_cable" "$router" "r$1" "$server" "$1" $(($2 * 1000)) 2>>"$dir/err" &
	await 3 ip -n "$server" link show "$1"
}

# rate_limit NAMESPACE INTERFACE RATE
rate_limit()
{
	tc -n "$1" qdisc add dev "$2" root tbf rate "$3" burst "$burst" limit "$queue"
}

# network_up DELAY_MS RATE LINKS: RATE is none or tc's; LINKS of the mobile that are up are "a" or
# "a b".
network_up()
{
	local ns link
	for ns in "$mobile" "$router" "$server"; do
		ip netns add "$ns" || return
		ip netns exec "$ns" sysctl -qw net.ipv6.conf.{all,default}.accept_dad=0 \
			net.ipv6.conf.{all,default}.accept_ra=0
		ip -n "$ns" link set lo up
	done
	ip netns exec "$router" sysctl -qw net.ipv6.conf.all.forwarding=1
	ip -n "$router" link add ra type veth peer name a netns "$mobile"
	ip -n "$router" link add rb type veth peer name b netns "$mobile"
	far_link c "$1" && far_link d "$1" || return
	for link in a b c d; do
		echo "link set dev r$link up txqueuelen 5000"
		echo "addr add 2001:db8:$link::1/64 dev r$link nodad"
	done | ip -6 -n "$router" -b -
	{
		link_commands a 200
		[[ $3 != *b* ]] || link_commands b 300
	} | ip -6 -n "$mobile" -b - || return
	{
		link_commands c 200
		link_commands d 300
	} | ip -6 -n "$server" -b - || return
	[[ $2 != none ]] || return 0
	for link in a b; do
		rate_limit "$router" r$link "$2"
		rate_limit "$mobile" $link "$2"
	done
}

# handover KIND: sets $moved, the time that gaps are measured from.
handover()
{
	moved=$(now_ms)
	case $1 in
	bbm)
		link_down "$mobile" a
		system_event mobile gone a
		system_event mobile available b
		;;
	mbb)
		link_up
		system_event mobile available b
		sleep 0.25
		system_event mobile leaving a
		sleep 0.25
		link_down "$mobile" a
		system_event mobile gone a
		;;
	both)
		link_down "$server" c &
		link_down "$mobile" a
		wait $!
		system_event server gone c
		system_event mobile gone a
		system_event mobile available b
		system_event server available d
		;;
	outage)
		link_down "$mobile" a
		system_event mobile gone a
		sleep "$outage_s"
		moved=$(now_ms)
		link_up
		system_event mobile available b
		;;
	esac
}
