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
warning="^hmip-run: no hmip-helper answers at $tmp/nobody, .*"
warning="${warning}start it with .*hmip-helper -s $tmp/nobody\" \$"

expect 'help' 0 'usage: hmip-run' "$nothing" "$run" -h
expect 'version' 0 '^hmip-run (hmip) [0-9]' "$nothing" "$run" -V
expect 'help, as others have it' 0 'usage: hmip-run' "$nothing" "$run" --help
expect 'version, as others have it' 0 '^hmip-run (hmip) [0-9]' "$nothing" "$run" --version
expect 'no warning if it is not wanted' 7 "$nothing" "$nothing" "$run" -q sh -c 'exit 7'
expect 'a socket that other directories would not find' 125 "$nothing" \
	'found -s here, expected an absolute path' "$run" -s here true
expect 'a service' 0 \
	'vsftpd.service.d/hmip.conf.*\[Service\] Environment="LD_PRELOAD=/[^ ]*/libhmip.so.0" $' \
	"$nothing" "$run" --unit vsftpd
expect 'a service with another socket' 0 \
	'/a@b.service.d/.*LD_PRELOAD=.*" Environment="HMIP_SOCKET=/run/50%%/\\"x\\"" $' \
	"$nothing" "$run" -s '/run/50%/"x"' --unit a@b.service
for bad in ../../x '' 'a b' ".conf"; do
	expect "no service: $bad" 125 "$nothing" 'expected the name of a service' \
		"$run" --unit "$bad"
done
expect 'a service and a command' 125 "$nothing" 'usage: hmip-run' "$run" --unit a true
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
expect 'another preload stays' 0 "^$tmp/other.so:/.*/libhmip.so.0 \$" "$warning" \
	env LD_PRELOAD="$tmp/other.so" "$run" sh -c 'echo $LD_PRELOAD'
expect 'nested runs add it once' 0 "^$tmp/other.so:/[^:]*/libhmip.so.0 \$" "$warning" \
	env LD_PRELOAD="$tmp/other.so" "$run" "$run" sh -c 'echo $LD_PRELOAD'

expect 'a command that is not there' \
	127 "$nothing" 'no-such-command: command not found' "$run" no-such-command
expect 'a path that is not there' 127 "$nothing" 'command not found' "$run" "$tmp/none"
: >"$tmp/plain"
expect 'a file that is no program' 126 "$nothing" 'Permission denied' "$run" "$tmp/plain"
printf '#!/no/such/interpreter\n' >"$tmp/orphan"
chmod +x "$tmp/orphan"
expect 'a script whose interpreter is not there' 127 "$nothing" \
	"orphan: its interpreter /no/such/interpreter: No such file" "$run" "$tmp/orphan"
printf '#!/bin/sh\necho script\n' >"$tmp/script"
chmod +x "$tmp/script"
expect 'a script' 0 '^script $' "$warning" "$run" "$tmp/script"
expect 'a script found in PATH' 0 '^script $' "$warning" env PATH="$tmp:$PATH" "$run" script

# -v: one line for each thing that will be so.
said="^hmip-run: /[^ ]*/true is dynamically linked hmip-run: no hmip-helper answers .*"
said="$said hmip-run: LD_PRELOAD=/[^ ]*/libhmip.so.0 preloads /[^ ]*/libhmip.so.0"
said="$said hmip-run: programs that it starts get the same,"
said="$said as long as LD_PRELOAD and HMIP_SOCKET stay"
expect 'what will happen' 0 "$nothing" "$said" "$run" -v true
expect 'what will happen to a script' \
	0 '^script $' "$tmp/script is a script that /bin/sh runs hmip-run: /bin/sh is dyn" \
	"$run" -v "$tmp/script"
printf '#!/usr/bin/env -S sh -e\necho script\n' >"$tmp/by-env"
chmod +x "$tmp/by-env"
expect 'a script that env finds the interpreter of' \
	0 '^script $' 'by-env is a script that /[^ ]*/sh runs' "$run" -v "$tmp/by-env"
