# SPDX-License-Identifier: BSD-2-Clause
complete -c hmip-helper -f
complete -c hmip-helper -s c -r -F -d "The configuration"
complete -c hmip-helper -s d -r -F -d "Print a file of the state"
complete -c hmip-helper -s f -d "Stay in the foreground"
complete -c hmip-helper -s s -r -F -d "Where programs find this helper"
complete -c hmip-helper -s t -d "Test the configuration"
complete -c hmip-helper -s v -d "Log more"
complete -c hmip-helper -s w -r -F -d "Record signalling"
complete -c hmip-helper -s h -l help -d "The options"
complete -c hmip-helper -s V -l version -d "The version"
