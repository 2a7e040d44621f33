/* SPDX-License-Identifier: BSD-2-Clause */
/* hmip-helper: parses the options and detaches from the terminal; the rest is in daemon.c. */
#include "config.h"

#include "conf.h"
#include "daemon.h"
#include "ipc_proto.h"
#include "log.h"
#include "state_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void usage(FILE *out)
{
	fputs("usage: hmip-helper [-c FILE] [-d STATE] [-f] [-s SOCKET] [-t] [-v] [-w FILE]\n\n"
	      "  -c FILE     the configuration (" CONF_DEFAULT ")\n"
	      "  -d STATE    print a file of the state as JSON, without keys, and exit\n"
	      "  -f          stay in the foreground, log to standard error\n"
	      "  -s SOCKET   where programs and hmipctl find this helper "
	      "(" HMIP_SOCKET_DEFAULT ")\n"
	      "  -t          test the configuration and exit\n"
	      "  -v          log more\n"
	      "  -w FILE     record signalling in FILE, for tcpdump -r\n"
	      "  -V, --version  the version\n"
	      "  -h, --help  this text\n"
	      "\nExamples:\n"
	      "  hmip-helper -t                            is hmip.conf right?\n"
	      "  systemctl enable --now hmip-helper        run it, from each boot on\n"
	      "  hmip-helper -f -v                         run it here, and watch\n"
	      "hmip-helper(8) has a list of what to look at if nothing moves.\n", out);
}

static int test(const char *path)
{
	struct conf *conf;
	char *why;

	if (conf_read(path, &conf, &why) < 0) {
		fprintf(stderr, "%s\n", why ? why : "cannot read the configuration");
		free(why);
		return EXIT_FAILURE;
	}
	if (access(path, F_OK))
		printf("%s: not there, so all settings have their defaults\n", path);
	else
		printf("%s: good, %u peers\n", path, conf->n_peer);
	conf_free(conf);
	return EXIT_SUCCESS;
}

static int dump(const char *path)
{
	int r = state_dump(path, stdout);

	if (r == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "cannot print the state in %s: %s\n", path,
		r == -EBADMSG ? "it is damaged, or no state" :
		r == -EPROTONOSUPPORT ? "another version of hmip wrote it" : strerror(-r));
	return EXIT_FAILURE;
}

/*
 * Forks. The parent waits until the helper is ready and exits with EXIT_SUCCESS then, else with
 * EXIT_FAILURE. Returns, in the child, the descriptor by which leave_terminal() reports readiness.
 */
static int background(void)
{
	int fd[2], good = 0;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		log_warn("cannot go into the background");
		exit(EXIT_FAILURE);
	}
	if (pid == 0) {
		close(fd[0]);
		setsid();
		return fd[1];
	}
	close(fd[1]);
	_exit(read(fd[0], &good, 1) == 1 && good ? EXIT_SUCCESS : EXIT_FAILURE);
}

/*
 * Reports readiness through fd and detaches from the terminal; from now on, messages go to the log.
 */
static void leave_terminal(int fd, bool verbose)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	if (null > 2)
		close(null);
	log_open("hmip-helper", true, verbose);
	if (write(fd, "\1", 1) < 0)
		log_warn("cannot report readiness to the process that started this helper, "
			 "continuing");
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct daemon_options options = { .conf = CONF_DEFAULT, .socket = HMIP_SOCKET_DEFAULT };
	bool foreground = false, only_test = false, verbose = false;
	const char *state = NULL;
	struct daemon *d;
	int o, fd = -1, r;

	while ((o = getopt_long(argc, argv, "c:d:fs:tvVw:h", long_options, NULL)) != -1)
		switch (o) {
		case 'c':
			options.conf = optarg;
			break;
		case 'd':
			state = optarg;
			break;
		case 'f':
			foreground = true;
			break;
		case 's':
			options.socket = optarg;
			break;
		case 't':
			only_test = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 'w':
			options.record = optarg;
			break;
		case 'V':
			puts("hmip-helper " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_FAILURE;
		}
	if (optind < argc) {
		usage(stderr);
		return EXIT_FAILURE;
	}
	if (state)
		return dump(state);
	if (only_test)
		return test(options.conf);
	log_open("hmip-helper", false, verbose);
	if (*options.socket != '/')
		log_fatal("found -s %s, expected an absolute path: programs use it from any "
			  "directory",
			  options.socket);
	signal(SIGPIPE, SIG_IGN);
	if (!foreground)
		fd = background();
	r = daemon_start(&options, &d);
	if (r < 0)
		return EXIT_FAILURE;
	if (!foreground)
		leave_terminal(fd, verbose);
	r = daemon_run(d);
	daemon_stop(d);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
