#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client's address is deleted and its link goes down while another link, announced before, is
# ready (A1, B5, B6, S1, C11).
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
helpers
serve
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
must "the connection begins on the first link" uses client $C0

link_down c0
goes_on t 5 "with its first link gone"
must "the client sends from its second address" uses client $C1
must_soon 5 "the server sends to the second address" sends_to server $C1
must "the program still sees the address it began with" [ "$(figure t local | head -n 1)" = $C0 ]
must "the server's kernel, too" [ -n "$(in_ns "$server" ss -6Htn dst "[$C0]")" ]
stop_talk t
