/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "fd_disposer.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLOSERS_MAX	32	/* threads */
#define CLOSING_MAX	512	/* descriptors; with FDS_MAX more, below the usual limit of 1024 */

static atomic_int closers, closing;

bool fd_disposer_busy(void)
{
	return closers >= CLOSERS_MAX || closing >= CLOSING_MAX;
}

/* Whether close(fd) cannot block: true for an Internet socket without SO_LINGER. */
static bool closes_at_once(int fd)
{
	struct linger l;
	socklen_t n = sizeof(int);
	int domain;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0 ||
	    (domain != AF_INET6 && domain != AF_INET))
		return false;
	n = sizeof(l);
	return getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &n) == 0 &&
	       (!l.l_onoff || l.l_linger == 0);
}

struct batch {
	int n, fd[FDS_MAX];
};

static void *close_batch(void *ptr)
{
	struct batch *b = ptr;

	for (int i = 0; i < b->n; i++) {
		close(b->fd[i]);
		closing--;
	}
	free(b);
	closers--;
	return NULL;
}

void fd_dispose_all(const int *fd, int n)
{
	struct batch *b = NULL;
	pthread_attr_t attr;
	pthread_t t;
	int r;

	for (int i = 0; i < n; i++) {
		if (closes_at_once(fd[i])) {
			close(fd[i]);
			continue;
		}
		if (!b)
			b = calloc(1, sizeof(*b));
		if (b)
			b->fd[b->n++] = fd[i];
		else
			close(fd[i]);
	}
	if (!b)
		return;
	closers++;
	closing += b->n;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 64 << 10);
	r = pthread_create(&t, &attr, close_batch, b);
	pthread_attr_destroy(&attr);
	if (r != 0)
		close_batch(b);
}

void fd_dispose(int fd)
{
	if (fd >= 0)
		fd_dispose_all(&fd, 1);
}
