/* SPDX-License-Identifier: BSD-2-Clause */
#include "udp_peers.h"
#include "client.h"
#include "raw.h"
#include "seqtable.h"
#include "sock_names.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define SETS	256
#define WAYS	8
#define ANY_FD	(-1)	/* of rows for all sockets of the program */
#define CLOCK_EVERY	16	/* datagrams sent until the clock is read again */

enum peer_kind {
	PEER_NONE,		/* the row is free */
	PEER_ADDRESS,		/* the program has sent to the address, or received from it */
	PEER_ENTRY,		/* a Homeless peer and its alias */
};

struct key {
	struct in6_addr addr;	/* the address, or hostmap_entry() of the entry */
	int32_t fd;
	uint32_t kind;		/* enum peer_kind */
};

struct peer {
	struct key key;
	const struct hostmap *map;	/* of the helper that gave the entry this id */
	uint32_t hce;		/* id of the entry; 0: no Homeless peer's */
	uint32_t registered;		/* when last, seconds; 0: not yet */
	uint32_t initiated;	/* the program sent there before it received from there */
	uint32_t age;
	struct in6_addr last;	/* the peer's last address: finds its entry with another helper */
	struct in6_addr name;	/* PEER_ENTRY: the alias */
	uint64_t cookie;	/* PEER_ENTRY: of the socket; 0: not one of ours */
};

static struct row {
	uint32_t seq;		/* odd while the row is being written */
	struct peer peer;
} rows[SETS][WAYS] __attribute__((aligned(64)));

/* A row as it was at seq. */
struct place {
	struct row *row;
	uint32_t seq;
	struct peer peer;
};

static uint32_t ages;
static uint32_t sent;		/* datagrams, roughly */
static uint64_t register_rate;	/* upper half: a second; lower half: registrations in it */

/* ---- the table ---- */

static struct key key_of(enum peer_kind kind, const struct in6_addr *addr, int fd)
{
	return (struct key){ .addr = *addr, .fd = fd, .kind = kind };
}

/* The rows that may have the key. */
static struct row *set_of(const struct key *key)
{
	uint64_t word[3], h = 0;

	_Static_assert(sizeof(word) == sizeof(*key), "a key has no padding");
	memcpy(word, key, sizeof(word));
	for (unsigned i = 0; i < 3; i++)
		h = (h ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return rows[(h >> 40) % SETS];
}

static bool row_read(const struct row *r, struct peer *ret, uint32_t *seq)
{
	return seq_read(&r->seq, &r->peer, sizeof(r->peer), ret, seq);
}

/* Does nothing if the row has changed since seq: what another thread stored is newer. */
static void row_write(struct row *r, const struct peer *p, uint32_t seq)
{
	seq_write(&r->seq, &r->peer, sizeof(r->peer), p, seq);
}

static bool key_equal(const struct key *a, const struct key *b)
{
	uint64_t x[3], y[3];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]));
}

static bool row_find(const struct key *key, struct place *ret)
{
	struct row *set = set_of(key);

	for (unsigned i = 0; i < WAYS; i++) {
		/* Without a copy first: most rows are others. */
		if (!key_equal(&set[i].peer.key, key))
			continue;
		ret->row = &set[i];
		if (row_read(&set[i], &ret->peer, &ret->seq) && key_equal(&ret->peer.key, key))
			return true;
	}
	return false;
}

/* The lowest is evicted: free rows, then the oldest, those of Homeless peers last. */
static uint32_t row_worth(const struct peer *p)
{
	if (p->key.kind == PEER_NONE)
		return 0;
	return (p->hce ? UINT32_C(0x80000000) : 1) + (INT32_MAX - seq_age(&ages, p->age)) / 2;
}

/* Stores a new row, evicting another if need be. */
static void row_add(struct peer *p)
{
	struct row *set = set_of(&p->key), *cheapest = NULL;
	uint32_t lowest = UINT32_MAX, seq = 0;

	for (unsigned i = 0; i < WAYS && lowest; i++) {
		struct peer there;
		uint32_t s, worth;

		if (!row_read(&set[i], &there, &s))
			continue;
		worth = row_worth(&there);
		if (worth < lowest) {
			cheapest = &set[i];
			lowest = worth;
			seq = s;
		}
	}
	p->age = seq_tick(&ages);
	if (cheapest)
		row_write(cheapest, p, seq);
}

static void row_drop(const struct place *at)
{
	row_write(at->row, &(struct peer){ .key.kind = PEER_NONE }, at->seq);
}

/* ---- what is in it ---- */

