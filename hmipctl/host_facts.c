/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "addr.h"
#include "client.h"
#include "clock.h"
#include "coverage.h"
#include "fib.h"
#include "host_facts.h"
#include "netlink.h"
#include "tc_programs.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIBRARY		"libhmip.so.0"
#define ANYWHERE	"2000::"	/* a global address that no link has */
#define RULESET_MAX	(16 << 20)

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* The number in a file of /proc/sys/net, whose path is in three parts; or null. */
static json_t *setting(const char *scope, const char *name, const char *key)
{
	char path[PATH_MAX];
	long long value;
	json_t *r = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s/%s", scope, name, key);
	f = fopen(path, "re");
	if (f && fscanf(f, "%lld", &value) == 1)
		r = json_integer(value);
	if (f)
		fclose(f);
	return r ? r : json_null();
}

static json_t *programs(unsigned ifindex, bool egress)
{
	json_t *r = tc_programs(ifindex, egress);

	return r ? r : json_null();
}

/* Those that have an address which the helper lists. */
static json_t *interfaces(json_t *status)
{
	json_t *all = json_array(), *seen = json_object(), *l;
	size_t i;

	json_array_foreach(json_object_get(status, "addresses"), i, l) {
		const char *name = json_string_value(json_object_get(l, "interface"));
		unsigned index = name ? if_nametoindex(name) : 0;

		if (!index || json_object_get(seen, name))
			continue;
		json_object_set_new(seen, name, json_true());
		json_array_append_new(all, json_pack("{ss, so, so, so, so, so}",
			"name", name,
			"optimistic_dad", setting("ipv6/conf", name, "optimistic_dad"),
			"disable_ipv6", setting("ipv6/conf", name, "disable_ipv6"),
			"accept_dad", setting("ipv6/conf", name, "accept_dad"),
			"in", programs(index, false),
			"out", programs(index, true)));
	}
	json_decref(seen);
	return all;
}

/* By the interface alone: hmip has the kernel send from an address by its own. */
static bool has_route(struct netlink *n, unsigned ifindex)
{
	struct in6_addr dst;
	struct fib_match m;

	inet_pton(AF_INET6, ANYWHERE, &dst);
	return fib_get(n, &dst, NULL, ifindex, NULL, &m) == 0 && m.nh.ifindex == ifindex;
}

static json_t *routes(json_t *status)
{
	json_t *all = json_object(), *l;
	struct netlink *n;
	size_t i;

	if (netlink_open(NETLINK_ROUTE, &n) < 0)
		return all;
	json_array_foreach(json_object_get(status, "addresses"), i, l) {
		const char *address = json_string_value(json_object_get(l, "address")),
			   *name = json_string_value(json_object_get(l, "interface"));

		if (address && name && json_is_true(json_object_get(l, "usable")) &&
		    !json_is_true(json_object_get(l, "spare")))
			json_object_set_new(all, address,
					    json_boolean(has_route(n, if_nametoindex(name))));
	}
	netlink_close(n);
	return all;
}

/* What "nft -j list ruleset" prints, or null. */
static json_t *ruleset(void)
{
	FILE *f = popen("PATH=$PATH:/usr/sbin:/sbin nft -j list ruleset 2>/dev/null", "re");
	char *text = f ? malloc(RULESET_MAX) : NULL;
	size_t n = text ? fread(text, 1, RULESET_MAX, f) : 0;
	json_t *r = n ? json_loadb(text, n, 0, NULL) : NULL;

	free(text);
	if (f)
		pclose(f);
	return r ? r : json_null();
}

/* Whether ip6tables-legacy has been used in this namespace: nft does not list its rules. */
static json_t *legacy_tables(void)
{
	FILE *f = fopen("/proc/net/ip6_tables_names", "re");
	char name[64];
	json_t *r = f ? json_boolean(fgets(name, sizeof(name), f) != NULL) : json_null();

	if (f)
		fclose(f);
	return r;
}

/* The library that hmip-run preloads: installed, or in the build tree. */
static void library_path(char ret[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		*slash = '\0';
		if (snprintf(ret, PATH_MAX, "%s/../shim/.libs/" LIBRARY, self) < PATH_MAX &&
		    access(ret, F_OK) == 0)
			return;
	}
	snprintf(ret, PATH_MAX, "%s/" LIBRARY, LIBDIR);
}

/* Loads it in a process of its own, for whatever it does there. Null error: it can be loaded. */
static json_t *library(void)
{
	char path[PATH_MAX], error[512];
	int pipe_fd[2];
	ssize_t n = 0;
	pid_t child;

	library_path(path);
	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		return json_null();
	child = fork();
	if (child == 0) {
		const char *why = dlopen(path, RTLD_NOW) ? NULL : dlerror();

		_exit(why && write(pipe_fd[1], why, strlen(why)) < 0);
	}
	close(pipe_fd[1]);
	if (child > 0) {
		n = read(pipe_fd[0], error, sizeof(error) - 1);
		waitpid(child, NULL, 0);
	}
	close(pipe_fd[0]);
	error[n > 0 ? n : 0] = '\0';
	return json_pack("{ss, so}", "path", path, "error", text_or_null(*error ? error : NULL));
}

/* Its answers, or null: a finding will say it. */
static json_t *helper(const char *path)
{
	static const char *const what[] = { "status", "cache", "sockets" };
	json_t *all = client_answers(path) ? json_object() : json_null();
	int r;

	for (unsigned i = 0; i < 3 && json_is_object(all); i++) {
		json_t *answer = client_fetch(path, what[i], NULL, &r);

		if (!answer) {
			json_decref(all);
			return json_null();
		}
		json_object_set_new(all, what[i], answer);
	}
	return all;
}

static json_t *uncovered(json_t *helper)
{
	const struct coverage_helper h = { .status = json_object_get(helper, "status"),
					   .cache = json_object_get(helper, "cache"),
					   .sockets = json_object_get(helper, "sockets") };
	const char *why;
	json_t *r = h.status ? coverage_find(&h, &why) : NULL;

	return r ? r : json_null();
}

json_t *host_facts(const char *path)
{
	json_t *h = helper(path), *status = json_object_get(h, "status");
	bool same = client_same_namespace(path);

	return json_pack("{ss, sf, sb, ss, sb, so, so, so, so, so, so, so, so, so}",
		"version", PACKAGE_VERSION,
		"now", (double)clock_wall() / USEC_PER_SEC,
		"root", geteuid() == 0,
		"socket", path,
		"same_namespace", same,
		"interfaces", interfaces(same ? status : NULL),
		"routes", routes(same ? status : NULL),
		"forwarding", setting("ipv6/conf", "all", "forwarding"),
		"tcp_loose", setting("netfilter", ".", "nf_conntrack_tcp_loose"),
		"nft", ruleset(),
		"legacy", legacy_tables(),
		"library", library(),
		"uncovered", same ? uncovered(h) : json_null(),
		"helper", h);
}
