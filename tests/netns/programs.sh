#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Real programs, unmodified, all at work at once: first the client loses its address, then the
# server. Each must have had work in hand at both moves, must get on with it after each, and must
# have done it right in the end (A1). hmip-run(1) tells users which programs these are. Those that
# are not installed are named and left out.
#
# HMIP_PROGRAMS chooses some of them; with HMIP_OUTAGE the client has no link at all for so many
# seconds between its move and the server's: longer than some programs wait.
#
# NAME_begins starts a server and, with work(), a client; NAME_right tells whether the result is
# right.
source "$(dirname "$0")/lib.sh"
source "$netns_dir/services.sh"
source "$netns_dir/work.sh"

OCTETS=8000000
postgres=$(postgres_programs)
PATH=$PATH${postgres:+:$postgres}

# Program, the commands it needs, its port. Names of those that send datagrams end in _udp.
all=(
	"ssh_terminal	sshd,ssh,ssh-keygen	2201"
	"ssh_forward	sshd,ssh,ssh-keygen,nginx,curl	2202"
	"scp		sshd,scp,ssh-keygen	2203"
	"sftp		sshd,sftp,ssh-keygen	2204"
	"rsync_ssh	sshd,ssh,ssh-keygen,rsync	2205"
	"git_ssh_clone	sshd,ssh,ssh-keygen,git	2206"
	"git_ssh_push	sshd,ssh,ssh-keygen,git	2207"
	"rsyncd		rsync	8730"
	"curl		nginx,curl	8080"
	"curl_tls	nginx,curl,openssl	8443"
	"wget		nginx,wget	8081"
	"git_http_clone	nginx,git,fcgiwrap	8082"
	"git_http_push	nginx,git,fcgiwrap	8083"
	"git_http_dumb	nginx,git	8084"
	"psql		psql,postgres,initdb,setpriv	5432"
	"redis		redis-server,redis-cli	6379"
	"dig		nsd,dig	5300"
	"iperf3		iperf3	5201"
	"socat		socat	7001"
	"asyncio	python3	7101"
	"node		node	7102"
	"java		java,bsh	7103"
	"iperf3_udp	iperf3	5202"
	"socat_udp	socat	7002"
	"rtp_udp	gst-launch-1.0	5004"
)

for p in nft tc; do
	command -v $p >/dev/null || skip "no $p"
done

# Those that go on until NAME_right ends them.
endless=()

# same FILE [FILE]: NAME's result is what it was to be.
same()
{
	cmp "${2:-$dir/data}" "$1"
}

# ---- ssh, and what goes over it ------------------------------------------------------------------

ssh_terminal_begins()
{
	dialogue ssh_terminal --say 'echo $(({n} * {n}))' --hear $'\r\n{square}\r\n' --bye exit -- \
		ssh -tt -F "$ssh_config" -p "${port_of[ssh_terminal]}" "$S0" env PS1= sh
}

ssh_terminal_right()
{
	grep -q 'answered, exit status 0' "$dir/ssh_terminal.log"
}

# The connection is ssh's; curl only goes to ssh.
ssh_forward_begins()
{
	work ssh_forward ssh -N -F "$ssh_config" -o ExitOnForwardFailure=yes \
		-L "[::1]:9000:[::1]:${port_of[curl]}" -p "${port_of[ssh_forward]}" "$S0"
	endless+=(ssh_forward)
	must_soon 20 "ssh forwards" listens "$client" 9000
	spawn ssh_forward_curl "$client" curl -gsS -o "$dir/ssh_forward/copy" \
		"http://[::1]:9000/data"
}

ssh_forward_right()
{
	finish ssh_forward_curl 60 && kill "${pid_of[ssh_forward]}" && same "$dir/ssh_forward/copy"
}

scp_begins()
{
	work scp scp -F "$ssh_config" -P "${port_of[scp]}" "$dir/data" "[$S0]:$served/scp"
}

scp_right()
{
	same "$served/scp"
}

