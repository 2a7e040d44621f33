/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hmip-run: starts a program with libhmip.so preloaded, and refuses programs that cannot be
 * preloaded.
 *
 * The library is the installed one; in a build tree, the one in .libs/ beside this program. Where
 * dynamic linkers look for libraries by themselves it is preloaded by its name, and not by its
 * path: each program then gets the one for its own processor and word size.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "array.h"
#include "execfile.h"
#include "hostmap.h"
#include "ipc_proto.h"
#include "netns.h"

#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY		"libhmip.so.0"

/* Prints to standard error, which the command shares. */
#define say(...)	fprintf(stderr, "hmip-run: " __VA_ARGS__)

/* As env(1) has them. */
enum { EXIT_OWN = 125, EXIT_CANNOT = 126, EXIT_NOT_FOUND = 127 };

static void usage(FILE *to)
{
	fputs("usage: hmip-run [-qv] [-s SOCKET] COMMAND [ARGUMENT]...\n"
	      "       hmip-run [-s SOCKET] -u UNIT\n"
	      "Run COMMAND so that its connections to Homeless hosts survive moves.\n"
	      "  -s, --socket SOCKET  the helper's socket (else $" HMIP_SOCKET_ENV ", else\n"
	      "                       " HMIP_SOCKET_DEFAULT ")\n"
	      "  -q, --quiet          no warning if no helper answers\n"
	      "  -v, --verbose        print what will happen, then do it\n"
	      "  -u, --unit UNIT      print what has systemd preload the library for a service\n"
	      "  -h, --help           print this help\n"
	      "  -V, --version        print the version\n"
	      "Examples:\n"
	      "  hmip-run ssh server.example.org\n"
	      "  hmip-run -v curl -6 -O https://server.example.org/file\n"
	      "  hmip-run --unit vsftpd >/etc/systemd/system/vsftpd.service.d/hmip.conf\n"
	      "hmip-run(1) has more, and says which programs cannot be run so.\n",
	      to);
}

/* Whether dynamic linkers find a library in LIBDIR by its name, without a file that says so. */
static bool libdir_is_searched(void)
{
	static const char *const searched[] = {
		"/lib", "/lib64", "/lib/" MULTIARCH,
		"/usr/lib", "/usr/lib64", "/usr/lib/" MULTIARCH,
	};

	for (size_t i = 0; i < ARRAY_LEN(searched); i++)
		if (!strcmp(searched[i], LIBDIR))
			return true;
	return false;
}

/*
 * Finds the library from the path of this program, and what to preload: its path, or its name.
 * Returns false if its path is too long.
 */
static bool library_path(char ret[static PATH_MAX], const char **ret_preload)
{
	char self[PATH_MAX - sizeof("/.libs/" LIBRARY)];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	*ret_preload = ret;
	if (len > 0) {
		self[len] = '\0';
		slash = strrchr(self, '/');
		*slash = '\0';
		snprintf(ret, PATH_MAX, "%s/.libs/%s", self, LIBRARY);
		if (!access(ret, R_OK))
			return true;
	}
	if (libdir_is_searched())
		*ret_preload = LIBRARY;
	return snprintf(ret, PATH_MAX, "%s/%s", LIBDIR, LIBRARY) < PATH_MAX;
}

/* Whether the library is installed for the processor and word size of the program at path, too. */
static bool has_library_for(const char *path)
{
	bool found = false;
	glob_t g;

	glob("/usr/lib*/" LIBRARY, 0, NULL, &g);
	glob("/usr/lib/*/" LIBRARY, GLOB_APPEND, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc && !found; i++)
		found = execfile_same_machine(path, g.gl_pathv[i]);
	globfree(&g);
	return found;
}

/* Whether LD_PRELOAD, a list separated by spaces and colons, has path. */
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

/* Appends path to LD_PRELOAD: the last of the list is called last. Returns 0 or -ENOMEM. */
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

/* Why the library cannot use the helper that answers at socket_path; NULL: it can. */
static const char *helper_problem(const char *socket_path)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(HOSTMAP_SUFFIX)];
	const struct hostmap *map;
	uint64_t own = 0;
	bool elsewhere;

	snprintf(path, sizeof(path), "%s" HOSTMAP_SUFFIX, socket_path);
	map = hostmap_map(path);
	if (!map)
		return "is of another version, or neither root's nor yours: restart it";
	elsewhere = !netns_cookie(&own) && own != map->netns;
	hostmap_unmap(map);
	return elsewhere ? "runs in another network namespace: start one here, or use nsenter(1)"
			 : NULL;
}

static bool helper_answers(const char *socket_path)
{
	struct sockaddr_un listener;
	int len = control_shim_address(socket_path, &listener);
	int fd = len < 0 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers = fd >= 0 && !connect(fd, (struct sockaddr *)&listener, len);

	if (fd >= 0)
		close(fd);
	return answers;
}

/* Warns if there is no helper: the program then runs as without hmip-run. */
static void check_helper(const char *socket_path, const char *command, bool quiet, bool verbose)
{
	bool answers = helper_answers(socket_path);
	const char *problem = answers ? helper_problem(socket_path) : NULL;

	if (problem && !quiet)
		say("the hmip-helper at %s %s; the connections of %s will not be registered\n",
		    socket_path, problem, command);
	else if (!answers && !quiet)
		say("no hmip-helper answers at %s, so the connections of %s will not survive a "
		    "move; start it with \"systemctl start hmip-helper\", or as root \"hmip-helper "
		    "-s %s\"\n",
		    socket_path, command, socket_path);
	else if (answers && !problem && verbose)
		say("its connections will be registered with the hmip-helper at %s\n", socket_path);
}

