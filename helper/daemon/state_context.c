/* SPDX-License-Identifier: BSD-2-Clause */
#include "state_context.h"
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int state_origin(char ret[static STATE_ORIGIN_MAX])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC), r;
	char boot[37] = "";
	uint64_t netns;

	if (fd < 0)
		return -errno;
	r = read(fd, boot, sizeof(boot) - 1) < 0 ? -errno : netns_cookie(&netns);
	close(fd);
	if (r)
		return r;
	snprintf(ret, STATE_ORIGIN_MAX, "%s/%llu", boot, (unsigned long long)netns);
	return 0;
}

int state_personality(const struct core *c, const char *name, unsigned *ret)
{
	const char *has;

	*ret = 0;
	if (!name || !*name)
		return 0;
	for (unsigned i = 1; (has = core_personality_name(c, i)); i++)
		if (!strcmp(name, has)) {
			*ret = i;
			return 0;
		}
	return -ENOENT;
}