sftp_begins()
{
	work sftp sftp -b <(echo "get $served/www/data $dir/sftp/copy") -F "$ssh_config" \
		-P "${port_of[sftp]}" "[$S0]"
}

sftp_right()
{
	same "$dir/sftp/copy"
}

rsync_ssh_begins()
{
	work rsync_ssh rsync -a -e "ssh -F $ssh_config -p ${port_of[rsync_ssh]}" "$dir/tree" \
		"[$S0]:$served/rsync_ssh"
}

rsync_ssh_right()
{
	diff -r "$dir/tree" "$served/rsync_ssh/tree"
}

rsyncd_begins()
{
	rsyncd_at "${port_of[rsyncd]}" spawn_on rsyncd-server server
	work rsyncd rsync -a "$dir/tree" "rsync://[$S0]:${port_of[rsyncd]}/in/"
}

rsyncd_right()
{
	diff -r "$dir/tree" "$served/rsync/tree"
}

# ---- git -----------------------------------------------------------------------------------------

# A repository whose one pack holds $dir/data, bare and to be pushed to, with what dumb HTTP needs.
repository()
{
	local way g=(git -C "$dir/work" -c user.name=x -c user.email=x@example.org
		-c core.compression=0)
	git init -q -b main "$dir/work"
	cp "$dir/data" "$dir/work/data"
	"${g[@]}" add data
	"${g[@]}" commit -q -m data
	git -c core.compression=0 clone -q --bare "$dir/work" "$served/www/repo.git"
	git -C "$served/www/repo.git" update-server-info
	for way in ssh http; do
		git init -q -b main --bare "$served/git-$way.git"
		git -C "$served/git-$way.git" config http.receivepack true
	done
}

git_over_ssh()
{
	echo "GIT_SSH_COMMAND=ssh -F $ssh_config -p ${port_of[$1]}"
}

# Smart HTTP: nginx has git's own CGI program serve $served.
git_http()
{
	fcgiwrap_at "$served/fcgi" spawn_on fcgiwrap server env GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
	cat >"$served/nginx.d/git.location" <<-END
	location ~ ^/git(/.*) {
		client_max_body_size 0;
		fastcgi_buffering off;
		fastcgi_request_buffering off;
		fastcgi_param SCRIPT_FILENAME $(git --exec-path)/git-http-backend;
		fastcgi_param GIT_PROJECT_ROOT $served;
		fastcgi_param GIT_HTTP_EXPORT_ALL 1;
		fastcgi_param PATH_INFO \$1;
		fastcgi_param REQUEST_METHOD \$request_method;
		fastcgi_param QUERY_STRING \$query_string;
		fastcgi_param CONTENT_TYPE \$content_type;
		fastcgi_param REMOTE_ADDR \$remote_addr;
		fastcgi_pass unix:$served/fcgi;
	}
	END
}

git_ssh_clone_begins()
{
	work git_ssh_clone env "$(git_over_ssh git_ssh_clone)" git clone \
		-q "ssh://[$S0]$served/www/repo.git" copy
}

git_http_clone_begins()
{
	work git_http_clone git clone \
		-q "http://[$S0]:${port_of[git_http_clone]}/git/www/repo.git" copy
}

git_http_dumb_begins()
{
	work git_http_dumb git clone -q "http://[$S0]:${port_of[git_http_dumb]}/repo.git" copy
}

git_ssh_push_begins()
{
	work git_ssh_push env "$(git_over_ssh git_ssh_push)" git -C "$dir/work" push \
		-q "ssh://[$S0]$served/git-ssh.git" main
}

git_http_push_begins()
{
	work git_http_push git -C "$dir/work" push \
		-q "http://[$S0]:${port_of[git_http_push]}/git/git-http.git" main
}

clone_right()
{
	same "$dir/$1/copy/data" && git -C "$dir/$1/copy" fsck --strict
}

git_ssh_clone_right()
{
	clone_right git_ssh_clone
}

git_http_clone_right()
{
	clone_right git_http_clone
}

git_http_dumb_right()
{
	clone_right git_http_dumb
}

