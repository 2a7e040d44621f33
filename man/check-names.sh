#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The pages name every setting, command, option, counter, event and JSON member that the code has,
# and no other.
. "$top_srcdir/man/check.sh"

helper=$top_srcdir/helper hmipctl=$top_srcdir/hmipctl shim=$top_srcdir/shim

# items PAGE SECTION MACRO: the words that follow MACRO in the list tags of a section.
items()
{
	awk -v section="$2" -v macro="$3" '
		/^\.Sh / { within = substr($0, 5) == section }
		within && /^\.It / {
			for (i = 2; i < NF; i++)
				if ($i == macro)
					print $(i + 1)
		}' "$man/$1"
}

# table FILE PREFIX: the texts of an array whose indices begin so.
table()
{
	sed -n "s/^[[:space:]]*\[$2[A-Z_]*\] = \"\([^\"]*\)\",.*/\1/p" "$helper/$1"
}

# rows FILE: the file with each row of a table on one line.
rows()
{
	sed ':more
	     /^\t{ .*[^}],$/{N; s/\n[[:space:]]*/ /; b more
	     }' "$1"
}

# letters FILE: the options that are given to getopt.
letters()
{
	sed -n 's/.*getopt[_long]*(argc, argv, "+*\([^"]*\)".*/\1/p' "$1" | tr -d : | fold -w 1
}

flags()
{
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/d
		s/^\.It Fl \([A-Za-z]\)\( .*\)*$/\1/p' "$man/$1"
}

same "settings, hmip.conf.5" \
	"$(sed -n 's/.*CFG_[A-Z_]*("\([a-z0-9_]*\)".*/\1/p' "$helper/daemon/conf.c")" \
	"$(for section in DESCRIPTION PERSONALITIES PEERS; do items hmip.conf.5 $section Ic; done
	   sed -n 's/^\.D1 Ic \([a-z]*\).*/\1/p' "$man/hmip.conf.5")"
same "settings, examples/hmip.conf" \
	"$(sed -n 's/.*CFG_[A-Z_]*("\([a-z0-9_]*\)".*/\1/p' "$helper/daemon/conf.c")" \
	"$(sed -n 's/^#*[[:space:]]*\([a-z_]*\) \(=\|".*{$\).*/\1/p' \
		"$top_srcdir/examples/hmip.conf")"
same "commands, hmipctl.8" \
	"$(rows "$hmipctl/hmipctl.c" | sed -n 's/^\t{ "\([a-z]*\)", .* \(print\|run\)_.*/\1/p')" \
	"$(items hmipctl.8 DESCRIPTION Cm)"
commands=$(rows "$hmipctl/hmipctl.c" | sed -n 's/^\t{ "\([a-z]*\)", .*NULL.*/\1/p')
completion=$top_srcdir/packaging/completion
same "commands, completion for bash" "$commands" \
	"$(sed -n 's/.*commands+*="\(.*\)"/\1/p' "$completion/hmip.bash" | xargs -n 1)"
same "commands, completion for zsh" "$commands" \
	"$(sed -n "s/^\t\t['\"]\([a-z]*\):.*/\1/p" "$completion/_hmip")"
same "commands, completion for fish" "$commands" \
	"$(sed -n 's/.*"$first" -a \([a-z]*\) .*/\1/p' "$completion/hmipctl.fish")"
# "stay" is what "leave --cancel" asks.
same "commands that the helper answers, hmipctl.8" \
	"$(sed -n 's/^\t{ "\([a-z]*\)", .*answer_.*/\1/p' "$helper/control/control_server.c" |
		grep -vx stay
	   rows "$hmipctl/hmipctl.c" | sed -n 's/^\t{ "\([a-z]*\)", .* \(find\|run\)_.*/\1/p')" \
	"$(items hmipctl.8 DESCRIPTION Cm)"
same "counters, hmipctl.8" \
	"$(table core/base/counters.c COUNT_; table datapath/datapath.c DP_)" \
	"$(items hmipctl.8 COUNTERS Sy)"
same "reasons, hmipctl.8" \
	"$(sed -n 's/^\t\[[A-Z_]*\] = { "\([a-z-]*\)",.*/\1/p' "$hmipctl/coverage.c")" \
	"$(items hmipctl.8 "WHAT IS UNCOVERED" Sy)"
same "events, hmipctl.8" "$(table core/base/action.c EVENT_)" "$(items hmipctl.8 EVENTS Sy)"
same "states, hmipctl.8" \
	"$(for prefix in ADDR_ LIFETIME_ BINDING_; do table core/model/entry.c $prefix; done
	   echo unknown; echo homeless; echo plain)" \
	"$(table core/model/entry.c '[A-Z]*' | while read -r name; do
		grep -qE "^\.([PQ].*)?Ql $name( |\$)" "$man/hmipctl.8" && echo "$name"
	   done)"
same "JSON members, hmipctl.8" \
	"$( (sed -n 's/^\t*"\([a-z_]*\)",.*/\1/p; s/.*_set_new([a-z]*, "\([a-z_]*\)".*/\1/p' \
		"$helper/daemon/report.c" "$hmipctl/coverage.c" "$hmipctl/meet.c" \
		"$hmipctl/finding.c" "$hmipctl/leave.c" "$hmipctl/ping.c" "$helper/daemon/ping.c" \
		"$helper/daemon/handovers.c"
	     echo preferred; echo staying) | sort -u)" \
	"$(sed -n '/^\.Sh JSON/,/^\.Sh ENV/s/^\.Ql \([a-z_]*\)\( [,.:)].*\)*$/\1/p' \
		"$man/hmipctl.8" |
		grep -vxE 'null|tcx|clsact|activity|absolute')"
same "options, hmip-helper.8" "$(letters "$helper/daemon/main.c")" "$(flags hmip-helper.8)"
same "options, hmipctl.8" \
	"$(letters "$hmipctl/hmipctl.c")" \
	"$(sed -n 's/^\.It Fl \([a-zA-Z]\)[ ,].*/\1/p' "$man/hmipctl.8")"
same "options, hmip-run.1" "$(letters "$shim/hmip-run.c")" "$(flags hmip-run.1)"
same "calls, libhmip.3" \
	"$(sed 's/^_*//; s/_chk$//' "$shim/libhmip.sym")" "$(items libhmip.3 DESCRIPTION Fn)"
same "packages to build, README" \
	"$(echo check
	   sed -n '/^packages=(/,/)/p' "$top_srcdir/quickstart" | sed 's/packages=(//; s/)//' |
		xargs -n 1)" \
	"$(sed -n '/apt-get install/,/[^\\]$/p' "$top_srcdir/README" |
		sed 's/.*apt-get install//; s/\\$//' | xargs -n 1)"
same "folders, README" \
	"$(sed -n 's/^SUBDIRS = //p' "$top_srcdir/Makefile.am" | xargs -n 1 | sed 's,/.*,,')" \
	"$(sed -n 's,^    \([a-z]*\)/  .*,\1,p' "$top_srcdir/README")"
summary
