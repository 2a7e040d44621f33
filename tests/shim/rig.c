/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define ENV_INSIDE	"HMIP_RIG_INSIDE"
#define SKIP		77

struct hostmap *rig_hostmap;
static int door = -1;
static bool stuck;
static char map_path[128];

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

/* Enters a new network namespace; an ordinary user needs a user namespace of his own for that. */
static int enter(void)
{
	char map[64];
	unsigned uid = getuid(), gid = getgid();

	if (!uid)
		return unshare(CLONE_NEWNET);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -1;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
	return 0;
}

/*
 * An address is tentative until the kernel has come round to seeing that loopback needs no
 * detection of duplicates.
 */
static int settle(const char *text)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), r = -1;

	inet_pton(AF_INET6, text, &a.sin6_addr);
	for (int i = 0; r && i < 5000; i++) {
		r = bind(fd, (struct sockaddr *)&a, sizeof(a));
		if (r)
			usleep(1000);
	}
	close(fd);
	return r;
}

static int dress_loopback(void)
{
	static const char *const addr[] = { HERE, THERE, ULA };
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -1;
	r = ioctl(fd, SIOCSIFFLAGS, &ifr);
	for (size_t i = 0; !r && i < ARRAY_LEN(addr); i++) {
		struct in6_ifreq in6 = { .ifr6_prefixlen = 128,
					 .ifr6_ifindex = if_nametoindex("lo") };

		inet_pton(AF_INET6, addr[i], &in6.ifr6_addr);
		r = ioctl(fd, SIOCSIFADDR, &in6);
	}
	for (size_t i = 0; !r && i < ARRAY_LEN(addr); i++)
		r = settle(addr[i]);
	close(fd);
	return r;
}

int rig_main(char **argv, Suite *(*make)(void))
{
	char path[64];

	if (getenv(ENV_INSIDE)) {
		snprintf(map_path, sizeof(map_path), "%s" HOSTMAP_SUFFIX, control_path(NULL));
		int r = suite_run(make());
		unlink(map_path);
		return r;
	}
	if (enter() || dress_loopback()) {
		fprintf(stderr, "no network namespace can be made here: %s\n", strerror(errno));
		return SKIP;
	}
	snprintf(path, sizeof(path), "rig.%d.sock", (int)getpid());
	setenv(HMIP_SOCKET_ENV, path, 1);
	setenv(ENV_INSIDE, "1", 1);
	setenv("LD_PRELOAD", SHIM, 1);
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
	execv("/proc/self/exe", argv);
	perror("exec");
	return 99;
}

static void open_door(int backlog)
{
	struct sockaddr_un a;
	int len = control_shim_address(control_path(NULL), &a);

	door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(door, 0);
	ck_assert_int_eq(raw_bind(door, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(listen(door, backlog), 0);
}

static void fill_queue(void)
{
	struct sockaddr_un a;
	int len = control_shim_address(control_path(NULL), &a), r;

	do {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		/* left open to occupy its place */
		r = raw_connect(fd, (struct sockaddr *)&a, len);
	} while (!r);
	ck_assert_int_eq(errno, EAGAIN);
}

static void open_map(void)
{
	struct hostmap_row row[] = {
		{ .hce = 1, .side = HOSTMAP_FOREIGN, .flags = HOSTMAP_MOVED | HOSTMAP_REDIRECTS },
		{ .side = HOSTMAP_LOCAL },
		{ .hce = 1, .side = HOSTMAP_NAME },
		{ .known = hostmap_personality(PERSONALITY), .side = HOSTMAP_PERSONALITY },
	};

	inet_pton(AF_INET6, ONCE, &row[0].known);
	inet_pton(AF_INET6, THERE, &row[0].now);
	inet_pton(AF_INET6, LOST, &row[1].known);
	inet_pton(AF_INET6, HERE, &row[1].now);
	row[2].known = row[0].now;
	row[2].now = row[0].known;
	inet_pton(AF_INET6, ULA, &row[3].now);
	rig_hostmap = hostmap_create(map_path, row, ARRAY_LEN(row));
	ck_assert_ptr_nonnull(rig_hostmap);
}

void rig_adopt(void)
{
	struct hostmap_row row[] = {
		{ .hce = 1, .side = HOSTMAP_FOREIGN,
		  .flags = HOSTMAP_MOVED | HOSTMAP_REDIRECTS | HOSTMAP_AUTO_REGISTERED },
		{ .hce = 1, .side = HOSTMAP_FOREIGN, .flags = HOSTMAP_AUTO_REGISTERED },
		{ .side = HOSTMAP_FOREIGN, .flags = HOSTMAP_AUTO_REGISTERED },
		{ .hce = 1, .side = HOSTMAP_NAME },
	};

	inet_pton(AF_INET6, ONCE, &row[0].known);
	inet_pton(AF_INET6, THERE, &row[0].now);
	row[1].known = row[1].now = row[3].known = row[0].now;
	row[3].now = row[0].known;
	inet_pton(AF_INET6, HERE, &row[2].known);
	row[2].now = row[2].known;
	hostmap_write(rig_hostmap, row, ARRAY_LEN(row));
	hostmap_set_adopting(rig_hostmap, true);
}

/*
 * The shim looks for a host map when something could concern us; waits until it has found this one.
 */
static void be_noticed(void)
{
	struct sockaddr_storage a = rig_addr(HERE, 9);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (!rig_shown().n)
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(struct sockaddr_in6)),
				 0);
	close(fd);
}