push_right()
{
	git -C "$1" fsck --strict && git -C "$1" cat-file blob main:data | cmp - "$dir/data"
}

git_ssh_push_right()
{
	push_right "$served/git-ssh.git"
}

git_http_push_right()
{
	push_right "$served/git-http.git"
}

# ---- HTTP ----------------------------------------------------------------------------------------

# Four files over one connection, as HTTP/1.1 keeps it.
curl_begins()
{
	local u="http://[$S0]:${port_of[curl]}/tree"
	work curl curl -gsS --http1.1 -w '%{num_connects}\n' -o 1 "$u/1" -o 2 "$u/2" -o 3 "$u/3" \
		-o 4 "$u/4"
}

curl_right()
{
	[[ $(awk '{ n += $1 } END { print n, NR }' "$dir/curl.log") == "1 4" ]] &&
		diff -r "$dir/tree" "$dir/curl"
}

# HTTP/2 over TLS.
tls_server()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=server \
		-addext "subjectAltName=IP:$S0" -keyout "$dir/tls.key" -out "$dir/tls.pem" \
		2>"$dir/openssl.log"
	cat >"$served/nginx.d/tls.server" <<-END
	server {
		listen [::]:${port_of[curl_tls]} ssl http2;
		ssl_certificate $dir/tls.pem;
		ssl_certificate_key $dir/tls.key;
		root $served/www;
	}
	END
}

curl_tls_begins()
{
	work curl_tls curl -gsS --cacert "$dir/tls.pem" \
		-w '%{http_version} %{ssl_verify_result}\n' -o copy \
		"https://[$S0]:${port_of[curl_tls]}/data"
}

curl_tls_right()
{
	grep -qx '2 0' "$dir/curl_tls.log" && same "$dir/curl_tls/copy"
}

# Without retries: it may not begin anew.
wget_begins()
{
	work wget wget -q --tries=1 -O copy "http://[$S0]:${port_of[wget]}/data"
}

wget_right()
{
	same "$dir/wget/copy"
}

# ---- data bases ----------------------------------------------------------------------------------

# In and out again, in one session.
psql_begins()
{
	postgres_at "${port_of[psql]}" spawn_on postgres server
	head -c $((OCTETS / 2)) "$dir/data" | base64 -w 100 >"$dir/psql/lines"
	cat >"$dir/psql/script" <<-END
	create table t (n serial, line text);
	\\copy t(line) from 'lines'
	\\copy (select line from t order by n) to 'copy'
	END
	work psql psql -X -v ON_ERROR_STOP=1 -h "$S0" -p "${port_of[psql]}" -U postgres \
		-d postgres -f script
}

psql_right()
{
	same "$dir/psql/copy" "$dir/psql/lines"
}

redis_begins()
{
	redis_at "${port_of[redis]}" spawn_on redis-server server
	dialogue redis --say 'eval "return {n} * redis.call(\"incr\", \"n\")" 0' \
		--hear '(integer) {square}' --bye quit -- redis-cli -h "$S0" -p "${port_of[redis]}"
}

redis_right()
{
	grep -q 'answered, exit status 0' "$dir/redis.log"
}

# ---- DNS over TCP --------------------------------------------------------------------------------

# A zone transfer.
dig_begins()
{
	{
		echo 'test. 60 IN SOA ns.test. root.test. 1 60 60 60 60'
		echo 'test. 60 IN NS ns.test.'
		base64 -w 200 "$dir/data" | awk '{ printf "n%d.test. 60 IN TXT \"%s\"\n", NR, $1 }'
	} >"$served/zone"
	nsd_at "${port_of[dig]}" spawn_on nsd server
	work dig dig +tcp +noall +answer +onesoa -p "${port_of[dig]}" "@$S0" test. AXFR
}

dig_right()
{
	diff <(tr -s '\t' ' ' <"$dir/dig.log" | grep -v '^;' | sort) <(sort "$served/zone")
}

# ---- streams and datagrams -----------------------------------------------------------------------

