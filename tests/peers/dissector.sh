#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark's dissector reads a capture that hmip-helper -w made, as its author knows it, and finds
# no error of its own in packets in which an octet is wrong.
set -eu
wireshark=${HMIP_SOURCE:-$(dirname "$0")/../..}/packaging/wireshark
command -v tshark >/dev/null || { echo "no tshark"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# dissect FILE [OPTION...]: without the warning that root gets.
dissect()
{
	local file=$1
	shift
	HOME=$tmp tshark -X lua_script:"$wireshark/hmip.lua" -r "$file" "$@" 2>"$tmp/errors" ||
		{ cat "$tmp/errors"; return 1; }
}

# expect WHAT EXPECTED FOUND
expect()
{
	if [[ $2 == "$3" ]]; then
		echo "ok: $1"
	else
		printf '%s: expected\n%s\nfound\n%s\n' "$1" "$2" "$3"
		failed=1
	fi
}

expect "each packet in a line" "$(cat "$wireshark/hmip.txt")" \
	"$(dissect "$wireshark/hmip.pcap" -o 'gui.column.format:"p","%p","i","%i"')"
expect "packets in UDP" 8 "$(dissect "$wireshark/hmip.pcap" -Y hmip.udp | wc -l)"
expect "who withdraws an address" 2001:db8:a1::10 "$(dissect "$wireshark/hmip.pcap" -T fields \
	-e ipv6.src -Y 'hmip.bu.lifetime == 0 && hmip.address == 2001:db8:a0::10')"
expect "an address that is not there in full" 2001:db8:a1::10 "$(dissect "$wireshark/hmip.pcap" \
	-T fields -e hmip.address -Y 'frame.number == 4')"
expect "the sequence number of a Response" 53322 "$(dissect "$wireshark/hmip.pcap" \
	-T fields -e hmip.bu.seq -Y 'hmip.bu && hmip.challenge && frame.number == 6')"

python3 - "$wireshark/hmip.pcap" "$tmp/wrong.pcap" <<'END'
import struct, sys

data = open(sys.argv[1], 'rb').read()
with open(sys.argv[2], 'wb') as out:
    out.write(data[:24])
    at = 24
    while at < len(data):
        head, (size,) = data[at : at + 16], struct.unpack_from('<I', data, at + 8)
        packet = data[at + 16 : at + 16 + size]
        at += 16 + size
        for i in range(40, size):
            for flip in (0x01, 0x7f, 0x80):
                out.write(head + packet[:i] + bytes([packet[i] ^ flip]) + packet[i + 1 :])
END
dissect "$tmp/wrong.pcap" -V >"$tmp/wrong.txt"
(($(grep -c '^Homeless Mobile IPv6: ' "$tmp/wrong.txt") > 1000)) ||
	{ echo "few of the wrong packets are dissected"; failed=1; }
expect "errors of the dissector's own" "" "$(cat "$tmp/wrong.txt" "$tmp/errors" |
	grep -E 'Lua Error|hmip.lua:|DISSECTOR BUG|Dissector bug' | sort | uniq -c | head)"
grep -q 'Malformed option' "$tmp/wrong.txt" || { echo "nothing is malformed"; failed=1; }
exit $failed
