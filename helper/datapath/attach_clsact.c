/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attachment by classic tc filters on a clsact qdisc. The qdisc may belong to another program: the
 * handle of hmip's filters records whether hmip added it, so that the next helper knows as well. It
 * is removed only if hmip added it, and only when it is empty.
 */
#include "attach.h"
#include "log.h"
#include "tc_filter.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define HANDLE		0x686d		/* "hm": the qdisc existed */
#define HANDLE_MADE	0x686e		/* hmip added it */
#define PRIORITY	100		/* without other filters: leaves room before it */
#define LEFT_MAX	16		/* filters of earlier helpers on one hook */

static const enum bpf_tc_attach_point point[ATTACH_DIRECTIONS] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

/* The filters on one hook. */
struct dump {
	bool used[0x10000];		/* priorities */
	unsigned n_filters;
	unsigned n_left;		/* of them, those of an earlier helper */
	struct {
		uint32_t priority, handle;
	} left[LEFT_MAX];
};

static int note_filter(void *ctx, const struct nlmsghdr *nlh)
{
	struct dump *d = ctx;
	struct tc_filter f;

	if (!tc_filter(nlh, &f))
		return 0;
	d->used[f.priority] = true;
	if (!f.handle)		/* describes the priority, not a filter */
		return 0;
	d->n_filters++;
	if (f.name && !strncmp(f.name, ATTACH_NAME, strlen(ATTACH_NAME)) && d->n_left < LEFT_MAX) {
		d->left[d->n_left].priority = f.priority;
		d->left[d->n_left].handle = f.handle;
		d->n_left++;
	}
	return 0;
}

/* An earlier try of the dump was overtaken by changes. */
static void dump_again(void *ctx)
{
	memset(ctx, 0, sizeof(struct dump));
}

/* Lists the filters on one hook. Returns 0 or a negative errno. */
static int dump_filters(unsigned ifindex, enum attach_direction d, struct dump *ret)
{
	return tc_filter_dump(ifindex, d == ATTACH_OUT, note_filter, dump_again, ret);
}

/* A priority before all filters there are, else the first free one; 0 if all are used. */
static uint32_t free_priority(const struct dump *dump)
{
	uint32_t first = 1, p;

	while (first < 0x10000 && !dump->used[first])
		first++;
	if (first > 1)
		return first > PRIORITY ? PRIORITY : first - 1;
	for (p = 2; p < 0x10000 && dump->used[p]; p++)
		;
	return p < 0x10000 ? p : 0;
}

static void remove_filter(unsigned ifindex, enum attach_direction d, uint32_t handle,
			  uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point[d]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle, .priority = priority);
	int r = bpf_tc_detach(&hook, &opts);

	if (r && r != -ENODEV && r != -ENOENT)
		log_debug("interface %u: cannot remove filter %#x: %s", ifindex, handle,
			  strerror(-r));
}

/*
 * Removes the qdisc unless it has filters. Another program that adds one between the dump and the
 * removal loses it; the kernel has no operation that does both.
 */
static void remove_qdisc_if_empty(unsigned ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	static struct dump dump;

	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		if (dump_filters(ifindex, d, &dump) || dump.n_filters)
			return;
	}
	bpf_tc_hook_destroy(&hook);
}

static void clsact_detach(struct attachment *a)
{
	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		if (a->attached[d])
			remove_filter(a->ifindex, d, a->made_qdisc ? HANDLE_MADE : HANDLE,
				      a->priority[d]);
		a->attached[d] = false;
	}
	if (a->made_qdisc)
		remove_qdisc_if_empty(a->ifindex);
	a->made_qdisc = false;
}

static int attach_one(struct attachment *a, enum attach_direction d, const struct dump *dump)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)a->ifindex, .attach_point = point[d]);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = a->made_qdisc ? HANDLE_MADE : HANDLE,
		    .priority = free_priority(dump), .prog_fd = a->fd[d]);
	int r;

	if (!opts.priority)
		return -ENOSPC;
	r = bpf_tc_attach(&hook, &opts);
	if (r)
		return r;
	a->priority[d] = opts.priority;
	a->attached[d] = true;
	return 0;
}

/* Whether an earlier helper added the qdisc. */
static bool made_by_dead(const struct dump *dump)
{
	for (unsigned i = 0; i < dump->n_left; i++) {
		if (dump->left[i].handle == HANDLE_MADE)
			return true;
	}
	return false;
}

static int clsact_attach(struct attachment *a)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)a->ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	static struct dump dump[ATTACH_DIRECTIONS];
	int r = bpf_tc_hook_create(&hook);

	if (r && r != -EEXIST)
		return r;
	a->made_qdisc = !r;
	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		r = dump_filters(a->ifindex, d, &dump[d]);
		if (r)
			goto fail;
		a->made_qdisc = a->made_qdisc || made_by_dead(&dump[d]);
	}
	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		r = attach_one(a, d, &dump[d]);
		if (r)
			goto fail;
	}
	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		for (unsigned i = 0; i < dump[d].n_left; i++)
			remove_filter(a->ifindex, d, dump[d].left[i].handle,
				      dump[d].left[i].priority);
	}
	return 0;
fail:
	clsact_detach(a);
	return r;
}

const struct attach_kind attach_clsact = { "clsact", clsact_attach, clsact_detach };
