#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two whole Debian systems, each under its own systemd, as somebody has them who installs the
# packages: a session of ssh with an sshd that knows nothing of hmip moves, both packages are
# upgraded meanwhile, it moves again, goes back when the service is stopped, and a purge leaves
# nothing.
#
#	HMIP_ROOT=DIRECTORY	the system, without which this is skipped. To make it:
#	    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,procps,\
#	        openssh-server,openssh-client,libbpf1,libcap2,libconfuse2,libevent-core-2.1-7,\
#	        libevent-extra-2.1-7,libjansson4,liblmdb0,libmnl0,libnet1,libpcap0.8,libssl3 \
#	        bookworm DIRECTORY
#	HMIP_DEBS=DIRECTORY	the packages; default: they are built
test_name=packages/systems
source "$(dirname "$(readlink -f "$0")")/../netns/lib.sh"

[[ -n ${HMIP_ROOT-} ]] || skip "no HMIP_ROOT"
command -v systemd-nspawn >/dev/null || skip "no systemd-nspawn (Debian: systemd-container)"
debs=${HMIP_DEBS-}
if [[ -z $debs ]]; then
	debs=$dir/deb
	"$netns_dir/../../packaging/deb" "$debs" >"$dir/deb.log" 2>&1 || fail "no packages"
fi

# ---- the systems -----------------------------------------------------------------------------

# leader SIDE: the first process of that system.
leader()
{
	local p
	for p in $(pgrep -f "^(/usr)?/(lib/systemd/systemd|sbin/init)" ||
		true); do
		grep -q "^NSpid:.*[[:space:]]1$" "/proc/$p/status" 2>/dev/null &&
			[[ $(readlink "/proc/$p/ns/net") == "$(in_ns "$PREFIX-$1" readlink \
				/proc/self/ns/net)" ]] && echo "$p"
	done
}

has_leader()
{
	[[ -n $(leader "$1") ]]
}

# sys SIDE COMMAND...: there.
sys()
{
	nsenter -a -t "${system[$1]}" -- \
		/usr/bin/env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		"${@:2}"
}

booted()
{
	[[ $(sys "$1" systemctl is-system-running) =~ running|degraded ]]
}

declare -A system
boot()
{
	local at=$dir/$1
	mkdir -p "$at"
	mount -t tmpfs tmpfs "$at"
	on_exit "umount -l $at"
	mkdir "$at/up" "$at/work" "$at/root"
	mount -t overlay overlay "$at/root" -o \
		"lowerdir=$HMIP_ROOT,upperdir=$at/up,workdir=$at/work"
	on_exit "umount -l $at/root"
	# Not by spawn: in the mount namespace of "ip netns exec" no cgroups are to be seen.
	systemd-nspawn -q -D "$at/root" -M "$PREFIX-$1" \
		--network-namespace-path="/run/netns/$PREFIX-$1" --register=no --keep-unit \
		--capability=all --system-call-filter="bpf perf_event_open" \
		--bind-ro="$debs:/mnt" --console=pipe -b \
		>"$dir/$1-system.log" 2>&1 </dev/null &
	pid_of[$1-system]=$!
	disown
	on_exit "kill -9 ${pid_of[$1-system]}"
	must_soon 20 "the $1 has a process 1" has_leader "$1"
	system[$1]=$(leader "$1")
	must_soon 60 "the $1 has booted" booted "$1"
}

# apt SIDE ARGUMENTS...: without a network; what is depended on must be there.
apt()
{
	local side=$1
	shift
	sys "$side" sh -c "apt-get -q -y --no-install-recommends $*" \
		>>"$dir/$side-apt.log" 2>&1 ||
		fail "apt-get of the $side: $(tail -n 5 "$dir/$side-apt.log")"
}

# The same packages with another version, as an upgrade has them.
next_version()
{
	local f tree=$dir/next
	mkdir -p "$dir/deb-next"
	for f in "$debs"/{hmip,libhmip0}_*.deb; do
		rm -rf "$tree"
		dpkg-deb -R "$f" "$tree"
		sed -i 's/0\.1\.0-1/0.1.0-2/' "$tree/DEBIAN/control"
		dpkg-deb -b "$tree" "$dir/deb-next" >/dev/null
	done
	for f in client server; do
		cp "$dir"/deb-next/*.deb "$dir/$f/root/var/tmp/"
	done
}

active()
{
	[[ $(sys "$1" systemctl is-active hmip-helper) == active ]]
}

main_pid()
{
	sys "$1" systemctl show -P MainPID hmip-helper
}

# ---- the session -----------------------------------------------------------------------------

said=0
# A word goes to the server and comes back.
answers()
{
	((said += 1))
	echo "word $said" >&"${words[1]}"
	local line
	while read -r -t $((20 * ${HMIP_PATIENCE:-1})) line <&"${words[0]}"; do
		[[ $line != "word $said" ]] || return 0
	done
	return 1
}

session_begin()
{
	sys client mkdir -p /root/.ssh
	sys client ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
	sys server mkdir -p /root/.ssh
	sys client cat /root/.ssh/id_ed25519.pub |
		sys server tee /root/.ssh/authorized_keys >/dev/null
	coproc words { sys client hmip-run ssh -6 -o StrictHostKeyChecking=no \
		-o ServerAliveInterval=0 \
		$S0 cat 2>"$dir/ssh.log"; }
	must "the session answers" answers
}

# verified ADDRESS: the server holds that address of the client Active.
verified()
{
	sys server hmipctl --json cache | tr -d ' \n' |
		grep -q "\"$1\",\"state\":\"active\""
}

moved_to()
{
	sys client hmipctl --json sockets |
		json "any('$1' in s['wire_local'] for s in d)" >/dev/null
}

hmip_routes()
{
	sys "$1" ip -6 route show table all proto 109
}

# ---- the test --------------------------------------------------------------------------------

topology c0 c1 s0
boot client
boot server
next_version
for side in client server; do
	apt $side install /mnt/hmip_0.1.0-1_*.deb /mnt/libhmip0_0.1.0-1_*.deb 2>/dev/null ||
		fail "install"
	must_soon 20 "the helper of the $side runs" active $side
done
say "installed; the helpers run under their units"
session_begin
must_soon 20 "the client's second address is verified" verified $C1
link_down c0
must "the session goes on, moved" answers
must_soon 10 "it is on the second link" moved_to $C1
for side in client server; do
	before=$(main_pid $side)
	apt $side install /var/tmp/hmip_0.1.0-2_*.deb /var/tmp/libhmip0_0.1.0-2_*.deb
	must_soon 20 "the helper of the $side runs" active $side
	[[ $(main_pid $side) != "$before" ]] || fail "the helper of the $side was not restarted"
	must "the session goes on after the upgrade of the $side" answers
done
link_ready c0
must_soon 30 "the client's first address is verified again" verified $C0
link_down c1
must "the session moves under the new helpers" answers
link_ready c1
sys client systemctl stop hmip-helper
must "the session goes on without a helper" answers
sys client systemctl start hmip-helper
must "the session goes on with one again" answers
for side in client server; do
	apt $side purge hmip libhmip0
	[[ -z $(hmip_routes $side) ]] || fail "routes are left at the $side"
	sys $side sh -c '! ls -d /var/lib/hmip /run/hmip /etc/hmip 2>/dev/null' ||
		fail "files are left at the $side"
	must "the session goes on after the purge at the $side" answers
done
say "upgraded, stopped and purged: $said words came back"