/* Whether p's entry id is valid with this map: another helper may have reused it. */
static bool entry_holds(const struct hostmap *map, const struct peer *p)
{
	struct hostmap_row row;

	if (!p->hce || p->map == map)
		return p->hce;
	return hostmap_lookup(map, HOSTMAP_FOREIGN, &p->last, &row) && row.hce == p->hce;
}

/* Stores p's entry and last address. Returns whether one of them changed. */
static bool note(const struct hostmap *map, struct peer *p, uint32_t hce,
		 const struct in6_addr *last)
{
	if (p->hce == hce && p->map == map && IN6_ARE_ADDR_EQUAL(&p->last, last))
		return false;
	p->hce = hce;
	p->map = map;
	p->last = *last;
	return true;
}

/*
 * Finds the row of addr, which is hce's, on fd. If there is none, makes one: for a program that
 * sends there, or else has received from there.
 */
static void peer_insert(const struct hostmap *map, const struct in6_addr *addr, int fd,
			uint32_t hce, bool sends, struct place *ret)
{
	struct key key = key_of(PEER_ADDRESS, addr, fd);

	if (row_find(&key, ret)) {
		if (note(map, &ret->peer, hce, addr))
			row_write(ret->row, &ret->peer, ret->seq);
		return;
	}
	ret->peer = (struct peer){ .key = key, .initiated = sends };
	note(map, &ret->peer, hce, addr);
	row_add(&ret->peer);
}

/* The alias of hce on fd. Returns true and fills *ret if there is one. */
static bool alias_find(const struct hostmap *map, uint32_t hce, int fd, struct place *ret)
{
	struct in6_addr id = hostmap_entry(hce);
	struct key key = key_of(PEER_ENTRY, &id, fd);

	return row_find(&key, ret) && entry_holds(map, &ret->peer);
}

static bool alias_is(const struct hostmap *map, uint32_t hce, int fd, const struct in6_addr *name)
{
	struct place known;

	return alias_find(map, hce, fd, &known) && IN6_ARE_ADDR_EQUAL(&known.peer.name, name);
}

/* Whether addresses of datagrams on fd may be replaced. */
static bool concerns_us(int fd)
{
	return client_owns(fd) && !sock_names_prevented(fd);
}

/* Sets the alias of hce, whose address was last, on fd. */
static void alias_set_for(const struct hostmap *map, uint32_t hce, int fd,
			  const struct in6_addr *name, const struct in6_addr *last, bool initiated)
{
	struct in6_addr id = hostmap_entry(hce);
	struct peer p = { .key = key_of(PEER_ENTRY, &id, fd),
			  .name = *name,
			  .initiated = initiated };
	struct place old;

	if (row_find(&p.key, &old))
		row_drop(&old);
	if (fd >= 0 && concerns_us(fd))
		p.cookie = client_cookie(fd);
	note(map, &p, hce, last);
	row_add(&p);
}

/* Sets the alias on fd; and that of the program, if it has none for hce. */
static void alias_set(const struct hostmap *map, uint32_t hce, int fd, const struct in6_addr *name,
		      const struct in6_addr *last, bool initiated)
{
	struct place all, at;

	alias_set_for(map, hce, fd, name, last, initiated);
	if (alias_find(map, hce, ANY_FD, &all))
		return;
	alias_set_for(map, hce, ANY_FD, name, last, false);
	peer_insert(map, name, ANY_FD, hce, false, &at);
}

/*
 * Whether p, an alias found by descriptor, was set for the socket that fd is now, and may be used.
 * One system call.
 */
static bool alias_valid_for(const struct peer *p, int fd)
{
	return p->cookie && client_cookie(fd) == p->cookie && !sock_names_prevented(fd);
}

/* Whether the address still belongs to the peer, or to no other Homeless peer (A3). */
static bool alias_is_free(const struct hostmap *map, const struct in6_addr *name, uint32_t hce)
{
	struct hostmap_row row;

	return !hostmap_lookup(map, HOSTMAP_FOREIGN, name, &row) || row.hce == hce;
}

/* ---- sending ---- */

/*
 * Finds the current address of hce if the host map has no row for the address asked, but that is an
 * alias of hce: aliases outlive the rows of addresses (C9).
 */
static bool find_expired(const struct hostmap *map, uint32_t hce, int fd,
			 const struct in6_addr *asked, struct in6_addr *ret)
{
	struct in6_addr id = hostmap_entry(hce);
	struct hostmap_row row;

	if (!hce || !(alias_is(map, hce, fd, asked) || alias_is(map, hce, ANY_FD, asked)) ||
	    !hostmap_lookup(map, HOSTMAP_ENTRY, &id, &row))
		return false;
	*ret = row.now;
	return true;
}

