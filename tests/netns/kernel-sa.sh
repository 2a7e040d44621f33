#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Generic SAs from the kernel's SAD, as IKE leaves them there (X3, A4): moves under them, a rekey in
# between, their end and new ones. tests/qemu/kernel-sa.sh runs it on a kernel that has AH.
source "$(dirname "$0")/lib.sh"

# sa NAMESPACE ADD_OR_DELETE SRC DST SPI [KEY]
sa()
{
	local key=()
	[[ $2 != add ]] || key=(reqid 60 mode transport auth-trunc 'hmac(sha256)' "0x$6" 128)
	ip -n "$1" xfrm state "$2" src "$3" dst "$4" proto ah spi "$5" "${key[@]}"
}

# pair NUMBER: SAs for both directions, at both hosts, between the client's first address and the
# server's. unpair NUMBER: they go.
pair()
{
	local ns
	for ns in "$client" "$server"; do
		sa "$ns" add $C0 $S0 "0x500$1" "${KEY_CS%?}$1"
		sa "$ns" add $S0 $C0 "0x600$1" "${KEY_SC%?}$1"
	done
}
unpair()
{
	local ns
	for ns in "$client" "$server"; do
		sa "$ns" delete $C0 $S0 "0x500$1"
		sa "$ns" delete $S0 $C0 "0x600$1"
	done
}

# Other SAs, which are not hmip's: another reqid, ESP, tunnel mode.
others()
{
	ip -n "$1" xfrm state add src $C0 dst $S0 proto ah spi 0x7001 reqid 61 mode transport \
		auth-trunc 'hmac(sha256)' "0x$KEY_CS" 128
	ip -n "$1" xfrm state add src $C0 dst $S0 proto ah spi 0x7002 reqid 60 mode tunnel \
		auth-trunc 'hmac(sha256)' "0x$KEY_CS" 128
}

# both_have NUMBER: the helpers say so.
says_sas()
{
	grep -q "has the kernel's SAs with SPI $2 in, $3 out" "$dir/$1-helper.log"
}
both_have()
{
	says_sas client "0x0000600$1" "0x0000500$1" && says_sas server "0x0000500$1" "0x0000600$1"
}

# What the kernel of NAMESPACE has sent under SAs from ADDRESS. Of what comes in it sees what a peer
# sends under an SA that the helper here does not know yet.
sent_by_the_kernel()
{
	ip -n "$1" -s xfrm state list src "$2" proto ah |
		awk '/lifetime current:/ { getline; n += $2 } END { print n + 0 }'
}

topology c0 c1 s0
pair 1 2>/dev/null || skip "this kernel has no AH for IPv6 (CONFIG_INET6_AH)"
unpair 1
others "$client"
for side in client server; do
	[[ $side == client ]] && peer=server addr=$S0 || peer=client addr=$C0
	cat >"$dir/$side.conf" <<-END
	state = "$dir/$side.state"
	peer "$peer" {
		address = {"$addr"}
		reqid = 60
	}
	END
done
pair 1
# What is signalled only: nothing of that must be missed.
spawn tcpdump-c "$client" tcpdump -n -U -i any -w "$dir/c.pcap" 'ip6 and not tcp'
must_soon 10 "tcpdump listens" grep -q 'listening on' "$dir/tcpdump-c.log"
helpers
must_soon 10 "both helpers have the kernel's SAs" both_have 1
serve
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
goes_on t 10 "with its first link gone"
must "the client sends from its second address" uses client $C1

# A rekey: new ones are added, and the old ones deleted some time later.
pair 2
must_soon 10 "both helpers have the newer SAs" both_have 2
link_ready c0
must_soon 10 "the server knows that the first address is back" is_active server $C0
unpair 1
link_down c1
goes_on t 10 "back on its first link, under the new SAs"
must "the client sends from its first address" uses client $C0

# A new helper finds what the kernel has.
unpair 2
pair 3
must_soon 10 "both helpers have the third SAs" both_have 3
helper_leave client
helper_start client
goes_on t 10 "under a new helper"
link_ready c1
must_soon 10 "the server has verified the second address again" is_active server $C1

# IKE is gone for a while: what was moved stays where it is.
link_down c0
goes_on t 10 "moved again"
unpair 3
must_soon 10 "the client notes that it has no SAs" \
	grep -q "the kernel has no SAs for it any more" "$dir/client-helper.log"
goes_on t 10 "without SAs"
pair 4
must_soon 10 "both helpers have the fourth SAs" both_have 4
link_ready c0
must_soon 10 "the server has verified the first address again" is_active server $C0
link_down c1
goes_on t 10 "after IKE came back"
stop_talk t
capture_end c
capture_is_whole c

must "the client's kernel has sent nothing under them" [ "$(sent_by_the_kernel "$client" $C0)" = 0 ]
must "the server's, too" [ "$(sent_by_the_kernel "$server" $S0)" = 0 ]
for n in 1 2 3 4; do
	must "signalling under SA $n" [ -n "$(tcpdump -r "$dir/c.pcap" -nv 2>/dev/null |
					       grep -i "spi=0x0000500$n")" ]
done
