/* SPDX-License-Identifier: BSD-2-Clause */
#include "sock_names.h"
#include "client.h"
#include "seqtable.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SETS	256
#define WAYS	8

struct name {
	struct in6_addr known[2], now[2];	/* by enum name_side */
	bool has[2];
	bool prevented;
	uint64_t cookie;			/* 0: never used */
	uint32_t age;
	int fd;					/* it was set by; says whether the socket is open */
};

static struct row {
	uint32_t seq;				/* odd while the row is being written */
	struct name name;
} rows[SETS][WAYS];

static bool any;
static uint32_t ages;

bool sock_names_any(void)
{
	return __atomic_load_n(&any, __ATOMIC_RELAXED) && !client_disabled();
}

static bool row_read(const struct row *r, struct name *ret, uint32_t *seq)
{
	return seq_read(&r->seq, &r->name, sizeof(r->name), ret, seq);
}

static bool row_write(struct row *r, const struct name *name, uint32_t seq)
{
	return seq_write(&r->seq, &r->name, sizeof(r->name), name, seq);
}

static struct row *row_find(uint64_t cookie, struct name *ret, uint32_t *seq)
{
	struct row *set = rows[cookie % SETS];

	for (unsigned i = 0; cookie && i < WAYS; i++)
		if (row_read(&set[i], ret, seq) && ret->cookie == cookie)
			return &set[i];
	return NULL;
}

/*
 * The lowest is evicted: free rows, then those whose sockets are closed, then the others, the
 * oldest first in each.
 */
static uint32_t row_worth(const struct name *n)
{
	if (!n->cookie)
		return 0;
	uint32_t youth = INT32_MAX - seq_age(&ages, n->age);

	if (client_cookie(n->fd) != n->cookie)
		return youth + 1;
	return n->prevented ? UINT32_MAX : UINT32_C(0x80000000) + youth;
}

/* The row to use for a new cookie; NULL if all are being written or excluded sockets'. */
static struct row *row_cheapest(uint64_t cookie, uint32_t *seq)
{
	struct row *set = rows[cookie % SETS], *cheapest = NULL;
	uint32_t lowest = UINT32_MAX;

	for (unsigned i = 0; i < WAYS && lowest; i++) {
		struct name n;
		uint32_t s, worth;

		if (!row_read(&set[i], &n, &s))
			continue;
		worth = row_worth(&n);
		if (worth < lowest) {
			cheapest = &set[i];
			lowest = worth;
			*seq = s;
		}
	}
	return cheapest;
}

/*
 * Has change() modify the row of fd's socket, which is made if there is none. Returns false if
 * there is no room.
 */
static bool row_change(int fd, void (*change)(struct name *n, const void *arg), const void *arg)
{
	uint64_t cookie = client_cookie(fd);

	for (unsigned i = 0; cookie && i < WAYS; i++) {
		struct name n;
		uint32_t seq;
		struct row *r = row_find(cookie, &n, &seq);

		if (!r) {
			r = row_cheapest(cookie, &seq);
			memset(&n, 0, sizeof(n));
		}
		n.cookie = cookie;
		n.fd = fd;
		n.age = seq_tick(&ages);
		change(&n, arg);
		if (r && row_write(r, &n, seq)) {
			__atomic_store_n(&any, true, __ATOMIC_RELAXED);
			return true;
		}
	}
	return false;
}

struct naming {
	enum name_side side;
	const struct in6_addr *known, *now;
};

static void give_name(struct name *n, const void *arg)
{
	const struct naming *g = arg;

	n->has[g->side] = true;
	n->known[g->side] = *g->known;
	n->now[g->side] = *g->now;
}

void sock_names_set(int fd, enum name_side side, const struct in6_addr *known,
		    const struct in6_addr *now)
{
	row_change(fd, give_name, &(struct naming){ side, known, now });
}

static void set_prevented(struct name *n, const void *arg)
{
	(void)arg;
	n->prevented = true;
}

bool sock_names_prevent(int fd)
{
	return row_change(fd, set_prevented, NULL);
}

bool sock_names_prevented(int fd)
{
	struct name n;
	uint32_t seq;
	int saved = errno;
	bool prevented = sock_names_any() && row_find(client_cookie(fd), &n, &seq) && n.prevented;

	errno = saved;
	return prevented;
}

void sock_names_drop(int fd, enum name_side side)
{
	struct name n;
	uint32_t seq;
	struct row *r = row_find(client_cookie(fd), &n, &seq);

	if (!r || !n.has[side])
		return;
	n.has[side] = false;
	row_write(r, &n, seq);
}

bool sock_names_get(int fd, enum name_side side, const struct in6_addr *now, struct in6_addr *ret)
{
	struct name n;
	uint32_t seq;

	if (!row_find(client_cookie(fd), &n, &seq) || !n.has[side] ||
	    !IN6_ARE_ADDR_EQUAL(&n.now[side], now))
		return false;
	*ret = n.known[side];
	return true;
}

int sock_names_report(sock_names_fn *kernel, enum name_side side, int fd, struct sockaddr *addr,
		      socklen_t *len)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in6 in6;
		struct sockaddr_storage any;
	} name;
	socklen_t full = sizeof(name), room;
	int r, saved = errno;

	if (!sock_names_any() || !len)
		return kernel(fd, addr, len);
	room = *len;
	r = kernel(fd, addr, len);
	if (r || room < offsetof(struct sockaddr_in6, sin6_addr) || addr->sa_family != AF_INET6)
		return r;
	/* Again, with room for a whole address: the program's may be shorter. */
	if (!kernel(fd, &name.sa, &full) && full == sizeof(name.in6) &&
	    sock_names_get(fd, side, &name.in6.sin6_addr, &name.in6.sin6_addr))
		memcpy(addr, &name.in6, room < full ? room : full);
	errno = saved;
	return r;
}