void rig_helper(enum rig_helper kind)
{
	if (kind == RIG_NONE) {
		unlink(map_path);	/* an earlier test's */
		return;
	}
	open_map();
	open_door(kind == RIG_STUCK ? 0 : 128);
	be_noticed();
	switch (kind) {
	case RIG_STUCK:
		fill_queue();
		stuck = true;
		break;
	case RIG_STOPPED:
		hostmap_close(rig_hostmap, map_path);
		rig_hostmap = NULL;
		/* fall through */
	case RIG_DEAF:
		close(door);
		door = -1;
		break;
	case RIG_IMPOSTOR:
		close(door);
		ck_assert_int_eq(seteuid(65534), 0);
		open_door(128);
		ck_assert_int_eq(seteuid(0), 0);
		break;
	default:
		break;
	}
}

static bool read_message(int fd, struct rig_shown *s)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct control_register text;
	struct iovec iov = { &text, sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t len = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *c = len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	int shown;

	if (len <= 0)
		return false;
	ck_assert_int_eq(control_register_parse(&text, len, &text), 0);
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof(int)));
	memcpy(&shown, CMSG_DATA(c), sizeof(shown));
	s->n++;
	s->verb = text.verb;
	s->to = text.to;
	s->text = text;
	s->cookie = rig_cookie(shown);
	close(shown);
	return true;
}

struct rig_shown rig_shown(void)
{
	struct rig_shown s = { 0 };
	int fd;

	while (door >= 0 && !stuck && (fd = raw_accept4(door, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		read_message(fd, &s);
		close(fd);
	}
	return s;
}

int rig_door(void)
{
	return door;
}

uint64_t rig_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	return cookie;
}

struct sockaddr_storage rig_addr(const char *text, unsigned port)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&a;

	if (text && !strchr(text, ':')) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		ck_assert_int_eq(inet_pton(AF_INET, text, &in4->sin_addr), 1);
		return a;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	ck_assert_int_eq(inet_pton(AF_INET6, text ? text : "::", &in6->sin6_addr), 1);
	return a;
}

int rig_listen(const char *text, int backlog, unsigned *port)
{
	struct sockaddr_storage a = rig_addr(text, 0);
	socklen_t len = sizeof(a);
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(raw_bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, backlog), 0);
	ck_assert_int_eq(raw_getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return fd;
}

bool rig_is(const struct sockaddr_storage *addr, const char *text, unsigned port)
{
	struct sockaddr_storage want = rig_addr(text, port);

	return !memcmp(addr, &want, sizeof(want));
}

static struct sockaddr_storage name_of(int fd, int (*call)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	ck_assert_int_eq(call(fd, (struct sockaddr *)&a, &len), 0);
	return a;
}

static int libc_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getpeername(fd, addr, len);
}

static int libc_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return getsockname(fd, addr, len);
}

struct sockaddr_storage rig_peer(int fd)
{
	return name_of(fd, libc_getpeername);
}

struct sockaddr_storage rig_peer_raw(int fd)
{
	return name_of(fd, raw_getpeername);
}

struct sockaddr_storage rig_own(int fd)
{
	return name_of(fd, libc_getsockname);
}

struct sockaddr_storage rig_own_raw(int fd)
{
	return name_of(fd, raw_getsockname);
}

unsigned rig_descriptors(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}
