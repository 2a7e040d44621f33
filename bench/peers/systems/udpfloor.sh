# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# No system but the physical limit: datagrams. The mobile sends every millisecond from any address
# that it has, the server replies to the last one that it received from. When both ends move, the
# mobile knows the server's next address already.
app_flags=(-u) can="gap outage"

system_up()
{
	[[ ${handover-} != both ]] || wrap_mobile=(env PEERS_OTHER=2001:db8:d::2)
}
