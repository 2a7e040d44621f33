# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Many programs at work at once, so that all are in the midst of it whenever a test moves a host,
# however fast the machine is and however long the move takes: each has a port of its own and a
# queue of its own on both hosts, which gives it just so much to do, PACE kbit/s until unpace(), no
# limit then. To be sourced after lib.sh.
PACE=800

declare -A port_of
names=()
working=()

# Whether all commands of a list are here.
installed()
{
	local c
	for c in ${1//,/ }; do
		command -v "$c" >/dev/null || return 1
	done
}

# choose "NAME NEEDS PORT"...: those that are to take part, in names, of HMIP_PROGRAMS if that is
# set; those that cannot are told.
choose()
{
	local name needs port
	while read -r name needs port; do
		[[ " ${HMIP_PROGRAMS-$name} " == *" $name "* ]] || continue
		if installed "$needs"; then
			port_of[$name]=$port
			names+=("$name")
			mkdir "$dir/$name"
		else
			echo "SKIP $test_name: $name needs ${needs//,/, }" | tee -a "$dir/test.log"
		fi
	done < <(printf '%s\n' "$@")
}

# chosen NAME...: whether any of them is.
chosen()
{
	local name
	for name in "$@"; do
		[[ -z ${port_of[$name]-} ]] || return 0
	done
	return 1
}

# work NAME COMMAND...: what NAME is to do, under the shim on the client, from its folder $dir/NAME.
work()
{
	local name=$1
	shift
	working+=("$name")
	spawn_on "$name" client env -C "$dir/$name" HOME="$dir/$name" "$@"
}

# A person typing at something, see dialogue.py.
dialogue()
{
	local name=$1
	shift
	work "$name" env TERM=dumb python3 "$netns_dir/dialogue.py" "$@"
	typing+=("$name")
}
typing=()

is_typing()
{
	[[ " ${typing[*]} " == *" $1 "* ]]
}

# lines PATTERN FILE: how many have it, maybe none.
lines()
{
	grep -c "$1" "$2" || true
}

# ---- how much each gets to do, and how much it has done ------------------------------------------

# nftables gives each packet the class of its port.
pace()
{
	local ns dev name class=0 tcp='' udp='' classes=()
	for name in "${!port_of[@]}"; do
		class=$((class + 1))
		classes+=("$(printf '1:%x' $class)")
		if [[ $name == *_udp ]]; then
			udp+="${port_of[$name]} : ${classes[-1]}, "
		else
			tcp+="${port_of[$name]} : ${classes[-1]}, "
		fi
	done
	for ns in "$client" "$server"; do
		# BBR takes such a queue for a path of gigabits that is blocked now and then, and at
		# times sends nothing for 10 s.
		in_ns "$ns" sysctl -qw net.ipv4.tcp_congestion_control=reno
		in_ns "$ns" nft -f - <<-END
		table ip6 pace {
			map streams { type inet_service : classid; ${tcp:+elements = { $tcp \};} }
			map datagrams { type inet_service : classid; ${udp:+elements = { $udp \};} }
			chain out {
				type filter hook output priority 0;
				meta priority set tcp dport map @streams
				meta priority set tcp sport map @streams
				meta priority set udp dport map @datagrams
				meta priority set udp sport map @datagrams
			}
		}
		END
	done
	for dev in c0 c1 s0 s1; do
		ns=$client
		[[ $dev == c* ]] || ns=$server
		tc -n "$ns" qdisc add dev $dev root handle 1: htb || skip "no HTB in this kernel"
		for class in "${classes[@]}"; do
			echo "class add dev $dev parent 1: classid $class htb rate ${PACE}kbit" \
				"burst 8k cburst 8k quantum 3000"
		done | tc -n "$ns" -b -
	done
}

# What waits in the queues is not lost.
unpace()
{
	local ns dev class
	for dev in c0 c1 s0 s1; do
		ns=$client
		[[ $dev == c* ]] || ns=$server
		for ((class = 1; class <= ${#port_of[@]}; class++)); do
			printf 'class change dev %s parent 1: classid 1:%x htb rate 10gbit\n' $dev \
				$class
		done | tc -n "$ns" -b -
	done
}

# Octets that the connections to each port have carried in both directions: "PORT OCTETS" a line.
carried()
{
	ip netns exec "$client" ss -6tnHOi state established | awk '{
		n = split($4, part, ":"); port = part[n]
		for (i = 5; i <= NF; i++)
			if ($i ~ /^bytes_(acked|received):/) {
				split($i, f, ":")
				sum[port] += f[2]
			}
	} END { for (p in sum) print p, sum[p] }'
}

# progress: what each has done so far, into done_now. What is sent as datagrams has a NAME_done of
# its own.
declare -A done_before done_now
progress()
{
	local name port octets
	declare -gA done_now=()
	declare -A at_port=()
	while read -r port octets; do
		at_port[$port]=$octets
	done < <(carried)
	for name in "${working[@]}"; do
		if [[ $name == *_udp ]]; then
			done_now[$name]=$("${name}_done")
		else
			done_now[$name]=${at_port[${port_of[$name]}]:-0}
		fi
	done
}

# The names of those that have not done more than $1 octets (those who type or send datagrams: 100)
# since done_before.
lagging()
{
	local name enough
	progress
	for name in "${working[@]}"; do
		enough=$1
		! is_typing "$name" && [[ $name != *_udp ]] || enough=100
		((done_now[$name] > ${done_before[$name]:-0} + enough)) || echo "$name"
	done
}

# Takes off waiting_for (a variable of the caller's, as is last_on) who has got on, the last one
# into last_on. Succeeds when nobody is left, or somebody has ended.
watch()
{
	local name late
	late=" $(lagging 50000 | tr '\n' ' ')"
	for name in $waiting_for; do
		alive "$name" || return 0
		[[ $late == *" $name "* ]] || last_on="$name"
	done
	waiting_for=$late
	[[ -z ${late// /} ]]
}

# all_get_on SECONDS WHEN: each does some more within SECONDS, and none is over.
all_get_on()
{
	local name began waiting_for last_on
	began=$(now_ms)
	progress
	for name in "${working[@]}"; do
		done_before[$name]=${done_now[$name]}
	done
	waiting_for="${working[*]}"
	wait_until "$1" watch || fail "$2: not within $1 s: $waiting_for"
	for name in "${working[@]}"; do
		alive "$name" || fail "$2: $name ended early: $(tail -n 5 "$dir/$name.log")"
	done
	say "$2: all ${#working[@]} got on within $(($(now_ms) - began)) ms, last $last_on"
}
