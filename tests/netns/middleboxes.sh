#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A download, an upload and a session that is quiet meanwhile, behind each kind of firewall on the
# way: what hmip(7), Firewalls, says goes on when first the client and then the server moves does
# so. Behind the others the hosts may not meet, and all three go on where they are: nothing is worse
# than without hmip.
[[ $# == 0 ]] || test_name=middleboxes-$1
source "$(dirname "$0")/lib.sh"

# What goes on is moved; behind what only stays, nobody moves.
goes_on="none client server both no-ah no-options neither"
stays="bare closed nothing strict invalid"

if (($# == 0)); then
	# shellcheck disable=SC2086
	side_by_side $goes_on $stays
	exit 0
fi

rule=$(sed -n 's/^\.Dl \(meta l4proto .* accept\)$/\1/p' "$netns_dir/../../man/hmip.7")
must "hmip(7) has a rule" [ -n "$rule" ]

forward()
{
	in_ns "$1" nft -f - <<-END
	table inet middlebox {
		chain forward {
			type filter hook forward priority filter; policy accept;
			$2
		}
	}
	END
}

# Only what answers the inside comes in.
deny_client()
{
	local r
	for r in "$r0" "$r1"; do
		forward "$r" "$1
			iifname core ct state established,related accept
			iifname core drop"
	done
}

# ... and what goes to the server's port.
deny_server()
{
	forward "$core" "
		$1
		oifname { s0, s1 } ct state established,related accept
		oifname { s0, s1 } tcp dport 7000 accept
		oifname { s0, s1 } drop"
}

loose()
{
	local r
	for r in "$r0" "$r1" "$core"; do
		in_ns "$r" sysctl -qw net.netfilter.nf_conntrack_tcp_loose="$1"
	done
}

middlebox()
{
	local r
	case $1 in
	bare) deny_client "" ;;
	client) deny_client "$rule" ;;
	server) deny_server "$rule" ;;
	closed) deny_server "" ;;
	both) deny_client "$rule" && deny_server "$rule" ;;
	no-ah) for r in "$r0" "$r1"; do forward "$r" "ip6 nexthdr 51 drop"; done ;;
	no-options) for r in "$r0" "$r1"; do forward "$r" "ip6 nexthdr 60 drop"; done ;;
	neither) for r in "$r0" "$r1"; do forward "$r" "ip6 nexthdr { 51, 60 } drop"; done ;;
	nothing) for r in "$r0" "$r1"; do forward "$r" "ip6 nexthdr { 51, 60 } drop
			udp dport 434 drop"; done ;;
	strict) deny_client "$rule" && loose 0 ;;
	invalid) deny_client "ct state invalid drop; $rule" && loose 0 ;;
	esac
}

# seen KIND: how far it is. is_beyond KIND N
seen()
{
	cat "$dir/$1" 2>/dev/null || echo 0
}

is_beyond()
{
	(($(seen "$1") > $2))
}

# go_on WHEN KIND...: these do, within a while.
asked=0
go_on()
{
	local when=$1 kind had
	shift
	for kind; do
		had=$(seen "$kind")
		if [[ $kind == quiet ]]; then
			had=$asked
			asked=$((asked + 1))
			echo "question $asked" >>"$dir/ask"
		fi
		must_soon 10 "the $kind goes on $when" is_beyond "$kind" "$had"
		say "the $kind goes on $when"
	done
}

topology c0 c1 s0 s1
loose 1
middlebox "$1"
for side in client server; do
	(umask 077 && echo "state = \"$dir/$side.state\"" >"$dir/$side.conf")
done
helpers
spawn_on serve server python3 "$netns_dir/three.py" serve
must_soon 10 "the server listens" listens "$server" 7000
spawn_on talk client python3 "$netns_dir/three.py" talk $S0 "$dir"
go_on "at first" download upload quiet
met()
{
	is_active server $C1 && is_active client $S1
}

if [[ " $stays " == *" $1 "* ]]; then
	for _ in 1 2 3; do
		go_on "where it is" download upload quiet
		sleep 1
	done
	must "all are on the addresses they began with" [ "$(counter client out-rewritten)" = 0 ]
	exit 0
fi
must_soon 20 "the hosts meet" met
link_down c0
go_on "after the client's move" download upload quiet
link_down s0
go_on "after the server's move" download upload quiet
