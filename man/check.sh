# SPDX-License-Identifier: BSD-2-Clause
# What the tests in this folder share: a result for each check, and libcheck's summary at the end.
set -eu
LC_ALL=C
export LC_ALL
man=$top_srcdir/man
checks=0 failures=0

# good WHAT or bad WHAT WHY
good()
{
	checks=$((checks + 1))
}

bad()
{
	checks=$((checks + 1)) failures=$((failures + 1))
	printf '%s: %s\n' "$1" "$2"
}

# same WHAT LIST LIST: two lists, a word a line and in any order, of the code and of the
# documentation.
same()
{
	lines=$(printf '%s\n' "$2" | sort -u)
	others=$(printf '%s\n' "$3" | sort -u)
	if [ -z "$lines" ]; then
		bad "$1" "nothing found in the code: has its layout changed?"
	elif [ "$lines" = "$others" ]; then
		good
	else
		printf '%s\n' "$lines" >names-code.tmp
		printf '%s\n' "$others" >names-documentation.tmp
		bad "$1" "$(diff -U 0 names-code.tmp names-documentation.tmp | grep '^[-+]' |
			tr '\n' ' ')"
		rm -f names-code.tmp names-documentation.tmp
	fi
}

# example PAGE: the program among its examples.
example()
{
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh ERRORS/{/^\.Bd/,/^\.Ed/{/^\.[BE]d/d; s/\\e/\\/g; p;};}' "$1"
}

summary()
{
	printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
		$((100 * (checks - failures) / checks)) $checks $failures
	[ $failures = 0 ]
}
