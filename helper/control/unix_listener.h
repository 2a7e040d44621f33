/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening AF_UNIX sockets, and receiving from the clients that connect. A client decides what
 * close() does with a descriptor that it sent (fd_disposer.h); the kernel closes the descriptors in
 * unread messages when the connection is closed, which can block as well. So every message is
 * received and its descriptors are passed to fd_disposer; while that is busy, nothing is received.
 */
#ifndef HMIP_UNIX_LISTENER_H
#define HMIP_UNIX_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/*
 * Makes the directory of path (0755) if it is missing, but no parent. Returns 0 or a negative
 * errno.
 */
int unix_listener_mkdir(const char *path);

/*
 * Listens at path (SOCK_SEQPACKET, mode 0666), after removing a socket file without listener.
 * Returns the descriptor; -EADDRINUSE if a process listens there (*ret_pid, 0 if unknown); -EEXIST
 * if path is no socket; or another negative errno.
 */
int unix_listener_open(const char *path, pid_t *ret_pid);

/*
 * Listens at the abstract name to which shims connect for path. Returns the descriptor; -EADDRINUSE
 * with the process and user that hold the name (0 and -1 if unknown); or another negative errno.
 */
int unix_listener_open_shim(const char *path, pid_t *ret_pid, uid_t *ret_uid);

/*
 * Listens at the abstract name that serves as the lock of the helper in this network namespace.
 * Returns the descriptor; -EADDRINUSE if a process of root or of this user holds it; -EACCES if
 * another user's does, which is no helper; or another negative errno. *ret_pid and *ret_uid: the
 * holder, 0 and -1 if unknown.
 */
int unix_listener_lock(pid_t *ret_pid, uid_t *ret_uid);

/*
 * Accepts a connection without blocking, with the credentials of its client. Returns its
 * descriptor, to be closed by unix_listener_end(), or a negative errno.
 */
int unix_listener_accept(int listener, struct ucred *ret_peer);

/*
 * Receives one message of at most size octets without blocking. Returns its length (more than size
 * if it was truncated); -ENOTCONN at the end of the connection; -EAGAIN; or another negative errno.
 * *ret_fd is the only descriptor in the message, to be passed to fd_dispose(), or -1 if it had none
 * or several.
 */
ssize_t unix_listener_receive(int fd, void *buf, size_t size, int *ret_fd);

/*
 * Receives and disposes of what is still queued, then closes the connection. Returns 0, or -EBUSY
 * if fd_disposer is busy: fd is still open then, call again later.
 */
int unix_listener_end(int fd);

#endif
