/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip-run: starts a program with libhmip.so in front of its C library, and says so beforehand where that cannot work.
 *
 * The library is the installed one, or, in a build tree, the one libtool left beside this program.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "control.h"
#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY		"libhmip.so"

/* As env(1) has them. */
enum { EXIT_OWN = 125, EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127 };

static void usage(FILE *to)
{
	fprintf(to,
		"usage: hmip-run [-s SOCKET] COMMAND [ARGUMENT]...\n"
		"Runs COMMAND so that its connections to Homeless hosts survive moves.\n"
		"  -s SOCKET  the helper's socket (default: $" HMIP_SOCKET_ENV ", else " HMIP_SOCKET_DEFAULT ")\n"
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
static void look_for_helper(const char *socket_path, const char *command)
{
	struct sockaddr_un door;
	int len = control_shim_address(socket_path, &door);
	int fd = len < 0 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&door, len))
		fprintf(stderr, "hmip-run: no hmip-helper answers at %s, so the connections of %s will not survive a move; "
			"start it with \"systemctl start hmip-helper\", or as root \"hmip-helper -s %s\"\n",
			socket_path, command, socket_path);
	if (fd >= 0)
		close(fd);
}

/* Refuses what no preload can reach. Returns 0 or the exit status. */
static int check_command(const char *command)
{
	char path[PATH_MAX];
	int r = program_find(command, path);

	if (r == -ENOENT) {
		fprintf(stderr, "hmip-run: %s: command not found\n", command);
		return EXIT_NOT_FOUND;
	}
	if (r) {
		fprintf(stderr, "hmip-run: %s: %s\n", command, strerror(-r));
		return EXIT_CANNOT;
	}

	enum program_kind kind = program_kind(path);
	if (kind == PROGRAM_FINE)
		return 0;
	fprintf(stderr, "hmip-run: %s %s\n", path, program_reason(kind));
	return EXIT_CANNOT;
}

int main(int argc, char **argv)
{
	const char *socket_option = NULL;
	char library[PATH_MAX];
	int c, r;

	while ((c = getopt(argc, argv, "+s:hV")) != -1)
		switch (c) {
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
		fprintf(stderr, "hmip-run: cannot preload %s: %s\n", library,
			strpbrk(library, " :") ? "its path must hold no space and no colon" : strerror(errno));
		return EXIT_OWN;
	}
	r = check_command(argv[0]);
	if (r)
		return r;
	look_for_helper(control_path(socket_option), argv[0]);
	if ((socket_option && setenv(HMIP_SOCKET_ENV, socket_option, 1)) || preload(library)) {
		fprintf(stderr, "hmip-run: %s\n", strerror(ENOMEM));
		return EXIT_OWN;
	}
	execvp(argv[0], argv);
	fprintf(stderr, "hmip-run: %s: %s\n", argv[0], strerror(errno));
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
}
