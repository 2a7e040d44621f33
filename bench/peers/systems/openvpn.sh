# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# OpenVPN over UDP. The client may float, as the server knows it by its peer id; TCP is inside the
# tunnel.
system_needs()
{
	need openvpn openssl
}

system_address()
{
	echo 2001:db8:f::1
}

fingerprint()
{
	openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//'
}

system_up()
{
	local side common="--dev tun --proto udp6 --verb 1 --mssfix 1500 mtu --persist-tun"
	common+=" --data-ciphers AES-256-GCM"
	for side in m s; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
			-subj /CN=$side -keyout "$dir/$side.key" -out "$dir/$side.crt" \
			2>/dev/null || return
	done
	spawn "$server" openvpn $common --server-ipv6 2001:db8:f::/64 --topology subnet --dh none \
		--keepalive 1 60 --port 1194 --cert "$dir/s.crt" --key "$dir/s.key" \
		--peer-fingerprint "$(fingerprint "$dir/m.crt")"
	spawn "$mobile" openvpn $common --client --nobind --remote 2001:db8:c::2 1194 \
		--cert "$dir/m.crt" --key "$dir/m.key" \
		--peer-fingerprint "$(fingerprint "$dir/s.crt")"
	on_mobile "$app" wait 2001:db8:f::1 9 12
}
