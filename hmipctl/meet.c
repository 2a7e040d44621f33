/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "addr.h"
#include "client.h"
#include "clock.h"
#include "meet.h"
#include "print.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE	(20 * USEC_PER_SEC)	/* four Inits take 15 s */
#define ANSWER	(6 * USEC_PER_SEC)	/* ... but what has keys is never called plain */
#define CONNECT_MS	5000

unsigned meet_resolve(const char *host, struct in6_addr ret[static MEET_ADDRS_MAX],
		      const char **why)
{
	struct addrinfo hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	unsigned n = 0;
	int r = getaddrinfo(host, NULL, &hints, &found);

	for (struct addrinfo *a = r ? NULL : found; a && n < MEET_ADDRS_MAX; a = a->ai_next)
		ret[n++] = ((const struct sockaddr_in6 *)a->ai_addr)->sin6_addr;
	if (found)
		freeaddrinfo(found);
	*why = r ? gai_strerror(r) : "it has no IPv6 address";
	if (r) {
		found = NULL;
		hints.ai_family = AF_INET;
		if (getaddrinfo(host, NULL, &hints, &found) == 0)
			*why = "it has an IPv4 address only, and hmip needs IPv6";
		if (found)
			freeaddrinfo(found);
	}
	return n;
}

/* The port that text names; 0: none. */
static uint16_t port_of(const char *text)
{
	size_t n = strspn(text, "0123456789");
	unsigned long port = n <= 5 && !text[n] ? strtoul(text, NULL, 10) : 0;

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Opens a TCP connection. Returns its descriptor, or a negative errno. */
static int open_connection(const struct in6_addr *addr, uint16_t port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *addr,
				   .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof(err);

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		err = errno;
	else if (poll(&p, 1, CONNECT_MS) <= 0)
		err = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n);
	if (!err)
		return fd;
	close(fd);
	return -err;
}

static json_t *entry_of(json_t *cache, json_int_t id)
{
	json_t *e;
	size_t i;

	json_array_foreach(cache, i, e)
		if (json_integer_value(json_object_get(e, "id")) == id)
			return e;
	return NULL;
}

/*
 * Reads events until one says what the peer of entry id is, or time is over. Returns the reason, a
 * new reference or NULL.
 */
static json_t *await_status(int fd, json_int_t id, usec_t end)
{
	json_t *e;

	while ((e = client_next(fd, end))) {
		const char *event = json_string_value(json_object_get(e, "event")),
			   *to = json_string_value(json_object_get(e, "to"));
		json_t *why = json_object_get(e, "reason");

		if (event && to && json_integer_value(json_object_get(e, "hce")) == id &&
		    !strcmp(event, "status") && strcmp(to, "unknown")) {
			json_incref(why);
			json_decref(e);
			return why;
		}
		json_decref(e);
	}
	return NULL;
}

static bool is_known(json_t *entry)
{
	const char *status = json_string_value(json_object_get(entry, "status"));

	return status && strcmp(status, "homeless") == 0;
}

/* What became of entry id: as the helper's cache has it now. Takes the reference of why. */
static json_t *outcome(const char *path, const struct in6_addr *addr, json_int_t id, json_t *why,
		       int *ret_exit)
{
	json_t *cache = client_fetch(path, "cache", NULL, ret_exit), *e, *keys;
	const char *status;

	if (!cache) {
		json_decref(why);
		return NULL;
	}
	e = entry_of(cache, id);
	keys = json_object_get(json_object_get(e, "sa"), "class");
	status = json_string_value(json_object_get(e, "status"));
	e = json_pack("{ss, ss, sO, sO?, sO?, so}",
		"address", addr_text(addr).s,
		"status", status ? status : "unknown",
		"hce", e ? json_object_get(e, "id") : json_null(),
		"keys", keys,
		"rtt", json_object_get(e, "rtt"),
		"reason", why ? why : json_null());
	json_decref(cache);
	return e;
}

/* The request was sent to fd: waits for the answer, and what comes of it. */
static json_t *await(const char *path, int fd, const struct in6_addr *addr, int *ret_exit)
{
	usec_t end = usec_add(clock_boottime(), PATIENCE);
	json_t *answer = client_next(fd, end), *cache, *why = NULL;
	json_int_t id = json_integer_value(json_object_get(answer, "hce"));

	*ret_exit = EXIT_REFUSED;
	if (!answer)
		return NULL;
	json_decref(answer);
	cache = client_fetch(path, "cache", NULL, ret_exit);
	if (!cache)
		return NULL;
	if (json_is_object(json_object_get(entry_of(cache, id), "sa")))
		end = usec_add(clock_boottime(), ANSWER);
	if (!is_known(entry_of(cache, id)))
		why = await_status(fd, id, end);
	json_decref(cache);
	return outcome(path, addr, id, why, ret_exit);
}

json_t *meet_at(const char *path, const struct in6_addr *addr, uint16_t port, int *ret_exit)
{
	int connection = port ? open_connection(addr, port) : 0;
	int fd = client_ask(path, "meet", addr_text(addr).s);
	json_t *r = NULL;

	*ret_exit = -fd;
	if (fd >= 0) {
		r = await(path, fd, addr, ret_exit);
		close(fd);
	}
	if (r && port)
		json_object_set_new(r, "connection",
				    json_string(connection < 0 ? strerror(-connection) : "open"));
	if (port && connection >= 0)
		close(connection);
	return r;
}

static void print_met(const char *host, json_t *r)
{
	const char *reason = json_string_value(json_object_get(r, "reason")),
		   *keys = json_string_value(json_object_get(r, "keys")),
		   *connection = json_string_value(json_object_get(r, "connection"));
	json_t *rtt = json_object_get(r, "rtt");

	printf("%s at %s ", host, json_string_value(json_object_get(r, "address")));
	if (is_known(r)) {
		printf("is Homeless, keys %s",
		       keys && !strcmp(keys, "generic") ? "configured" : "agreed on by AAP");
		if (json_is_number(rtt))
			printf(", round trip %.1f ms", json_number_value(rtt) * 1000);
		putchar('\n');
	} else {
		printf("is not Homeless: %s; hmipctl doctor %s says more\n",
		       reason ? reason : "nothing came back", host);
	}
	if (connection && strcmp(connection, "open"))
		printf("the TCP connection there: %s\n", connection);
}

int run_meet(const char *path, char **argument, const struct options *options)
{
	uint16_t port = argument[1] ? port_of(argument[1]) : 0;
	struct in6_addr addr[MEET_ADDRS_MAX];
	int r = EXIT_REFUSED;
	const char *why;
	unsigned n;

	if (argument[1] && !port) {
		fprintf(stderr, "hmipctl: \"%s\" is no port, which is a number from 1 to 65535\n",
			argument[1]);
		return EXIT_USAGE;
	}
	n = meet_resolve(argument[0], addr, &why);
	if (!n)
		fprintf(stderr, "hmipctl: cannot meet %s: %s\n", argument[0], why);
	for (unsigned i = 0; i < n && (!i || r == EXIT_REFUSED); i++) {
		json_t *met = meet_at(path, &addr[i], port, &r);

		if (!met)
			continue;
		r = is_known(met) ? EXIT_OK : EXIT_REFUSED;
		if (options->json)
			print_json(met);
		else
			print_met(argument[0], met);
		json_decref(met);
	}
	return r;
}
