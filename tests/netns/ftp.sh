#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# FTP begins new data connections on the control connection it had before a move of either end:
# vsftpd, with its checks that both come from the same host in force, with lftp, which has its own,
# and curl (A2).
source "$(dirname "$0")/lib.sh"

for p in vsftpd lftp curl; do
	command -v $p >/dev/null || skip "no $p"
done

source "$netns_dir/services.sh"

# An lftp that is told what to do as the test goes on. ftp_said: its answer to the last "echo".
session()
{
	mkfifo "$dir/$1.in"
	# Both ways, so that opening it waits for nobody.
	exec {ftp_in[$1]}<>"$dir/$1.in"
	ip netns exec "$client" env HMIP_SOCKET="$dir/client.sock" HOME="$dir" \
		"$(program hmip-run)" lftp >"$dir/$1.out" 2>"$dir/$1.log" <"$dir/$1.in" &
	pid_of[$1]=$!
	tell "$1" "set net:max-retries 1; set net:reconnect-interval-base 1; set net:timeout 10;
		set ftp:prefer-epsv yes; set ftp:use-feat no; set cmd:fail-exit no;
		set ftp:passive-mode $2; set net:idle 600; set ftp:use-site-idle no;
		open -u anonymous,x -p 2121 $S0; cd /"
}
declare -A ftp_in

tell()
{
	printf '%s\n' "$2" >&"${ftp_in[$1]}"
}

# transfers SESSION WHEN: a file each way.
transfers()
{
	rm -f "$dir/$1.down" "$served/ftp/incoming/$1-$2"
	tell "$1" "get file -o $dir/$1.down && put $dir/up -o incoming/$1-$2 && echo done $2"
	wait_until 20 grep -q "^done $2" "$dir/$1.out" || fail "no transfers with $1, $2"
	must "$1 got the right file, $2" cmp "$served/ftp/file" "$dir/$1.down"
	must "$1 sent the right file, $2" cmp "$dir/up" "$served/ftp/incoming/$1-$2"
	say "$1: a file each way, $2"
}

# twice NAME [OPTION...]: curl gets a file two times, slowly the first time so that a move falls
# into it.
twice()
{
	local name=$1
	shift
	spawn_on "$name" client curl -gv "$@" --limit-rate 1M -o "$dir/$name.1" \
		"ftp://[$S0]:2121/file" --next -gv "$@" -o "$dir/$name.2" "ftp://[$S0]:2121/file"
	must_soon 10 "$name has begun" file_above "$dir/$name.1" 100000
}

# ... and both were right, over one control connection.
twice_ends()
{
	finish "$1" 20 || fail "$1: status $?"
	must "$1 got the right file" cmp "$served/ftp/file" "$dir/$1.1"
	must "$1 got it again" cmp "$served/ftp/file" "$dir/$1.2"
	must "$1 logged in once" [ "$(grep -c '^< 230' "$dir/$1.log")" = 1 ]
	say "$1: two transfers, a move within the first"
}

# The control connections that the server has, and from which ports.
controls()
{
	ip netns exec "$server" ss -6Htn state established "sport = :2121" | awk '{ print $NF }' |
		sort
}

topology c0 c1 s0 s1
helpers
vsftpd_at 2121 spawn_on vsftpd server
head -c 3000000 /dev/urandom >"$served/ftp/file"
head -c 1000000 /dev/urandom >"$dir/up"
session passive yes
session active no
transfers passive at-first
transfers active at-first
had=$(controls)
must_soon 10 "the server has verified the client's second address" is_active server $C1

twice curl-passive
twice curl-active -P -
link_down c0
transfers passive client-moved
transfers active client-moved
twice_ends curl-passive
twice_ends curl-active
must_soon 10 "the client has verified the server's second address" is_active client $S1

link_down s0
transfers passive both-moved
transfers active both-moved
must "the control connections are the old ones" [ "$(controls)" = "$had" ]
for s in passive active; do
	tell $s "close; exit"
	finish $s 10 || fail "lftp ($s) did not end well"
done
rm -f "$dir"/*.down "$dir"/curl-*.[12] "$dir/up"
