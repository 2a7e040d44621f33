#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Real programs, unmodified: an HTTP download from nginx by curl, and an ssh session to OpenSSH's sshd, are moved (A1).
source "$(dirname "$0")/lib.sh"

for p in nginx curl sshd ssh ssh-keygen; do
	command -v $p >/dev/null || skip "no $p"
done

source "$netns_dir/services.sh"
topology c0 c1 s0
helpers
nginx_at 8080 spawn_on nginx server
sshd_at 2222 spawn_on sshd server
head -c 60000000 /dev/urandom >"$served/www/file"

spawn_on curl client curl -gsS --limit-rate 8M -o "$dir/file" "http://[$S0]:8080/file"
lines=200
on client "${ssh_command[@]}" 'while read -r line; do echo "back: $line"; done' \
	< <(for i in $(seq $lines); do echo "line $i"; sleep 0.05; done) >"$dir/ssh.out" 2>"$dir/ssh.log" &
pid_of[ssh]=$!

must_soon 10 "the download has begun" file_above "$dir/file" 1000000
must_soon 10 "the session has begun" file_above "$dir/ssh.out" 100
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
had=$(stat -c %s "$dir/file") lines_had=$(wc -l <"$dir/ssh.out")
must "the session was not over before the move" [ "$lines_had" -lt "$lines" ]
must_soon 5 "the download goes on" file_above "$dir/file" $((had + 2000000))
must_soon 5 "the session goes on" file_above "$dir/ssh.out" $(($(stat -c %s "$dir/ssh.out") + 50))
must "both on the new link" uses client $C1
finish curl 30 || fail "curl: status $?"
must "the file is right" cmp "$served/www/file" "$dir/file"
finish ssh 30 || fail "ssh: status $?"
seq -f 'back: line %g' $lines | cmp - "$dir/ssh.out" || fail "the session lost or changed something"
say "a 60 MB download and an ssh session of $lines lines went through a move unharmed"
rm -f "$dir/file"
