/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resolves names of hosts in the background with libevent's resolver. Each question reads
 * /etc/resolv.conf and /etc/hosts again and has sockets of its own, because this host may have
 * moved: it has other resolvers and other source addresses then.
 */
#ifndef HMIP_DNS_H
#define HMIP_DNS_H

#include <event2/event.h>
#include <netinet/in.h>
#include <stdint.h>

#define DNS_QUESTIONS_MAX	32
#define DNS_ADDRS_MAX	16

struct dns;

/* Called from the loop, never from dns_ask(), with n >= 1 IPv6 addresses, which are untrusted. */
typedef void dns_found_fn(void *ctx, uint32_t id, const struct in6_addr *addr, unsigned n);

/* Opens a resolver in the loop base. Returns 0 or -ENOMEM. */
int dns_open(struct event_base *base, dns_found_fn *fn, void *ctx, struct dns **ret);

/*
 * Resolves name for id, without blocking. Cancels the previous question for id if it is not
 * answered yet. If there is no answer, dns_found_fn is not called. Beyond DNS_QUESTIONS_MAX open
 * questions, the question is dropped.
 */
void dns_ask(struct dns *r, uint32_t id, const char *name);

/*
 * Cancels all questions, for which it runs the loop, and frees. Call when no other event is left in
 * the loop. NULL is fine.
 */
void dns_close(struct dns *r);

#endif
