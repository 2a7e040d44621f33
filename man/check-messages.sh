#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The messages that the pages explain are those that the code has: each part of one between its
# placeholders, which are words in capitals or "...", occurs in some text of the code.
. "$top_srcdir/man/check.sh"

# All that is quoted in the code, adjacent pieces joined and conversions replaced.
texts=$(find "$top_srcdir/common" "$top_srcdir/helper" "$top_srcdir/hmipctl" "$top_srcdir/shim" \
		-name '*.c' -exec cat {} + | tr '\n\t' '  ' |
	sed 's/" *"//g; s/" [A-Z_]* "/%/g; s/\\"/"/g; s/%[-#.*0-9]*[hlz]*[a-z]/%/g')

for page in "$man"/*.[1-8]; do
	name=${page##*/}
	sed -n '/^\.Bl -diag/,/^\.El/s/^\.It "\(.*\)"$/\1/p' "$page" |
		sed 's/\\(dq/"/g' >messages.tmp
	while read -r message; do
		missing=$(printf '%s\n' "$message" | sed 's/\.\.\./\n/g; s/\b[A-Z]\+\b/\n/g' |
			sed 's/^[ ":(]*//; s/[ ":(),]*$//' |
			while read -r part; do
				case $part in
				??????*)
					case $texts in
					*"$part"*) ;;
					*) printf '"%s" ' "$part" ;;
					esac ;;
				esac
			done)
		if [ -z "$missing" ]; then
			good
		else
			bad "$name" "nothing says $missing"
		fi
	done <messages.tmp
done
rm -f messages.tmp
summary
