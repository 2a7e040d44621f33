#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A program without a helper behaves as it does without the shim: same results, same errors, no
# noise; and the tools say what to do.
source "$(dirname "$0")/lib.sh"

topology c0 s0
probe()
{
	in_ns "$client" "$@" "$netns_dir/probe.py" >"$dir/probe.out" 2>&1 ||
		fail "the probe fails: $(cat "$dir/probe.out")"
}
probe python3
cp "$dir/probe.out" "$dir/plain.out"
library=$HMIP_BUILD/shim/.libs/libhmip.so
must "the library was built" [ -e "$library" ]
probe env HMIP_SOCKET="$dir/nobody.sock" LD_PRELOAD="$library" python3
diff "$dir/plain.out" "$dir/probe.out" || fail "the shim shows without a helper"
must "the probe looked at something" [ "$(wc -l <"$dir/plain.out")" -ge 20 ]

# A helper that knows no such peer changes nothing either.
helpers
probe env HMIP_SOCKET="$dir/client.sock" LD_PRELOAD="$library" python3
diff "$dir/plain.out" "$dir/probe.out" || fail "the shim shows with a helper that has nothing to do"
