#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Floods of AAP's Inits and of forged signalling from 100,000 spoofed sources make no state and stop
# nobody (X4, X8, C4, R8).
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/outside.sh"

flood=$HMIP_BUILD/tests/flood
[[ -x $flood ]] || skip "no flood in $HMIP_BUILD/tests"
outside
peer storm.py --key-in "$KEY_CS" --key-out "$KEY_SC" --flood "$flood" --dir "$dir" "$@"
