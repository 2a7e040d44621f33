#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What bash completes; and, where they are installed, that zsh and fish take their files.
set -u
here=$(dirname "$(readlink -f "$0")")
files=$here/../../../packaging/completion
failed=0

# shellcheck source-path=SCRIPTDIR source=../../../packaging/completion/hmip.bash
source "$files/hmip.bash"

# completes EXPECTED WORD...: the last word.
completes()
{
	local expected=$1 function
	shift
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	function=$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')
	$function
	[[ ${COMPREPLY[*]} =~ ^($expected)$ ]] && return
	echo "$*: completed to \"${COMPREPLY[*]}\", expected \"$expected\""
	failed=1
}

completes 'status' hmipctl st
completes 'meet metrics' hmipctl me
completes 'ping prefer' hmipctl p
completes '--json' hmipctl --j
completes 'uncovered' hmipctl -j -s /some/path un
completes '' hmipctl status st
completes '(.* )?lo( .*)?' hmipctl prefer lo
completes "/etc/hostname" hmipctl -s /etc/hostnam
completes '(.* )?bash( .*)?' hmip-run bas
completes '-v' hmip-run -v
completes '--quiet' hmip-run --q
completes '(.* )?-t( .*)?' hmip-helper -
completes '/etc/hostname' hmip-helper -c /etc/hostnam

# The name of an interface is not executed. (Its own network namespace needs root.)
executed=$(mktemp -d)
if unshare --net true 2>/dev/null; then
	# shellcheck disable=SC2016 # expanded there, or not
	(cd "$executed" && unshare --net bash -c 'source "$0" &&
		ip link add "\$(echo>bad)" type veth peer name p0 &&
		COMP_WORDS=(hmipctl prefer p) COMP_CWORD=2 && _hmipctl &&
		[[ ${COMPREPLY[*]} == p0 && ! -e bad ]]' "$files/hmip.bash") ||
		{ echo "names of interfaces: executed, or not completed"; failed=1; }
fi
rm -r "$executed"

# Each lists what the programs take, -h.
options()
{
	"$1" -h | sed -n '/^Examples/q
		s/^ *\(-[a-zA-Z]\)\(, \(--[a-z]*\)\)\{0,1\} .*/\1 \3/p' | tr ' ' '\n' | grep .
}
for program in hmipctl/hmipctl shim/hmip-run helper/hmip-helper; do
	for option in $(options "../$program"); do
		completes "$option" "${program##*/}" "$option"
	done
done

! command -v zsh >/dev/null || zsh -n "$files/_hmip" || failed=1
if command -v fish >/dev/null; then
	for f in "$files"/*.fish; do
		fish -n "$f" || failed=1
	done
fi
exit $failed
