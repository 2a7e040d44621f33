# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# MPTCP of the kernel with its own path manager, full mesh: all paths are in use before the
# handover. The events do what mptcpd or NetworkManager would: follow the addresses.
wrap_mobile=(mptcpize run) wrap_server=(mptcpize run)
b_early=1 b_flags="subflow fullmesh" d_signal=1

system_needs()
{
	need mptcpize || return
	[[ $(cat /proc/sys/net/mptcp/enabled 2>/dev/null) == 1 ]] && return
	echo "no MPTCP in the kernel"
	return 1
}

# endpoint NAMESPACE LINK ID FLAGS: unless there is such an endpoint.
endpoint()
{
	ip -n "$1" mptcp endpoint show id "$3" >/dev/null 2>&1 ||
		ip -n "$1" mptcp endpoint add "$(link_address "$2")" dev "$2" id "$3" $4
}

link_address()
{
	echo "2001:db8:$1::2"
}

system_up()
{
	ip -n "$mobile" mptcp limits set subflows 8 add_addr_accepted 8 &&
		ip -n "$server" mptcp limits set subflows 8 add_addr_accepted 8 &&
		endpoint "$mobile" a 1 "subflow fullmesh" || return
	if [[ $b_early == 1 ]] &&
	   [[ -n $(ip -n "$mobile" -6 addr show dev b to "$(link_address b)") ]]; then
		endpoint "$mobile" b 2 "$b_flags" || return
	fi
	[[ ${handover-} == both ]] || return 0
	endpoint "$server" c 1 signal
	[[ $d_signal == 0 ]] || endpoint "$server" d 2 signal
}

system_event()
{
	case $1.$2.$3 in
	mobile.leaving.a | mobile.gone.a) ip -n "$mobile" mptcp endpoint delete id 1 2>/dev/null ;;
	mobile.available.b) endpoint "$mobile" b 2 "subflow fullmesh" ;;
	server.gone.c) ip -n "$server" mptcp endpoint delete id 1 ;;
	server.available.d) endpoint "$server" d 2 signal ;;
	esac
}
