#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Errors say what is wrong and what to do.
source "$(dirname "$0")/lib.sh"

# says PATTERN COMMAND...: it fails, soon, and its standard error matches.
says()
{
	local pattern=$1 status=0
	shift
	timeout 10 "$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
	must_not "it fails: $*" [ $status = 0 ]
	must_not "it ends by itself: $*" [ $status = 124 ]
	must_not "it does not crash: $*" [ $status -ge 128 ]
	grep -qiE "$pattern" "$dir/err" ||
		fail "$*: said \"$(cat "$dir/err")\", nothing like \"$pattern\""
	say "ok: $(head -n 1 "$dir/err")"
}

namespace "$client"
helper=$(program hmip-helper)
(umask 077 && conf client >"$dir/client.conf")

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chmod 755 "$dir"
printf '' >"$dir/empty.conf"
if "${nobody[@]}" test -x "$helper"; then
	says 'root|CAP_NET_ADMIN' \
		ip netns exec "$client" "${nobody[@]}" "$helper" -f -c "$dir/empty.conf" \
		-s /tmp/$PREFIX.sock
fi
says 'CAP_NET_ADMIN|CAP_BPF|root' \
	ip netns exec "$client" setpriv --bounding-set=-net_admin,-bpf,-sys_admin --inh-caps=-all \
	"$helper" -f -c "$dir/empty.conf" -s "$dir/x.sock"

if unshare -Urn true 2>/dev/null; then
	says 'initial user namespace' \
		unshare -Urn "$helper" -f -c "$dir/empty.conf" -s "$dir/x.sock"
fi

(umask 077 && sed 's/^spi_in/spy_in/' "$dir/client.conf" >"$dir/bad.conf")
line=$(grep -n spy_in "$dir/bad.conf" | cut -d: -f1)
says "bad.conf:$line: .*spy_in" "$helper" -t -c "$dir/bad.conf"
says "bad.conf:$line: .*spy_in" \
	ip netns exec "$client" "$helper" -f -c "$dir/bad.conf" -s "$dir/x.sock"
(umask 077 && sed 's/key_in = "../key_in = "zz/' "$dir/client.conf" >"$dir/key.conf")
says "key.conf:[0-9]+: .*key_in" "$helper" -t -c "$dir/key.conf"
must_not "keys are shown" grep -qiE '112233445566|665544332211' "$dir/err"
cp "$dir/client.conf" "$dir/open.conf"
chmod 644 "$dir/open.conf"
says 'open.conf.*(0600|chmod|others|read)' "$helper" -t -c "$dir/open.conf"
says 'none.conf.*(No such file|not found|cannot)' "$helper" -t -c "$dir/none.conf"
must "a good configuration is told so" "$helper" -t -c "$dir/client.conf"
must "-h prints the usage and succeeds" "$helper" -h

helper_start client
says 'already|another|runs' \
	ip netns exec "$client" "$helper" -f -c "$dir/client.conf" -s "$dir/second.sock"
says 'already|another|runs' \
	ip netns exec "$client" "$helper" -f -c "$dir/client.conf" -s "$dir/client.sock"
must "the first helper still answers" ctl client status
# In another namespace only the socket tells them of each other; the host map and the state are the
# first one's.
namespace "$server"
files=("$dir/client.sock" "$dir/client.sock.view" "$dir/client.state")
must_soon 5 "the state is saved" [ -e "$dir/client.state" ]
had=$(stat -c '%n %i %Y' "${files[@]}")
says 'listens at .*client.sock already' \
	ip netns exec "$server" "$helper" -f -c "$dir/client.conf" -s "$dir/client.sock"
must "the files of the first helper are what they were" \
	[ "$(stat -c '%n %i %Y' "${files[@]}")" = "$had" ]
must_not "state of the first helper is taken up" grep -q 'restored the state' "$dir/err"
must "the first helper still answers" ctl client status

says "no helper.*$dir/nobody.sock|$dir/nobody.sock.*no helper|hmip-helper" \
	"$(program hmipctl)" -s "$dir/nobody.sock" status
says 'usage|unknown' "$(program hmipctl)" -s "$dir/client.sock" frobnicate
says 'no such|not.*address|interface' \
	ip netns exec "$client" "$(program hmipctl)" -s "$dir/client.sock" prefer 2001:db8:dd::1
in_ns "$client" "$(program hmip-run)" -s "$dir/nobody.sock" true >"$dir/out" 2>"$dir/err" ||
	fail "hmip-run without a helper does not run its command"
must "hmip-run says that nobody is there, and what to do" grep -q 'hmip-helper' "$dir/err"
says 'not found' "$(program hmip-run)" -s "$dir/client.sock" /nonexistent/program
