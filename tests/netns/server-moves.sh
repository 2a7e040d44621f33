#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The server moves: to an address announced before, and to a fresh one (A1, B5, B6, B7).
source "$(dirname "$0")/lib.sh"

topology c0 s0 s1
helpers
serve
talk t
must_soon 10 "the client has verified the server's second address" is_active client $S1
link_down s0
goes_on t 5 "after the server moved to its second link"
must "the client sends there" sends_to client $S1

link_down s1
link_ready s0
goes_on t 10 "after the server came back on an address it had given up"
must "the client sends there" sends_to client $S0
stop_talk t
