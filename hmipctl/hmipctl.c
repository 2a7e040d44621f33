/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmipctl: asks the helper and prints the answer. One table dispatches and prints the usage.
 */
#include "config.h"

#include "array.h"
#include "coverage.h"
#include "hostmap.h"
#include "ipc_proto.h"
#include "netns.h"
#include "print.h"
#include "translated.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,	/* the helper answered with an error */
	EXIT_USAGE = 2,
	EXIT_NO_HELPER = 3,
};

static void print_preferred(FILE *out, json_t *answer)
{
	const char *s = json_string_value(json_object_get(answer, "preferred"));

	fprintf(out, "%s is preferred now\n", s ? s : "it");
}

static json_t *find_sockets(const char *path, int *ret_exit);
static json_t *find_uncovered(const char *path, int *ret_exit);

static const struct command {
	const char *name, *argument, *help;
	void (*print)(FILE *out, json_t *answer);
	bool stream;
	/* instead of a request, for what takes more than that */
	json_t *(*find)(const char *path, int *ret_exit);
} commands[] = {
	{ "status", NULL, "the helper, this host's addresses, counters",
	  print_status, false, NULL },
	{ "cache", NULL, "peers, their addresses, states and lifetimes",
	  print_cache, false, NULL },
	{ "sockets", NULL, "connections and their addresses on the wire",
	  print_sockets, false, find_sockets },
	{ "uncovered", NULL, "connections that would not survive a move, and why",
	  print_uncovered, false, find_uncovered },
	{ "sa", NULL, "security associations (never their keys)", print_sa, false, NULL },
	{ "monitor", NULL, "events, as they happen", print_event, true, NULL },
	{ "prefer", "ADDRESS|INTERFACE", "move there on purpose", print_preferred, false, NULL },
};

#define N_COMMANDS	ARRAY_LEN(commands)

static void usage(FILE *out)
{
	fputs("usage: hmipctl [-s SOCKET] [--json] COMMAND\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %s %-*s %s\n", commands[i].name,
			(int)(26 - strlen(commands[i].name)),
			commands[i].argument ? commands[i].argument : "", commands[i].help);
	fputs("\n  -s, --socket SOCKET   the helper's socket (else $" HMIP_SOCKET_ENV
	      ", else " HMIP_SOCKET_DEFAULT ")\n"
	      "  -j, --json            the answer as JSON\n"
	      "  -V, --version\n"
	      "  -h, --help\n", out);
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

/*
 * Connects and sends a request. Returns the descriptor; or the negated exit code, after printing
 * why.
 */
static int send_request(const char *path, const char *command, const char *argument)
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

/* Parses an answer. Returns a new reference; or NULL, after printing why. */
static json_t *parse_answer(const char *text, size_t len)
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

/* Prints an answer, and drops the reference. */
static void print_answer(const struct command *c, json_t *answer, bool as_json)
{
	if (as_json) {
		json_dumpf(answer, stdout, c->stream ? JSON_COMPACT : JSON_INDENT(2));
		putchar('\n');
		fflush(stdout);
	} else {
		c->print(stdout, answer);
	}
	json_decref(answer);
}

/*
 * Sends a request and reads the whole answer. Returns a new reference; or NULL and the exit code,
 * after printing why.
 */
static json_t *fetch(const char *path, const char *command, const char *argument, int *ret_exit)
{
	int fd = send_request(path, command, argument);
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
	answer = parse_answer(text ? text : "", len);
	*ret_exit = answer ? EXIT_OK : EXIT_REFUSED;
	free(text);
	return answer;
}

/* Prints packet after packet. Returns the exit code. */
static int print_stream(int fd, const struct command *c, bool as_json)
{
	static char text[CONTROL_PACKET_MAX];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), 0)) > 0) {
		json_t *event = parse_answer(text, n);

		if (!event)
			return EXIT_REFUSED;
		print_answer(c, event, as_json);
		if (ferror(stdout))
			return EXIT_OK;
	}
	fprintf(stderr, "hmipctl: the helper has ended\n");
	return EXIT_NO_HELPER;
}

/* Whether the helper at path runs in our network namespace; true if its host map does not say. */
static bool same_namespace(const char *path)
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

/* The helper does not ask connection tracking, whose table may be long: it must not wait. */
static json_t *find_sockets(const char *path, int *ret_exit)
{
	json_t *answer = fetch(path, "sockets", NULL, ret_exit);
	struct translated *t;
	size_t n;

	if (answer && same_namespace(path) && translated_list(&t, &n) == 0) {
		coverage_mark_translated(answer, t, n);
		free(t);
	}
	return answer;
}

static json_t *find_uncovered(const char *path, int *ret_exit)
{
	struct coverage_helper h = { .status = fetch(path, "status", NULL, ret_exit) };
	json_t *answer = NULL;
	const char *why;

	if (h.status)
		h.cache = fetch(path, "cache", NULL, ret_exit);
	if (h.cache)
		h.sockets = fetch(path, "sockets", NULL, ret_exit);
	if (h.sockets && !same_namespace(path)) {
		fprintf(stderr,
			"hmipctl: the helper at %s runs in another network namespace: use \"ip "
			"netns exec\" or nsenter(1)\n",
			path);
		*ret_exit = EXIT_REFUSED;
	} else if (h.sockets) {
		answer = coverage_find(&h, &why);
		*ret_exit = answer ? EXIT_OK : EXIT_REFUSED;
		if (!answer)
			fprintf(stderr, "hmipctl: %s: %s\n", why, strerror(errno));
		else if (geteuid() != 0)
			fprintf(stderr,
				"hmipctl: not root, so only your own processes can be examined\n");
	}
	json_decref(h.status);
	json_decref(h.cache);
	json_decref(h.sockets);
	return answer;
}

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Returns the exit code. */
static int run_command(const struct command *c, const char *path, const char *argument,
		       bool as_json)
{
	json_t *answer;
	int r, fd;

	if (c->stream) {
		fd = send_request(path, c->name, argument);
		if (fd < 0)
			return -fd;
		r = print_stream(fd, c, as_json);
		close(fd);
		return r;
	}
	answer = c->find ? c->find(path, &r) : fetch(path, c->name, argument, &r);
	if (answer)
		print_answer(c, answer, as_json);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *path = NULL, *argument;
	const struct command *c;
	bool as_json = false;
	int o;

	while ((o = getopt_long(argc, argv, "s:jVh", options, NULL)) != -1)
		switch (o) {
		case 's':
			path = optarg;
			break;
		case 'j':
			as_json = true;
			break;
		case 'V':
			puts("hmipctl " PACKAGE_VERSION);
			return EXIT_OK;
		case 'h':
			usage(stdout);
			return EXIT_OK;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	c = optind < argc ? command_named(argv[optind]) : NULL;
	if (!c) {
		if (optind < argc)
			fprintf(stderr, "hmipctl: unknown command \"%s\"\n", argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	argument = argv[optind + 1];
	if (argc - optind - 1 != (c->argument ? 1 : 0)) {
		fprintf(stderr, "hmipctl: %s takes %s\n", c->name,
			c->argument ? c->argument : "no argument");
		return EXIT_USAGE;
	}
	return run_command(c, control_path(path), argument, as_json);
}
