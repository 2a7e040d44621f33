#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The helper takes the configurations that the documentation shows.
. "$top_srcdir/man/check.sh"

helper=$top_builddir/helper/hmip-helper
if [ ! -x "$helper" ]; then
	echo "SKIP: no $helper"
	exit 77
fi
umask 077
file=example-$$.conf
trap 'rm -f "$file"' EXIT

# try WHAT PEERS: the configuration comes on standard input; PEERS is how many it must have.
try()
{
	sed "s/the first key/$(printf '%064d' 1)/; s/the second key/$(printf '%064d' 2)/" >"$file"
	if ! said=$("$helper" -t -c "$file" 2>&1); then
		bad "$1" "$said"
	elif ! grep -q "[^0-9]$2 peers" <<-END
		$said
	END
	then
		bad "$1" "expected $2 peers: $said"
	else
		good
	fi
}

# block FILE NAME: the section of the peer NAME.
block()
{
	sed -n "/^ *peer \"$2\" {/,/}/p" "$1"
}

try "examples/hmip.conf as it is" 0 <"$top_srcdir/examples/hmip.conf"
# The group it names need not be there; root's always is.
sed 's/^#\([^ #]\)/\1/; s/"hmip"/"root"/' "$top_srcdir/examples/hmip.conf" |
	try "examples/hmip.conf with everything in force" 1
for page in "$man/hmip.conf.5" "$top_srcdir/README"; do
	for peer in server laptop; do
		block "$page" $peer | try "${page##*/}, peer $peer" 1
	done
done
summary
