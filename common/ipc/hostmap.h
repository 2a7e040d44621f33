/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host map: the part of the Host Cache that programs need, in a read-only file that they map
 * once and read without a system call. The helper is the only writer.
 *
 * Its rows replace addresses: those that programs know but must not be used any more, each by the
 * one to use now; and those that peers use now, each by the one that programs know the peer by.
 * Rows also say to which entry an address belongs, and which connections need not be registered,
 * because the helper adopts them or the peer does not support hmip. An address without a row is
 * used as it is, and connections to it are registered.
 *
 * There are two tables: readers use the one that the lowest bit of seq selects; the writer fills
 * the other, then increments seq. So a helper that dies or is stopped during a write blocks no
 * reader and loses no row; a reader starts again only if a whole write happened while it read.
 */
#ifndef HMIP_HOSTMAP_H
#define HMIP_HOSTMAP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define HOSTMAP_MAGIC	UINT32_C(0x686d7677)
#define HOSTMAP_VERSION	4
#define HOSTMAP_ROWS_MAX	262144
#define HOSTMAP_ROWS_FIRST	16384	/* the memory of more is taken when they are needed */
#define HOSTMAP_TRIES	64	/* after which a reader gives up and finds no row */
#define HOSTMAP_SUFFIX	".view"

enum hostmap_side {
	HOSTMAP_FOREIGN = 1,	/* of a peer; now: its address on the wire; with flags */
	HOSTMAP_LOCAL = 2,		/* that this host has lost; now: its successor */
	HOSTMAP_NAME = 3,		/* in use by a peer; now: the one that programs know */
	HOSTMAP_PERSONALITY = 4,	/* hostmap_personality(); now: the source for its
					 * programs */
	HOSTMAP_ENTRY = 5,		/* hostmap_entry(); now: the peer's address on the wire */
	HOSTMAP_PLAIN = 6,		/* of a host without hmip: do not register; now: the same */
};

enum hostmap_flag {		/* of HOSTMAP_FOREIGN */
	HOSTMAP_MOVED = 1,	/* the peer has left this address: what it was known by there
				 * goes on at now */
	HOSTMAP_AUTO_REGISTERED = 2,		/* the helper adopts connections with it */
	HOSTMAP_UNIQUE_PORT = 4,	/* a new connection needs a port of its own (R3) */
	HOSTMAP_NO_DNS_NAME = 8,	/* the helper lacks a DNS name: register
					 * if you have one (C5) */
	HOSTMAP_REDIRECTS = 16,	/* with MOVED: what begins there begins at now instead */
};

struct hostmap_row {
	struct in6_addr known, now;
	uint32_t hce;		/* id of the entry; 0 for local and plain rows */
	uint16_t side;		/* enum hostmap_side */
	uint16_t flags;		/* enum hostmap_flag */
};

struct hostmap_table {
	uint32_t n;		/* rows in use, sorted by known (memcmp), then side */
	struct hostmap_row row[HOSTMAP_ROWS_MAX];
};

struct hostmap {
	uint32_t magic, version;
	uint32_t live;		/* atomic; 0: the helper has ended, open a newer file */
	uint32_t seq;		/* atomic; writes so far */
	uint32_t adopting;	/* atomic; 1: the helper adopts accepted connections */
	uint32_t room;		/* rows that each table has memory for; the writer's own */
	uint64_t netns;		/* netns_cookie() of the helper */
	struct hostmap_table table[2];
};

/*
 * Writer. Creates the file at path (mode 0644) with n rows, as hostmap_write() does, and maps it. A
 * host map that is there is replaced, then marked dead: readers have one or the other all the time.
 * It is valid for the network namespace of the calling thread. Returns NULL with errno set on
 * failure. hostmap_close() marks it dead, unlinks and unmaps it; map may be NULL.
 */
struct hostmap *hostmap_create(const char *path, const struct hostmap_row *rows, unsigned n);
void hostmap_close(struct hostmap *map, const char *path);

/*
 * Writer. Unmaps it. The file stays live: programs use it until another helper replaces it. map may
 * be NULL.
 */
void hostmap_leave(struct hostmap *map);

/*
 * Writer. Takes memory for n rows. Returns for how many there is some: less than n if n is greater
 * than HOSTMAP_ROWS_MAX, the file system is full, or Linux is older than 5.14.
 */
unsigned hostmap_make_room(struct hostmap *map, unsigned n);

/*
 * Writer. Replaces all rows, in any order; those that hostmap_make_room() has no memory for are
 * left out. Wait-free for readers.
 */
void hostmap_write(struct hostmap *map, const struct hostmap_row *rows, unsigned n);

/* Writer. Says whether the helper adopts connections. */
void hostmap_set_adopting(struct hostmap *map, bool on);

/*
 * Reader. Maps the host map at path. Returns NULL if there is none that is live, of this version,
 * and root's or the caller's own. Async-signal-safe, no cancellation point; errno is not kept.
 */
const struct hostmap *hostmap_map(const char *path);
void hostmap_unmap(const struct hostmap *map);

/* A personality's name as the key of a row: its first 16 octets, padded with 0. */
struct in6_addr hostmap_personality(const char *name);

/* The id of an entry as the key of a row. */
struct in6_addr hostmap_entry(uint32_t hce);

/* Whether map is not marked dead; a helper that was killed does not mark it. */
bool hostmap_live(const struct hostmap *map);

/* Whether the helper adopts connections. map may be NULL. */
bool hostmap_adopting(const struct hostmap *map);

/*
 * Looks known up on one side. Returns true and fills *ret if there is a row. Async-signal-safe, no
 * system call, bounded time. map may be NULL. The caller compares map->netns.
 */
bool hostmap_lookup(const struct hostmap *map, enum hostmap_side side, const struct in6_addr *known,
		    struct hostmap_row *ret);

#endif
