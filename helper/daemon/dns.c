/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "dns.h"
#include "log.h"
#include "unused.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utlist.h>

#define CLOSE_ROUNDS	8

struct question {
	struct dns *of;
	uint32_t id;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *request;	/* libevent's; NULL: done */
	bool done, unwanted;
	unsigned n;
	struct in6_addr addr[DNS_ADDRS_MAX];
	struct question *next;
};

struct dns {
	struct event_base *base;
	struct event *ev;		/* a question is done */
	dns_found_fn *fn;
	void *ctx;
	struct question *questions;	/* utlist LL */
};

static void on_log(int is_warning, const char *text)
{
	(void)is_warning;
	log_debug("resolver: %s, ignoring", text);
}

/*
 * libevent's answer, possibly from within evdns_getaddrinfo(). libevent still uses the request, and
 * dns_ask()'s caller does not expect a callback: the rest is done from the loop.
 */
static void answered(int result, struct evutil_addrinfo *found, void *ptr)
{
	struct question *q = ptr;

	q->done = true;
	q->request = NULL;
	for (const struct evutil_addrinfo *ai = found; ai && q->n < DNS_ADDRS_MAX; ai = ai->ai_next)
		if (ai->ai_family == AF_INET6)
			q->addr[q->n++] = ((const struct sockaddr_in6 *)ai->ai_addr)->sin6_addr;
	if (result && !q->unwanted)
		log_debug("cannot resolve the name of a peer: %s", evutil_gai_strerror(result));
	if (found)
		evutil_freeaddrinfo(found);
	event_active(q->of->ev, EV_TIMEOUT, 0);
}

static void question_free(struct question *q)
{
	LL_DELETE(q->of->questions, q);
	evdns_base_free(q->dns, 0);
	free(q);
}

static void done_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct dns *r = ptr;
	struct question *q, *next;

	LL_FOREACH_SAFE(r->questions, q, next) {
		if (!q->done)
			continue;
		if (q->n && !q->unwanted)
			r->fn(r->ctx, q->id, q->addr, q->n);
		question_free(q);
	}
}

int dns_open(struct event_base *base, dns_found_fn *fn, void *ctx, struct dns **ret)
{
	struct dns *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->base = base;
	r->fn = fn;
	r->ctx = ctx;
	r->ev = event_new(base, -1, EV_PERSIST, done_event, r);
	if (!r->ev) {
		free(r);
		return -ENOMEM;
	}
	evdns_set_log_fn(on_log);
	*ret = r;
	return 0;
}

static void take_back(struct question *q)
{
	q->unwanted = true;
	if (q->request)
		evdns_getaddrinfo_cancel(q->request);
}

void dns_ask(struct dns *r, uint32_t id, const char *name)
{
	const struct evutil_addrinfo hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM };
	struct evdns_getaddrinfo_request *request;
	struct question *q;
	unsigned n = 0;

	LL_FOREACH(r->questions, q) {
		n++;
		if (q->id == id && !q->done)
			take_back(q);
	}
	q = n < DNS_QUESTIONS_MAX ? calloc(1, sizeof(*q)) : NULL;
	if (!q)
		return;
	q->of = r;
	q->id = id;
	q->dns = evdns_base_new(r->base, 0);
	if (!q->dns) {
		free(q);
		return;
	}
	LL_PREPEND(r->questions, q);
	/* Without this file libevent uses a resolver on this host. */
	evdns_base_resolv_conf_parse(q->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	request = evdns_getaddrinfo(q->dns, name, NULL, &hints, answered, q);
	if (!q->done)
		q->request = request;
}

void dns_close(struct dns *r)
{
	struct question *q, *next;

	if (!r)
		return;
	LL_FOREACH(r->questions, q)
		take_back(q);
	for (unsigned i = 0; r->questions && i < CLOSE_ROUNDS; i++)
		event_base_loop(r->base, EVLOOP_NONBLOCK);
	LL_FOREACH_SAFE(r->questions, q, next)
		question_free(q);
	event_free(r->ev);
	free(r);
}
