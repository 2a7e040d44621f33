#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A state that cannot be written or read is told with what follows, and costs no connection that
# goes on without it: a full disk, a read-only one, a file of another version, a damaged one (A1).
source "$(dirname "$0")/lib.sh"

disk=$dir/disk
state=$disk/client.state
log=$dir/client-helper.log

killed()
{
	kill -9 "${pid_of[client-helper]}"
	must_soon 5 "the helper is dead" eval '! alive client-helper'
	: >"$log"
}

# told WHAT
told()
{
	must_soon 5 "the log has: $1" grep -q "$1" "$log"
}

# Something to be saved, every time.
moves_there_and_back()
{
	ctl client prefer c0 >/dev/null
	must_soon 10 "the client moves to its first address" uses client $C0
	ctl client prefer c1 >/dev/null
	must_soon 10 "the client moves to its second address" uses client $C1
}

saved_again()
{
	moves_there_and_back
	grep -q "the state is saved to $state again" "$log"
}

# The state is taken up by the next helper, under which the moved connection goes on.
survives_a_kill()
{
	killed
	helper_start client
	told "restored the state from $state"
	goes_on moved 10 "$1"
}

n_fresh=0
# starts_without WHY: a helper starts, and cannot use the state.
starts_without()
{
	helper_start client
	told "cannot restore the state from $state: $1, starting without it; it is kept as"
	must "the file is kept" [ -e "$state.bad" ]
	goes_on unmoved 10 "$1"
	fresh=fresh$((++n_fresh))
	talk $fresh
	stop_talk $fresh
}

topology c0 c1 s0 s1
mkdir -p "$disk"
mount -t tmpfs -o size=256k,mode=700 none "$disk"
on_exit "umount -l '$disk'"
(umask 077 && conf client | sed "s|^\(.*state = \).*|\1\"$state\"|" >"$dir/client.conf")
grep -q "$state" "$dir/client.conf" || fail "the configuration names no state"
helpers
serve
talk moved
must_soon 10 "the server has verified the client's second address" is_active server $C1
moves_there_and_back

say "the disk is full when a helper starts"
killed
dd if=/dev/zero of="$disk/stuffing" bs=4k 2>/dev/null || true
helper_start client
told "restored the state from $state"
told "cannot save the state to $state: No space left on device, continuing"
goes_on moved 10 "with a full disk"
moves_there_and_back
must "it is told once" [ "$(grep -c 'cannot save the state' "$log")" = 1 ]
rm "$disk/stuffing"
must_soon 30 "the state is saved again when there is room" saved_again
survives_a_kill "what was saved again was restored"

say "the disk is read-only when a helper starts"
killed
mount -o remount,ro "$disk"
helper_start client
told "restored the state from $state"
told "cannot save the state to $state: Read-only file system, continuing"
goes_on moved 10 "with a read-only disk"
mount -o remount,rw "$disk"
# The helper has mounts of its own.
nsenter -m -r -t "${pid_of[client-helper]}" mount -o remount,rw "$disk"
must_soon 30 "the state is saved again when it can be" saved_again
survives_a_kill "what was saved again was restored"

say "the state can be printed, without keys"
"$(program hmip-helper)" -d "$state" >"$dir/printed"
must "it has the connection" grep -q '"kind":"connection"' "$dir/printed"
must_not "it has a key" grep -qi 'key' "$dir/printed"
must "it is JSON" python3 -m json.tool "$dir/printed" /dev/null

say "the state is of another version, damaged, cut off"
stop_talk moved
talk unmoved
killed
echo nonsense >"$state"
starts_without "it is damaged"
killed
truncate -s 8192 "$state"
starts_without "it is damaged"
killed
python3 - "$state" <<'END'
import sys
# The first record's value: its version, the length of the text that begins with the boot's id.
boot = open("/proc/sys/kernel/random/boot_id", "rb").read().strip()
data = open(sys.argv[1], "rb").read()
at = data.index(boot)
assert data[at - 2] == 2
version = data[at - 2 : at] + boot
open(sys.argv[1], "wb").write(data.replace(version, b"\3" + version[1:]))
END
starts_without "another version of hmip wrote it"
stop_talk unmoved
