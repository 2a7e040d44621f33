#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The Debian packages: lintian finds nothing wrong; in a root of their own they are installed, move
# a connection, are upgraded, removed and purged, and leave nothing behind.
#
#	HMIP_ROOT=DIRECTORY	the system they are installed on, as debootstrap makes one; default:
#				this one. Nothing is written there: changes go to a file system on
#				top of it, in memory.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
source=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
packages=(hmip libhmip0 libhmip-dev)

skip()
{
	echo "SKIP packages/debian: $*"
	exit 77
}

fail()
{
	echo "FAILED: $*"
	exit 1
}

if [[ ${1-} != inside ]]; then
	[[ $(id -u) == 0 ]] || skip "not root"
	for program in dpkg-buildpackage dh lintian; do
		command -v $program >/dev/null || skip "no $program (debhelper, lintian)"
	done
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	exec 3>&1
	"$source/packaging/deb" "$work/deb" >"$work/log" 2>&1 ||
		{ tail -n 60 "$work/log"; fail "the packages cannot be built"; }
	echo "built after $SECONDS s"
	lintian --allow-root --fail-on error,warning "$work"/deb/*.changes || fail "lintian"
	mkdir "$work/root"
	unshare --mount --pid --fork --kill-child "$0" inside "$work"
	exit
fi

# ---- in a mount namespace that ends with this process --------------------------------------------

work=$2
root=$work/root

mount_root()
{
	mount -t tmpfs tmpfs "$root" && mkdir "$root/up" "$root/work" "$root/on" &&
		mount -t overlay overlay "$root/on" -o \
			"lowerdir=${HMIP_ROOT:-/},upperdir=$root/up,workdir=$root/work"
}

mount_root || skip "no overlay file system can be mounted here"
root=$root/on
for d in run tmp; do
	mount -t tmpfs tmpfs "$root/$d"
done
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mkdir "$root/run/hmip-source" "$root/run/hmip-deb"
mount --bind "$source" "$root/run/hmip-source"
mount --bind "$work/deb" "$root/run/hmip-deb"

within()
{
	chroot "$root" /usr/bin/env HOME=/root TMPDIR=/tmp DEBIAN_FRONTEND=noninteractive "$@"
}

# What was added, changed or removed, but for the books of dpkg and ldconfig. A directory that
# something in it was changed in is in the upper layer, too.
changes()
{
	(cd "$work/root/up" && find . \( -path ./var/lib/dpkg -o -path ./var/log -o \
		-path ./var/cache -o -path ./etc/ld.so.cache -o -path ./var/lib/systemd -o \
		-path ./run -o -path ./tmp \) -prune -o -print) |
		while read -r f; do
			[[ -d $work/root/up/$f && -d ${HMIP_ROOT:-}/$f ]] ||
				# A helper on this system may have made it: a purge takes it.
				[[ $f == ./var/lib/hmip && -c $work/root/up/$f ]] || echo "$f"
		done
}

mapfile -t debs < <(cd "$work/deb" &&
	printf '/run/hmip-deb/%s\n' hmip_*.deb libhmip0_*.deb libhmip-dev_*.deb)
install_packages()
{
	within dpkg -i "${debs[@]}" >"$work/dpkg.log" 2>&1 ||
		{ cat "$work/dpkg.log"; fail "the packages cannot be installed"; }
}

began=$SECONDS
install_packages
grep -q '^./usr/sbin/hmip-helper$' <<<"$(changes)" || fail "what is installed is not seen"
[[ -z $(within dpkg --audit) ]] || fail "dpkg finds fault"
[[ $(stat -c %a "$root/etc/hmip/hmip.conf") == 600 ]] || fail "hmip.conf can be read by others"
within hmip-helper -t || fail "the installed configuration"
echo "installed in $((SECONDS - began)) s"

# The library of each architecture is found by its name, that of programs with musl as well.
loaded()
{
	within hmip-run sh -c "$1" 2>/dev/null
}

[[ $(loaded 'echo $LD_PRELOAD') == libhmip.so.0 ]] || fail "the library is not preloaded by name"
loaded 'cat /proc/self/maps; true' | grep -q 'linux-gnu/libhmip\.so\.0' ||
	fail "the library is not preloaded"
within dpkg -S '*/libhmip.so' | grep -q '^libhmip0:' && [[ -z $(within env \
	LD_PRELOAD=libhmip.so true 2>&1) ]] || fail "LD_PRELOAD=libhmip.so needs libhmip-dev"
if within test -x /usr/bin/musl-gcc; then
	printf '%s\n' '#include <stdio.h>' 'int main(void) { char line[999];' \
		'FILE *f = fopen("/proc/self/maps", "r");' \
		'while (fgets(line, sizeof(line), f)) fputs(line, stdout); return 0; }' \
		>"$root/tmp/maps.c"
	within musl-gcc -o /tmp/maps /tmp/maps.c
	grep -q ld-musl "$root/tmp/maps" || fail "that is no program of musl"
	said=$(loaded '/tmp/maps' 2>&1)
	grep -q 'libhmip\.so\.0' <<<"$said" || fail "musl's program has no library: $said"
	echo "a program of musl loads the library"
fi
if within test -x /usr/bin/cc; then
	printf '%s\n' '#include <hmip.h>' 'int main(void) { return !hmip_prevent; }' \
		>"$root/tmp/linked.c"
	within cc -o /tmp/linked /tmp/linked.c -lhmip && within /tmp/linked ||
		fail "no program can be linked with the library"
fi

if within python3 -c '' 2>/dev/null; then
	within env HMIP_SOURCE=/run/hmip-source \
		/run/hmip-source/packaging/debian/tests/moves move ||
		fail "the installed programs do not move a connection"
	echo "moved after $((SECONDS - began)) s"
fi

# An upgrade keeps a changed configuration and the state.
echo 'hold = 3600' >>"$root/etc/hmip/hmip.conf"
mkdir -p "$root/var/lib/hmip"
touch "$root/var/lib/hmip/state"
install_packages
grep -q '^hold = 3600' "$root/etc/hmip/hmip.conf" || fail "the configuration was replaced"
[[ $(stat -c %a "$root/etc/hmip/hmip.conf") == 600 ]] || fail "others can read it after an upgrade"
[[ -e $root/var/lib/hmip/state ]] || fail "the upgrade removed the state"

within dpkg -r "${packages[@]}" >>"$work/dpkg.log" || fail "dpkg -r"
[[ -e $root/etc/hmip/hmip.conf && -e $root/var/lib/hmip/state ]] ||
	fail "a removal took the configuration or the state"
within dpkg -P hmip >>"$work/dpkg.log" || fail "dpkg -P"
left=$(changes)
[[ -z $left ]] || fail "a purge left something, or took something: $left"
echo "purged after $((SECONDS - began)) s"
