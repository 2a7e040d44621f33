#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A fact of the core has one writer: each member below is assigned in one line of helper/core, in
# the function that reports the change. Assignments to an action (a->) are no facts.
core=${HMIP_SOURCE:-$(dirname "$0")/..}/helper/core
failed=0

# one MEMBER FILE...: the members of that name are assigned in one line of each file, and nowhere
# else.
one()
{
	member=$1
	shift
	want=$(for f; do echo "$f"; done | sort)
	found=$(cd "$core" && grep -rnE --include='*.[ch]' \
		"\\b[a-z_]+->$member(\\.[a-z_]+)* *([-+|&^]?=([^=]|\$)|\\+\\+|--)" . |
		grep -vE "\\ba->$member" | sed 's,^\./,,')
	if [ "$(echo "$found" | cut -d: -f1 | sort)" != "$want" ]; then
		echo "$member: has to be assigned once in" $want "and nowhere else, but:"
		echo "$found"
		failed=1
	fi
}

one state model/bul.c model/foreign.c	# of a binding; of a peer's address
one status model/lifecycle.c		# of a peer
one usable model/local.c		# an address of this host
one pair model/pair.c			# of an entry
one held_since proto/hold.c		# of its connections
exit $failed
