/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of hosts, resolved in the background by libevent's resolver, which reads /etc/resolv.conf
 * and /etc/hosts. Each question reads them anew and has sockets of its own: a host that has moved
 * has other resolvers, and is reached at other addresses.
 */
#ifndef HMIP_DNS_H
#define HMIP_DNS_H

#include <event2/event.h>
#include <netinet/in.h>
#include <stdint.h>

#define DNS_QUESTIONS_MAX	32
#define DNS_ADDRS_MAX	16

struct dns;

/*
 * Called from the loop, never from dns_ask(), with the n IPv6 addresses that were found, one at
 * least. Untrusted.
 */
typedef void dns_found_fn(void *ctx, uint32_t id, const struct in6_addr *addr, unsigned n);

/* Opens a resolver in the loop base. Returns 0 or -ENOMEM. */
int dns_open(struct event_base *base, dns_found_fn *fn, void *ctx, struct dns **ret);

/*
 * Has name resolved for the asker id, in the place of what he asked before, if there is no answer
 * yet. Never waits; if it cannot be done, or comes to nothing, nobody is told. What is asked beyond
 * DNS_QUESTIONS_MAX is not looked into.
 */
void dns_ask(struct dns *r, uint32_t id, const char *name);

/*
 * To be called when nothing else is left in the loop, which is run until all questions are taken
 * back. NULL is fine.
 */
void dns_close(struct dns *r);

#endif
