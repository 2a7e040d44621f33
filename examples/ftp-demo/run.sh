#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Moves real programs while they work, without and with hmip. A client with two access links, a
# server, and routers between them, all network namespaces of this machine (tests/netns/README draws
# them). An FTP download (EPSV), an FTP upload (EPRT), an HTTP download and an ssh session are at
# work when the client's address is deleted and its link (16 Mbit/s) switched off; the other link
# (20 Mbit/s) takes over. Three runs:
#
#   without  no helper runs on either host; the other link comes up after the loss
#   fresh    with helpers; the other link comes up after the loss, as in the run without
#   known    with helpers; the other link was up before the loss, its address verified by the server
#
# The servers are started plainly, once for all three runs. The programs give up when nothing moves
# for some seconds, the same in every run. The exit status is 0 if all four died without hmip, and
# with it went on and transferred every octet.
#
#   HMIP_BUILD  the build tree, default build/ at the top of the sources
#   HMIP_DEMO   where the picture, the figures (RUN.json) and the logs go, default
#               $HMIP_BUILD/ftp-demo
test_name=ftp-demo
here=$(dirname "$(readlink -f "$0")")
HMIP_BUILD=$(readlink -m "${HMIP_BUILD:-$here/../../build}")
HMIP_LOGS=$(dirname "${HMIP_DEMO:-$HMIP_BUILD/ftp-demo}")
[[ ! ${HMIP_DEMO-} ]] || test_name=$(basename "$HMIP_DEMO")
source "$here/../../tests/netns/lib.sh"
source "$netns_dir/services.sh"

size=$((10 << 20))			# octets in a file
gives_up=$((4 * ${HMIP_PATIENCE:-1}))	# seconds without data after which the programs give up
kinds=(ftp-download ftp-upload http-download)

title()
{
	printf '\n\033[1m%s\033[0m\n' "$*"
}

# mark EVENT WHAT [FIELDS]: a line for timeline.py; FIELDS are more members of the JSON object.
mark()
{
	printf '{"time": %s, "event": "%s", "what": "%s"%s}\n' \
		"$EPOCHREALTIME" "$1" "$2" "${3:+, $3}" >>"$dir/$run.marks"
}

# set_command KIND: the program that transfers the file. curl averages over 5 s; it gives up if
# nothing moved for so long, and $gives_up - 3 s more.
set_command()
{
	command=(curl -gsS --speed-limit 1 --speed-time $((gives_up - 3)))
	case $1 in
	ftp-download)
		command+=(-o "$dir/$run-$1" "ftp://[$S0]/file")
		;;
	http-download)
		command+=(-o "$dir/$run-$1" "http://[$S0]/file")
		;;
	ftp-upload)	# active: the server connects to the address in EPRT
		command+=(--ftp-port - -T "$served/file" "ftp://[$S0]/incoming/$run-$1")
		;;
	esac
}

# destination KIND: the file that the transfer writes.
destination()
{
	case $1 in
	*upload) echo "$served/ftp/incoming/$run-$1" ;;
	*) echo "$dir/$run-$1" ;;
	esac
}

# The access links' rates are limited in the routers, so that the client's own queues are as always.
# Each access network forwards what comes from its own addresses only (BCP 38).
narrow()
{
	local ns link mbit
	while read -r ns link mbit; do
		tc -n "$ns" qdisc add dev "$link" root tbf rate "$mbit" burst 20kb latency 200ms
	done <<-END
	$r0 c0 16mbit
	$r0 core 16mbit
	$r1 c1 20mbit
	$r1 core 20mbit
	END
	ip -n "$r0" -6 rule add iif c0 from 2001:db8:a1::/64 blackhole
	ip -n "$r1" -6 rule add iif c1 from 2001:db8:a0::/64 blackhole
}

# session HOW...: begins an ssh session that repeats each line.
session()
{
	rm -f "$dir/keys"
	mkfifo "$dir/keys"
	"$@" "${ssh_command[@]}" \
		'while read -r line && [ "$line" != bye ]; do echo "$line, $SSH_CONNECTION"; done' \
		<"$dir/keys" >"$dir/ssh.out" 2>"$dir/ssh.log" &
	pid_of[ssh]=$!
	exec {keys}<>"$dir/keys"	# read, too: writing to a session that has died is no error
	must "the ssh session answers" session_answers "hello"
}

# session_answers LINE: it repeats the line, and did not end before.
session_answers()
{
	echo "$1" >&$keys
	wait_until 20 session_answered_or_died "$1" && grep -q "^$1," "$dir/ssh.out"
}

session_answered_or_died()
{
	grep -q "^$1," "$dir/ssh.out" || not alive ssh
}

