/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect serve PORT: accept, send one octet, wait for the end, for ever.
 * connect call ADDRESS PORT: for each line of input, a number, connect so many times in turn to a
 * server, and print how long one took from socket() to close(), in nanoseconds: median and mean.
 *
 * Ended by a reset, so that no TIME-WAIT is left behind.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX	100000

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void serve(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 64))
		die("listen");
	for (;;) {
		struct sockaddr_in6 peer;
		socklen_t len = sizeof(peer);
		int fd = accept(listener, (struct sockaddr *)&peer, &len);
		char octet = 'x';

		if (fd < 0)
			die("accept");
		if (write(fd, &octet, 1) == 1)
			(void)!read(fd, &octet, 1);
		close(fd);
	}
}

static int64_t call(const struct sockaddr_in6 *to)
{
	static const struct linger reset = { .l_onoff = 1 };
	int64_t start = now_ns();
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	char octet;

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	if (read(fd, &octet, 1) != 1)
		die("read");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	return now_ns() - start;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void run(const struct sockaddr_in6 *to, unsigned n)
{
	static int64_t took[CALLS_MAX];
	int64_t start = now_ns(), mean;

	for (unsigned i = 0; i < n; i++)
		took[i] = call(to);
	mean = (now_ns() - start) / n;
	qsort(took, n, sizeof(*took), by_size);
	printf("%lld %lld\n", (long long)took[n / 2], (long long)mean);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	unsigned n;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(atoi(argv[2]));
	if (argc != 4 || strcmp(argv[1], "call") ||
	    inet_pton(AF_INET6, argv[2], &to.sin6_addr) != 1) {
		fprintf(stderr, "usage: connect serve PORT | connect call ADDRESS PORT\n");
		return EXIT_FAILURE;
	}
	to.sin6_port = htons(atoi(argv[3]));
	while (scanf("%u", &n) == 1)
		if (n > 0 && n <= CALLS_MAX)
			run(&to, n);
	return EXIT_SUCCESS;
}
