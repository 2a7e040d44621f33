#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# hmip.h against real helpers: the program in libhmip(3) sees its connection move; what users may do
# to each other's.
source "$(dirname "$0")/lib.sh"

top=$(readlink -f "$netns_dir/../..")
command -v "${CC:-cc}" >/dev/null || skip "no C compiler"
(top_srcdir=$top && source "$top/man/check.sh" && example "$man/libhmip.3") >"$dir/session.c"
"${CC:-cc}" -I "$top/shim" -o "$dir/session" "$dir/session.c" -L "$HMIP_BUILD/shim/.libs" -lhmip ||
	skip "the library cannot be linked with (built with sanitizers?)"

# user NAME UID [OPTION...]: api.py as that user, driven line by line; answers come to
# $dir/NAME.out.
declare -A to
user()
{
	local name=$1 as
	set_uid as "$2"
	mkfifo "$dir/$name.in"
	: >"$dir/$name.out"
	exec {to[$name]}<>"$dir/$name.in"
	ip netns exec "$client" env HMIP_SOCKET="$dir/client.sock" "${as[@]}" \
		"$(program hmip-run)" python3 "$netns_dir/api.py" "$S0" 7000 >>"$dir/$name.out" \
		2>"$dir/$name.log" <"$dir/$name.in" &
	pid_of[$name]=$!
}

# does NAME COMMAND ANSWER
does()
{
	local n
	n=$(wc -l <"$dir/$1.out")
	echo "$2" >&"${to[$1]}"
	wait_until 5 more_lines "$dir/$1.out" "$n" || fail "$1: no answer to $2"
	[[ $(tail -n 1 "$dir/$1.out") == "$3" ]] ||
		fail "$1: $2 gave \"$(tail -n 1 "$dir/$1.out")\", not \"$3\""
	say "$1: $2: $3"
}

more_lines()
{
	(($(wc -l <"$1") > $2))
}

topology c0 c1 s0
helpers
# Anything that accepts.
spawn_on serve server python3 -m http.server 7000 --bind ::
must_soon 10 "the server listens" listens "$server" 7000
mkfifo "$dir/lines"
exec {lines}<>"$dir/lines"
ip netns exec "$client" env HMIP_SOCKET="$dir/client.sock" \
	LD_LIBRARY_PATH="$HMIP_BUILD/shim/.libs" "$dir/session" "$S0" 7000 \
	<"$dir/lines" >"$dir/session.out" 2>"$dir/session.log" &
pid_of[session]=$!
must_soon 10 "the server has verified the client's second address" is_active server $C1
echo >&"$lines"
must_soon 5 "the example is sure" grep -qx 'survives, not moved' "$dir/session.out"
link_down c0
must_soon 10 "moved" uses client $C1
echo >&"$lines"
must_soon 5 "the example sees it" grep -qx 'survives, moved' "$dir/session.out"
say "the example saw its connection move"

user alice 60001
user bob 60002
does alice connect ok
does bob connect ok
does alice info "known homeless trusted 3"
does alice trust ok
does alice forget EPERM
kill "${pid_of[session]}"
does bob close ok
must_soon 10 "alice is alone" sockets client "len([s for s in d if s['lingers'] is None]) == 1"
does alice forget ok
must_soon 5 "the entry is gone" not cache client "[e for e in d if e['connections']]"
does alice info alone
does alice forget ENOENT
does alice close ok
does alice prevent ok
does alice connect ok
does alice info alone
must_not "the helper was shown it" sockets client "[s for s in d if s['lingers'] is None]"
does alice close ok
does alice connect ok
must_soon 5 "the peer is Homeless again" \
	eval "[ \"\$(cache client 'd[0][\"status\"]')\" = homeless ]"
does alice info "known homeless trusted 1"
