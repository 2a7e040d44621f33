/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening AF_UNIX sockets, and receiving from whoever connects. Who sends a descriptor decides
 * what close() does with it: a socket with SO_LINGER, a file on a FUSE mount can hold up whoever
 * drops the last reference, the kernel's own clean-up of unread messages included. So every message
 * is received, every descriptor in it taken, and what could block is closed by a thread of its own,
 * of which there are few: while all are busy, nothing is received.
 */
#ifndef HMIP_UNIX_LISTENER_H
#define HMIP_UNIX_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Makes the directory of path (0755) if only that is missing. Returns 0 or a negative errno. */
int unix_listener_mkdir(const char *path);

/*
 * Listens at path (SOCK_SEQPACKET, mode 0666). A socket nobody listens at is removed first. Returns
 * the descriptor; -EADDRINUSE with *ret_pid if somebody listens there; or a negative errno.
 */
int unix_listener_open(const char *path, pid_t *ret_pid);

/*
 * Listens at the shims' abstract name for path. Returns the descriptor, or as unix_listener_open().
 */
int unix_listener_open_shim(const char *path, pid_t *ret_pid, uid_t *ret_uid);

/*
 * Takes the name that one helper per network namespace holds. Returns the descriptor; -EADDRINUSE
 * if a process of root or this user holds it; -EACCES if another user's does, which proves nothing.
 * *ret_pid and *ret_uid say who, 0 and -1 if unknown.
 */
int unix_listener_lock(pid_t *ret_pid, uid_t *ret_uid);

/*
 * The next connection, not blocking; *ret_peer is who made it. Returns its descriptor or a negative
 * errno.
 */
int unix_listener_accept(int listener, struct ucred *ret_peer);

/*
 * One message of at most size octets. Returns its length (more than size if it was cut) and in
 * *ret_fd the only descriptor it carried, to be given to fd_dispose(), or -1 if it carried none or
 * several; -ENOTCONN at the end of the connection; -EAGAIN; another negative errno.
 */
ssize_t unix_listener_receive(int fd, void *buf, size_t size, int *ret_fd);

/*
 * Ends a connection: what was sent and not received is taken and disposed of. Returns 0, or -EBUSY:
 * not closed, try later.
 */
int unix_listener_end(int fd);

#endif
