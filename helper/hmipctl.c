/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmipctl: asks a helper and shows the answer. One table dispatches and prints the usage.
 */
#include "config.h"

#include "control.h"
#include "show.h"

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

static void show_preferred(FILE *out, json_t *answer)
{
	const char *s = json_string_value(json_object_get(answer, "preferred"));

	fprintf(out, "%s is preferred now\n", s ? s : "it");
}

static const struct command {
	const char *name, *argument, *help;
	void (*show)(FILE *out, json_t *answer);
	bool stream;
} commands[] = {
	{ "status", NULL, "the helper, this host's addresses, counters", show_status, false },
	{ "cache", NULL, "peers, their addresses, states and lifetimes", show_cache, false },
	{ "sockets", NULL, "connections and the addresses they bear on the wire", show_sockets, false },
	{ "sa", NULL, "security associations (never their keys)", show_sa, false },
	{ "monitor", NULL, "events, as they happen", show_event, true },
	{ "prefer", "ADDRESS|INTERFACE", "move there on purpose", show_preferred, false },
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("usage: hmipctl [-s SOCKET] [--json] COMMAND\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %s %-*s %s\n", commands[i].name, (int)(26 - strlen(commands[i].name)),
			commands[i].argument ? commands[i].argument : "", commands[i].help);
	fputs("\n  -s, --socket SOCKET   the helper's socket (else $" HMIP_SOCKET_ENV ", else " HMIP_SOCKET_DEFAULT ")\n"
	      "  -j, --json            the answer as JSON\n"
	      "  -V, --version\n"
	      "  -h, --help\n", out);
}

/* Connects to the helper. Returns the descriptor or the exit code as a negative number, having said why. */
static int dial(const char *path)
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
		fprintf(stderr, "hmipctl: no helper listens at %s: start one (systemctl start hmip-helper, or hmip-helper -f -s %s), "
			"or name its socket with -s\n", path, path);
	else
		fprintf(stderr, "hmipctl: cannot reach the helper at %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EXIT_NO_HELPER;
}

static int ask(int fd, const struct command *c, const char *argument)
{
	json_t *request = json_pack("{ss}", "command", c->name);
	char *text;
	int r;

	if (argument)
		json_object_set_new(request, "target", json_string(argument));
	text = json_dumps(request, JSON_COMPACT);
	r = text && send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0 ? 0 : -1;
	free(text);
	json_decref(request);
	return r;
}

/* Shows one answer. Returns the exit code. */
static int show(const struct command *c, const char *text, size_t len, bool as_json)
{
	json_t *answer = json_loadb(text, len, JSON_DECODE_ANY, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	int r = EXIT_OK;

	if (!answer || error) {
		fprintf(stderr, "hmipctl: %s\n", error ? error : "the helper's answer cannot be understood");
		r = EXIT_REFUSED;
	} else if (as_json) {
		json_dumpf(answer, stdout, c->stream ? JSON_COMPACT : JSON_INDENT(2));
		putchar('\n');
		fflush(stdout);
	} else {
		c->show(stdout, answer);
	}
	json_decref(answer);
	return r;
}

/* Reads the whole answer, or packet after packet of a stream. Returns the exit code. */
static int listen_to(int fd, const struct command *c, bool as_json)
{
	size_t len = 0, size = 0;
	char *text = NULL;
	int r = EXIT_OK;
	ssize_t n;

	for (;;) {
		if (size - len < CONTROL_PACKET_MAX) {
			char *more = realloc(text, size += 2 * CONTROL_PACKET_MAX);

			if (!more)
				break;
			text = more;
		}
		n = recv(fd, text + len, size - len, 0);
		if (n <= 0)
			break;
		if (c->stream)
			r = show(c, text, n, as_json);
		else
			len += n;
		if (r != EXIT_OK || ferror(stdout))
			break;
	}
	if (!c->stream)
		r = show(c, text ? text : "", len, as_json);
	else if (r == EXIT_OK && !ferror(stdout)) {
		fprintf(stderr, "hmipctl: the helper has ended\n");
		r = EXIT_NO_HELPER;
	}
	free(text);
	return r;
}

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
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
	int o, fd, r;

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
			fprintf(stderr, "hmipctl: there is no command \"%s\"\n", argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	argument = argv[optind + 1];
	if (argc - optind - 1 != (c->argument ? 1 : 0)) {
		fprintf(stderr, "hmipctl: %s takes %s\n", c->name, c->argument ? c->argument : "no argument");
		return EXIT_USAGE;
	}
	path = control_path(path);
	fd = dial(path);
	if (fd < 0)
		return -fd;
	if (ask(fd, c, argument) < 0) {
		fprintf(stderr, "hmipctl: cannot ask the helper at %s: %s\n", path, strerror(errno));
		close(fd);
		return EXIT_NO_HELPER;
	}
	r = listen_to(fd, c, as_json);
	close(fd);
	return r;
}