# under_way KIND: a sixteenth has arrived. So little, as one transfer may get most of a shared link.
under_way()
{
	file_above "$(destination "$1")" $((size / 16))
}

# What became of a transfer that ended.
mark_end()
{
	local file octets=0 same=false status=0 what
	file=$(destination "$1")
	wait "${pid_of[$run-$1]}" || status=$?
	[[ ! -e $file ]] || octets=$(stat -c %s "$file")
	[[ $octets != "$size" || $(sha256sum <"$file") != "$sum" ]] || same=true
	what="all $octets octets have arrived, SHA-256 is the same"
	if [[ $same != true ]]; then
		what="DIED, the program gave up with status $status, "
		what+="$octets of $size octets arrived"
	fi
	mark end "$1: $what" \
		"\"kind\": \"$1\", \"octets\": $octets, \"same\": $same, \"status\": $status"
	rm -f "$file"
}

# Marks the end of transfers that have ended since. Succeeds when none is left.
all_ended()
{
	local kind
	for kind in "${!running[@]}"; do
		if not alive "$run-$kind"; then
			mark_end "$kind"
			unset "running[$kind]"
		fi
	done
	[[ ${#running[@]} == 0 ]]
}

# transfers HOW: starts all, moves the client from its first link to its second, waits for the end.
# HOW is "plain" or "preloaded".
transfers()
{
	local kind began
	declare -gA running=()
	capture "$run-client" "$client" any 128
	capture "$run-server" "$core" s0 128
	began=$EPOCHREALTIME
	for kind in "${kinds[@]}"; do
		set_command "$kind"
		if [[ $1 == plain ]]; then
			spawn "$run-$kind" "$client" "${command[@]}"
		else
			spawn_on "$run-$kind" client "${command[@]}"
		fi
		running[$kind]=1
	done
	for kind in "${kinds[@]}"; do
		must_soon 10 "$kind is under way" under_way "$kind"
	done
	mark address-lost "the client's address $C0 is deleted, then its link switched off"
	link_down c0
	if [[ $run != known ]]; then
		link_up c1
		mark link-up "the other link comes up with $C1; duplicate address detection begins"
	fi
	if session_answers "$run"; then
		mark end "ssh: the session answers" '"kind": "ssh", "status": 0'
	else
		finish ssh 20 || mark end "ssh: DIED, the program gave up with status $?" \
			'"kind": "ssh", "status": 255'
	fi
	wait_until 60 all_ended || fail "these did not end: ${!running[*]}"
	capture_end "$run-client"
	capture_end "$run-server"
	"$here/timeline.py" "$dir" "$run" "$began" $C1 $S0 $size | tee "$dir/$run.txt"
}

for p in vsftpd nginx sshd ssh curl gnuplot tcpdump python3; do
	command -v $p >/dev/null || skip "no $p: ./quickstart demo installs what is needed"
done

title "A client with links of 16 and 20 Mbit/s, a server, three routers: network namespaces"
topology c0 s0
narrow
head -c $size /dev/urandom >"$served/file"
sum=$(sha256sum <"$served/file")
mkdir -p "$served/ftp" "$served/www"
ln "$served/file" "$served/ftp/file"
ln "$served/file" "$served/www/file"
vsftpd_at 21 spawn vsftpd "$server"
nginx_at 80 spawn nginx "$server"
sshd_at 22 spawn sshd "$server"
printf 'ServerAliveInterval 1\nServerAliveCountMax %d\n' $gives_up >>"$ssh_config"
spawn addresses "$client" ip -6 -o -ts monitor address

run=without
title "Without hmip: the address goes, another link comes up"
session in_ns "$client"
transfers plain

exec {keys}>&-
link_ready c0
link_down c1
helpers

run=fresh
title "With hmip: the address goes, another link comes up"
session on client
transfers preloaded

link_ready c0
must_soon 10 "the client uses its first link again" uses client $C0
must_soon 10 "the server follows, and knows both links" both_active server $C0 $C1
must_soon 10 "the server uses the first link" sends_to server $C0

run=known
title "With hmip: the address goes, another link is up and known to the server"
transfers preloaded

echo bye >&$keys
finish ssh 10 || fail "the ssh session ended with status $?"
title "The ssh session of both runs with hmip, as its server saw it"
cat "$dir/ssh.out"

gnuplot -e "dir='$dir'" "$here/plot.gp" || fail "gnuplot"
title "Results"
"$here/timeline.py" "$dir" results || fail "not what this demonstration is to show"
printf '\nThroughput over time, with the moves marked: %s\n' "$dir/throughput.png"
