#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is on the wire after moves of both ends: bare 40-octet IPv6 headers with right checksums
# around all data (S1), and signalling that scapy, an independent implementation of AH, takes for
# authentic and tcpdump can read (X1). With keys from elsewhere both Initial Binding Updates are
# exchanged as flow A.1 has it (A4).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0 s1
for link in c0 c1; do
	in_ns "$client" ethtool -K $link tx off gso off tso off gro off rx off >/dev/null
done
for link in s0 s1; do
	in_ns "$server" ethtool -K $link tx off gso off tso off gro off rx off >/dev/null
done
capture s0 "$core" s0
capture s1 "$core" s1
helpers
serve
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1
link_down c0
goes_on t 5 "the client moved"
link_down s0
goes_on t 5 "the server moved"
link_ready c0
link_down c1
goes_on t 10 "the client moved again"
stop_talk t
capture_end s0
capture_end s1
capture_is_whole s0
capture_is_whole s1

"$netns_dir/wire.py" flow "$dir/s0.pcap" >"$dir/flow.log" || fail "the messages cannot be read"
must "the first Binding Updates are those of A.1" \
	[ "$(grep -E "^($C0 > $S0|$S0 > $C0): .*BU" "$dir/flow.log" | head -n 2 |
		tr '\n' ' ')" = \
	"$C0 > $S0: AH BU $S0 > $C0: AH BA BU " ]

for pair in "s0 $C0" "s0 $C1" "s1 $C1" "s1 $C0"; do
	read -r link address <<<"$pair"
	n=$("$netns_dir/wire.py" data "$dir/$link.pcap" 7000 "$address") || fail "$link, $address"
	((n >= 50)) || fail "only $n data packets of $address on $link"
	say "$n data packets of $address on $link: bare headers, right checksums"
done

"$netns_dir/ah.py" verify "$dir/s0.pcap" $SPI_CS $KEY_CS $SPI_SC $KEY_SC >"$dir/scapy.log" 2>&1 ||
	fail "scapy does not agree"
"$netns_dir/ah.py" verify "$dir/s1.pcap" $SPI_CS $KEY_CS $SPI_SC $KEY_SC >>"$dir/scapy.log" 2>&1 ||
	fail "scapy does not agree"
say "$(tail -n 1 "$dir/scapy.log")"
tcpdump -nvr "$dir/s0.pcap" 'ip6 proto 51 or ip6 proto 60' >"$dir/tcpdump.log" 2>/dev/null
must "tcpdump sees AH with the configured SPIs" grep -q "spi=0x00001001" "$dir/tcpdump.log"
must_not "tcpdump finds fault with our packets" \
	grep -qiwE 'trunc|truncated|truncated-ip6|invalid|bad' "$dir/tcpdump.log"
