# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Real servers on the server's side, each with a configuration of its own. To be sourced after lib.sh. Each function's
# arguments begin with how to run it: "spawn_on NAME server" (under the shim) or "spawn NAME $server" (without).

# What ends when its namespaces do must not outlive the test in the file system: served files lie in $served.
served=$(mktemp -d /tmp/hmip-served.XXXXXX)
chmod 755 "$served"
on_exit "rm -rf '$served'"

# nginx_at PORT HOW...: a master and a worker, serving $served/www.
nginx_at()
{
	local port=$1 own=$dir/nginx-$1
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
		client_body_temp_path $own; proxy_temp_path $own; fastcgi_temp_path $own; uwsgi_temp_path $own; scgi_temp_path $own;
		server { listen [::]:$port; root $served/www; }
	}
	END
	"$@" nginx -c "$own/conf"
	must_soon 10 "nginx listens" listens "$server" "$port"
}

# sshd_at PORT HOW...: with keys of this test only; ssh_command is how to get there.
sshd_at()
{
	local port=$1 own=$dir/sshd pam=no
	shift
	mkdir -p /run/sshd "$own"
	ssh-keygen -q -t ed25519 -N '' -f "$own/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$own/user_key"
	# Without PAM sshd refuses a locked account.
	[[ $(getent shadow root | cut -d: -f2) != '!'* ]] || pam=yes
	cat >"$own/sshd_config" <<-END
	Port $port
	HostKey $own/host_key
	AuthorizedKeysFile $own/user_key.pub
	PidFile none
	StrictModes no
	PermitRootLogin prohibit-password
	UsePAM $pam
	END
	ssh_command=(ssh -F none -p "$port" -i "$own/user_key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
		-o LogLevel=ERROR -o BatchMode=yes "root@$S0")
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

# file_above FILE OCTETS
file_above()
{
	(($(stat -c %s "$1" 2>/dev/null || echo 0) > $2))
}
