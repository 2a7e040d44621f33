#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# hmipctl genpeer: both sections are accepted, mirror each other, and differ from the next ones.
set -u
hmipctl=$PWD/../hmipctl/hmipctl helper=$PWD/../helper/hmip-helper
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# In a network namespace of its own it has an address, and no other.
if [ "${1-}" != inside ]; then
	unshare --net true 2>/dev/null || { echo "SKIP genpeer: no network namespace"; exit 77; }
	exec unshare --net --uts "$0" inside
fi
hostname laptop
ip link set lo up
failed=0

bad()
{
	echo "$*"
	failed=1
}

"$hmipctl" genpeer server 2001:db8:b0::20 >"$tmp/none" 2>&1 && bad "a host without an address"
grep -q 'no global or unique-local IPv6 address' "$tmp/none" || bad "it does not say why"
ip addr add 2001:db8:a0::10/64 dev lo nodad
ip addr add 2001:db8:a1::10/64 dev lo nodad
"$hmipctl" genpeer server 2001:db8:b0::20 fd00::20 >"$tmp/both" || bad "genpeer failed"
"$hmipctl" genpeer server 2001:db8:b0::20 fd00::20 >"$tmp/again" || bad "genpeer failed"
awk -v to="$tmp" '/^# For/ { n++ } { print > (to "/half" n) }' "$tmp/both"
for half in half1 half2; do
	chmod 600 "$tmp/$half"
	"$helper" -t -c "$tmp/$half" | grep -q 'good, 1 peers' || bad "$half is not accepted"
done
grep -q '^peer "server" {' "$tmp/half1" || bad "no section for the server"
grep -q 'address = {"2001:db8:b0::20", "fd00::20"}' "$tmp/half1" || bad "its addresses"
grep -q '^peer "laptop" {' "$tmp/half2" || bad "no section for this host"
own=$(sed -n 's/.*address = {\(.*\)}/\1/p' "$tmp/half2" | tr -d ' ' | tr ',' '\n' | sort | xargs)
[ "$own" = "2001:db8:a0::10 2001:db8:a1::10" ] || bad "this host's addresses: $own"
values() { sed -n "s/^	\(spi\|key\)_$2 = //p" "$tmp/$1"; }
[ "$(values half1 out)" = "$(values half2 in)" ] || bad "out is not the other's in"
[ "$(values half1 in)" = "$(values half2 out)" ] || bad "in is not the other's out"
[ "$(values half1 in)" != "$(values half1 out)" ] || bad "one key for both directions"
[ "$(values both out)" != "$(values again out)" ] || bad "the same keys again"
while read -r name address; do
	# shellcheck disable=SC2086 # one address or none
	"$hmipctl" genpeer "$name" $address >/dev/null 2>&1 </dev/null
	[ $? = 2 ] || bad "accepted: genpeer $name $address"
done <<'END'
"a" 2001:db8::1
a 10.0.0.1
a fe80::1
a ::1
a
END
exit $failed
