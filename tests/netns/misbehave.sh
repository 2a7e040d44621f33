#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An independent peer in Python speaks to a helper, and misbehaves in every way thought of
# (peers/misbehave.py; R1 R2 R4 R5 X1 X2 X4 X5 X6 X7 X8 B1 B2 B3 B8 B10 O1 O2 S1 A3 A4). The
# server's only link leads to it.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/outside.sh"

outside
call="ip netns exec $server env HMIP_SOCKET=$dir/server.sock $(program hmip-run) python3 -c \
	'import socket, sys, time; s = socket.create_connection(sys.argv[1:]); time.sleep(60)'"
peer misbehave.py --also $S1 --key-in "$KEY_CS" --key-out "$KEY_SC" --call "$call" "$@"