iperf3_begins()
{
	spawn_on iperf3-server server iperf3 -s -p "${port_of[iperf3]}"
	must_soon 10 "iperf3 listens" listens "$server" "${port_of[iperf3]}"
	work iperf3 iperf3 -c "$S0" -p "${port_of[iperf3]}" -n "$OCTETS" --json
}

iperf3_right()
{
	json "'error' not in d and d['end']['sum_sent']['bytes'] >= $OCTETS" <"$dir/iperf3.log" \
		>/dev/null
}

iperf3_udp_begins()
{
	spawn_on iperf3_udp-server server iperf3 -s -p "${port_of[iperf3_udp]}" -i 0.1 --forceflush
	must_soon 10 "iperf3 listens for datagrams" listens "$server" "${port_of[iperf3_udp]}"
	work iperf3_udp iperf3 -c "$S0" -p "${port_of[iperf3_udp]}" -u -b 10M -n $((OCTETS / 2)) \
		--json
}

# As the server tells: the intervals in which some arrived.
iperf3_udp_done()
{
	echo $((100 * $(lines 'sec  *[1-9][0-9.]* .*/sec' "$dir/iperf3_udp-server.log")))
}

# Some are lost with each link, and where the machine is slow.
iperf3_udp_right()
{
	json "'error' not in d and d['end']['sum']['lost_percent'] < 50" <"$dir/iperf3_udp.log" \
		>/dev/null
}

socat_begins()
{
	spawn_on socat-server server socat -u "TCP6-LISTEN:${port_of[socat]}" "CREATE:$served/socat"
	must_soon 10 "socat listens" listens "$server" "${port_of[socat]}"
	work socat socat -u "OPEN:$dir/data" "TCP6:[$S0]:${port_of[socat]}"
}

socat_right()
{
	finish socat-server 20 && same "$served/socat"
}

socat_udp_begins()
{
	spawn_on socat_udp-server server socat "UDP6-LISTEN:${port_of[socat_udp]}" \
		"EXEC:sed -u s/question/answer/"
	must_soon 10 "socat listens for datagrams" hears "$server" "${port_of[socat_udp]}"
	dialogue socat_udp --say 'question {n}' --hear 'answer {n}' --again 1 -- \
		socat -T 60 - "UDP6:[$S0]:${port_of[socat_udp]}"
}

# hears NAMESPACE PORT: there is a socket for datagrams.
hears()
{
	[[ -n $(ip netns exec "$1" ss -6Huan "sport = :$2") ]]
}

socat_udp_done()
{
	echo $((100 * $(lines answer "$dir/socat_udp.log")))
}

socat_udp_right()
{
	grep -q 'answered, exit status 0' "$dir/socat_udp.log"
}

# A stream of sound in RTP, 50 packets a second, between sockets that are not connected.
rtp_udp_begins()
{
	local gst=(env GST_REGISTRY="$dir/gst" gst-launch-1.0 -q)
	local caps=application/x-rtp,media=audio,clock-rate=8000,encoding-name=L16
	spawn_on rtp_udp-server server "${gst[@]}" udpsrc address=:: port="${port_of[rtp_udp]}" \
		caps="$caps,channels=1,payload=96" ! rtpL16depay ! \
		filesink buffer-mode=unbuffered location="$served/rtp"
	must_soon 20 "the listener listens" hears "$server" "${port_of[rtp_udp]}"
	work rtp_udp "${gst[@]}" filesrc location="$dir/data" blocksize=320 ! \
		rawaudioparse format=pcm pcm-format=s16be sample-rate=8000 num-channels=1 ! \
		rtpL16pay mtu=332 ! udpsink host="$S0" port="${port_of[rtp_udp]}"
	endless+=(rtp_udp)
}

rtp_udp_done()
{
	stat -c %s "$served/rtp"
}

