/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crowd serve ADDRESS PORT: echoes, a thread for each connection, until it is killed.
 * crowd call ADDRESS PORT SECONDS: has six threads call it, some for a moment and some for seconds,
 * while the process goes on forking children that call, too, and starting programs by vfork.
 * Whoever waits for half a minute calls it a hang.
 *
 * A call whose connect(2) fails, or finds its own address gone before there is an answer, is only
 * counted, and so is one that is cut: in its first moments, as both helpers must have heard of it
 * before the host moves, or later. Anything else that goes wrong ends the program with status 1. It
 * prints how many calls there were.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS	6
#define HANG	30	/* seconds */

static struct sockaddr_in6 where;
static time_t end;
static unsigned calls, refused, cut[2];	/* cut when young, and later */

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}

static void *echo(void *arg)
{
	int fd = (int)(long)arg;
	char buf[512];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			break;
	close(fd);
	return NULL;
}

static void serve(void)
{
	int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1, fd;
	pthread_t thread;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&where, sizeof(where)) || listen(listener, 128))
		die("listen");
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		if (pthread_create(&thread, NULL, echo, (void *)(long)fd) || pthread_detach(thread))
			die("thread");
	die("accept");
}

/* Says something and hears it. Returns false if the connection was cut. */
static bool exchange(int fd, unsigned seed, bool young)
{
	unsigned said[64], heard[64];

	for (unsigned i = 0; i < 64; i++)
		said[i] = seed * 1103515245 + i;
	errno = 0;
	if (send(fd, said, sizeof(said), MSG_NOSIGNAL) != sizeof(said) ||
	    recv(fd, heard, sizeof(heard), MSG_WAITALL) != sizeof(heard)) {
		if (errno != ECONNRESET && errno != EPIPE)
			die(errno == EAGAIN ? "hang" : "connection");
		__atomic_add_fetch(&cut[!young], 1, __ATOMIC_RELAXED);
		return false;
	}
	if (memcmp(said, heard, sizeof(said)))
		die("something else came back");
	return true;
}

static void must_be_called_as_asked(int fd)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);

	if (getpeername(fd, (struct sockaddr *)&name, &len)) {
		if (errno == ENOTCONN)
			return;	/* was cut */
		die("getpeername");
	}
	if (!IN6_ARE_ADDR_EQUAL(&name.sin6_addr, &where.sin6_addr) ||
	    name.sin6_port != where.sin6_port)
		die("called by another name");
}

/* A connection that lives for rounds tenths of a second. */
static void call(unsigned rounds)
{
	struct timeval hang = { .tv_sec = HANG }, soon = { .tv_sec = 3 };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &hang, sizeof(hang));
	/* SO_SNDTIMEO limits connect(2), too. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	if (connect(fd, (struct sockaddr *)&where, sizeof(where))) {
		__atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
		usleep(1000);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &hang, sizeof(hang));
		must_be_called_as_asked(fd);
		bool whole = exchange(fd, getpid(), true);
		for (unsigned i = 0; whole && i < rounds; i++) {
			usleep(100000);
			whole = exchange(fd, i + getpid(), i < 2);
		}
		must_be_called_as_asked(fd);
		if (whole)
			__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	}
	close(fd);
}

static void *caller(void *number)
{
	for (unsigned i = 0; time(NULL) < end; i++) {
		call(i % 16 == (unsigned long)number ? 30 : 0);
		usleep(2000);	/* or ports run out */
	}
	return NULL;
}

/* A child that calls, or a program. */
static void start_one(bool program)
{
	pid_t pid = program ? vfork() : fork();
	int status;

	if (pid == 0 && program) {
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	if (pid == 0) {
		alarm(2 * HANG);
		call(0);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "%s: wait status %#x\n", program ? "program" : "child", status);
		_exit(1);
	}
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	if (argc < 4 || inet_pton(AF_INET6, argv[2], &where.sin6_addr) != 1) {
		fprintf(stderr,
			"usage: crowd serve ADDRESS PORT | crowd call ADDRESS PORT SECONDS\n");
		return 2;
	}
	where.sin6_family = AF_INET6;
	where.sin6_port = htons(atoi(argv[3]));
	if (!strcmp(argv[1], "serve"))
		serve();
	end = time(NULL) + atoi(argv[4]);
	alarm(atoi(argv[4]) + 3 * HANG);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, caller, (void *)i))
			die("thread");
	for (unsigned i = 0; time(NULL) < end; i++) {
		start_one(i & 1);
		usleep(5000);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%u calls, %u refused, %u cut young, %u cut\n", calls, refused, cut[0], cut[1]);
	return 0;
}
