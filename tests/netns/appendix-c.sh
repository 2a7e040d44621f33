#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Appendix C's attack, both variants, on two hosts with helpers that share no keys (X7, A3, S1):
# peers/appendix_c.py.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/outside.sh"

world
for side in server client; do
	echo "state = \"$dir/$side.state\"" >"$dir/$side.conf"
done
attach server $S0 s0 $MAC world
attach client $C0 c0 $MAC_CLIENT bob
helper_start server
helper_start client
serve
call="ip netns exec $client env HMIP_SOCKET=$dir/client.sock $(program hmip-run) \
	python3 $netns_dir/peer.py talk --rate 50000 --status $dir/t.json"
play appendix_c.py --hmipctl "$(program hmipctl)" --alice $S0 --alice-interface world \
	--alice-mac $MAC \
	--alice-socket "$dir/server.sock" --bob $C0 --bob-interface bob --bob-mac $MAC_CLIENT \
	--bob-socket "$dir/client.sock" --call "$call"
for side in server client; do
	must "the helper of the $side is alive" alive $side-helper
done