/* Follows scripts to their interpreters. Returns the kind of the last, and its path in path. */
static struct execfile follow_scripts(char path[static PATH_MAX], bool verbose)
{
	struct execfile p;
	char by[PATH_MAX];

	for (unsigned i = 0; i < EXECFILE_SCRIPTS_MAX && execfile_interpreter(path, by); i++) {
		if (verbose)
			say("%s is a script that %s runs\n", path, by);
		strcpy(path, by);
	}
	p = execfile_look(path);
	if (verbose && p.kind == EXECFILE_FINE)
		say("%s is %s\n", path,
		    !p.elf ? "no readable program file, so the preload may have no effect"
			   : "dynamically linked");
	return p;
}

/*
 * Refuses programs that cannot be preloaded; by_name: the library is preloaded by its name. Returns
 * 0 or the exit status.
 */
static int check_command(const char *command, bool by_name, bool verbose)
{
	char path[PATH_MAX], at[PATH_MAX];
	int r = execfile_find(command, path);

	if (r == -ENOENT) {
		say("%s: command not found\n", command);
		return EXIT_NOT_FOUND;
	}
	if (r) {
		say("%s: %s\n", command, strerror(-r));
		return EXIT_CANNOT;
	}
	strcpy(at, path);

	struct execfile p = follow_scripts(at, verbose);
	bool script = strcmp(at, path) != 0;
	if (p.kind == EXECFILE_FOREIGN && by_name && has_library_for(at))
		p.kind = EXECFILE_FINE;
	if (script && access(at, F_OK)) {
		say("%s: its interpreter %s: %s\n", path, at, strerror(errno));
		return EXIT_NOT_FOUND;
	}
	if (p.kind != EXECFILE_FINE) {
		say("%s%s%s%s %s\n", script ? path : "", script ? ": " : "", at,
		    script ? ", which runs it," : "", execfile_reason(p.kind));
		return p.kind == EXECFILE_STATIC ? 0 : EXIT_CANNOT;
	}
	if (p.go)
		say("%s is written in Go and connects without the C library: it is run, but "
		    "hmip-helper must adopt its connections (hmip-run(1))\n",
		    at);
	return 0;
}

/* Prints the environment that the command gets, for -v. */
static void print_environment(const char *library)
{
	const char *personality = getenv(HMIP_PERSONALITY_ENV);

	say("LD_PRELOAD=%s preloads %s\n", getenv("LD_PRELOAD"), library);
	if (personality && *personality)
		say("it connects from addresses of the personality %s\n", personality);
	say("programs that it starts get the same, as long as LD_PRELOAD and " HMIP_SOCKET_ENV
	     " stay in the environment; hmip-run(1) names the exceptions\n");
}

/* Whether name can be a unit's: what systemd.unit(5) allows in one, so no path either. */
static bool is_unit(const char *name)
{
	return *name && *name != '.' && strlen(name) < 200 &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			    ":-_.\\@") == strlen(name);
}

/* Prints text as a value of Environment= in quotes, where "%" and "\" mean something. */
static void print_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '%' || *text == '\\' || *text == '"')
			putchar(*text == '%' ? '%' : '\\');
		putchar(*text);
	}
}

/* Prints a drop-in for a service; socket may be NULL. Returns the exit status. */
static int print_unit(const char *unit, const char *library, const char *socket)
{
	const char *type = strrchr(unit, '.');
	bool named = type && !strcmp(type, ".service");

	if (!is_unit(unit)) {
		say("found --unit %s, expected the name of a service, such as vsftpd\n", unit);
		return EXIT_OWN;
	}
	printf("# For /etc/systemd/system/%s%s.d/hmip.conf: connections of this service survive\n"
	       "# moves, see hmip-run(1).\n"
	       "[Unit]\n"
	       "After=hmip-helper.service\n"
	       "Wants=hmip-helper.service\n"
	       "\n"
	       "[Service]\n"
	       "Environment=\"LD_PRELOAD=", unit, named ? "" : ".service");
	print_quoted(library);
	puts("\"");
	if (socket) {
		fputs("Environment=\"" HMIP_SOCKET_ENV "=", stdout);
		print_quoted(socket);
		puts("\"");
	}
	return fflush(stdout) ? EXIT_OWN : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "unit", required_argument, NULL, 'u' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	const char *socket_option = NULL, *unit = NULL, *name;
	bool quiet = false, verbose = false;
	char library[PATH_MAX];
	int c, r;

	while ((c = getopt_long(argc, argv, "+s:qu:vhV", options, NULL)) != -1)
		switch (c) {
		case 'q':
			quiet = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 's':
			socket_option = optarg;
			break;
		case 'u':
			unit = optarg;
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
	if (!*argv == !unit) {
		usage(stderr);
		return EXIT_OWN;
	}

	if (socket_option && *socket_option != '/') {
		say("found -s %s, expected an absolute path: programs use it from any directory\n",
		    socket_option);
		return EXIT_OWN;
	}
	if (!library_path(library, &name) || strpbrk(library, " :") || access(library, R_OK)) {
		say("cannot preload %s: %s\n", library,
		    strpbrk(library, " :") ? "its path must not have a space or colon"
					   : strerror(errno));
		return EXIT_OWN;
	}
	if (unit)
		return print_unit(unit, name, socket_option);
	r = check_command(argv[0], name != library, verbose);
	if (r)
		return r;
	check_helper(control_path(socket_option), argv[0], quiet, verbose);
	if ((socket_option && setenv(HMIP_SOCKET_ENV, socket_option, 1)) || preload(name)) {
		say("%s\n", strerror(ENOMEM));
		return EXIT_OWN;
	}
	if (verbose)
		print_environment(library);
	execvp(argv[0], argv);
	r = errno;
	say("%s: %s\n", argv[0], strerror(r));
	return r == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT;
}
