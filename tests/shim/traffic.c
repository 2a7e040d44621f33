/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * traffic ADDRESS ROUNDS: connects to itself at ADDRESS, by TCP over IPv6, and passes ROUNDS octets
 * each by write(2) and read(2), send(2) and recv(2), writev(2) and readv(2), with a poll(2) before
 * each is taken.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int talk(int from, int to)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char c = 'x';
	struct iovec iov = { &c, 1 };

	return write(from, &c, 1) == 1 && poll(&p, 1, -1) == 1 && read(to, &c, 1) == 1 &&
	       send(from, &c, 1, 0) == 1 && poll(&p, 1, -1) == 1 && recv(to, &c, 1, 0) == 1 &&
	       writev(from, &iov, 1) == 1 && poll(&p, 1, -1) == 1 && readv(to, &iov, 1) == 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6 };
	int listener = socket(AF_INET6, SOCK_STREAM, 0), from = socket(AF_INET6, SOCK_STREAM, 0),
	    to, on = 1;
	socklen_t len = sizeof(a);

	if (argc != 3 || inet_pton(AF_INET6, argv[1], &a.sin6_addr) != 1) {
		fprintf(stderr, "usage: traffic ADDRESS ROUNDS\n");
		return 2;
	}
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&a, &len) ||
	    connect(from, (struct sockaddr *)&a, len)) {
		perror(argv[1]);
		return 1;
	}
	to = accept(listener, NULL, NULL);
	setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (long rounds = atol(argv[2]); rounds > 0; rounds--)
		if (!talk(from, to)) {
			perror("talk");
			return 1;
		}
	return 0;
}
