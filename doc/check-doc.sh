#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What doc/*.md say is there: each path and each function() in backticks, and a line for each file
# of the product's rooms.
. "$top_srcdir/man/check.sh"
tmp=$PWD/check-doc.tmp
cd "$top_srcdir"

# quoted FILE: what is in backticks outside of code blocks, a line each. In a table under a heading
# that names one folder, a name without one is in that.
quoted()
{
	awk '
		/^```/ { code = !code; next }
		code { next }
		/^#/ { folder = split($0, h, "`") == 3 && h[2] ~ /\/$/ ? h[2] : "" }
		{
			n = split($0, part, "`")
			for (i = 2; i <= n; i += 2) {
				bare = part[i] ~ /^[a-z0-9_.-]+\.([ch]|\[ch\])$/
				print (bare && folder != "" ? folder : "") part[i]
			}
		}' "$1"
}

for file in doc/*.md CONTRIBUTING.md; do
	quoted "$file" | sort -u >"$tmp"
	while read -r word; do
		case $word in
		*\(\))
			if grep -rqw --include='*.[ch]' "${word%()}" \
				common helper hmipctl shim; then
				good
			else
				bad "$file" "there is no function $word"
			fi ;;
		*' '* | *'*'* | *'<'*) ;;
		*/*\[ch\])
			for ext in c h; do
				if [ -e "${word%\[ch\]}$ext" ]; then
					good
				else
					bad "$file" "there is no ${word%\[ch\]}$ext"
				fi
			done ;;
		common/* | helper/* | hmipctl/* | shim/* | tests/* | man/* | doc/* | bench/* | \
			examples/* | packaging/*)
			if [ -e "$word" ]; then
				good
			else
				bad "$file" "there is no $word"
			fi ;;
		esac
	done <"$tmp"
done

# shim/hooks has a file for each call, which are described together.
quoted doc/ARCHITECTURE.md | sed 's/\(.*\)\[ch\]$/\1c\n\1h/' | sort -u >"$tmp"
find common helper hmipctl shim -name '*.[ch]' ! -name '*.skel.h' ! -path 'shim/hooks/*' \
	>"$tmp.files"
while read -r file; do
	if grep -qxF "$file" "$tmp"; then
		good
	else
		bad doc/ARCHITECTURE.md "no line for $file"
	fi
done <"$tmp.files"
rm -f "$tmp" "$tmp.files"
summary
