# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Migration of QUIC connections: the example client and server of ngtcp2, download by HTTP/3 only.
# The client moves by a timer, about 0.1 s after the new link is up, and uses the source address of
# the route of that time. So it can only move before the old link is gone.
can="tput gap" kinds=down moves=mbb

system_needs()
{
	need gtlsclient gtlsserver openssl
}

system_server()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=server -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null || return
	mkdir -p "$dir/www" "$dir/download"
	truncate -s 4G "$dir/www/blob"
	mkfifo "$dir/download/blob"
	spawn "$server" gtlsserver -q -d "$dir/www" :: $port "$dir/key.pem" "$dir/cert.pem"
}

system_client()
{
	local move=()
	[[ -z ${handover-} ]] || move=(--change-local-addr=$((before_s * 1000))ms)
	spawn "$mobile" gtlsclient -q --no-pmtud --download="$dir/download" "${move[@]}" \
		2001:db8:c::2 $port https://server/blob
	spawn "$mobile" "$app" read "$dir/download/blob" "$2" "$3"
}
