#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints which tests name which requirement of requirements.txt, and fails if one that is built has none.
set -eu
cd "${srcdir:-$(dirname "$0")}"

# The tests whose name begins with the requirement ("c10_...") and the scripts that mention it.
tests_of()
{
	low=$(printf %s "$1" | tr '[:upper:]' '[:lower:]')
	{
		grep -rhoE "START_TEST\(${low}_[a-z0-9_]*" --include='*.c' . | sed 's/START_TEST(//'
		grep -rlE "^[[:space:]]*(#|\"\"\").*\b$1\b" --include='*.sh' --include='*.py' . | grep -v requirements | sed 's,.*/,,'
		grep -rlE "(/\*|^ \*|\").*\b$1\b" --include='check_*.c' . | sed 's,.*/,,; s,\.c$,,'
	} | sort -u
}

missing=
while read -r id text; do
	case $id in \#* | '') continue ;; esac
	found=$(tests_of "${id%\*}")
	n=$(printf '%s\n' "$found" | grep -c . || true)
	printf '%-4s %-75s %3d  %s\n' "$id" "$text" "$n" "$(printf '%s\n' "$found" | head -n 2 | tr '\n' ' ')"
	case $id in *\*) continue ;; esac
	[ "$n" -gt 0 ] || missing="$missing $id"
done <requirements.txt
[ -z "$missing" ] || { echo "no test names:$missing" >&2; exit 1; }
