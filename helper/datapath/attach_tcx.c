/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attachment by tcx (Linux 6.6), without links, so that programs stay attached when the helper
 * dies. libbpf 1.1 does not know tcx but passes attach types and flags on unchanged; the numbers
 * are the kernel's ABI.
 */
#include "attach.h"
#include "log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TCX_INGRESS	((enum bpf_attach_type)46)
#define TCX_EGRESS	((enum bpf_attach_type)47)
#define TCX_BEFORE	(1U << 3)	/* BPF_F_BEFORE: without a relative, before all */
#define TCX_MAX		64		/* programs that the kernel allows on one hook */
#define LOOPBACK	1		/* its ifindex in every network namespace */

static const enum bpf_attach_type type[ATTACH_DIRECTIONS] = { TCX_INGRESS, TCX_EGRESS };

int attach_tcx_supported(void)
{
	uint32_t n = 0;
	int r = bpf_prog_query(LOOPBACK, TCX_INGRESS, 0, NULL, NULL, &n);

	if (r == -EPERM || r == -EACCES)
		return r;
	return r == 0 || r == -ENOENT;
}

/* The id of a program, 0 on an error; fills *ret. */
static uint32_t program_id(int fd, struct bpf_prog_info *ret)
{
	uint32_t len = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	return bpf_obj_get_info_by_fd(fd, ret, &len) ? 0 : ret->id;
}

/* Detaches the program id if its name is one of hmip's. */
static void remove_one(struct attachment *a, enum attach_direction d, uint32_t id)
{
	struct bpf_prog_info info;
	int r = 0, fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		r = fd;
	else if (program_id(fd, &info) && !strncmp(info.name, ATTACH_NAME, strlen(ATTACH_NAME)))
		r = bpf_prog_detach2(fd, (int)a->ifindex, type[d]);
	if (r)
		log_debug("interface %u: cannot inspect or detach tcx program %u: %s", a->ifindex,
			  id, strerror(-r));
	if (fd >= 0)
		close(fd);
}

/* Detaches the programs of earlier helpers. */
static void remove_left(struct attachment *a, enum attach_direction d)
{
	uint32_t ids[TCX_MAX], n = TCX_MAX;
	struct bpf_prog_info info;
	uint32_t own = program_id(a->fd[d], &info);

	if (!own || bpf_prog_query((int)a->ifindex, type[d], 0, NULL, ids, &n))
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (ids[i] != own)
			remove_one(a, d, ids[i]);
	}
}

static void tcx_detach(struct attachment *a)
{
	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		if (a->attached[d])
			bpf_prog_detach2(a->fd[d], (int)a->ifindex, type[d]);
		a->attached[d] = false;
	}
}

static int tcx_attach(struct attachment *a)
{
	LIBBPF_OPTS(bpf_prog_attach_opts, opts, .flags = TCX_BEFORE);

	for (int d = 0; d < ATTACH_DIRECTIONS; d++) {
		int r = bpf_prog_attach_opts(a->fd[d], (int)a->ifindex, type[d], &opts);

		if (r) {
			tcx_detach(a);
			return r;
		}
		a->attached[d] = true;
	}
	for (int d = 0; d < ATTACH_DIRECTIONS; d++)
		remove_left(a, d);
	return 0;
}

const struct attach_kind attach_tcx = { "tcx", tcx_attach, tcx_detach };