expect 'a personality' 0 "$nothing" 'connects from addresses of the personality work' \
	env HMIP_PERSONALITY=work "$run" -v true
expect 'the status is kept with -v, too' 3 "$nothing" 'dynamically linked' "$run" -v sh -c 'exit 3'

instead='run it without hmip-run: once hmip-helper knows the host'
if [ -x /sbin/ldconfig ]; then
	expect 'a static program' \
		0 libc.so "^hmip-run: /sbin/ldconfig is statically linked.* it is run" "$run" \
		/sbin/ldconfig -p
	printf '#!/sbin/ldconfig -p\n' >"$tmp/by-static"
	chmod +x "$tmp/by-static"
	expect 'a script run by a static program' 0 '' \
		"^hmip-run: $tmp/by-static: /sbin/ldconfig, which runs it, is statically linked" \
		"$run" "$tmp/by-static"
fi
if echo 'int main(void) { return 0; }' | ${CC:-cc} -x c -static-pie -o "$tmp/static-pie" - \
	2>/dev/null; then
	expect 'a static position-independent program' \
		0 "$nothing" 'static-pie is statically linked' "$run" "$tmp/static-pie"
fi
if objcopy --add-section .go.buildinfo=/dev/null /bin/true "$tmp/go" 2>/dev/null; then
	expect 'a Go program that is dynamically linked' \
		0 "$nothing" '/go is written in Go .* it is run, but' "$run" "$tmp/go"
fi
# A foreign machine: the ELF header of this machine's true(1), e_machine spoilt.
cp /bin/true "$tmp/foreign"
printf '\377\376' | dd of="$tmp/foreign" bs=1 seek=18 conv=notrunc 2>/dev/null
expect 'a program for another machine' \
	126 "$nothing" "another processor.*$instead" "$run" "$tmp/foreign"
cp /bin/true "$tmp/other-size"
printf '\001' | dd of="$tmp/other-size" bs=1 seek=4 conv=notrunc 2>/dev/null
expect 'a program of another word size' 126 "$nothing" 'or word size' "$run" "$tmp/other-size"
if [ "$(id -u)" = 0 ]; then
	cp /bin/true "$tmp/setuid"
	chmod 4755 "$tmp/setuid"
	chmod 755 "$tmp"
	expect 'a set-uid program, as root itself' 0 "$nothing" "$warning" "$run" "$tmp/setuid"
	# May read what is under a home directory of mode 0700, such as this tree in /root;
	# access(2) heeds the capability only without the fix-up.
	nobody="setpriv --reuid=65534 --regid=65534 --clear-groups
		--securebits=+no_setuid_fixup --inh-caps=+dac_read_search
		--ambient-caps=+dac_read_search"
	expect 'a set-uid program' \
		126 "$nothing" "is set-uid.*$instead" $nobody "$run" "$tmp/setuid"
	cp /bin/true "$tmp/setgid"
	chmod 2755 "$tmp/setgid"
	expect 'a set-gid program' \
		126 "$nothing" 'is set-uid or set-gid' $nobody "$run" "$tmp/setgid"
	printf '#!%s\n' "$tmp/setuid" >"$tmp/by-setuid"
	chmod 755 "$tmp/by-setuid"
	expect 'a script run by a set-uid program' \
		126 "$nothing" 'which runs it, is set-uid' $nobody "$run" "$tmp/by-setuid"
	chmod 6755 "$tmp/script"
	expect 'a script whose own set-uid bit means nothing' \
		0 '^script $' "$warning" $nobody "$run" "$tmp/script"
	cp /bin/true "$tmp/capable"
	if setcap cap_net_raw+ep "$tmp/capable" 2>/dev/null; then
		expect 'a program with capabilities' \
			126 "$nothing" 'has file capabilities' $nobody "$run" "$tmp/capable"
	fi
fi
exit $failed
