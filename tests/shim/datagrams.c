/* SPDX-License-Identifier: BSD-2-Clause */
#include "datagrams.h"

#include <arpa/inet.h>
#include <string.h>

static struct in6_addr in6(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

void map_peers(const struct peer_addr *a, unsigned n, const char *const now[static 3])
{
	struct hostmap_row row[16];
	unsigned n_row = 0;

	for (unsigned i = 1; i < 3; i++)
		if (now[i])
			row[n_row++] = (struct hostmap_row){ .known = hostmap_entry(i),
							     .now = in6(now[i]), .hce = i,
							     .side = HOSTMAP_ENTRY };
	for (unsigned i = 0; i < n; i++)
		row[n_row++] = (struct hostmap_row){ .known = in6(a[i].text),
						     .now = in6(now[a[i].hce]), .hce = a[i].hce,
						     .side = HOSTMAP_FOREIGN,
						     .flags = a[i].left ?
						     HOSTMAP_MOVED | HOSTMAP_REDIRECTS : 0 };
	row[n_row++] = (struct hostmap_row){ .known = in6(LOST), .now = in6(HERE),
					     .side = HOSTMAP_LOCAL };
	hostmap_write(rig_hostmap, row, n_row);
}

void map_moved(void)
{
	map_peers((struct peer_addr[]){ { ONCE, 1, true }, { THERE, 1, false } }, 2,
		  (const char *[3]){ NULL, THERE, NULL });
}

int udp(const char *text, unsigned *port)
{
	struct sockaddr_storage a = rig_addr(text, 0);
	socklen_t len = sizeof(a);
	int fd = socket(a.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(raw_bind(fd, SA(&a), sizeof(a)), 0);
	ck_assert_int_eq(raw_getsockname(fd, SA(&a), &len), 0);
	if (port)
		*port = ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return fd;
}

void say(int fd, const char *to, unsigned port, const char *words)
{
	struct sockaddr_storage a = rig_addr(to, port);
	socklen_t len = a.ss_family == AF_INET ? sizeof(struct sockaddr_in)
					       : sizeof(struct sockaddr_in6);

	ck_assert_int_eq(raw_sendto(fd, words, strlen(words), 0, SA(&a), len),
			 (ssize_t)strlen(words));
}

bool names(const struct sockaddr_storage *a, const char *text, unsigned port)
{
	struct sockaddr_storage want =
		rig_addr(text, port ? port : ntohs(((struct sockaddr_in6 *)a)->sin6_port));

	return !memcmp(a, &want, sizeof(struct sockaddr_in6));
}

bool hears(int fd, const char *words, const char *text, unsigned port)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len = sizeof(from);
	char got[64] = "";

	return raw_wait(fd, 10000) == 1 &&
	       raw_recvfrom(fd, got, sizeof(got) - 1, 0, SA(&from), &len) >= 0 &&
	       !strcmp(got, words) && names(&from, text, port);
}
