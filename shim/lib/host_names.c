/* SPDX-License-Identifier: BSD-2-Clause */
#include "host_names.h"
#include "addr.h"
#include "seqtable.h"

#include <string.h>

#define ROWS	64
#define TRIES	4

static struct row {
	uint32_t seq;			/* odd while the row is being written */
	struct host host;
} rows[ROWS];

/* A bit for each address of the row, by its hash: most rows need not be read. */
static uint64_t filter[ROWS];

static uint32_t ages;

static uint64_t filter_bit(const struct in6_addr *addr)
{
	uint32_t word[4];

	memcpy(word, addr, sizeof(word));
	return UINT64_C(1) <<
	       ((word[0] ^ word[1] ^ word[2] ^ word[3]) * UINT32_C(0x9e3779b1) >> 26);
}

static bool row_read(const struct row *r, struct host *ret, uint32_t *seq)
{
	return seq_read(&r->seq, &r->host, sizeof(r->host), ret, seq);
}

/* Returns false if row i has changed since seq. */
static bool row_write(unsigned i, const struct host *h, uint32_t seq)
{
	uint64_t bits = 0;

	if (!seq_begin(&rows[i].seq, seq))
		return false;
	rows[i].host = *h;
	for (unsigned k = 0; k < h->n; k++)
		bits |= filter_bit(&h->addr[k]);
	__atomic_store_n(&filter[i], bits, __ATOMIC_RELAXED);
	seq_end(&rows[i].seq, seq);
	return true;
}

bool host_names_begin(struct host *h, const char *name)
{
	if (!name || !control_name_good(name))
		return false;
	memset(h, 0, sizeof(*h));
	strcpy(h->name, name);
	return true;
}

void host_names_add(struct host *h, const struct in6_addr *addr)
{
	unsigned i = 0;

	while (i < h->n && !addr_equal(&h->addr[i], addr))
		i++;
	if (i == h->n && i < HOST_ADDRS_MAX && addr_usable(addr))
		h->addr[h->n++] = *addr;
}

/* The row of that name, or else the one to evict for it; ROWS if all are being written. */
static unsigned row_for(const char *name, uint32_t *seq)
{
	uint32_t oldest = 0, s;
	unsigned best = ROWS;

	for (unsigned i = 0; i < ROWS; i++) {
		struct host h;
		uint32_t age;

		if (!row_read(&rows[i], &h, &s))
			continue;
		age = !h.n || !strcmp(h.name, name) ? UINT32_MAX : seq_age(&ages, h.age);
		if (best < ROWS && age <= oldest)
			continue;
		best = i;
		oldest = age;
		*seq = s;
		if (h.n && age == UINT32_MAX)
			break;
	}
	return best;
}

void host_names_keep(const struct host *h)
{
	struct host with_age = *h;
	uint32_t seq;

	for (unsigned i = 0; h->n && i < TRIES; i++) {
		unsigned row = row_for(h->name, &seq);

		with_age.age = seq_tick(&ages);
		if (row < ROWS && row_write(row, &with_age, seq))
			return;
	}
}

static bool host_has(const struct host *h, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < h->n && i < HOST_ADDRS_MAX; i++)
		if (addr_equal(&h->addr[i], addr))
			return true;
	return false;
}

bool host_names_find(const struct in6_addr *addr, struct host *ret)
{
	uint64_t bit = filter_bit(addr);
	bool found = false;

	for (unsigned i = 0; i < ROWS; i++) {
		struct host h;
		uint32_t seq;

		if (!(__atomic_load_n(&filter[i], __ATOMIC_RELAXED) & bit) ||
		    !row_read(&rows[i], &h, &seq) || !host_has(&h, addr))
			continue;
		if (!found || (int32_t)(h.age - ret->age) > 0)
			*ret = h;
		found = true;
	}
	return found;
}
