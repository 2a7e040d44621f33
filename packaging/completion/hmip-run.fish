# SPDX-License-Identifier: BSD-2-Clause
complete -c hmip-run -s s -l socket -r -F -d "The helper's socket"
complete -c hmip-run -s q -l quiet -d "Do not warn if no helper answers"
complete -c hmip-run -s u -l unit -x -d "Print a drop-in for a service"
complete -c hmip-run -s v -l verbose -d "Print what will happen, then do it"
complete -c hmip-run -s h -l help -d "The options"
complete -c hmip-run -s V -l version -d "The version"
complete -c hmip-run -x -a "(__fish_complete_subcommand)"
