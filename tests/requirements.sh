#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prints which tests name which requirement of doc/REQUIREMENTS.md, and fails if one that is built,
# wholly or in part, has none.
set -eu
cd "${srcdir:-$(dirname "$0")}"

# The tests whose name begins with the requirement ("c10_...") and the scripts that mention it.
tests_of()
{
	low=$(printf %s "$1" | tr '[:upper:]' '[:lower:]')
	{
		grep -rhoE "START_TEST\(${low}_[a-z0-9_]*" --include='*.c' . | sed 's/START_TEST(//'
		grep -rlE "^[[:space:]]*(#|\"\"\").*\b$1\b" --include='*.sh' --include='*.py' . |
			grep -v requirements | sed 's,.*/,,'
		grep -rlE "(/\*|^ \*|\").*\b$1\b" --include='check_*.c' . | sed 's,.*/,,; s,\.c$,,'
	} | sort -u
}

missing='' unclear='' rows=0
while IFS='|' read -r _ id _ built text; do
	id=${id# } id=${id% } built=${built# } built=${built%%[ :]*}
	case $id in [A-Z][0-9] | [A-Z][0-9][0-9]) ;; *) continue ;; esac
	rows=$((rows + 1))
	found=$(tests_of "$id")
	n=$(printf '%s\n' "$found" | grep -c . || true)
	printf '%-4s %-6s %-70.70s %3d  %s\n' "$id" "$built" "$text" "$n" \
		"$(printf '%s\n' "$found" | head -n 2 | tr '\n' ' ')"
	case $built in
	yes | partly) [ "$n" -gt 0 ] || missing="$missing $id" ;;
	no) ;;
	*) unclear="$unclear $id" ;;
	esac
done <../doc/REQUIREMENTS.md
[ $rows -gt 0 ] || {
	echo "no requirement found: has the layout of doc/REQUIREMENTS.md changed?" >&2
	exit 1
}
[ -z "$unclear" ] || { echo "neither yes, partly nor no:$unclear" >&2; exit 1; }
[ -z "$missing" ] || { echo "no test names:$missing" >&2; exit 1; }
