# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What hmipctl doctor says of a broken set-up. To be sourced after lib.sh.

# ctl_in SIDE ARGUMENT...: hmipctl where it sees the side's kernel; its status is in $dir/told.
ctl_in()
{
	local side=$1 told=0
	shift
	in_ns "$PREFIX-$side" timeout 60 "$(program hmipctl)" -s "$dir/$side.sock" "$@" \
		2>"$dir/ctl.err" || told=$?
	echo "$told" >"$dir/told"
}

# finding SIDE CHECK [ARGUMENT]: what is not ok of that check, a line for each.
finding()
{
	local side=$1 check=$2
	shift 2
	ctl_in "$side" --json doctor "$@" >"$dir/findings.json"
	json "[f['result'] + ' ' + f['text'] for f in d
		if f['check'] == '$check' and f['result'] != 'ok' and f['remedy']]" \
		<"$dir/findings.json" || true
}

# diagnosed SIDE CHECK RESULT WORDS [ARGUMENT]: that is found.
diagnosed()
{
	local side=$1 check=$2 result=$3 words=$4
	shift 4
	finding "$side" "$check" "$@" | grep "^$result .*$words" >/dev/null
}

# well SIDE CHECK [ARGUMENT]: nothing is found.
well()
{
	[[ -z $(finding "$@") ]]
}

# broken NAME SIDE CHECK RESULT WORDS [ARGUMENT]: waits until it is found, and says so.
broken()
{
	local name=$1
	shift
	must_soon 10 "$name is found" diagnosed "$@"
	[[ $3 == advice ]] || must "the exit status says so, too" [ "$(<"$dir/told")" = 1 ]
	say "found: $name: $(finding "$1" "$2" "${@:5}" | sed -n "/$4/p")"
}

# mended NAME SIDE CHECK [ARGUMENT]
mended()
{
	local name=$1
	shift
	must_soon 10 "$name is mended" well "$@"
}

nft_in()
{
	in_ns "$PREFIX-$1" nft "${@:2}"
}
