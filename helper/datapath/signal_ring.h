/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads what the programs hand over (signals.bpf.h). */
#ifndef HMIP_SIGNAL_RING_H
#define HMIP_SIGNAL_RING_H

#include <stddef.h>
#include <stdint.h>

struct signal_ring;

/* As datapath_signal_fn. */
typedef void signal_ring_fn(void *ctx, const uint8_t *pkt, size_t len, unsigned ifindex);

/* Opens the ring buffer of map_fd for reading. Returns 0 or a negative errno. */
int signal_ring_open(int map_fd, struct signal_ring **ret);

/* NULL is fine. */
void signal_ring_close(struct signal_ring *r);

/* As datapath_signal_fd() and datapath_signals(). */
int signal_ring_fd(const struct signal_ring *r);
int signal_ring_read(struct signal_ring *r, signal_ring_fn *fn, void *ctx);

#endif
