/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the shim adds to sendto(2) and recvfrom(2). The program runs preloaded, plays the helper
 * itself (its host map has as many rows as asked for, besides those of the peer), and calls the
 * shim's function and the C library's in turns, a batch each, over loopback. datagrams.sh starts it
 * in a network namespace that has the addresses.
 *
 *   bench_datagrams HERE THERE KIND [ROWS [ROUNDS]]
 *
 * KIND is none (no helper), plain (a peer the helper does not know), known (a Homeless one) or
 * moved (the program knows it by another address). Prints nanoseconds for a call, and what the shim
 * adds, as medians over the rounds.
 */
#include "ipc_proto.h"
#include "hostmap.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	64
#define ONCE	"2001:db8:9::1"

typedef ssize_t sendto_fn(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
			  socklen_t len);
typedef ssize_t recvfrom_fn(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
			    socklen_t *len);

static int sender, receiver;
static struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

static struct in6_addr in6(const char *text)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, text, &a) != 1)
		errx(2, "%s is no IPv6 address", text);
	return a;
}

/* Rows that have nothing to do with the peer, and its own; of both ends, since both are here. */
static void write_map(const char *here, const char *there, bool moved, unsigned n)
{
	char path[128];
	struct hostmap_row *row = calloc(n + 4, sizeof(*row));
	struct hostmap *v;

	snprintf(path, sizeof(path), "%s" HOSTMAP_SUFFIX, control_path(NULL));
	v = hostmap_create(path, NULL, 0);
	if (!v || !row)
		err(1, "%s", path);
	for (unsigned i = 0; i < n; i++) {
		row[i] = (struct hostmap_row){ .hce = 10 + i, .side = HOSTMAP_FOREIGN };
		row[i].known = row[i].now = in6("2001:db8:77::1");
		row[i].known.s6_addr32[2] = htonl(i * 2654435761u);
	}
	if (there) {
		row[n++] = (struct hostmap_row){ .known = in6(there), .now = in6(there),
						 .hce = 1, .side = HOSTMAP_FOREIGN };
		row[n++] = (struct hostmap_row){ .known = in6(here), .now = in6(here),
						 .hce = 2, .side = HOSTMAP_FOREIGN };
		row[n++] = (struct hostmap_row){ .known = hostmap_entry(1), .now = in6(there),
						 .hce = 1, .side = HOSTMAP_ENTRY };
	}
	if (moved)
		row[n++] = (struct hostmap_row){ .known = in6(ONCE), .now = in6(there), .hce = 1,
						 .side = HOSTMAP_FOREIGN, .flags = HOSTMAP_MOVED };
	hostmap_write(v, row, n);
	free(row);
}

static int bound(const char *text, struct sockaddr_in6 *ret)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = in6(text) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(fd, (struct sockaddr *)ret, &len))
		err(1, "%s", text);
	return fd;
}

static double ns_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* A batch goes and comes. Adds nanoseconds per call. */
static void run(sendto_fn *send_it, recvfrom_fn *receive, double *sent, double *received)
{
	static char buf[100];
	double t = ns_now();

	for (unsigned i = 0; i < BATCH; i++)
		if (send_it(sender, buf, sizeof(buf), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			err(1, "sendto");
	*sent = (ns_now() - t) / BATCH;
	t = ns_now();
	for (unsigned i = 0; i < BATCH; i++) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);

		if (receive(receiver, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len) < 0)
			err(1, "recvfrom");
	}
	*received = (ns_now() - t) / BATCH;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), order);
	return v[n / 2];
}

int main(int argc, char **argv)
{
	const char *here = argc > 3 ? argv[1] : "", *there = argc > 3 ? argv[2] : "",
		   *kind = argc > 3 ? argv[3] : "";
	unsigned rows = argc > 4 ? strtoul(argv[4], NULL, 10) : 0,
		 rounds = argc > 5 ? strtoul(argv[5], NULL, 10) : 2000;
	bool moved = !strcmp(kind, "moved"), known = moved || !strcmp(kind, "known");
	void *libc = dlopen("libc.so.6", RTLD_LAZY);
	sendto_fn *libc_sendto = libc ? (sendto_fn *)dlsym(libc, "sendto") : NULL;
	recvfrom_fn *libc_recvfrom = libc ? (recvfrom_fn *)dlsym(libc, "recvfrom") : NULL;
	struct sockaddr_in6 name;
	double *v;

	if (argc < 4 || !libc_recvfrom || !rounds)
		errx(2, "usage: bench_datagrams HERE THERE none|plain|known|moved [ROWS [ROUNDS]]");
	if (strcmp(kind, "none"))
		write_map(here, known ? there : NULL, moved, rows);
	v = calloc(6 * rounds, sizeof(*v));
	receiver = bound(there, &to);
	sender = bound(here, &name);
	usleep(200000);		/* the shim looks for a host map ten times a second */
	if (moved)		/* the receiver knows the sender by another name, too */
		to.sin6_addr = in6(ONCE);
	for (unsigned r = 0; r < rounds; r++) {
		double s[2], t[2];

		for (unsigned k = 0; k < 2; k++) {
			unsigned shim = (k + r) % 2;

			if (!shim && moved)
				to.sin6_addr = in6(there);
			run(shim ? sendto : libc_sendto, shim ? recvfrom : libc_recvfrom, &s[shim],
			    &t[shim]);
			if (moved)
				to.sin6_addr = in6(ONCE);
		}
		v[r] = s[0];
		v[rounds + r] = s[1];
		v[2 * rounds + r] = s[1] - s[0];
		v[3 * rounds + r] = t[0];
		v[4 * rounds + r] = t[1];
		v[5 * rounds + r] = t[1] - t[0];
	}
	printf("%-6s %5u rows  sendto %5.0f -> %5.0f ns, adds %4.0f   recvfrom %5.0f -> %5.0f ns, "
	       "adds %4.0f\n",
	       kind, rows, median(v, rounds), median(v + rounds, rounds),
	       median(v + 2 * rounds, rounds), median(v + 3 * rounds, rounds),
	       median(v + 4 * rounds, rounds), median(v + 5 * rounds, rounds));
	free(v);
	return 0;
}