/* C11: the alias is an active address of the peer, but the peer has sent from another one last. */
static bool find_last(const struct hostmap *map, const struct peer *known, struct in6_addr *ret)
{
	struct hostmap_row row;

	if (IN6_ARE_ADDR_EQUAL(&known->last, &known->name) ||
	    !hostmap_lookup(map, HOSTMAP_FOREIGN, &known->last, &row) || row.hce != known->hce ||
	    row.flags & HOSTMAP_MOVED)
		return false;
	*ret = known->last;
	return true;
}

static uint32_t seconds(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_MONOTONIC_COARSE, &t) ? 0 : (uint32_t)t.tv_sec + 1;
}

/* Reads the clock only now and then, as that would be much of the cost of a datagram. */
static bool register_due(const struct hostmap *map, const struct peer *p)
{
	if (!p->initiated)
		return false;
	if (!p->registered || p->map != map)
		return true;
	uint32_t n = __atomic_load_n(&sent, __ATOMIC_RELAXED);
	__atomic_store_n(&sent, n + 1, __ATOMIC_RELAXED);
	return n % CLOCK_EVERY == 0 && seconds() - p->registered >= UDP_PEERS_REFRESH;
}

/* The address asked is one of a Homeless peer. */
static void dest_of_peer(const struct hostmap *map, int fd, const struct in6_addr *asked,
			 const struct hostmap_row *row, struct udp_peers_dest *dest)
{
	struct place known, at;
	bool has_name = alias_find(map, row->hce, fd, &known);

	dest->to = row->now;
	dest->moved = row->flags & HOSTMAP_MOVED;
	if (has_name && IN6_ARE_ADDR_EQUAL(&known.peer.name, asked)) {
		dest->moved = (dest->moved || find_last(map, &known.peer, &dest->to)) &&
				 (alias_valid_for(&known.peer, fd) || concerns_us(fd));
		dest->must_register = register_due(map, &known.peer);
		return;
	}
	/* Nothing began there before the peer left: another host may be meant. */
	if (!has_name && dest->moved && !(row->flags & HOSTMAP_REDIRECTS)) {
		dest->moved = false;
		return;
	}
	peer_insert(map, asked, fd, row->hce, true, &at);
	if (!has_name)
		alias_set(map, row->hce, fd, asked, &row->now, at.peer.initiated);
	dest->moved = dest->moved && concerns_us(fd);
	dest->must_register = register_due(map, &at.peer);
}

struct udp_peers_dest udp_peers_dest(int fd, const struct in6_addr *asked)
{
	struct key here = key_of(PEER_ADDRESS, asked, fd),
		   anywhere = key_of(PEER_ADDRESS, asked, ANY_FD);
	const struct hostmap *map = client_hostmap();
	struct udp_peers_dest dest = { 0 };
	struct hostmap_row row;
	struct place at;
	int saved = errno;

	if (!map || fd < 0)
		return dest;
	if (hostmap_lookup(map, HOSTMAP_FOREIGN, asked, &row)) {
		dest_of_peer(map, fd, asked, &row, &dest);
	} else if (row_find(&here, &at) || row_find(&anywhere, &at)) {
		dest.moved = find_expired(map, at.peer.hce, fd, asked, &dest.to) && concerns_us(fd);
		dest.must_register = register_due(map, &at.peer);
	} else {
		peer_insert(map, asked, fd, 0, true, &at);
		dest.must_register = true;
	}
	errno = saved;
	return dest;
}

