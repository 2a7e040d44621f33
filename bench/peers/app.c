/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The measured application: ordinary sockets, so that it runs unmodified under each system.
 *
 *   peers_app serve [-u] PORT LOG
 *       Serve transfers at PORT. At PORT + 1 accept connections and close them.
 *   peers_app transfer [-u] KIND ADDRESS PORT SECONDS LOG
 *       One transfer for so many seconds. KIND is down, up, rpc (a message every 10 ms, echoed) or
 *       down:OCTETS, which fails unless so many octets arrive.
 *   peers_app connect ADDRESS PORT COUNT
 *       Connect so many times in turn, print how long connect() took: median, 9th decile (us).
 *   peers_app wait ADDRESS PORT SECONDS
 *       Wait until ADDRESS accepts or refuses a connection.
 *   peers_app read FIFO SECONDS LOG
 *       Read what another program writes to a FIFO.
 *
 * -u: datagrams instead of TCP. The client sends at a constant rate from any address that it has,
 * the server to the address it received from last. PEERS_OTHER is a second address of the server
 * to which the client sends as well.
 *
 * LOG records what is received, see progress.h. PEERS_CC selects the TCP congestion control.
 */
#include "progress.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUF		(256 * 1024)
#define CHUNK		65536
#define MESSAGE		16
#define RPC_US		10000
#define DATAGRAM	1200
#define BEACON_US	1000
#define STREAM_US	200	/* 48 Mbit/s of datagrams */
#define NS_PER_S	1000000000L
#define CONNECT_S	60

enum kind { DOWN = 'd', UP = 'u', RPC = 'r' };

/* The first octets of a connection. */
struct request {
	char kind;
	char zero[7];
	uint64_t octets;	/* of DOWN; host order, as both ends are on one machine */
};

static struct progress *progress;

static struct sockaddr_in6 address(const char *text, const char *port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };

	if (text && inet_pton(AF_INET6, text, &a.sin6_addr) != 1)
		errx(2, "%s is no IPv6 address", text);
	return a;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Sleeps until us after *t, and sets *t to that time. */
static void tick(struct timespec *t, long us)
{
	t->tv_nsec += us * 1000;
	while (t->tv_nsec >= NS_PER_S) {
		t->tv_nsec -= NS_PER_S;
		t->tv_sec++;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, t, NULL) == EINTR)
		;
}

static void start(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, fn, arg);

	if (r)
		errx(1, "pthread_create: %s", strerror(r));
	pthread_detach(t);
}

static void *buffer(void)
{
	char *buf = malloc(BUF);

	if (!buf)
		err(1, "malloc");
	return memset(buf, 'x', BUF);
}

static void set_congestion_control(int fd)
{
	const char *name = getenv("PEERS_CC");

	if (name && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)))
		warn("congestion control %s", name);
}

static void set_nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static bool write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t r = write(fd, p, n);

		if (r <= 0)
			return false;
		p += r;
		n -= r;
	}
	return true;
}

/* ---- server -------------------------------------------------------------------------------- */

static void serve_down(int fd, char *buf, uint64_t octets)
{
	while (octets > 0) {
		size_t n = octets < CHUNK ? octets : CHUNK;

		if (!write_all(fd, buf, n))
			return;
		octets -= n;
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, buf, BUF) > 0)
		;
}

static void serve_up(int fd, char *buf, bool echo)
{
	ssize_t r;

	while ((r = read(fd, buf, BUF)) > 0) {
		progress_add(progress, r);
		if (echo && !write_all(fd, buf, r))
			return;
	}
}

static void *serve_connection(void *ptr)
{
	int fd = (intptr_t)ptr;
	struct request request;
	char *buf = buffer();

	if (recv(fd, &request, sizeof(request), MSG_WAITALL) == sizeof(request)) {
		if (request.kind == RPC)
			set_nodelay(fd);
		if (request.kind == DOWN)
			serve_down(fd, buf, request.octets);
		else
			serve_up(fd, buf, request.kind == RPC);
	}
	free(buf);
	close(fd);
	return NULL;
}

static void *close_connections(void *ptr)
{
	int listener = (intptr_t)ptr, fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static int listen_at(const struct sockaddr_in6 *a)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	set_congestion_control(fd);
	if (bind(fd, (const struct sockaddr *)a, sizeof(*a)) || listen(fd, 64))
		err(1, "port %u", ntohs(a->sin6_port));
	return fd;
}

