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
trap 'rm -f "$file" "${file%.conf}" "${file%.conf}.c"' EXIT

# try WHAT PEERS: $file, which must be taken and have so many peers.
try()
{
	sed "s/the first key/$(printf '%064d' 1)/; s/the second key/$(printf '%064d' 2)/" "$file" \
		>"$file.new"
	mv "$file.new" "$file"
	if said=$("$helper" -t -c "$file" 2>&1) && [ "$said" = "$file: good, $2 peers" ]; then
		good
	else
		bad "$1" "expected $2 peers: $said"
	fi
}

cat "$top_srcdir/examples/hmip.conf" >"$file"
try "examples/hmip.conf as it is" 0
# The group it names need not be there; root's always is.
sed 's/^#\([^ #]\)/\1/; s/"hmip"/"root"/' "$top_srcdir/examples/hmip.conf" >"$file"
try "examples/hmip.conf with everything in force" 2
for page in "$man/hmip.conf.5" "$top_srcdir/README"; do
	for peer in server laptop; do
		sed -n "/^[[:space:]]*peer \"$peer\" {/,/^[[:space:]]*}/p" "$page" >"$file"
		try "${page##*/}, peer $peer" 1
	done
done
sed -n '/^peer "office" {/,/^}/p' "$man/hmip.conf.5" >"$file"
try "hmip.conf.5, peer office" 1
# The program in libhmip(3); tests/netns/api.sh runs it.
if command -v "${CC:-cc}" >/dev/null; then
	example "$man/libhmip.3" >"${file%.conf}.c"
	if said=$("${CC:-cc}" -Wall -Werror -I "$top_srcdir/shim" \
		-o "${file%.conf}" "${file%.conf}.c" \
		-L "$top_builddir/shim/.libs" -lhmip 2>&1); then
		good
	else
		bad "libhmip.3, the example" "$said"
	fi
fi
summary
