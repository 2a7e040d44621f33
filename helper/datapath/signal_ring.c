/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "signal_ring.h"
#include "dp_abi.h"
#include "unused.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#define BATCH	64	/* packets handed over by one signal_ring_read(): a flood has no end */

struct signal_ring {
	struct ring_buffer *ring;
	signal_ring_fn *fn;		/* these three are for the duration of one read */
	void *ctx;
	unsigned handed;
};

/* libbpf ends here if the return value is negative. What is left is still queued. */
static int got_signal(void *ctx, void *data, size_t len UNUSED)
{
	const struct dp_signal *s = data;
	struct signal_ring *r = ctx;

	r->fn(r->ctx, s->octets, s->len, s->ifindex);
	return ++r->handed < BATCH ? 0 : -EAGAIN;
}

int signal_ring_open(int map_fd, struct signal_ring **ret)
{
	struct signal_ring *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->ring = ring_buffer__new(map_fd, got_signal, r, NULL);
	if (!r->ring) {
		err = -errno;
		free(r);
		return err;
	}
	*ret = r;
	return 0;
}

void signal_ring_close(struct signal_ring *r)
{
	if (!r)
		return;
	ring_buffer__free(r->ring);
	free(r);
}

int signal_ring_fd(const struct signal_ring *r)
{
	return ring_buffer__epoll_fd(r->ring);
}

int signal_ring_read(struct signal_ring *r, signal_ring_fn *fn, void *ctx)
{
	int err;

	r->fn = fn;
	r->ctx = ctx;
	r->handed = 0;
	err = ring_buffer__consume(r->ring);
	return err < 0 && err != -EAGAIN ? err : (int)r->handed;
}