/* Limits what a program that sends to very many hosts costs the helper. */
static bool may_register(uint32_t now)
{
	uint64_t old = __atomic_load_n(&register_rate, __ATOMIC_RELAXED), next;

	do {
		next = old >> 32 == now ? old + 1 : (uint64_t)now << 32 | 1;
		if ((uint32_t)next > UDP_PEERS_RATE)
			return false;
	} while (!__atomic_compare_exchange_n(&register_rate, &old, next, true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

static bool is_udp(int fd)
{
	int proto = 0;
	socklen_t len = sizeof(proto);

	return !raw_getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &len) && proto == IPPROTO_UDP;
}

static void note_registered(const struct hostmap *map, struct place *at, uint32_t now)
{
	at->peer.registered = now;
	at->peer.map = map;
	row_write(at->row, &at->peer, at->seq);
}

void udp_peers_register(int fd, const struct in6_addr *asked)
{
	struct key key = key_of(PEER_ADDRESS, asked, fd);
	const struct hostmap *map = client_hostmap();
	uint32_t now = seconds();
	struct hostmap_row row;
	struct place at;
	int saved = errno;

	if (!map || !may_register(now))
		goto out;
	if (row_find(&key, &at))
		note_registered(map, &at, now);
	if (hostmap_lookup(map, HOSTMAP_FOREIGN, asked, &row) &&
	    alias_find(map, row.hce, fd, &at) && IN6_ARE_ADDR_EQUAL(&at.peer.name, asked))
		note_registered(map, &at, now);
	if (is_udp(fd) && concerns_us(fd))
		client_register(fd, CONTROL_SEND, asked);
out:
	errno = saved;
}

/* ---- receiving ---- */

/* Drops the alias src of hce: the address belongs to another host now (A3). */
static void alias_drop(const struct hostmap *map, uint32_t hce, int fd, const struct in6_addr *src)
{
	struct place known;

	if (alias_find(map, hce, fd, &known) && IN6_ARE_ADDR_EQUAL(&known.peer.name, src))
		row_drop(&known);
}

/* A datagram came from src, which is no Homeless peer's. */
static void unknown_peer(const struct hostmap *map, int fd, const struct in6_addr *src)
{
	struct key here = key_of(PEER_ADDRESS, src, fd),
		   anywhere = key_of(PEER_ADDRESS, src, ANY_FD);
	struct place at, all;
	uint32_t hce;

	if (!row_find(&here, &at)) {
		peer_insert(map, src, fd, 0, false, &at);
		return;
	}
	hce = at.peer.hce;
	if (!hce)
		return;
	alias_drop(map, hce, fd, src);
	alias_drop(map, hce, ANY_FD, src);
	if (row_find(&anywhere, &all))
		row_drop(&all);
	note(map, &at.peer, 0, src);
	row_write(at.row, &at.peer, at.seq);
}

/* The alias for hce, which sent from src, where it has none yet. */
static struct in6_addr alias_first(const struct hostmap *map, int fd, uint32_t hce,
				   const struct in6_addr *src)
{
	struct in6_addr connected;
	struct hostmap_row row;
	struct place all;

	if (sock_names_any() && sock_names_get(fd, NAME_PEER, src, &connected))
		return connected;
	if (alias_find(map, hce, ANY_FD, &all) && alias_is_free(map, &all.peer.name, hce))
		return all.peer.name;
	return hostmap_lookup(map, HOSTMAP_NAME, src, &row) && row.hce == hce ? row.now : *src;
}

/* Whether the program sent to addr by itself: then it knows the peer by several addresses. */
static bool initiated(const struct in6_addr *addr, int fd)
{
	struct key key = key_of(PEER_ADDRESS, addr, fd);
	struct place at;

	return row_find(&key, &at) && at.peer.initiated;
}

/* A datagram came from src, an address of hce. */
static void known_peer(const struct hostmap *map, int fd, uint32_t hce, struct in6_addr *src)
{
	struct place known, at;
	struct in6_addr name;

	if (alias_find(map, hce, fd, &known)) {
		if (note(map, &known.peer, hce, src))
			row_write(known.row, &known.peer, known.seq);
		if (IN6_ARE_ADDR_EQUAL(&known.peer.name, src) || initiated(src, fd))
			return;
		if (alias_valid_for(&known.peer, fd) && alias_is_free(map, &known.peer.name, hce)) {
			*src = known.peer.name;
			return;
		}
	}
	/*
	 * No alias, or one of an earlier socket with this descriptor, or one that is another host's
	 * now.
	 */
	name = alias_first(map, fd, hce, src);
	alias_set(map, hce, fd, &name, src, false);
	peer_insert(map, &name, fd, hce, false, &at);
	if (!IN6_ARE_ADDR_EQUAL(&name, src) && concerns_us(fd))
		*src = name;
}

void udp_peers_received(int fd, struct in6_addr *src)
{
	const struct hostmap *map = client_hostmap();
	struct hostmap_row row;
	int saved = errno;

	if (!map)
		return;
	if (hostmap_lookup(map, HOSTMAP_FOREIGN, src, &row))
		known_peer(map, fd, row.hce, src);
	else
		unknown_peer(map, fd, src);
	errno = saved;
}

void udp_peers_mentioned(int fd, struct in6_addr *addr)
{
	const struct hostmap *map = client_hostmap();
	struct hostmap_row row;
	struct place known;
	int saved = errno;

	if (hostmap_lookup(map, HOSTMAP_FOREIGN, addr, &row) &&
	    alias_find(map, row.hce, fd, &known) && !IN6_ARE_ADDR_EQUAL(&known.peer.name, addr) &&
	    !initiated(addr, fd) && alias_valid_for(&known.peer, fd) &&
	    alias_is_free(map, &known.peer.name, row.hce))
		*addr = known.peer.name;
	errno = saved;
}
