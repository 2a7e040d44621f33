#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's own kernel, with its AH keyed by ip xfrm state, takes our Binding Updates and
# Acknowledgements for authentic (X1). They are captured between two helpers on this machine and put
# on a wire in the virtual machine, whose kernel counts.
export test_name=qemu-ah
here=$(dirname "$(readlink -f "$0")")

if [[ ${1-} != inside ]]; then
	source "$here/../netns/lib.sh"
	[[ -e ${HMIP_KERNEL:-$HMIP_BUILD/kernel}/vmlinuz ]] ||
		skip "no kernel (tests/qemu/kernel fetches it)"
	topology c0 s0
	capture s0 "$core" s0
	helpers
	serve
	talk t
	link_down c0
	link_ready c1
	goes_on t 10 "moved to a fresh address"
	stop_talk t
	capture_end s0
	"$here/run" "$here/ah.sh" inside "$dir/s0.pcap" $SPI_CS $KEY_CS $SPI_SC $KEY_SC
	exit
fi

set -euo pipefail
pcap=$2
modprobe ah6
modprobe mip6
modprobe xfrm_user
ip netns add judge
ip -n judge link set lo up
ip link add out type veth peer name in netns judge
ip link set out up
ip -n judge link set in up
# The judge is both hosts: each packet finds its destination there.
for a in 2001:db8:a0::10 2001:db8:a1::10 2001:db8:b0::20 2001:db8:b1::20; do
	ip -n judge addr add $a/64 dev in nodad
done

# state SPI KEY SRC DST...: AH for each destination; and, since the kernel asks for it, a Home
# Address of any source.
state()
{
	local spi=$1 key=$2 dst
	shift 2
	for dst in "$@"; do
		ip -n judge xfrm state add src :: dst "$dst" proto ah spi "$spi" mode transport \
			auth-trunc 'hmac(sha256)' "0x$key" 128 replay-window 32
		ip -n judge xfrm state add src :: dst "$dst" proto hao mode ro coa :: flag wildrecv
	done
}
server_keys=("$3" "$4") client_keys=("$5" "$6")
key_kernel()
{
	ip -n judge xfrm state flush
	state "${server_keys[@]}" 2001:db8:b0::20 2001:db8:b1::20
	state "${client_keys[@]}" 2001:db8:a0::10 2001:db8:a1::10
}

counted()
{
	ip -n judge -s xfrm state list proto ah |
		awk '/lifetime current:/ { getline; n += $2 } END { print n + 0 }'
}

failed()
{
	ip -n judge -s xfrm state list proto ah | awk '/failed/ { n += $NF } END { print n + 0 }'
}

statistic()
{
	ip netns exec judge awk -v name="$1" '$1 == name { print $2 }' /proc/net/xfrm_stat
}

# reaches COMMAND COUNT: soon.
reaches()
{
	for _ in $(seq 50); do
		[[ $($1) -lt $2 ]] || return 0
		sleep 0.1
	done
	echo "$1: $($1), not $2"
	return 1
}

mac=$(ip -n judge -br link show dev in | awk '{ print $3 }')
key_kernel
sent=$("$here/ah_replay.py" "$pcap" out "$mac")
reaches counted "$sent" || true
ip -n judge -s xfrm state list proto ah | grep -E '^src|[0-9]\(packets|failed' || true
grep -v '	0$' <(ip netns exec judge cat /proc/net/xfrm_stat) || true
echo "sent $sent, authentic $(counted), failed $(failed)"
[[ $sent -ge 4 && $(counted) == "$sent" && $(failed) == 0 ]]
[[ $(statistic XfrmInStateProtoError) == 0 && $(statistic XfrmInNoStates) == 0 ]]

# Keyed anew, so that it is not for their sequence numbers that they are refused.
key_kernel
"$here/ah_replay.py" "$pcap" out "$mac" spoil >/dev/null
reaches failed "$sent"
echo "the same with one bit of the ICV changed: authentic $(counted), failed $(failed)"
[[ $(counted) == 0 ]]
