# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# hmip: helpers on both hosts, the client under hmip-run. hmip@DIR: of another build tree, or of
# an installed tree (where bin/ and sbin/ are).
tree=$(readlink -m "${variant:-$HMIP_BUILD}")
if [[ -e $tree/sbin/hmip-helper ]]; then
	helper=$tree/sbin/hmip-helper hmipctl=$tree/bin/hmipctl hmip_run=$tree/bin/hmip-run
else
	helper=$tree/helper/hmip-helper hmipctl=$tree/hmipctl/hmipctl hmip_run=$tree/shim/hmip-run
fi
wrap_mobile=(env HMIP_SOCKET="${dir-}/mobile.sock" "$hmip_run")

system_needs()
{
	need "$helper" "$hmipctl" "$hmip_run"
}

# start_helper SIDE NAMESPACE
start_helper()
{
	local side=$dir/$1
	(umask 077 && printf 'state = "%s.state"\n%s\n' "$side" "${HMIP_CONF-}" >"$side.conf")
	spawn "$2" "$helper" -f -c "$side.conf" -s "$side.sock"
	await 5 "$hmipctl" -s "$side.sock" status
}

system_up()
{
	start_helper mobile "$mobile" && start_helper server "$server"
}

system_event()
{
	[[ $1 != mobile || $2 != leaving ]] ||
		on_mobile "$hmipctl" -s "$dir/mobile.sock" prefer b >/dev/null 2>>"$dir/err"
}
