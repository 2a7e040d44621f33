# SPDX-License-Identifier: BSD-2-Clause
complete -c hmipctl -f
complete -c hmipctl -s s -l socket -r -F -d "The helper's socket"
complete -c hmipctl -s a -l anonymous -d "report: with other addresses and names"
complete -c hmipctl -s c -l cancel -d "leave: take it back"
complete -c hmipctl -s w -l wait -d "leave: until all peers have moved"
complete -c hmipctl -s j -l json -d "The answer as JSON"
complete -c hmipctl -s V -l version -d "The version"
complete -c hmipctl -s h -l help -d "Options and commands"

set -l commands cache doctor genpeer leave meet metrics monitor ping prefer report sa sockets status uncovered
set -l first "not __fish_seen_subcommand_from $commands"
complete -c hmipctl -n "$first" -a cache -d "Peers, their addresses, states and lifetimes"
complete -c hmipctl -n "$first" -a doctor -d "What is wrong, and what to do"
complete -c hmipctl -n "$first" -a genpeer -d "Sections with fresh keys for two hosts"
complete -c hmipctl -n "$first" -a leave -d "Move away before it is lost"
complete -c hmipctl -n "$first" -a meet -d "Begin mobility with a host, without a program"
complete -c hmipctl -n "$first" -a metrics -d "Figures for a monitoring system"
complete -c hmipctl -n "$first" -a monitor -d "Events, as they happen"
complete -c hmipctl -n "$first" -a ping -d "Round trips to a peer by each pair of addresses"
complete -c hmipctl -n "$first" -a prefer -d "Move there on purpose"
complete -c hmipctl -n "$first" -a report -d "What belongs to a bug report, without keys"
complete -c hmipctl -n "$first" -a sa -d "Security associations"
complete -c hmipctl -n "$first" -a sockets -d "Connections and their addresses on the wire"
complete -c hmipctl -n "$first" -a status -d "The helper, this host's addresses, counters"
complete -c hmipctl -n "$first" -a uncovered -d "Connections that would not survive a move"
complete -c hmipctl -n "__fish_seen_subcommand_from leave prefer" \
	-a "(__fish_print_interfaces) (ip -6 -o addr show scope global | string replace -rf '.* inet6 ([^/]*).*' '\$1')"
complete -c hmipctl -n "__fish_seen_subcommand_from doctor meet ping" -a "(__fish_print_hostnames)"
