/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody else's tcx program, for others.sh and doctor.sh: attaches, before all others if asked
 * to, a program that counts packets and passes them on to the ingress and egress of an interface,
 * says "attached", then prints the count ten times a second until it is ended. Plain bpf(2), so
 * that it stands beside the helper's own way of attaching.
 */
#include "array.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCX_INGRESS	46	/* enum bpf_attach_type of Linux 6.6, which older headers lack */
#define TCX_EGRESS	47
#define TCX_BEFORE	(1U << 3)
#define TCX_NEXT	(-1)

/* A program that adds 1 to the only entry of map. Returns its descriptor or a negative errno. */
static int load(int map)
{
	struct bpf_insn insn[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4 },
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ .code = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TCX_NEXT },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "somebody_else", "GPL", insn, ARRAY_LEN(insn),
			     NULL);
}

static int attach(int prog, unsigned ifindex, unsigned type, bool before)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = ifindex;
	attr.link_create.attach_type = type;
	attr.link_create.flags = before ? TCX_BEFORE : 0;
	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	bool before = argc == 3 && strcmp(argv[2], "before") == 0;
	unsigned ifindex = argc == 2 || before ? if_nametoindex(argv[1]) : 0;
	uint32_t key = 0;
	uint64_t count;

	if (!ifindex) {
		fprintf(stderr, "usage: tcx_counter INTERFACE [before]\n");
		return EXIT_FAILURE;
	}
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "packets", sizeof(key), sizeof(count), 1,
				 NULL);
	int prog = map < 0 ? map : load(map);
	if (prog < 0 || attach(prog, ifindex, TCX_INGRESS, before) < 0 ||
	    attach(prog, ifindex, TCX_EGRESS, before) < 0) {
		perror("tcx_counter");
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("attached");
	while (bpf_map_lookup_elem(map, &key, &count) == 0) {
		printf("%llu\n", (unsigned long long)count);
		usleep(100000);
	}
	return EXIT_FAILURE;
}
