#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mandoc finds nothing wrong with the pages, and pages of ours that they refer to are there.
. "$top_srcdir/man/check.sh"

if ! command -v mandoc >/dev/null; then
	echo "SKIP: no mandoc (Debian: apt-get install mandoc)"
	exit 77
fi
for page in "$man"/*.[1-8]; do
	# Whether another project's page is installed here says nothing about ours.
	said=$(mandoc -T lint "$page" 2>&1 |
		grep -vE 'referenced manual not found|outdated mandoc.db' || true)
	if [ -z "$said" ]; then
		good
	else
		bad "${page##*/}" "$said"
	fi
	for other in $(sed -n 's/^\.Xr \([^ ]*hmip[^ ]*\) \([1-8]\).*/\1.\2/p' "$page"); do
		if [ -e "$man/$other" ]; then
			good
		else
			bad "${page##*/}" "there is no $other"
		fi
	done
done
summary
