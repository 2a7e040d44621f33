/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip-run: starts a program with libhmip.so in front of its C library, and says so beforehand where that cannot work.
 *
 * The library is the installed one, or, in a build tree, the one libtool left beside this program.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "execfile.h"
#include "ipc_proto.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY		"libhmip.so"

/* All goes to standard error, which the command has, too. */
#define tell(...)	fprintf(stderr, "hmip-run: " __VA_ARGS__)

/* As env(1) has them. */
enum { EXIT_OWN = 125, EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127 };

static void usage(FILE *to)
{
	fprintf(to,
		"usage: hmip-run [-v] [-s SOCKET] COMMAND [ARGUMENT]...\n"
		"Runs COMMAND so that its connections to Homeless hosts survive moves.\n"
		"  -s SOCKET  the helper's socket (default: $" HMIP_SOCKET_ENV ", else " HMIP_SOCKET_DEFAULT ")\n"
		"  -v         says what will happen, and then does it\n"
		"  -h         this help\n"
		"  -V         the version\n");
}

/* The library's path, from where this program lies. Returns false if it does not fit. */
static bool library_path(char ret[static PATH_MAX])
{
	char self[PATH_MAX - sizeof("/.libs/" LIBRARY)];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len > 0) {
		self[len] = '\0';
		slash = strrchr(self, '/');
		*slash = '\0';
		snprintf(ret, PATH_MAX, "%s/.libs/%s", self, LIBRARY);
		if (!access(ret, R_OK))
			return true;
	}
	return snprintf(ret, PATH_MAX, "%s/%s", LIBDIR, LIBRARY) < PATH_MAX;
}

/* Whether the list of LD_PRELOAD, parted by spaces and colons, names path. */
static bool list_has(const char *list, const char *path)
{
	size_t len = strlen(path);

	for (const char *p = list; *p; p += strspn(p, " :")) {
		size_t n = strcspn(p, " :");

		if (n == len && !memcmp(p, path, n))
			return true;
		p += n;
	}
	return false;
}

/* Adds path behind what LD_PRELOAD holds: the last in the list is the nearest to the kernel. Returns 0 or -ENOMEM. */
static int preload(const char *path)
{
	const char *old = getenv("LD_PRELOAD");
	char *list;
	int r;

	if (!old || !*old)
		return setenv("LD_PRELOAD", path, 1) ? -errno : 0;
	if (list_has(old, path))
		return 0;
	if (asprintf(&list, "%s:%s", old, path) < 0)
		return -ENOMEM;
	r = setenv("LD_PRELOAD", list, 1) ? -errno : 0;
	free(list);
	return r;
}

/* A program without a helper runs as without us, so this is a warning. */
static void look_for_helper(const char *socket_path, const char *command, bool verbose)
{
	struct sockaddr_un door;
	int len = control_shim_address(socket_path, &door);
	int fd = len < 0 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&door, len))
		tell("no hmip-helper answers at %s, so the connections of %s will not survive a move; "
		     "start it with \"systemctl start hmip-helper\", or as root \"hmip-helper -s %s\"\n",
		     socket_path, command, socket_path);
	else if (verbose)
		tell("hmip-helper answers at %s and will be shown its connections\n", socket_path);
	if (fd >= 0)
		close(fd);
}

/* Follows scripts to what runs them. Returns what that is, and its path in path. */
static struct execfile look_through(char path[static PATH_MAX], bool verbose)
{
	struct execfile p;
	char by[PATH_MAX];

	for (unsigned i = 0; i < EXECFILE_SCRIPTS_MAX && execfile_interpreter(path, by); i++) {
		if (verbose)
			tell("%s is a script that %s runs\n", path, by);
		strcpy(path, by);
	}
	p = execfile_look(path);
	if (verbose && p.kind == EXECFILE_FINE)
		tell("%s is %s\n", path, !p.elf ? "no program that could be looked into, so this may be in vain" :
		     "dynamically linked");
	return p;
}

/* Refuses what no preload can reach. Returns 0 or the exit status. */
static int check_command(const char *command, bool verbose)
{
	char path[PATH_MAX], at[PATH_MAX];
	int r = execfile_find(command, path);

	if (r == -ENOENT) {
		tell("%s: command not found\n", command);
		return EXIT_NOT_FOUND;
	}
	if (r) {
		tell("%s: %s\n", command, strerror(-r));
		return EXIT_CANNOT;
	}
	strcpy(at, path);

	struct execfile p = look_through(at, verbose);
	bool script = strcmp(at, path) != 0;
	if (p.kind != EXECFILE_FINE) {
		tell("%s%s%s%s %s\n", script ? path : "", script ? ": " : "", at, script ? ", which runs it," : "",
		     execfile_reason(p.kind));
		return EXIT_CANNOT;
	}
	if (p.go)
		tell("%s is written in Go and does without the C library where it connects: it is run, but hmip-helper must "
		     "find its connections by itself (hmip-run(1))\n", at);
	return 0;
}

/* What -v says of the environment the command gets. */
static void tell_environment(const char *library)
{
	const char *personality = getenv(HMIP_PERSONALITY_ENV);

	tell("LD_PRELOAD=%s puts %s in front of its C library\n", getenv("LD_PRELOAD"), library);
	if (personality && *personality)
		tell("it connects from addresses of the personality %s\n", personality);
	tell("what it starts in turn gets the same, as long as LD_PRELOAD and " HMIP_SOCKET_ENV
	     " stay in the environment; hmip-run(1) names the exceptions\n");
}

int main(int argc, char **argv)
{
	const char *socket_option = NULL;
	char library[PATH_MAX];
	bool verbose = false;
	int c, r;

	while ((c = getopt(argc, argv, "+s:vhV")) != -1)
		switch (c) {
		case 'v':
			verbose = true;
			break;
		case 's':
			socket_option = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("hmip-run (" PACKAGE_NAME ") " PACKAGE_VERSION);
			return 0;
		default:
			usage(stderr);
			return EXIT_OWN;
		}
	argv += optind;
	if (!*argv) {
		usage(stderr);
		return EXIT_OWN;
	}

	if (!library_path(library) || strpbrk(library, " :") || access(library, R_OK)) {
		tell("cannot preload %s: %s\n", library,
		     strpbrk(library, " :") ? "its path must hold no space and no colon" : strerror(errno));
		return EXIT_OWN;
	}
	r = check_command(argv[0], verbose);
	if (r)
		return r;
	look_for_helper(control_path(socket_option), argv[0], verbose);
	if ((socket_option && setenv(HMIP_SOCKET_ENV, socket_option, 1)) || preload(library)) {
		tell("%s\n", strerror(ENOMEM));
		return EXIT_OWN;
	}
	if (verbose)
		tell_environment(library);
	execvp(argv[0], argv);
	r = errno;
	tell("%s: %s\n", argv[0], strerror(r));
	return r == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
}
