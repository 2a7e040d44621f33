/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tc_filter.h"
#include "tc_programs.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of Linux 6.6, for older headers. */
#define TCX_INGRESS	46
#define TCX_EGRESS	47
#define TCX_MAX		64

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static json_t *name_of(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .prog_id = id };
	int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr), r;

	if (fd < 0)
		return json_sprintf("program %u", id);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	r = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	return r ? json_sprintf("program %u", id) : json_string(info.name);
}

/* Appends the programs of tcx. A kernel without tcx has none. Returns 0 or a negative errno. */
static int list_tcx(unsigned ifindex, bool egress, json_t *all)
{
	uint32_t id[TCX_MAX];
	union bpf_attr attr = { 0 };

	attr.query.target_fd = ifindex;	/* an ifindex with tcx */
	attr.query.attach_type = egress ? TCX_EGRESS : TCX_INGRESS;
	attr.query.prog_ids = (uintptr_t)id;
	attr.query.prog_cnt = TCX_MAX;
	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return errno == EPERM || errno == EACCES ? -errno : 0;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < TCX_MAX; i++)
		json_array_append_new(all, name_of(id[i]));
	return 0;
}

static int note_filter(void *ctx, const struct nlmsghdr *nlh)
{
	struct tc_filter f;

	if (tc_filter(nlh, &f) && f.handle)
		json_array_append_new(ctx, json_string(f.name ? f.name :
						       f.kind ? f.kind : "filter"));
	return 0;
}

/* Appends the filters. Returns 0 or a negative errno. */
static int list_filters(unsigned ifindex, bool egress, json_t *all)
{
	int r = tc_filter_dump(ifindex, egress, note_filter, NULL, all);

	/* Without a clsact qdisc there is nothing to list. */
	return r == -EINVAL || r == -ENOENT || r == -EOPNOTSUPP ? 0 : r;
}

json_t *tc_programs(unsigned ifindex, bool egress)
{
	json_t *all = json_array();
	int r = list_tcx(ifindex, egress, all);

	if (r == 0)
		r = list_filters(ifindex, egress, all);
	if (r == 0)
		return all;
	json_decref(all);
	errno = -r;
	return NULL;
}
