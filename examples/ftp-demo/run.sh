#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Watch real programs being moved. A client with two access links, a server, and routers between them, all network namespaces
# of this machine (tests/netns/README draws them). In the middle of an FTP download (EPSV), an FTP upload (EPRT) and an
# HTTP download the client's address is taken away and its link switched off; another link takes over. Beside each, the
# same transfer without hmip. An ssh session lives through all of it. The first link has 40 Mbit/s, the second 20.
#
#   HMIP_BUILD  the build tree, default build/ at the top of the sources
#   HMIP_DEMO   where the picture and the logs go, default $HMIP_BUILD/ftp-demo
test_name=ftp-demo
here=$(dirname "$(readlink -f "$0")")
HMIP_BUILD=$(readlink -m "${HMIP_BUILD:-$here/../../build}")
HMIP_LOGS=$(dirname "${HMIP_DEMO:-$HMIP_BUILD/ftp-demo}")
[[ ! ${HMIP_DEMO-} ]] || test_name=$(basename "$HMIP_DEMO")
source "$here/../../tests/netns/lib.sh"
source "$netns_dir/services.sh"

size=$((24 << 20))	# octets in a file
gives_up=6		# seconds without data after which the programs give up

title()
{
	printf '\n\033[1m%s\033[0m\n' "$*"
}

mark()
{
	printf '{"time": %s, "event": "%s", "detail": "%s"}\n' "$EPOCHREALTIME" "$1" "$2" >>"$dir/marks"
}

# set_command KIND NAME PORT: what fetches or brings the file. They give up when nothing moves for $gives_up seconds.
set_command()
{
	case $1 in
	ftp-download)
		command=(curl -gsS --speed-limit 1 --speed-time $gives_up -o "$dir/$2" "ftp://[$S0]:$3/file")
		;;
	http-download)
		command=(curl -gsS --speed-limit 1 --speed-time $gives_up -o "$dir/$2" "http://[$S0]:$3/file")
		;;
	ftp-upload)	# active: the server connects to where EPRT says
		command=(lftp -c "set ftp:passive-mode no; set net:timeout $gives_up; set net:max-retries 1;
			open -p $3 ftp://anonymous@[$S0]; put $served/file -o incoming/$2")
		;;
	esac
}

where_it_arrives()
{
	case $1 in
	*upload*) echo "$served/ftp/incoming/$1" ;;
	*) echo "$dir/$1" ;;
	esac
}

# The access links, as narrow as these are; limited in the routers, so that the client's own queues are as always.
narrow()
{
	local r
	for r in "$r0 c0 40mbit" "$r0 core 40mbit" "$r1 c1 20mbit" "$r1 core 20mbit"; do
		read -r ns link mbit <<<"$r"
		tc -n "$ns" qdisc add dev "$link" root tbf rate "$mbit" burst 20kb latency 50ms
	done
}

# Back to the first link, for the next transfer.
go_home()
{
	link_ready c0
	must_soon 10 "the server knows the first link again" is_active server $C0
	link_down c1
}

# transfer KIND PORT with|without: starts it, moves the client from its first link to its second, waits for its end.
transfer()
{
	local name=$1-$3 file status=0 how=(spawn "$1-$3" "$client") began
	file=$(where_it_arrives "$name")
	[[ $3 == without ]] || how=(spawn_on "$name" client)
	rm -f "$file" "$dir/marks"
	capture "$name" "$core" s0 128
	began=$EPOCHREALTIME
	set_command "$1" "$name" "$2"
	"${how[@]}" "${command[@]}"
	must_soon 10 "$name is under way" file_above "$file" $((size / 4))
	mark "address-lost" "the client's address $C0 is deleted and its link switched off"
	link_down c0
	link_up c1
	mark "link-up" "the other link comes up with $C1; duplicate address detection begins"
	must_soon 10 "the address of the second link is usable" address_usable c1
	mark "address-usable" "the kernel says that $C1 is usable"
	wait_until 60 not alive "$name" || true
	finish "$name" 1 || status=$?
	capture_end "$name"
	cp "$dir/marks" "$dir/$name.marks"
	if cmp -s "$served/file" "$file"; then
		mark end "all $size octets arrived, SHA-256 is the same"
		result[$name]="complete, $size octets, checksum equal"
	else
		mark end "only $(stat -c %s "$file" 2>/dev/null || echo 0) of $size octets, the program gave up with status $status"
		result[$name]="DIED after $(stat -c %s "$file" 2>/dev/null || echo 0) of $size octets"
	fi
	cp "$dir/marks" "$dir/$name.marks"
	"$here/timeline.py" "$dir" "$name" "$began" $C0 $C1 | tee "$dir/$name.txt"
	rm -f "$file"
}

for p in vsftpd nginx sshd ssh curl lftp gnuplot; do
	command -v $p >/dev/null || skip "no $p: ./quickstart demo installs what is needed"
done
declare -A result

title "A client with two access links of 40 and 20 Mbit/s, a server, three routers: network namespaces of this machine"
topology c0 s0
narrow
head -c $size /dev/urandom >"$served/file"
mkdir -p "$served/ftp" "$served/www"
ln "$served/file" "$served/ftp/file"
ln "$served/file" "$served/www/file"
helpers
vsftpd_at 21 spawn_on vsftpd server
nginx_at 80 spawn_on nginx server
sshd_at 22 spawn_on sshd server
vsftpd_at 2121 spawn vsftpd-without "$server"
nginx_at 8080 spawn nginx-without "$server"

title "An ssh session begins; it will see every move"
mkfifo "$dir/keys"
on client "${ssh_command[@]}" 'while read -r line; do echo "$line, $SSH_CONNECTION"; done' <"$dir/keys" >"$dir/ssh.out" 2>"$dir/ssh.log" &
pid_of[ssh]=$!
exec {keys}>"$dir/keys"
session_answers()
{
	echo "$1" >&$keys
	wait_until "$2" grep -q "^$1," "$dir/ssh.out"
}
must "the ssh session answers" session_answers "hello" 10

declare -A port=([ftp-download-with]=21 [ftp-download-without]=2121 [ftp-upload-with]=21 [ftp-upload-without]=2121
	[http-download-with]=80 [http-download-without]=8080)
for kind in ftp-download ftp-upload http-download; do
	for way in without with; do
		title "$kind, $way hmip"
		transfer $kind "${port[$kind-$way]}" $way
		must "the ssh session answers" session_answers "after-$kind-$way" 10
		go_home
	done
done

echo "the end" >&$keys
exec {keys}>&-
finish ssh 10 || fail "the ssh session ended with status $?"
title "The ssh session, begun before all moves, as its server saw it"
cat "$dir/ssh.out"

gnuplot -e "dir='$dir'" "$here/plot.gp" || fail "gnuplot"
title "Results"
bad=0
for kind in ftp-download ftp-upload http-download; do
	printf '%-14s without hmip: %s\n%-14s    with hmip: %s\n' $kind "${result[$kind-without]}" '' "${result[$kind-with]}"
	[[ ${result[$kind-with]} == complete* && ${result[$kind-without]} == DIED* ]] || bad=1
done
printf 'ssh session    alive through 12 moves, %d lines\n' "$(wc -l <"$dir/ssh.out")"
printf '\nThroughput over time, with the moves marked: %s\n' "$dir/throughput.png"
exit $bad
