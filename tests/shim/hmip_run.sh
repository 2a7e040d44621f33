#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# hmip-run: what it passes on, what it refuses, and what it says.
set -u
run=$PWD/../shim/hmip-run
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
HMIP_SOCKET=$tmp/nobody
export HMIP_SOCKET
unset LD_PRELOAD
failed=0

# Under AddressSanitizer a preload comes before its runtime.
ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
export ASAN_OPTIONS

# expect WHAT STATUS STDOUT-PATTERN STDERR-PATTERN COMMAND...
expect() {
	what=$1 status=$2 out=$3 err=$4
	shift 4
	"$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	if [ $got -ne "$status" ]; then
		echo "$what: status $got instead of $status"
	elif ! echo "$(tr '\n' ' ' <"$tmp/out")" | grep -qe "$out"; then
		echo "$what: says \"$(cat "$tmp/out")\" instead of \"$out\""
	elif ! echo "$(tr '\n' ' ' <"$tmp/err")" | grep -qe "$err"; then
		echo "$what: complains \"$(cat "$tmp/err")\" instead of \"$err\""
	else
		echo "ok: $what"
		return
	fi
	failed=1
}

nothing='^$'
warning="^hmip-run: no hmip-helper answers at $tmp/nobody, .*start it with .*hmip-helper -s $tmp/nobody\" \$"

expect 'help' 0 'usage: hmip-run' "$nothing" "$run" -h
expect 'version' 0 '^hmip-run (hmip) [0-9]' "$nothing" "$run" -V
expect 'no command' 125 "$nothing" 'usage: hmip-run' "$run"
expect 'unknown option' 125 "$nothing" 'usage: hmip-run' "$run" -x true
expect 'the status of the command is kept' 7 "$nothing" "$warning" "$run" sh -c 'exit 7'
expect 'options of the command are its own' 0 '^-s $' "$warning" "$run" echo -s
expect 'the library is loaded' 0 'libhmip.so' "$warning" "$run" cat /proc/self/maps
expect 'and in children, too' 0 'libhmip.so' "$warning" "$run" sh -c 'cat /proc/self/maps; true'
expect 'the socket is passed on' 0 "^$tmp/other \$" "no hmip-helper answers at $tmp/other," \
	"$run" -s "$tmp/other" sh -c 'echo $HMIP_SOCKET'

# Another library that hooks the same calls: a second one of ours.
cp ../shim/.libs/libhmip.so "$tmp/other.so"
expect 'another preload stays' 0 "^$tmp/other.so:/.*/libhmip.so \$" "$warning" \
	env LD_PRELOAD="$tmp/other.so" "$run" sh -c 'echo $LD_PRELOAD'
expect 'nested runs add it once' 0 "^$tmp/other.so:/[^:]*/libhmip.so \$" "$warning" \
	env LD_PRELOAD="$tmp/other.so" "$run" "$run" sh -c 'echo $LD_PRELOAD'

expect 'a command that is not there' 127 "$nothing" 'no-such-command: command not found' "$run" no-such-command
expect 'a path that is not there' 127 "$nothing" 'command not found' "$run" "$tmp/none"
: >"$tmp/plain"
expect 'a file that is no program' 126 "$nothing" 'Permission denied' "$run" "$tmp/plain"
printf '#!/bin/sh\necho script\n' >"$tmp/script"
chmod +x "$tmp/script"
expect 'a script' 0 '^script $' "$warning" "$run" "$tmp/script"
expect 'a script found in PATH' 0 '^script $' "$warning" env PATH="$tmp:$PATH" "$run" script

if [ -x /sbin/ldconfig ]; then
	expect 'a static program' 126 "$nothing" '^hmip-run: /sbin/ldconfig is statically linked' "$run" /sbin/ldconfig
fi
# A foreign machine: the ELF header of this machine's true(1), e_machine spoilt.
cp /bin/true "$tmp/foreign"
printf '\377\376' | dd of="$tmp/foreign" bs=1 seek=18 conv=notrunc 2>/dev/null
expect 'a program for another machine' 126 "$nothing" 'another processor' "$run" "$tmp/foreign"
if [ "$(id -u)" = 0 ]; then
	cp /bin/true "$tmp/setuid"
	chmod 4755 "$tmp/setuid"
	chmod 755 "$tmp"
	expect 'a set-uid program, as root itself' 0 "$nothing" "$warning" "$run" "$tmp/setuid"
	if setpriv --reuid=65534 --clear-groups "$run" -V >/dev/null 2>&1; then
		expect 'a set-uid program' 126 "$nothing" 'is set-uid' \
			setpriv --reuid=65534 --clear-groups "$run" "$tmp/setuid"
		cp /bin/true "$tmp/capable"
		if setcap cap_net_raw+ep "$tmp/capable" 2>/dev/null; then
			expect 'a program with capabilities' 126 "$nothing" 'has file capabilities' \
				setpriv --reuid=65534 --clear-groups "$run" "$tmp/capable"
		fi
	fi
fi
exit $failed