# What was heard is what was said, in order; some of it was lost with each link. Where a packet ends
# is up to GStreamer: after a pause it may send a short one.
rtp_udp_right()
{
	kill -INT "${pid_of[rtp_udp]}" "${pid_of[rtp_udp-server]}"
	finish rtp_udp 20 && finish rtp_udp-server 20 && python3 - "$dir/data" "$served/rtp" <<-END
	import sys
	said, heard = (open(a, "rb").read() for a in sys.argv[1:])
	at = got = 0
	while len(heard) - got >= 32:
	    at = said.index(heard[got:got + 32], at)    # ValueError: was never said, or before
	    while got < len(heard) and at < len(said) and heard[got] == said[at]:
	        got, at = got + 1, at + 1
	print(got, "octets heard,", at - got, "lost")
	sys.exit(got < 0.7 * at)
	END
}

# ---- run times -----------------------------------------------------------------------------------

# echoed NAME COMMAND...: the same program as server and as client of an echo service.
echoed()
{
	local name=$1
	shift
	spawn_on "$name-server" server "$@" serve "${port_of[$name]}"
	must_soon 20 "the server of $name listens" listens "$server" "${port_of[$name]}"
	work "$name" "$@" send "$S0" "${port_of[$name]}" "$dir/data" "$dir/$name/copy"
}

asyncio_begins()
{
	echoed asyncio python3 "$netns_dir/echo/echo-asyncio.py"
}

node_begins()
{
	echoed node node "$netns_dir/echo/echo-node.js"
}

java_begins()
{
	echoed java java -cp /usr/share/java/bsh.jar bsh.Interpreter "$netns_dir/echo/echo-java.bsh"
}

asyncio_right()
{
	same "$dir/asyncio/copy"
}

node_right()
{
	same "$dir/node/copy"
}

java_right()
{
	same "$dir/java/copy"
}

# ---- all of it -----------------------------------------------------------------------------------

choose "${all[@]}"
head -c $OCTETS /dev/urandom >"$dir/data"
mkdir "$dir/tree" "$served/www" "$served/nginx.d"
split -a 1 --numeric-suffixes=1 -n 4 "$dir/data" "$dir/tree/"
cp -r "$dir/data" "$dir/tree" "$served/www"
topology c0 c1 s0 s1
helpers
pace
if chosen git_ssh_clone git_http_clone git_http_dumb; then
	repository
fi
if chosen git_http_clone; then
	git_http
fi
if chosen curl_tls; then
	tls_server
fi
if chosen ssh_forward curl curl_tls wget git_http_clone git_http_dumb; then
	nginx_at 8081,8082,8083,8084,8080 spawn_on nginx server
fi
if chosen ssh_terminal; then
	sshd_at 2202,2203,2204,2205,2206,2207,2201 spawn_on sshd server
fi
for name in "${names[@]}"; do
	"${name}_begins"
done
all_get_on 30 "at work: ${names[*]}"

must_soon 10 "the server has verified the client's second address" is_active server $C1
must_soon 10 "the client has verified the server's second address" is_active client $S1
link_down c0
all_get_on 30 "the client has moved"
must "all on the client's new link" uses client $C1

if [[ -n ${HMIP_OUTAGE-} ]]; then
	say "no link for $HMIP_OUTAGE s"
	link_down c1
	sleep "$HMIP_OUTAGE"
	link_ready c0
	all_get_on 30 "the client is back"
	link_ready c1
	must_soon 10 "the server has verified both addresses" both_active server $C0 $C1
fi
link_down s0
all_get_on 30 "the server has moved"
must "all to the server's new link" sends_to client $S1

must "none has begun a connection anew" \
	sockets client "all(s['local'].startswith('[$C0]:') for s in d)"

unpace
for name in "${typing[@]}"; do
	kill -TERM "${pid_of[$name]}"
done
for name in "${names[@]}"; do
	[[ " ${endless[*]} " == *" $name "* ]] || finish "$name" 60 ||
		fail "$name: status $?: $(tail -n 5 "$dir/$name.log")"
	"${name}_right" >"$dir/$name-right.log" 2>&1 || fail "$name: not the right result"
	say "$name: right"
done
rm -rf "$dir/data" "$dir/tree" "$dir/work" "${names[@]/#/$dir/}"
