/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "unix_listener.h"
#include "fd_disposer.h"
#include "ipc_proto.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG		64
#define LOCK_NAME	"hmip-helper"

static int listen_at(const struct sockaddr_un *addr, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r = 0;
	mode_t mask;

	if (fd < 0)
		return -errno;
	mask = umask(0111);	/* mode 0666: permission is checked for each request */
	if (bind(fd, (const struct sockaddr *)addr, len) < 0 || listen(fd, BACKLOG) < 0)
		r = -errno;
	umask(mask);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/*
 * Reads the credentials of the listener at addr. Returns 0, -ECONNREFUSED without one, or an errno.
 */
static int who_listens(const struct sockaddr_un *addr, socklen_t len, struct ucred *ret)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r = 0;
	socklen_t n = sizeof(*ret);

	*ret = (struct ucred){ .uid = (uid_t)-1 };
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, len) < 0)
		r = -errno;
	else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &n) < 0)
		r = -errno;
	close(fd);
	return r;
}

int unix_listener_mkdir(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	if (strlen(path) >= sizeof(dir))
		return -ENAMETOOLONG;
	strcpy(dir, path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	return mkdir(dir, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int unix_listener_open(const char *path, pid_t *ret_pid)
{
	struct sockaddr_un addr;
	struct ucred who;
	struct stat st;
	int len = control_address(path, &addr), r;

	*ret_pid = 0;
	if (len < 0)
		return len;
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return -EEXIST;
		r = who_listens(&addr, len, &who);
		if (r != -ECONNREFUSED) {
			*ret_pid = who.pid;
			return r == 0 || r == -EAGAIN ? -EADDRINUSE : r;
		}
		if (unlink(path) < 0)
			return -errno;
	}
	return listen_at(&addr, len);
}

static int open_abstract(const struct sockaddr_un *addr, socklen_t len, pid_t *ret_pid,
			 uid_t *ret_uid)
{
	int fd = listen_at(addr, len);
	struct ucred who;

	*ret_pid = 0;
	*ret_uid = (uid_t)-1;
	if (fd != -EADDRINUSE)
		return fd;
	who_listens(addr, len, &who);
	*ret_pid = who.pid;
	*ret_uid = who.uid;
	return -EADDRINUSE;
}

int unix_listener_open_shim(const char *path, pid_t *ret_pid, uid_t *ret_uid)
{
	struct sockaddr_un addr;
	int len = control_shim_address(path, &addr);

	return len < 0 ? len : open_abstract(&addr, len, ret_pid, ret_uid);
}

int unix_listener_lock(pid_t *ret_pid, uid_t *ret_uid)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int r;

	memcpy(addr.sun_path + 1, LOCK_NAME, strlen(LOCK_NAME));
	r = open_abstract(&addr, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(LOCK_NAME),
			  ret_pid, ret_uid);
	if (r == -EADDRINUSE && *ret_uid != 0 && *ret_uid != geteuid())
		r = -EACCES;
	return r;
}

int unix_listener_accept(int listener, struct ucred *ret_peer)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
	socklen_t n = sizeof(*ret_peer);

	if (fd < 0)
		return -errno;
	/* Every message then has credentials: one without is the end of the connection. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &n) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

ssize_t unix_listener_receive(int fd, void *buf, size_t size, int *ret_fd)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT | MSG_TRUNC);
	int got[FDS_MAX], n_got = 0;

	*ret_fd = -1;
	if (n < 0)
		return -errno;
	if (!CMSG_FIRSTHDR(&msg))
		return -ENOTCONN;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		int k = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		    n_got + k > FDS_MAX)
			continue;
		memcpy(got + n_got, CMSG_DATA(c), k * sizeof(int));
		n_got += k;
	}
	if (n_got == 1)
		*ret_fd = got[0];
	else
		fd_dispose_all(got, n_got);
	return n;
}

int unix_listener_end(int fd)
{
	ssize_t n = 0;

	/* The client cannot send any more, so the loop ends. */
	shutdown(fd, SHUT_RD);
	while (n >= 0) {
		char c;
		int got;

		if (fd_disposer_busy())
			return -EBUSY;
		n = unix_listener_receive(fd, &c, sizeof(c), &got);
		fd_dispose(got);
	}
	close(fd);
	return 0;
}
