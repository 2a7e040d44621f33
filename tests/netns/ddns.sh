#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# examples/hmip-ddns keeps the server's name in a real name server (BIND), and both hosts, which
# move at the same moment to addresses that the other has never heard of, find each other by it.
source "$(dirname "$0")/lib.sh"

for p in named tsig-keygen nsupdate jq; do
	command -v $p >/dev/null || skip "no $p (Debian: bind9, bind9-dnsutils, jq)"
done
[[ -e /etc/resolv.conf ]] || skip "no /etc/resolv.conf to be replaced"

topology c0 s0
tsig-keygen ddns >"$dir/ddns.key"
cat >"$dir/named.conf" <<END
include "$dir/ddns.key";
options {
	directory "$dir";
	listen-on { none; };
	listen-on-v6 { 2001:db8:f0::2; };
	recursion no;
	pid-file none;
	session-keyfile none;
};
controls { };
zone "example" {
	type primary;
	file "$dir/example.zone";
	allow-update { key ddns; };
};
END
cat >"$dir/example.zone" <<END
\$TTL 1
@ IN SOA ns root 1 60 60 600 1
@ IN NS ns
ns IN AAAA 2001:db8:f0::2
END
spawn named "$core" named -g -c "$dir/named.conf"
must_soon 10 "the name server runs" grep -q 'running$' "$dir/named.log"
echo "nameserver 2001:db8:f0::2" >"$dir/resolv.conf"
# ip netns exec gives a mount namespace of its own.
within=(sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$dir/resolv.conf")

# name_has ADDRESS: and no other.
name_has()
{
	[[ $(in_ns "$core" dig +short +time=1 +tries=1 @2001:db8:f0::2 \
		server.example AAAA) == "$1" ]]
}

helpers
spawn ddns "$server" env PATH="$HMIP_BUILD/hmipctl:$PATH" HMIP_SOCKET="$dir/server.sock" \
	"$netns_dir/../../examples/hmip-ddns" server.example example 2001:db8:f0::2 "$dir/ddns.key"
must_soon 10 "the name is there" name_has $S0
serve
talk t --to server.example
must_soon 10 "the server has verified the client's address" is_active server $C0
must "the name is known" [ "$(cache client 'd[0]["dns"]')" = server.example ]

link_down c0 &
first=$!
link_down s0
wait "$first"
link_up c1 &
first=$!
link_ready s1
wait "$first"
must_soon 10 "the name follows" name_has $S1
goes_on t 30 "the name has led to the server"
must "the client sends to the server's second address" sends_to client $S1
must "a name was asked for" event_seen client resolving
stop_talk t
