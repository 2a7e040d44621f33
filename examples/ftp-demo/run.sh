#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Watch real programs being moved. A client with two access links, a server, and routers between them, all network namespaces
# of this machine (tests/netns/README draws them). In the middle of an FTP download (EPSV), an FTP upload (EPRT) and an
# HTTP download the client's address is taken away and its link switched off; another link takes over. Beside each, the
# same transfer without hmip. An ssh session lives through all of it.
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

size=$((32 << 20))	# octets in a file
rate=$((5 << 20))	# octets a second
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
		command=(curl -gsS --limit-rate $rate --speed-limit 1 --speed-time $gives_up -o "$dir/$2" "ftp://[$S0]:$3/file")
		;;
	http-download)
		command=(curl -gsS --limit-rate $rate --speed-limit 1 --speed-time $gives_up -o "$dir/$2" "http://[$S0]:$3/file")
		;;
	ftp-upload)	# active: the server connects to where EPRT says
		command=(lftp -c "set ftp:passive-mode no; set net:timeout $gives_up; set net:max-retries 1;
			set net:limit-rate 0:$rate; set xfer:clobber yes;
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

# transfer KIND PORT with|without FROM TO: starts it, moves the client from link FROM to link TO, waits for its end.
transfer()
{
	local name=$1-$3 file status=0 how=(spawn "$1-$3" "$client") began from to
	read -r _ from _ < <(link_facts "$4")
	read -r _ to _ < <(link_facts "$5")
	file=$(where_it_arrives "$name")
	[[ $3 == without ]] || how=(spawn_on "$name" client)
	rm -f "$file" "$dir/marks"
	capture "$name" "$core" s0
	began=$EPOCHREALTIME
	set_command "$1" "$name" "$2"
	"${how[@]}" "${command[@]}"
	must_soon 10 "$name is under way" file_above "$file" $((size / 4))
	mark "address-lost" "the client's address $from is deleted and its link switched off"
	link_down "$4"
	link_up "$5"
	mark "link-up" "the other link comes up with $to; duplicate address detection begins"
	must_soon 10 "the address of $5 is usable" address_usable "$5"
	mark "address-usable" "the kernel says that $to is usable"
	wait_until 60 not alive "$name" || true
	finish "$name" 1 || status=$?
	capture_end "$name"
	cp "$dir/marks" "$dir/$name.marks"
	if cmp -s "$served/file" "$file"; then
		mark end "all $size octets arrived, SHA-256 is the same"
		result[$name]="complete, $size octets, checksum equal"
	else
		mark end "$(stat -c %s "$file" 2>/dev/null || echo 0) of $size octets, exit status $status: $(tail -n 1 "$dir/$name.log")"
		result[$name]="DIED after $(stat -c %s "$file" 2>/dev/null || echo 0) of $size octets"
	fi
	cp "$dir/marks" "$dir/$name.marks"
	"$here/timeline.py" "$dir" "$name" "$began" "$from" "$to" | tee "$dir/$name.txt"
	rm -f "$file"
}

for p in vsftpd nginx sshd ssh curl lftp gnuplot; do
	command -v $p >/dev/null || skip "no $p: ./quickstart demo installs what is needed"
done
declare -A result

title "A client with two links, a server, three routers, as network namespaces of this machine"
topology c0 s0
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

link=0
declare -A port=([ftp-download-with]=21 [ftp-download-without]=2121 [ftp-upload-with]=21 [ftp-upload-without]=2121
	[http-download-with]=80 [http-download-without]=8080)
for kind in ftp-download ftp-upload http-download; do
	for way in without with; do
		title "$kind, $way hmip: the client moves from c$link to c$((1 - link))"
		transfer $kind "${port[$kind-$way]}" $way c$link c$((1 - link))
		link=$((1 - link))
		must "the ssh session answers" session_answers "after-$kind-$way" 10
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
printf 'ssh session    alive through 6 moves, %d lines\n' "$(wc -l <"$dir/ssh.out")"
printf '\nThroughput over time, with the moves marked: %s\n' "$dir/throughput.png"
exit $bad
