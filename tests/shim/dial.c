/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dial ADDRESS: a small program for check_preload, which builds it with another C library. Exits
 * with 0 if it is called so.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(9) }, name = { 0 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	socklen_t len = sizeof(name);

	if (argc != 2 || inet_pton(AF_INET6, argv[1], &a.sin6_addr) != 1)
		return 2;
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) ||
	       getpeername(fd, (struct sockaddr *)&name, &len) || memcmp(&name, &a, sizeof(a));
}
