/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Octets by key in a file that survives a kill at any moment (LMDB: a transaction is in it or is
 * not).
 *
 * LMDB trusts its file, so a file that is found is only read, and by a child process first. What is
 * written to is always a file that this process made, and that replaced the one before by rename().
 */
#ifndef HMIP_STATE_STORE_H
#define HMIP_STATE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No file is larger. It is reserved as address space, not as memory. */
#define STATE_STORE_MAX	((size_t)512 << 20)

struct state_store;

/*
 * Makes an empty file beside path, mode 0600, which state_store_publish() renames to path. With
 * durable, a commit returns when the disk has it; without, the kernel writes it at leisure: a power
 * cut may leave a damaged file, but a kill does not. Returns 0 or a negative errno.
 */
int state_store_create(const char *path, bool durable, struct state_store **ret);

/* Puts the file in place of what is at its path. Returns 0 or a negative errno. */
int state_store_publish(struct state_store *s);

/*
 * Ends a transaction without a commit and closes; removes a file that was not published. NULL is
 * fine.
 */
void state_store_close(struct state_store *s);

/*
 * Sets or removes what has this key, in one transaction with all that comes before the next commit.
 * What is the same already is not written. put returns 0; delete 1, or 0 if nothing had the key.
 * Both: or a negative errno, -ENOSPC if the file would be too large.
 */
int state_store_put(struct state_store *s, const void *key, size_t key_len, const void *value,
		    size_t len);
int state_store_delete(struct state_store *s, const void *key, size_t key_len);

/*
 * Commits what was changed; without a change nothing is written. Returns 0 or a negative errno:
 * then the store cannot be used any more, and another is to be made.
 */
int state_store_commit(struct state_store *s);

/*
 * Gets one record, in the order of the keys. Returns 0, or a negative errno to stop, but not
 * -ENOENT.
 */
typedef int state_store_fn(void *ctx, const void *key, size_t key_len, const void *value,
			   size_t len);

/*
 * Reads the file at path, which no process may be writing to: calls check for each record in a
 * child process, which a damaged file may bring down, then, if all is well, fn in this one. Returns
 * 0, what check or fn returned, -ENOENT if there is none, -EBADMSG if it is damaged, or another
 * negative errno.
 */
int state_store_read(const char *path, state_store_fn *check, state_store_fn *fn, void *ctx);

#endif
