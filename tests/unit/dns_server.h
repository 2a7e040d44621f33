/* SPDX-License-Identifier: BSD-2-Clause */
/* A DNS server of the test's own, on IPv4's loopback, that knows a few names. */
#ifndef HMIP_DNS_SERVER_H
#define HMIP_DNS_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>

struct dns_record {
	const char *name;
	bool in4;		/* has an IPv4 address */
	const char *in6[6];
	unsigned many;		/* and so many of 2001:db8:5::/64 */
	unsigned rcode;
	bool silent;		/* who asks for it gets no answer */
};

/*
 * Answers at that port of 127.0.0.1, or one that is told if 0, as long as the process lives. record
 * ends with one without a name. A name of the form nNUMBER.example that it lacks has the address
 * 2001:db8:5::NUMBER.
 */
struct sockaddr_in dns_start(const struct dns_record *record, unsigned port);

/* The record of that name, NULL if there is none. */
const struct dns_record *dns_find(const struct dns_record *record, const char *name);

#endif
