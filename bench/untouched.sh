#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# untouched.sh [ROUNDS]: that data does not pass through the library. A program writes, sends,
# polls, reads and receives ROUNDS times (default 1000000) on a connection of its own, without hmip
# and with it, in a host of tests/netns/README with its helper; callgrind counts the instructions,
# in user space, of each function. Takes some minutes. The differences are those of starting and
# connecting, whatever ROUNDS is.
test_name=bench-untouched
here=$(dirname "$(readlink -f "$0")")
source "$here/../tests/netns/lib.sh"
command -v valgrind >/dev/null || skip "no valgrind (Debian: valgrind)"
rounds=${1:-1000000}
traffic=$HMIP_BUILD/tests/traffic
[[ -x $traffic ]] || skip "no $traffic (make -C tests traffic)"

# count NAME COMMAND...: runs it under callgrind, and prints how many instructions were executed.
count()
{
	local name=$1
	shift
	in_ns "$client" "$@" >"$dir/$name.log" 2>&1 || { cat "$dir/$name.log" >&2; fail "$name"; }
	sed -n 's/.*Collected : //p' "$dir/$name.log"
}

topology c0 s0
helpers
tool=(valgrind --tool=callgrind --callgrind-out-file=/dev/null)
for n in 0 $rounds; do
	plain=$(count "plain-$n" "${tool[@]}" "$traffic" $C0 "$n")
	with=$(count "with-$n" env HMIP_SOCKET="$dir/client.sock" "$(program hmip-run)" \
		"${tool[@]}" "$traffic" $C0 "$n")
	echo "$n rounds: $plain instructions without hmip, $with with it, $((with - plain)) more"
done
