/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * many serve PORT: accepts connections and echoes what comes, for ever.
 * many hold ADDRESS PORT N: opens N connections, sends an octet on each and waits for its echo, and
 * prints "open". Then, for each line of input, it sends another octet on each and prints "sent";
 * the last echo of these makes it print the times (CLOCK_REALTIME, us) of the first, of the one in
 * the middle and of the last of them.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS	64

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void more_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		die("getrlimit");
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r))
		die("setrlimit");
}

static void watch(int ep, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e))
		die("epoll_ctl");
}

static void echo(int fd)
{
	char octet[16];
	ssize_t n = read(fd, octet, sizeof(octet));

	if (n <= 0)
		close(fd);
	else if (write(fd, octet, (size_t)n) != n)
		die("write");
}

static void serve(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int listener = socket(AF_INET6, SOCK_STREAM, 0), ep = epoll_create1(0), on = 1;
	struct epoll_event e[EVENTS];

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 1024))
		die("listen");
	watch(ep, listener);
	for (;;) {
		int n = epoll_wait(ep, e, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = e[i].data.fd;

			if (fd != listener)
				echo(fd);
			else if ((fd = accept(listener, NULL, NULL)) < 0)
				die("accept");
			else
				watch(ep, fd);
		}
	}
}

static void send_on_each(const int *fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (write(fd[i], "x", 1) != 1)
			die("write");
}

/* Waits for an octet on each of n connections; when[] is when each came, in this order. */
static void await_each(int ep, size_t n, int64_t *when)
{
	struct epoll_event e[EVENTS];
	char octet;

	for (size_t had = 0; had < n;) {
		int k = epoll_wait(ep, e, EVENTS, -1);

		for (int i = 0; i < k; i++) {
			if (read(e[i].data.fd, &octet, 1) != 1)
				die("read");
			when[had++] = now_us();
		}
	}
}

static void hold(const struct sockaddr_in6 *to, size_t n)
{
	int ep = epoll_create1(0), *fd = calloc(n, sizeof(*fd));
	int64_t *when = calloc(n, sizeof(*when));
	char line[16];

	if (!fd || !when)
		die("calloc");
	for (size_t i = 0; i < n; i++) {
		fd[i] = socket(AF_INET6, SOCK_STREAM, 0);
		if (connect(fd[i], (const struct sockaddr *)to, sizeof(*to)))
			die("connect");
		watch(ep, fd[i]);
	}
	send_on_each(fd, n);
	await_each(ep, n, when);
	puts("open");
	while (fgets(line, sizeof(line), stdin)) {
		send_on_each(fd, n);
		puts("sent");
		await_each(ep, n, when);
		printf("%jd %jd %jd\n", (intmax_t)when[0], (intmax_t)when[n / 2],
		       (intmax_t)when[n - 1]);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	more_files();
	if (argc == 3 && !strcmp(argv[1], "serve")) {
		serve((uint16_t)atoi(argv[2]));
	} else if (argc == 5 && !strcmp(argv[1], "hold") &&
		   inet_pton(AF_INET6, argv[2], &to.sin6_addr) == 1) {
		to.sin6_port = htons((uint16_t)atoi(argv[3]));
		hold(&to, (size_t)atoi(argv[4]));
		return 0;
	}
	fprintf(stderr, "usage: many serve PORT | many hold ADDRESS PORT N\n");
	return 2;
}
