#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# On Debian 12's own kernel: the datapath's tests, then a session that is moved, to an address
# announced before and to a fresh one.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
export HMIP_BUILD=${HMIP_BUILD:-$(readlink -m "$here/../../build")}

if [[ ${1-} != inside ]]; then
	[[ -x $HMIP_BUILD/helper/hmip-helper ]] ||
		{ echo "SKIP session: no hmip-helper in $HMIP_BUILD/helper"; exit 77; }
	exec "$here/run" "$here/session.sh" inside
fi

# The machine is emulated, and shares its processor: limits there are against hanging only.
export HMIP_LOGS=/tmp/hmip-logs CK_TIMEOUT_MULTIPLIER=30 HMIP_PATIENCE=5
# One lane for each of its processors: what takes long is the verifier, once for each test.
lane()
{
	local check status=0
	for check in "$@"; do
		[[ ! -x $HMIP_BUILD/tests/$check ]] || "$HMIP_BUILD/tests/$check" || status=1
	done
	return $status
}
lane check_datapath check_flight &
lane check_birth check_forwarded check_heard check_signals check_attach check_move check_seq
wait $!
for test in move fresh; do
	echo "==== $test.sh on $(uname -r)"
	"$here/../netns/$test.sh"
done
