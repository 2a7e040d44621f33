/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "connection_facts.h"
#include "sock_list.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The inodes of the sockets that a process has, as the keys of an object. */
static json_t *inodes_of(const char *pid)
{
	char path[PATH_MAX], name[PATH_MAX];
	json_t *all = json_object();
	struct dirent *d;
	unsigned inode;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), d->d_name, name, sizeof(name) - 1);

		if (n < 0)
			continue;
		name[n] = '\0';
		if (sscanf(name, "socket:[%u]", &inode) == 1) {
			snprintf(name, sizeof(name), "%u", inode);
			json_object_set_new(all, name, json_true());
		}
	}
	if (dir)
		closedir(dir);
	return all;
}

static json_t *connections(const char *target)
{
	bool by_end = *target == '[';
	json_t *all = json_array(), *inodes = by_end ? NULL : inodes_of(target);
	struct sock_entry *c = NULL;
	size_t n = 0;

	if (sock_list(&c, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		struct endpoint_text local = endpoint_text(&c[i].local, c[i].lport),
				     foreign = endpoint_text(&c[i].foreign, c[i].fport);
		char inode[16];

		snprintf(inode, sizeof(inode), "%u", c[i].inode);
		if (by_end ? strcmp(target, local.s) && strcmp(target, foreign.s)
			   : !json_object_get(inodes, inode))
			continue;
		json_array_append_new(all, json_pack("{ss, ss, ss}",
			"proto", c[i].proto == IPPROTO_UDP ? "udp" : "tcp",
			"local", local.s,
			"foreign", foreign.s));
	}
	free(c);
	json_decref(inodes);
	return all;
}

json_t *connection_facts(const char *target, json_t *host)
{
	return json_pack("{so, sO?, sO?}",
		"connections", connections(target),
		"helper", json_object_get(host, "helper"),
		"uncovered", json_object_get(host, "uncovered"));
}
