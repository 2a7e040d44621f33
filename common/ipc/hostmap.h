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

#define VIEW_MAGIC	UINT32_C(0x686d7677)
#define VIEW_VERSION	3
#define VIEW_ROWS_MAX	16384
#define VIEW_TRIES	64	/* a reader that was overtaken that often takes it that nothing is known */
#define VIEW_SUFFIX	".view"

enum view_side {
	VIEW_FOREIGN = 1,	/* an address of a peer; now is the one its packets bear today; flags tell more */
	VIEW_LOCAL = 2,		/* an address this host has lost */
	VIEW_NAME = 3,		/* the other way round: one that a peer uses; now is the one that programs know it by */
	VIEW_PERSONALITY = 4,	/* a personality (view_personality()); now is the address its programs connect from */
	VIEW_ENTRY = 5,		/* an F-HCE (view_entry() of its id); now is the address its peer's packets bear today */
	VIEW_PLAIN = 6,		/* a host that takes no part: a connection with it need not be shown; now is the same */
};

enum view_flag {		/* of VIEW_FOREIGN */
	VIEW_ELSEWHERE = 1,	/* the peer is not there any more: now is to be used instead */
	VIEW_KNOWN = 2,		/* a connection with it need not be shown */
	VIEW_OWN_PORT = 4,	/* a new connection must not share its port with any other (R3) */
	VIEW_NAMELESS = 8,	/* a connection is to be shown all the same by who knows the peer's name (C5) */
};

struct view_row {
	struct in6_addr known, now;
	uint32_t hce;		/* id of the F-HCE; 0 for local rows, and plain ones */
	uint16_t side;		/* enum view_side */
	uint16_t flags;		/* enum view_flag */
};

struct view_table {
	uint32_t n;		/* rows in use, sorted by known (memcmp), then side */
	struct view_row row[VIEW_ROWS_MAX];
};

struct view {
	uint32_t magic, version;
	uint32_t live;		/* atomic; 0: its helper is gone, look for a newer file */
	uint32_t seq;		/* atomic; writes so far */
	uint32_t adopting;	/* atomic; 1: what is accepted need not be shown */
	uint32_t zero;
	uint64_t netns;		/* SO_NETNS_COOKIE of the network namespace it speaks of */
	struct view_table table[2];
};

/*
 * Writer. Creates the file at path (0644, replacing and marking dead whatever view stood there) and maps it. Speaks
 * of the network namespace of the calling thread. Returns NULL with errno set on failure. view_close() marks it dead,
 * unlinks it and unmaps; v may be NULL.
 */
struct view *view_create(const char *path);
void view_close(struct view *v, const char *path);

/* Writer. Unmaps the view. The file stays live: programs use it until the next helper replaces it. v may be NULL. */
void view_leave(struct view *v);

/* Replaces all rows; they need not be sorted. More than VIEW_ROWS_MAX are cut. Wait-free. */
void view_write(struct view *v, const struct view_row *rows, unsigned n);

/* Whether the helper finds connections by itself. */
void view_set_adopting(struct view *v, bool on);

/*
 * Reader. Maps the view at path. Returns NULL if there is none that is live, of this version, and root's or the
 * caller's own. Async-signal-safe, no cancellation point; errno is not kept.
 */
const struct view *view_map(const char *path);
void view_unmap(const struct view *v);

/* A personality's name as a row has it: its first 16 octets, filled up with 0. */
struct in6_addr view_personality(const char *name);

/* The id of an F-HCE as a row has it. */
struct in6_addr view_entry(uint32_t hce);

/* Whether the helper behind v is alive as far as it said. */
bool view_live(const struct view *v);

/* Whether it finds by itself what is accepted. v may be NULL. */
bool view_adopting(const struct view *v);

/*
 * Looks known up on one side. Returns true and fills *ret if there is such a row. Async-signal-safe, no system call,
 * bounded time. v may be NULL. v->netns is for the caller to compare.
 */
bool view_lookup(const struct view *v, enum view_side side, const struct in6_addr *known, struct view_row *ret);

#endif
