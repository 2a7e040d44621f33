/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of tables without locks, each a sequence number and a value: a reader copies the value and
 * looks whether the number changed meanwhile, a writer takes the row only if it is still what the
 * writer has read. Nobody waits, so all of it is async-signal-safe. A row that a thread was writing
 * while another forked stays unused in the child.
 *
 *	seq   even: as it was written last; odd: being written
 */
#ifndef HMIP_SEQTABLE_H
#define HMIP_SEQTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Copies a value of size octets that may be changing. Returns false if it did, and leaves *ret in
 * any state; else *ret_at is what to pass to seq_write() in order to replace what was read.
 */
static inline bool seq_read(const uint32_t *seq, const void *value, size_t size, void *ret,
			    uint32_t *ret_at)
{
	*ret_at = __atomic_load_n(seq, __ATOMIC_ACQUIRE);
	if (*ret_at & 1)
		return false;
	memcpy(ret, value, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(seq, __ATOMIC_RELAXED) == *ret_at;
}

/* Takes a row to write to it. Returns false if it is not any more what it was at that number. */
static inline bool seq_begin(uint32_t *seq, uint32_t at)
{
	if (!__atomic_compare_exchange_n(seq, &at, at + 1, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

/* Gives a row back that seq_begin() took at that number. */
static inline void seq_end(uint32_t *seq, uint32_t at)
{
	__atomic_store_n(seq, at + 2, __ATOMIC_RELEASE);
}

/*
 * Replaces a value of size octets. Returns false, having done nothing, if the row is not what it
 * was at that number.
 */
static inline bool seq_write(uint32_t *seq, void *value, size_t size, const void *by, uint32_t at)
{
	if (!seq_begin(seq, at))
		return false;
	memcpy(value, by, size);
	seq_end(seq, at);
	return true;
}

/* The next number of a table's clock, that values carry to tell which is older. */
static inline uint32_t seq_tick(uint32_t *clock)
{
	return __atomic_add_fetch(clock, 1, __ATOMIC_RELAXED);
}

/*
 * How many ticks ago that was, 0 to INT32_MAX. Call it after the value was read: then the tick is
 * not in the future, which would make the value look older than all others.
 */
static inline uint32_t seq_age(const uint32_t *clock, uint32_t tick)
{
	return (__atomic_load_n(clock, __ATOMIC_RELAXED) - tick) & INT32_MAX;
}

#endif
