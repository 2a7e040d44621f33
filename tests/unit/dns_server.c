/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns_server.h"
#include "suite.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define TYPE_A		1
#define TYPE_AAAA	28
#define RCODE_NXDOMAIN	3

static struct server {
	const struct dns_record *record;
	int fd;
} server;

const struct dns_record *dns_find(const struct dns_record *record, const char *name)
{
	for (; record->name; record++)
		if (!strcasecmp(record->name, name))
			return record;
	return NULL;
}

/* Reads the question's name. Returns how many octets it takes. */
static size_t read_name(const uint8_t *p, char *name)
{
	const uint8_t *begin = p;

	*name = '\0';
	for (; *p; p += *p + 1)
		sprintf(name + strlen(name), "%s%.*s", *name ? "." : "", (int)*p,
			(const char *)p + 1);
	return (size_t)(p + 1 - begin);
}

static uint8_t *put_record(uint8_t *p, unsigned type, const void *data, uint16_t len)
{
	const uint8_t head[] = { 0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 0, 0, (uint8_t)len };

	memcpy(p, head, sizeof(head));
	memcpy(p + sizeof(head), data, len);
	return p + sizeof(head) + len;
}

static uint8_t *put_numbered(uint8_t *p, unsigned n)
{
	struct in6_addr a;

	inet_pton(AF_INET6, "2001:db8:5::", &a);
	a.s6_addr[15] = (uint8_t)n;
	return put_record(p, TYPE_AAAA, &a, sizeof(a));
}

/* Puts the records of r behind the question. Returns how many. */
static unsigned put_all(uint8_t **p, const struct dns_record *r, unsigned type)
{
	struct in6_addr a;
	unsigned n = 0;

	for (; type == TYPE_AAAA && n < sizeof(r->in6) / sizeof(r->in6[0]) && r->in6[n]; n++) {
		inet_pton(AF_INET6, r->in6[n], &a);
		*p = put_record(*p, type, &a, sizeof(a));
	}
	for (unsigned i = 1; type == TYPE_AAAA && i <= r->many; i++, n++)
		*p = put_numbered(*p, i);
	if (type == TYPE_A && r->in4) {
		*p = put_record(*p, type, "\xc0\x00\x02\x01", 4);
		n++;
	}
	return n;
}

/* Makes an answer of the question m. Returns its length, 0 if there is none. */
static size_t answer(uint8_t *m)
{
	char name[256];
	size_t q = read_name(m + 12, name);
	const struct dns_record *r = dns_find(server.record, name);
	uint8_t *p = m + 12 + q + 4;
	unsigned type = m[12 + q + 1], number = 0, n = 0;
	bool numbered = !r && sscanf(name, "n%u.example", &number) == 1;

	if (r && r->silent)
		return 0;
	if (r)
		n = put_all(&p, r, type);
	if (numbered && type == TYPE_AAAA) {
		p = put_numbered(p, number);
		n = 1;
	}
	m[2] = 0x81;
	m[3] = (uint8_t)(0x80 | (r ? r->rcode : numbered ? 0 : RCODE_NXDOMAIN));
	memset(m + 6, 0, 6);
	m[7] = (uint8_t)n;
	return (size_t)(p - m);
}

static void *serve(void *unused)
{
	uint8_t m[4096];
	struct sockaddr_in from;
	socklen_t len;

	(void)unused;
	while (len = sizeof(from),
	       recvfrom(server.fd, m, 512, 0, (struct sockaddr *)&from, &len) > 12) {
		size_t n = answer(m);

		if (n)
			sendto(server.fd, m, n, 0, (struct sockaddr *)&from, len);
	}
	return NULL;
}

struct sockaddr_in dns_start(const struct dns_record *record, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	pthread_t thread;

	server.record = record;
	server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(server.fd, (struct sockaddr *)&a, &len), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
	return a;
}
