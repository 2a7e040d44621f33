#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Generic SAs of Debian 12's own kernel, as IKE leaves them there (X3).
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
export HMIP_BUILD=${HMIP_BUILD:-$(readlink -m "$here/../../build")}

if [[ ${1-} != inside ]]; then
	[[ -x $HMIP_BUILD/helper/hmip-helper ]] ||
		{ echo "SKIP kernel-sa: no hmip-helper in $HMIP_BUILD/helper"; exit 77; }
	exec "$here/run" "$here/kernel-sa.sh" inside
fi

# The machine is emulated, and shares its processor: limits there are against hanging only.
export HMIP_LOGS=/tmp/hmip-logs HMIP_PATIENCE=20
modprobe ah6
modprobe xfrm_user
exec "$here/../netns/kernel-sa.sh"
