# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# strongSwan: IKEv2 with MOBIKE, ESP in user space (kernel-libipsec), TCP inside the tunnel.
charon=/usr/lib/ipsec/charon

system_needs()
{
	need swanctl unshare $charon || return
	[[ -e /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so ]] && return
	echo "no kernel-libipsec"
	return 1
}

system_address()
{
	echo 2001:db8:f::2
}

# write_conf SIDE NUMBER PEER NUMBER [REMOTE [START]]
write_conf()
{
	local plugins="random nonce drbg aes aesni sha1 sha2 hmac kdf gcm openssl kernel-libipsec"
	cat >"$dir/$1.strongswan" <<-END
	charon {
	  load = $plugins kernel-netlink socket-default vici
	  interfaces_ignore = lo
	  retransmit_timeout = 0.5
	  retransmit_base = 1.2
	  retransmit_tries = 25
	  plugins { vici { socket = unix://$dir/$1.vici } }
	}
	END
	cat >"$dir/$1.swanctl" <<-END
	connections { peers {
	  version = 2
	  mobike = yes
	  ${5-}
	  dpd_delay = 2s
	  proposals = aes128-sha256-ecp256
	  local { auth = psk
	    id = $1.example }
	  remote { auth = psk
	    id = $3.example }
	  children { peers {
	    local_ts = 2001:db8:f::$2/128
	    remote_ts = 2001:db8:f::$4/128
	    esp_proposals = aes128gcm16
	    ${6-} } } } }
	secrets { ike-peers { secret = for-measurements-only } }
	END
}

# start_charon SIDE NAMESPACE NUMBER: in a /run of its own.
start_charon()
{
	ip -n "$2" addr add "2001:db8:f::$3/128" dev lo
	spawn "$2" unshare -m sh -c \
		"mount -t tmpfs none /run && STRONGSWAN_CONF='$dir/$1.strongswan' exec $charon"
	await 5 swanctl --stats --uri "unix://$dir/$1.vici" || return
	ip netns exec "$2" env STRONGSWAN_CONF="$dir/$1.strongswan" swanctl --load-all \
		--uri "unix://$dir/$1.vici" --file "$dir/$1.swanctl" >>"$dir/out" 2>&1
}

system_up()
{
	write_conf s 2 m 1
	write_conf m 1 s 2 "remote_addrs = 2001:db8:c::2" "start_action = start"
	start_charon s "$server" 2 && start_charon m "$mobile" 1 &&
		on_mobile "$app" wait 2001:db8:f::2 9 8
}
