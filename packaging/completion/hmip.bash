# SPDX-License-Identifier: BSD-2-Clause
# bash completion for hmipctl, hmip-run and hmip-helper. Installed under the name of each.

# compgen -W expands its words: a name with a "$" in it must not become a command.
_hmip_interfaces()
{
	ip -o link 2>/dev/null | sed -n 's/^[0-9]*: \([[:alnum:]._-]*\)[:@].*/\1/p'
}

_hmip_addresses()
{
	ip -6 -o addr show scope global 2>/dev/null | sed 's/.* inet6 \([^/]*\).*/\1/'
}

_hmipctl()
{
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i command=
	local commands="cache doctor genpeer leave meet metrics monitor ping prefer report sa sockets"
	commands+=" status uncovered"
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket) ((i++)) ;;
		-*) ;;
		*) command=${command:-${COMP_WORDS[i]}} ;;
		esac
	done
	if [[ $previous == -s || $previous == --socket ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "-a -c -s -j -w -V -h --anonymous --cancel
			--socket --json --wait --version --help" -- "$word")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
	elif [[ $command =~ ^(leave|prefer)$ ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_hmip_interfaces) $(_hmip_addresses)" -- "$word")
	elif [[ $command =~ ^(doctor|meet|ping)$ ]]; then
		mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
	fi
	# A colon is one of bash's word breaks: it completes only what is behind the last one.
	if [[ $word == *:* ]] && declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$word"
	fi
}

_hmip_run()
{
	local word=${COMP_WORDS[COMP_CWORD]} i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket | -u | --unit) ((i++)) ;;
		-*) ;;
		*)
			# What the command itself takes.
			if declare -F _command_offset >/dev/null; then
				_command_offset $i
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$word")
			fi
			return
			;;
		esac
	done
	if [[ ${COMP_WORDS[COMP_CWORD - 1]} =~ ^(-s|--socket)$ ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} =~ ^(-u|--unit)$ ]]; then
		mapfile -t COMPREPLY < <(compgen -A service -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "-s -q -u -v -h -V --socket --quiet --unit
			--verbose --help --version" -- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
	fi
}

_hmip_helper()
{
	local word=${COMP_WORDS[COMP_CWORD]}
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-c | -d | -s | -w) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W "-c -d -f -s -t -v -w -V -h --help --version" \
			-- "$word")
		;;
	esac
}

complete -F _hmipctl hmipctl
complete -F _hmip_run hmip-run
complete -F _hmip_helper hmip-helper
