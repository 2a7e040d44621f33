/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a message at the shims' door, or the helper's answer. What is taken must be what its
 * definition allows.
 */
#include "ipc_proto.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_register reg;
	struct control_answer answer;
	int r = control_register_parse(data, size, &reg);

	must(r == 0 || r == -EPROTO);
	if (r == 0)
		must(size == sizeof(reg) && reg.magic == CONTROL_MAGIC &&
		     reg.version == CONTROL_VERSION && reg.verb >= CONTROL_CONNECT &&
		     reg.verb <= CONTROL_SEND && reg.n_other <= CONTROL_OTHERS_MAX &&
		     memchr(reg.name, '\0', sizeof(reg.name)) &&
		     IN6_IS_ADDR_UNSPECIFIED(&reg.to) == (reg.verb != CONTROL_SEND));
	r = control_answer_parse(data, size, &answer);
	must(r == 0 || r == -EPROTO);
	if (r == 0)
		must(size == sizeof(answer) && answer.result <= 0 &&
		     !(answer.flags & ~(uint32_t)CONTROL_FLAGS));
	return 0;
}
