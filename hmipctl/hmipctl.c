/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmipctl: asks the helper and prints the answer. One table dispatches and prints the usage.
 */
#include "config.h"

#include "array.h"
#include "client.h"
#include "coverage.h"
#include "doctor.h"
#include "genpeer.h"
#include "ipc_proto.h"
#include "leave.h"
#include "meet.h"
#include "metrics.h"
#include "ping.h"
#include "print.h"
#include "report.h"
#include "translated.h"
#include "unused.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_preferred(FILE *out, json_t *answer)
{
	const char *s = json_string_value(json_object_get(answer, "preferred"));

	fprintf(out, "%s is preferred now\n", s ? s : "it");
}

static json_t *find_sockets(const char *path, int *ret_exit);
static json_t *find_uncovered(const char *path, int *ret_exit);
static int run_metrics(const char *path, char **argument, const struct options *options);

static const struct command {
	const char *name, *argument, *help;
	void (*print)(FILE *out, json_t *answer);
	bool stream;
	/* instead of a request, for what takes more than that */
	json_t *(*find)(const char *path, int *ret_exit);
	/* instead of all that; returns the exit code */
	int (*run)(const char *path, char **argument, const struct options *options);
} commands[] = {
	{ "status", NULL, "the helper, this host's addresses, counters",
	  print_status, false, NULL, NULL },
	{ "cache", NULL, "peers, their addresses, states and lifetimes",
	  print_cache, false, NULL, NULL },
	{ "sockets", NULL, "connections and their addresses on the wire",
	  print_sockets, false, find_sockets, NULL },
	{ "uncovered", NULL, "connections that would not survive a move, and why",
	  print_uncovered, false, find_uncovered, NULL },
	{ "sa", NULL, "security associations (never their keys)", print_sa, false, NULL, NULL },
	{ "monitor", NULL, "events, as they happen", print_event, true, NULL, NULL },
	{ "prefer", "ADDRESS|INTERFACE", "move there on purpose",
	  print_preferred, false, NULL, NULL },
	{ "leave", "ADDRESS|INTERFACE", "move away before it is lost",
	  NULL, false, NULL, run_leave },
	{ "doctor", "[HOST|CONNECTION|PID]", "what is wrong, and what to do",
	  NULL, false, NULL, run_doctor },
	{ "report", NULL, "what belongs to a bug report, without keys",
	  NULL, false, NULL, run_report },
	{ "ping", "HOST", "round trips to a peer by each pair of addresses",
	  NULL, false, NULL, run_ping },
	{ "meet", "HOST [PORT]", "begin mobility with a host, without a program",
	  NULL, false, NULL, run_meet },
	{ "metrics", NULL, "figures for a monitoring system, as Prometheus has them",
	  NULL, false, NULL, run_metrics },
	{ "genpeer", "NAME ADDRESS...", "sections with fresh keys for two hosts' hmip.conf",
	  NULL, false, NULL, run_genpeer },
};

#define N_COMMANDS	ARRAY_LEN(commands)

static void usage(FILE *out)
{
	fputs("usage: hmipctl [-s SOCKET] [--json] COMMAND\n\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %s %-*s %s\n", commands[i].name,
			(int)(30 - strlen(commands[i].name)),
			commands[i].argument ? commands[i].argument : "", commands[i].help);
	fputs("\n  -s, --socket SOCKET   the helper's socket (else $" HMIP_SOCKET_ENV
	      ", else " HMIP_SOCKET_DEFAULT ")\n"
	      "  -j, --json            the answer as JSON\n"
	      "  -a, --anonymous       report: with other addresses and names\n"
	      "  -w, --wait            leave: until all peers have moved, 3 seconds at most\n"
	      "  -c, --cancel          leave: take it back\n"
	      "  -V, --version\n"
	      "  -h, --help\n"
	      "\nExamples:\n"
	      "  hmipctl status                  is the helper there, which addresses may it use?\n"
	      "  hmipctl uncovered               which connections would be lost, and why?\n"
	      "  hmipctl prefer wlan0            move all connections to that interface (root)\n"
	      "  hmipctl leave --wait wlan0      ... away from it, before it goes down\n"
	      "  hmipctl -j sockets | jq length  all answers can be had as JSON\n"
	      "hmipctl(8) explains each word of the answers.\n", out);
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

/* Prints packet after packet. Returns the exit code. */
static int print_stream(int fd, const struct command *c, bool as_json)
{
	static char text[CONTROL_PACKET_MAX];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), 0)) > 0) {
		json_t *event = client_parse(text, n);

		if (!event)
			return EXIT_REFUSED;
		print_answer(c, event, as_json);
		if (ferror(stdout))
			return EXIT_OK;
	}
	fprintf(stderr, "hmipctl: the helper has ended\n");
	return EXIT_NO_HELPER;
}