static void serve(const char *port)
{
	struct sockaddr_in6 a = address(NULL, port);
	intptr_t listener = listen_at(&a), fd;

	a.sin6_port = htons(ntohs(a.sin6_port) + 1);
	start(close_connections, (void *)(intptr_t)listen_at(&a));
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd >= 0)
			start(serve_connection, (void *)fd);
	}
}

/* ---- client -------------------------------------------------------------------------------- */

/* Default for SIGALRM, the process fails, where all of something is measured. */
static void end_in_time(int sig)
{
	_exit(EXIT_SUCCESS);
}

static void *send_messages(void *ptr)
{
	char message[MESSAGE] = "";
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	do
		tick(&t, RPC_US);
	while (write_all((intptr_t)ptr, message, sizeof(message)));
	err(1, "write");
}

/* Ends with the alarm, or the process fails; returns after so many octets of DOWN. */
static void transfer(const struct request *request, const struct sockaddr_in6 *to)
{
	intptr_t fd = socket(AF_INET6, SOCK_STREAM, 0);
	char *buf = buffer();
	uint64_t octets = 0;
	ssize_t r;

	set_congestion_control(fd);
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		err(1, "connect");
	if (request->kind == RPC)
		set_nodelay(fd);
	if (!write_all(fd, request, sizeof(*request)))
		err(1, "write");
	if (request->kind == RPC)
		start(send_messages, (void *)fd);
	while (request->kind == UP)
		if (!write_all(fd, buf, CHUNK))
			err(1, "write");
	while ((r = read(fd, buf, BUF)) > 0) {
		progress_add(progress, r);
		octets += r;
	}
	if (r < 0)
		err(1, "read");
	if (octets != request->octets)
		errx(1, "the server ended the transfer after %" PRIu64 " octets", octets);
	free(buf);
	close(fd);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure_connect(const struct sockaddr_in6 *to, unsigned count)
{
	double *us = calloc(count, sizeof(*us));
	char octet;

	if (!us || !count)
		errx(2, "COUNT");
	for (unsigned i = 0; i < count; i++) {
		int fd = socket(AF_INET6, SOCK_STREAM, 0);
		double began = now_us();

		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
			err(1, "connect");
		us[i] = now_us() - began;
		while (read(fd, &octet, 1) > 0)	/* the server closes first and has the TIME-WAIT */
			;
		close(fd);
	}
	qsort(us, count, sizeof(*us), by_size);
	printf("%.1f %.1f\n", us[count / 2], us[count * 9 / 10]);
	free(us);
}

/* Whether a connection is accepted or refused within 300 ms. */
static bool answers(const struct sockaddr_in6 *to)
{
	struct pollfd p = { .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	p.fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(p.fd, (const struct sockaddr *)to, sizeof(*to)) && errno != EINPROGRESS)
		error = errno;
	else if (poll(&p, 1, 300) == 1)
		getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	else
		error = ETIMEDOUT;
	close(p.fd);
	return !error || error == ECONNREFUSED;
}

static bool wait_for(const struct sockaddr_in6 *to, double seconds)
{
	double end = now_us() + seconds * 1e6;

	while (!answers(to)) {
		if (now_us() > end)
			return false;
		usleep(20000);
	}
	return true;
}

static void read_fifo(const char *path)
{
	char *buf = buffer();
	int fd = open(path, O_RDONLY);
	ssize_t r;

	if (fd < 0)
		err(1, "%s", path);
	while ((r = read(fd, buf, BUF)) > 0)
		progress_add(progress, r);
	free(buf);
	close(fd);
}

/* ---- datagrams ----------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sockaddr_in6 streaming_to;	/* for DOWN: the client's address; under lock */

static void *stream(void *ptr)
{
	static const char data[DATAGRAM];
	struct sockaddr_in6 to;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	for (;;) {
		tick(&t, STREAM_US);
		pthread_mutex_lock(&lock);
		to = streaming_to;
		pthread_mutex_unlock(&lock);
		if (to.sin6_family)
			sendto((intptr_t)ptr, data, sizeof(data), 0, (struct sockaddr *)&to,
			       sizeof(to));
	}
	return NULL;
}

static void serve_datagrams(const struct sockaddr_in6 *at)
{
	intptr_t fd = socket(AF_INET6, SOCK_DGRAM, 0);
	char data[DATAGRAM];

	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		err(1, "port %u", ntohs(at->sin6_port));
	start(stream, (void *)fd);
	for (;;) {
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		ssize_t r = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

		if (r <= 0)
			continue;
		progress_add(progress, r);
		if (data[0] == DOWN) {
			pthread_mutex_lock(&lock);
			streaming_to = from;
			pthread_mutex_unlock(&lock);
		} else if (data[0] == RPC) {
			sendto(fd, data, r, 0, (struct sockaddr *)&from, len);
		}
	}
}

struct beacon {
	int fd;
	enum kind kind;
	struct sockaddr_in6 to[2];	/* [1].sin6_family is 0 if there is no second address */
};

static void *send_beacons(void *ptr)
{
	const struct beacon *b = ptr;
	char data[DATAGRAM] = { b->kind };
	size_t n = b->kind == UP ? DATAGRAM : MESSAGE;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	for (;;) {
		tick(&t, b->kind == RPC ? RPC_US : BEACON_US);
		for (unsigned i = 0; i < 2 && b->to[i].sin6_family; i++)
			sendto(b->fd, data, n, 0, (const struct sockaddr *)&b->to[i],
			       sizeof(b->to[i]));
	}
	return NULL;
}

/* Ends with the alarm. */
static void transfer_datagrams(enum kind kind, const struct sockaddr_in6 *to, const char *port)
{
	const char *other = getenv("PEERS_OTHER");
	struct beacon b = { .kind = kind, .to = { *to } };
	char data[DATAGRAM];
	ssize_t r;

	if (other)
		b.to[1] = address(other, port);
	b.fd = socket(AF_INET6, SOCK_DGRAM, 0);
	start(send_beacons, &b);
	for (;;) {
		r = recv(b.fd, data, sizeof(data), 0);
		if (r > 0)
			progress_add(progress, r);
	}
}

/* ---- */

static struct request parse_kind(const char *text)
{
	struct request r = { .kind = text[0], .octets = UINT64_MAX };

	if (!strncmp(text, "down:", 5))
		r.octets = strtoull(text + 5, NULL, 10);
	else if (strcmp(text, "down") && strcmp(text, "up") && strcmp(text, "rpc"))
		errx(2, "kind %s: expected down, down:OCTETS, up or rpc", text);
	return r;
}

static void run_transfer(char **arg, bool datagrams)
{
	struct request request = parse_kind(arg[0]);
	struct sockaddr_in6 to = address(arg[1], arg[2]);

	progress = progress_create(arg[4]);
	if (request.octets == UINT64_MAX)
		signal(SIGALRM, end_in_time);
	alarm(atoi(arg[3]));
	if (datagrams)
		transfer_datagrams(request.kind, &to, arg[2]);
	else
		transfer(&request, &to);
}

static void run_serve(char **arg, bool datagrams)
{
	struct sockaddr_in6 at = address(NULL, arg[0]);

	progress = progress_create(arg[1]);
	if (datagrams)
		serve_datagrams(&at);
	else
		serve(arg[0]);
}

int main(int argc, char **argv)
{
	bool datagrams = argc > 2 && !strcmp(argv[2], "-u");
	char **arg = argv + 2 + datagrams;
	int n = argc - 2 - datagrams;
	const char *what = n > 1 ? argv[1] : "";
	struct sockaddr_in6 to;

	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(what, "serve") && n == 2) {
		run_serve(arg, datagrams);
	} else if (!strcmp(what, "transfer") && n == 5) {
		run_transfer(arg, datagrams);
	} else if (!strcmp(what, "connect") && n == 3) {
		to = address(arg[0], arg[1]);
		alarm(CONNECT_S);
		measure_connect(&to, strtoul(arg[2], NULL, 10));
	} else if (!strcmp(what, "wait") && n == 3) {
		to = address(arg[0], arg[1]);
		return wait_for(&to, atof(arg[2])) ? EXIT_SUCCESS : EXIT_FAILURE;
	} else if (!strcmp(what, "read") && n == 3) {
		progress = progress_create(arg[2]);
		signal(SIGALRM, end_in_time);
		alarm(atoi(arg[1]));
		read_fifo(arg[0]);
	} else {
		errx(2, "usage: peers_app serve|transfer|connect|wait|read ..., see peers/app.c");
	}
	return EXIT_SUCCESS;
}
