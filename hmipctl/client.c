/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "client.h"
#include "clock.h"
#include "hostmap.h"
#include "ipc_proto.h"
#include "netns.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool client_answers(const char *path)
{
	struct sockaddr_un addr;
	int len = control_address(path, &addr);
	int fd = len < 0 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool r = fd >= 0 && connect(fd, (struct sockaddr *)&addr, len) == 0;

	if (fd >= 0)
		close(fd);
	return r;
}

/* Connects to the helper. Returns the descriptor; or the negated exit code, after printing why. */
static int connect_helper(const char *path)
{
	struct sockaddr_un addr;
	int len = control_address(path, &addr), fd;

	if (len < 0) {
		fprintf(stderr, "hmipctl: the path of the socket is too long: %s\n", path);
		return -EXIT_USAGE;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, len) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr,
			"hmipctl: no helper listens at %s: start one (systemctl start hmip-helper, "
			"or hmip-helper -f -s %s), or name its socket with -s\n",
			path, path);
	else
		fprintf(stderr, "hmipctl: cannot reach the helper at %s: %s\n", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EXIT_NO_HELPER;
}

int client_ask(const char *path, const char *command, const char *argument)
{
	json_t *request = json_pack("{ss}", "command", command);
	int fd = connect_helper(path);
	char *text;

	if (fd >= 0 && argument)
		json_object_set_new(request, "target", json_string(argument));
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (fd >= 0 && (!text || send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)) {
		fprintf(stderr, "hmipctl: cannot ask the helper at %s: %s\n", path,
			strerror(errno));
		close(fd);
		fd = -EXIT_NO_HELPER;
	}
	free(text);
	return fd;
}

json_t *client_parse(const char *text, size_t len)
{
	json_t *answer = json_loadb(text, len, JSON_DECODE_ANY, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (answer && !error)
		return answer;
	fprintf(stderr, "hmipctl: %s\n",
		error ? error
		      : "the helper's answer is not valid JSON: are hmipctl and hmip-helper of the "
			"same version?");
	json_decref(answer);
	return NULL;
}

json_t *client_next(int fd, usec_t end)
{
	static char text[CONTROL_PACKET_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	usec_t now = clock_boottime();
	ssize_t n;

	if (now >= end || poll(&p, 1, (int)((end - now) / USEC_PER_MSEC) + 1) <= 0)
		return NULL;
	n = recv(fd, text, sizeof(text), 0);
	return n > 0 ? client_parse(text, n) : NULL;
}

json_t *client_fetch(const char *path, const char *command, const char *argument, int *ret_exit)
{
	int fd = client_ask(path, command, argument);
	size_t len = 0, size = 0;
	json_t *answer = NULL;
	char *text = NULL;
	ssize_t n = 1;

	if (fd < 0) {
		*ret_exit = -fd;
		return NULL;
	}
	while (n > 0) {
		if (size - len < CONTROL_PACKET_MAX) {
			char *more = realloc(text, size += 2 * CONTROL_PACKET_MAX);

			if (!more)
				break;
			text = more;
		}
		n = recv(fd, text + len, size - len, 0);
		len += n > 0 ? n : 0;
	}
	close(fd);
	answer = client_parse(text ? text : "", len);
	*ret_exit = answer ? EXIT_OK : EXIT_REFUSED;
	free(text);
	return answer;
}

bool client_same_namespace(const char *path)
{
	char hostmap_path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(HOSTMAP_SUFFIX)];
	const struct hostmap *v;
	uint64_t own;
	bool same;

	snprintf(hostmap_path, sizeof(hostmap_path), "%s" HOSTMAP_SUFFIX, path);
	v = hostmap_map(hostmap_path);
	same = !v || netns_cookie(&own) || own == v->netns;
	if (v)
		hostmap_unmap(v);
	return same;
}
