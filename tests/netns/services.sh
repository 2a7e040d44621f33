# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Real servers on the server's side, each with a configuration of its own. To be sourced after
# lib.sh. Each function's arguments begin with how to run it: "spawn_on NAME server" (under the
# shim) or "spawn NAME $server" (without).

# What ends when its namespaces do must not outlive the test in the file system: served files lie in
# $served.
served=$(mktemp -d /tmp/hmip-served.XXXXXX)
chmod 755 "$served"
on_exit "rm -rf '$served'"

# nginx_at PORT[,PORT...] HOW...: a master and a worker, serving $served/www, and what files in
# $served/nginx.d add: whole servers in *.server, locations in *.location.
nginx_at()
{
	local port=${1##*,} own=$dir/nginx-${1##*,} p listen=
	for p in ${1//,/ }; do
		listen+="listen [::]:$p; "
	done
	shift
	mkdir -p "$own" "$served/www"
	cat >"$own/conf" <<-END
	daemon off;
	user root;
	worker_processes 1;
	pid $own/pid;
	error_log $own/error.log;
	events { use epoll; }
	http {
		access_log off;
		client_body_temp_path $own; proxy_temp_path $own;
		fastcgi_temp_path $own; uwsgi_temp_path $own; scgi_temp_path $own;
		server { $listen root $served/www; include $served/nginx.d/*.location; }
		include $served/nginx.d/*.server;
	}
	END
	"$@" nginx -c "$own/conf"
	must_soon 10 "nginx listens" listens "$server" "$port"
}

# sshd_at PORT[,PORT...] HOW...: with keys of this test only; ssh_command is how to get there (to
# the last port), ssh_config what to give to ssh, scp and sftp as -F to get to any.
sshd_at()
{
	local port=${1##*,} ports=${1//,/ } own=$dir/sshd pam=no
	shift
	mkdir -p /run/sshd "$own"
	ssh-keygen -q -t ed25519 -N '' -f "$own/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$own/user_key"
	# Without PAM sshd refuses a locked account.
	[[ $(getent shadow root | cut -d: -f2) != '!'* ]] || pam=yes
	cat >"$own/sshd_config" <<-END
	$(printf 'Port %s\n' $ports)
	HostKey $own/host_key
	AuthorizedKeysFile $own/user_key.pub
	PidFile none
	StrictModes no
	PermitRootLogin prohibit-password
	UsePAM $pam
	MaxStartups 100
	Subsystem sftp internal-sftp
	END
	ssh_config=$own/ssh_config
	cat >"$ssh_config" <<-END
	User root
	IdentityFile $own/user_key
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
	LogLevel ERROR
	BatchMode yes
	END
	ssh_command=(ssh -F "$ssh_config" -p "$port" "$S0")
	"$@" "$(command -v sshd)" -D -e -f "$own/sshd_config"
	must_soon 10 "sshd listens" listens "$server" "$port"
}

# vsftpd_at PORT HOW...: anonymous, serving $served/ftp, uploads into incoming/ there.
vsftpd_at()
{
	local port=$1 own=$dir/vsftpd-$1
	shift
	mkdir -p "$own" "$served/ftp/incoming" "$served/empty"
	chown ftp "$served/ftp/incoming"
	# Its sandbox would keep the preloaded library from showing sockets to the helper.
	cat >"$own/conf" <<-END
	listen=NO
	listen_ipv6=YES
	listen_port=$port
	background=NO
	anonymous_enable=YES
	no_anon_password=YES
	anon_root=$served/ftp
	write_enable=YES
	anon_upload_enable=YES
	anon_umask=022
	connect_from_port_20=NO
	secure_chroot_dir=$served/empty
	seccomp_sandbox=NO
	isolate=NO
	isolate_network=NO
	xferlog_enable=NO
	END
	"$@" vsftpd "$own/conf"
	must_soon 10 "vsftpd listens" listens "$server" "$port"
}

# rsyncd_at PORT HOW...: the module "in" is $served/rsync, to be written to.
rsyncd_at()
{
	local port=$1 own=$dir/rsyncd
	shift
	mkdir -p "$own" "$served/rsync"
	cat >"$own/conf" <<-END
	use chroot = no
	uid = root
	gid = root
	pid file = $own/pid
	[in]
		path = $served/rsync
		read only = no
	END
	"$@" rsync --daemon --no-detach --address=:: --port="$port" --config="$own/conf"
	must_soon 10 "rsyncd listens" listens "$server" "$port"
}

# redis_at PORT HOW...: keeps nothing.
redis_at()
{
	local port=$1
	shift
	"$@" redis-server --port "$port" --bind :: --protected-mode no --save '' --dir "$dir"
	must_soon 10 "redis-server listens" listens "$server" "$port"
}

# fcgiwrap_at SOCKET HOW...: runs CGI programs for nginx.
fcgiwrap_at()
{
	local socket=$1
	shift
	"$@" fcgiwrap -c 4 -s "unix:$socket"
	must_soon 10 "fcgiwrap listens" test -S "$socket"
}

# nsd_at PORT HOW...: serves the zone "test" in $served/zone and lets anybody transfer it.
nsd_at()
{
	local port=$1 own=$dir/nsd
	shift
	mkdir -p "$own"
	cat >"$own/conf" <<-END
	server:
		ip-address: ::0
		port: $port
		server-count: 1
		username: ""
		zonesdir: "$served"
		database: ""
		pidfile: "$own/pid"
		xfrdfile: "$own/xfrd"
		zonelistfile: "$own/zones"
		cookie-secret-file: ""
	remote-control:
		control-enable: no
	zone:
		name: "test"
		zonefile: "$served/zone"
		provide-xfr: ::0/0 NOKEY
	END
	"$@" nsd -d -c "$own/conf"
	must_soon 20 "nsd listens" listens "$server" "$port"
}

# postgres_at PORT HOW...: a new cluster, open to all as postgres. The server does not run as root;
# that its user can read the preloaded library and the host map, wherever the build tree lies, takes
# a capability.
postgres_at()
{
	local port=$1 own=$served/postgres
	local user=(setpriv --reuid postgres --regid postgres --init-groups \
		--inh-caps +dac_read_search --ambient-caps
		+dac_read_search)
	shift
	install -d -o postgres "$own"
	(cd / && "${user[@]}" initdb -D "$own/data" -U postgres -A trust -E UTF8 --no-sync \
		>"$dir/initdb.log" 2>&1)
	echo 'host all all ::/0 trust' >>"$own/data/pg_hba.conf"
	"$@" "${user[@]}" postgres -D "$own/data" -p "$port" -h :: -k '' -c fsync=off \
		-c shared_buffers=16MB
	must_soon 20 "postgres listens" listens "$server" "$port"
}

# Where Debian has its programs, of the newest version there is; nothing if there is none. To be
# added to PATH.
postgres_programs()
{
	find /usr/lib/postgresql -path '*/bin/postgres' -printf '%h\n' 2>/dev/null | sort -V |
		tail -n 1
}

# file_above FILE OCTETS
file_above()
{
	(($(stat -c %s "$1" 2>/dev/null || echo 0) > $2))
}