/* The helper does not ask connection tracking, whose table may be long: it must not wait. */
static json_t *find_sockets(const char *path, int *ret_exit)
{
	json_t *answer = client_fetch(path, "sockets", NULL, ret_exit);
	struct translated *t;
	size_t n;

	if (answer && client_same_namespace(path) && translated_list(&t, &n) == 0) {
		coverage_mark_translated(answer, t, n);
		free(t);
	}
	return answer;
}

static json_t *find_uncovered(const char *path, int *ret_exit)
{
	struct coverage_helper h = { .status = client_fetch(path, "status", NULL, ret_exit) };
	json_t *answer = NULL;
	const char *why;

	if (h.status)
		h.cache = client_fetch(path, "cache", NULL, ret_exit);
	if (h.cache)
		h.sockets = client_fetch(path, "sockets", NULL, ret_exit);
	if (h.sockets && !client_same_namespace(path)) {
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

static int run_metrics(const char *path, char **argument UNUSED, const struct options *options)
{
	json_t *cache = NULL, *sockets = NULL, *status;
	int r = EXIT_USAGE;

	if (options->json) {
		fprintf(stderr, "hmipctl: metrics is text for Prometheus; \"hmipctl -j status\" "
			"has counters as JSON\n");
		return r;
	}
	status = client_fetch(path, "status", NULL, &r);
	if (status)
		cache = client_fetch(path, "cache", NULL, &r);
	if (cache)
		sockets = client_fetch(path, "sockets", NULL, &r);
	if (sockets)
		metrics_print(stdout, status, cache, sockets);
	json_decref(status);
	json_decref(cache);
	json_decref(sockets);
	return r;
}

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/*
 * Whether n arguments are what the text in the usage says: those in brackets may be left out, and
 * there may be more of what has "..." behind it.
 */
static bool takes(const struct command *c, int n)
{
	const char *text = c->argument ? c->argument : "", *optional = strchr(text, '[');
	int least = 0, most = 0;

	for (const char *at = text; *at; at++)
		if (at == text || at[-1] == ' ') {
			most++;
			least += !optional || at < optional;
		}
	return n >= least && (n <= most || strstr(text, "..."));
}

/* Returns the exit code. argument ends with NULL. */
static int run_command(const struct command *c, const char *path, char **argument,
		       const struct options *options)
{
	json_t *answer;
	int r, fd;

	if (c->run)
		return c->run(path, argument, options);
	if (c->stream) {
		fd = client_ask(path, c->name, *argument);
		if (fd < 0)
			return -fd;
		r = print_stream(fd, c, options->json);
		close(fd);
		return r;
	}
	answer = c->find ? c->find(path, &r) : client_fetch(path, c->name, *argument, &r);
	if (answer)
		print_answer(c, answer, options->json);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "anonymous", no_argument, NULL, 'a' },
		{ "cancel", no_argument, NULL, 'c' },
		{ "wait", no_argument, NULL, 'w' },
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *path = NULL;
	const struct command *c;
	struct options options = { 0 };
	int o;

	while ((o = getopt_long(argc, argv, "s:acjwVh", known, NULL)) != -1)
		switch (o) {
		case 's':
			path = optarg;
			break;
		case 'a':
			options.anonymous = true;
			break;
		case 'c':
			options.cancel = true;
			break;
		case 'w':
			options.wait = true;
			break;
		case 'j':
			options.json = true;
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
	if (!takes(c, argc - optind - 1)) {
		fprintf(stderr, "hmipctl: %s takes %s\n", c->name,
			c->argument ? c->argument : "no argument");
		return EXIT_USAGE;
	}
	return run_command(c, control_path(path), &argv[optind + 1], &options);
}
