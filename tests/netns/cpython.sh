#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Python's own tests of its network modules come out the same, case by case, without the preloaded
# library, with it but no helper, and with it and a helper. HMIP_CPYTHON=all takes all of their
# cases, some minutes; else those that are soon done.
#
# A case that comes out differently is tried again, in all three ways, up to five times: some depend
# on how busy the machine is. It is well if all three agree once, and its name is told.
source "$(dirname "$0")/lib.sh"

python=/usr/bin/python3.11
modules=(test_asyncio test_socket test_ftplib test_httplib test_smtplib test_selectors test_ssl
	test_urllib2_localnet test_xmlrpc test_socketserver)
# AF_VSOCK is not of a network namespace: in a virtual machine these cases wait for its host, for
# ever.
options=(-u network --timeout 240 -i '*VSOCKSocketStreamTest*')
ways=(plain alone helped)
# What has little to do with sockets, or does the same many times over.
long=(test_asyncio.test_futures test_asyncio.test_ssl test_asyncio.test_subprocess
	test_asyncio.test_taskgroups test_asyncio.test_tasks test_ssl.ThreadedTests
	test_xmlrpc.MultiPathServerTestCase)

[[ -x $python ]] || skip "no $python"
$python -c 'import test.test_socket' 2>/dev/null ||
	skip "no tests of $python (Debian: libpython3.11-testsuite)"

# The namespaces look all the same from within.
namespace "$server"
i=0
for side in plain alone client; do
	namespace "$PREFIX-$side"
	cable "$PREFIX-$side" c0 $C0/64 "$server" s$i 2001:db8:$i::1/64
	ip -n "$PREFIX-$side" -6 route add default dev c0
	i=$((i + 1))
done
must_soon 10 "duplicate address detection" settled "$PREFIX-plain" "$PREFIX-alone" "$client"
helper_start client

# Names of local sockets must be short.
short=$(mktemp -d /tmp/hmip.XXXX)
on_exit "rm -rf '$short'"
mkdir "${ways[@]/#/$short/}"

# in_way WAY COMMAND...
in_way()
{
	local way=$1
	shift
	case $way in
	plain) in_ns "$PREFIX-plain" "$@" ;;
	alone) in_ns "$PREFIX-alone" env HMIP_SOCKET="$dir/nobody.sock" "$(program hmip-run)" \
		"$@" ;;
	helped) on client "$@" ;;
	esac
}

# preloaded WAY
preloaded()
{
	in_way "$1" $python -c \
		'import sys; sys.exit("libhmip" not in open("/proc/self/maps").read())'
}

# tests ROUND WAY ARGUMENT...: python's report of them in ROUND-WAY.xml.
tests()
{
	local round=$1 way=$2
	shift 2
	in_way "$way" env -C "$short/$way" TMPDIR="$short/$way" $python -m test "${options[@]}" \
		--junit-xml "$dir/$round-$way.xml" \
		"$@" >"$dir/$round-$way.log" 2>&1 </dev/null || true
	[[ -s $dir/$round-$way.xml ]] || echo "no report, see $round-$way.log"
}

# in_all_ways ROUND ARGUMENT...: at the same time.
in_all_ways()
{
	local round=$1 way pids=()
	shift
	for way in "${ways[@]}"; do
		tests "$round" "$way" "$@" &
		pids+=($!)
	done
	wait "${pids[@]}"
}

# compare ROUND WHAT
compare()
{
	python3 "$netns_dir/cpython.py" "$dir" "$1" "${ways[@]}" ||
		fail "$2: no reports to compare, see $dir/$1-*.log"
	say "$2: $(cat "$dir/$1.totals")"
}

must_not "nothing is preloaded" preloaded plain
must "the library is preloaded" preloaded alone
must "the library is preloaded" preloaded helped
if [[ ${HMIP_CPYTHON-} != all ]]; then
	for i in "${long[@]}"; do
		options+=(-i "test.$i.*")
	done
fi
in_all_ways 0 -j2 "${modules[@]}"
compare 0 "all"
for ((i = 1; i <= 5; i++)); do
	mapfile -t cases < <(cut -d' ' -f1 "$dir/$((i - 1)).differ")
	((${#cases[@]} > 0)) || break
	printf '%s\n' "${cases[@]}" >"$dir/$i.asked"
	mapfile -t modules < <(cut -d. -f2 "$dir/$i.asked" | sort -u)
	in_all_ways $i "${cases[@]/#/-m}" "${modules[@]}"
	compare $i "again ${cases[*]}"
done
[[ ! -s $dir/$((i - 1)).differ ]] || fail "different in the end: $(cat "$dir/$((i - 1)).differ")"
