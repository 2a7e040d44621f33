/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Host Cache as programs may see it: a read-only file they map once and look into without a system call.
 *
 * It holds what is not as it seems: addresses that programs still know but that must not be used as they are, each
 * with the one to use now; and the addresses those peers use now, each with the one that programs know the peer
 * by. And it says whose an address is, as far as the helper knows, and which connections it need not be shown since it
 * finds them by itself, or has nothing to do with them. An address that is not in the table is used, and shown, as it is.
 * The helper is the only writer.
 *
 * There are two tables: readers use the one that the lowest bit of seq names, the writer fills the other and
 * then counts seq up. So a helper that dies or is stopped in the middle of a write hangs nobody and takes nothing away; a
 * reader starts again only if a whole write went by while it looked.
 */
#ifndef HMIP_HOSTMAP_H
#define HMIP_HOSTMAP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define HOSTMAP_MAGIC	UINT32_C(0x686d7677)
#define HOSTMAP_VERSION	3
#define HOSTMAP_ROWS_MAX	16384
#define HOSTMAP_TRIES	64	/* a reader that was overtaken that often takes it that nothing is known */
#define HOSTMAP_SUFFIX	".view"

enum hostmap_side {
	HOSTMAP_FOREIGN = 1,	/* an address of a peer; now is the one its packets bear today; flags tell more */
	HOSTMAP_LOCAL = 2,		/* an address this host has lost */
	HOSTMAP_NAME = 3,		/* the other way round: one that a peer uses; now is the one that programs know it by */
	HOSTMAP_PERSONALITY = 4,	/* a personality (hostmap_personality()); now is the address its programs connect from */
	HOSTMAP_ENTRY = 5,		/* an F-HCE (hostmap_entry() of its id); now is the address its peer's packets bear today */
	HOSTMAP_PLAIN = 6,		/* a host that takes no part: a connection with it need not be shown; now is the same */
};

enum hostmap_flag {		/* of HOSTMAP_FOREIGN */
	HOSTMAP_MOVED = 1,	/* the peer is not there any more: now is to be used instead */
	HOSTMAP_AUTO_REGISTERED = 2,		/* a connection with it need not be shown */
	HOSTMAP_UNIQUE_PORT = 4,	/* a new connection must not share its port with any other (R3) */
	HOSTMAP_NO_DNS_NAME = 8,	/* a connection is to be shown all the same by who knows the peer's name (C5) */
};

struct hostmap_row {
	struct in6_addr known, now;
	uint32_t hce;		/* id of the F-HCE; 0 for local rows, and plain ones */
	uint16_t side;		/* enum hostmap_side */
	uint16_t flags;		/* enum hostmap_flag */
};

struct hostmap_table {
	uint32_t n;		/* rows in use, sorted by known (memcmp), then side */
	struct hostmap_row row[HOSTMAP_ROWS_MAX];
};

struct hostmap {
	uint32_t magic, version;
	uint32_t live;		/* atomic; 0: its helper is gone, look for a newer file */
	uint32_t seq;		/* atomic; writes so far */
	uint32_t adopting;	/* atomic; 1: what is accepted need not be shown */
	uint32_t zero;
	uint64_t netns;		/* SO_NETNS_COOKIE of the network namespace it speaks of */
	struct hostmap_table table[2];
};

/*
 * Writer. Creates the file at path (0644, replacing and marking dead whatever host map stood there) and maps it. Speaks
 * of the network namespace of the calling thread. Returns NULL with errno set on failure. hostmap_close() marks it dead,
 * unlinks it and unmaps; map may be NULL.
 */
struct hostmap *hostmap_create(const char *path);
void hostmap_close(struct hostmap *map, const char *path);

/* Writer. Unmaps the host map. The file stays live: programs use it until the next helper replaces it. map may be NULL. */
void hostmap_leave(struct hostmap *map);

/* Replaces all rows; they need not be sorted. More than HOSTMAP_ROWS_MAX are cut. Wait-free. */
void hostmap_write(struct hostmap *map, const struct hostmap_row *rows, unsigned n);

/* Whether the helper finds connections by itself. */
void hostmap_set_adopting(struct hostmap *map, bool on);

/*
 * Reader. Maps the host map at path. Returns NULL if there is none that is live, of this version, and root's or the
 * caller's own. Async-signal-safe, no cancellation point; errno is not kept.
 */
const struct hostmap *hostmap_map(const char *path);
void hostmap_unmap(const struct hostmap *map);

/* A personality's name as a row has it: its first 16 octets, filled up with 0. */
struct in6_addr hostmap_personality(const char *name);

/* The id of an F-HCE as a row has it. */
struct in6_addr hostmap_entry(uint32_t hce);

/* Whether the helper behind map is alive as far as it said. */
bool hostmap_live(const struct hostmap *map);

/* Whether it finds by itself what is accepted. map may be NULL. */
bool hostmap_adopting(const struct hostmap *map);

/*
 * Looks known up on one side. Returns true and fills *ret if there is such a row. Async-signal-safe, no system call,
 * bounded time. map may be NULL. map->netns is for the caller to compare.
 */
bool hostmap_lookup(const struct hostmap *map, enum hostmap_side side, const struct in6_addr *known,
		    struct hostmap_row *ret);

#endif
