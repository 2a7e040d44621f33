#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad signalling changes nothing, and a counter tells of it (R4, R5, X1, X7): wrong ICV, no AH,
# replays, the address of another peer, damaged and cut options. The last of these come from a peer
# that has the right key.
source "$(dirname "$0")/lib.sh"

other=2001:db8:cc::1
attack()
{
	local what=$1
	shift
	in_ns "$core" "$netns_dir/attack.py" "$what" --src $C0 --dst $S0 --spi $SPI_CS "$@"
}

# What the server believes, times left out.
beliefs()
{
	ctl server --json cache | json "json.dumps([[e['id'], e['name'], e['status'], e['pair'],
		e['sa']['spi_in'], sorted([a['address'], a['state']] for a in e['addresses'])]
		for e in d], sort_keys=True)"
}

# unmoved COUNTER WHAT COMMAND...: COMMAND makes COUNTER rise and nothing else happens.
unmoved()
{
	local counter=$1 what=$2 count before
	shift 2
	count=$(counter server "$counter") before=$(beliefs)
	"$@"
	must_soon 5 "$what: $counter rises" counter_above server "$counter" "$count"
	must "$what: the server believes what it did: $before, not $(beliefs)" \
		[ "$(beliefs)" = "$before" ]
	goes_on t 5 "$what"
}

topology c0 c1 s0
(umask 077 && conf server >"$dir/server.conf")
cat >>"$dir/server.conf" <<-END
	peer "other" {
		address = {"$other"}
		algorithm = "hmac-sha256-128"
		spi_in = 0x3001
		spi_out = 0x3002
		key_in = "$KEY_SC"
		key_out = "$KEY_CS"
	}
END
capture s0 "$core" s0
helpers
serve
talk t
# The server has an entry for the other peer because it has a connection to it.
ip -n "$core" addr add $other/128 dev lo
spawn other "$core" python3 "$netns_dir/peer.py" serve --port 7009
must_soon 10 "the other peer listens" listens "$core" 7009
spawn_on to-other server python3 "$netns_dir/peer.py" talk --to $other --port 7009 --rate 1000 \
	--status "$dir/to-other.json"
must_soon 10 "the server has an entry for the other peer" state_at server $other
must_soon 10 "the server has verified the client's second address" is_active server $C1
link_down c0
goes_on t 5 "moved"
link_ready c0
must_soon 10 "the server has verified the first address again" is_active server $C0
capture_end s0

unmoved bad-icv "a Binding Update with a wrong ICV" attack forged --address 2001:db8:ee::1
unmoved no-ah "a Binding Update without AH" attack bare --address 2001:db8:ee::1
unmoved unknown-spi "an SPI nobody knows" attack forged --address 2001:db8:ee::1 --spi 0x9999
unmoved replayed "all that was sent before, again" attack replay --pcap "$dir/s0.pcap"
unmoved bad-icv "damaged options under a wrong key" attack garbage --key "$KEY_SC" --count 50
unmoved wrong-entry "an authentic Binding Update that names another peer's address" \
	attack steal --key "$KEY_CS" --address $other
unmoved malformed "a Binding Update cut at every octet" \
	attack truncated --key "$KEY_CS" --address 2001:db8:ee::2 --ah-seq 4050000000 --seq 31000

# Of those, one or the other may be left well-formed and may name an address: as any peer may of
# itself. It stays Tentative.
count=$(counter server malformed)
attack garbage --key "$KEY_CS" --ah-seq 4100000000 --seq 32000 --count 500
must_soon 5 "damaged options: malformed rises" counter_above server malformed "$count"
must "the client's own address is what it was" is_active server $C0
must "nothing damaged is believed" [ "$(cache server "str(sum(
	a['state'] == 'active' for e in d for a in e['addresses']
	if a['address'] not in ('$C0', '$C1', '$other')))")" = 0 ]
goes_on t 5 "damaged options from a peer with the key"
stop_talk t
