# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# wireguard-go, WireGuard in user space; the mobile roams, TCP is inside the tunnel.
system_needs()
{
	need wireguard-go wg
}

system_address()
{
	echo 2001:db8:f::2
}

# The name of an interface is that of a socket in /run, too.
tunnel()
{
	echo "w$1${$}x$sequence"
}

# start_tunnel SIDE NAMESPACE NUMBER
start_tunnel()
{
	local name
	name=$(tunnel "$1")
	spawn "$2" env WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error wireguard-go "$name"
	await 5 ip netns exec "$2" wg show "$name" || return
	printf 'link set dev %s mtu 1420 up\naddr add 2001:db8:f::%s/64 dev %s nodad\n' \
		"$name" "$3" "$name" | ip -n "$2" -b -
}

system_up()
{
	local side
	for side in m s; do
		(umask 077 && wg genkey >"$dir/$side.key")
		wg pubkey <"$dir/$side.key" >"$dir/$side.public"
	done
	start_tunnel m "$mobile" 1 && start_tunnel s "$server" 2 || return
	on_server wg set "$(tunnel s)" listen-port 51820 private-key "$dir/s.key" \
		peer "$(cat "$dir/m.public")" allowed-ips 2001:db8:f::1/128 &&
		on_mobile wg set "$(tunnel m)" private-key "$dir/m.key" \
			peer "$(cat "$dir/s.public")" allowed-ips 2001:db8:f::2/128 \
			endpoint '[2001:db8:c::2]:51820' persistent-keepalive 1 &&
		on_mobile "$app" wait 2001:db8:f::2 9 8
}
