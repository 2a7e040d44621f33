/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing octets within bounds. A getter checks, advances and converts in one step; a
 * writer notes that it ran out of room, and its user asks once, at the end. Integers are big-endian
 * outside.
 */
#ifndef HMIP_CURSOR_H
#define HMIP_CURSOR_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *p, *end;		/* what is left to read */
};

static inline struct cursor cur_open(const uint8_t *p, size_t len)
{
	return (struct cursor){ p, p + len };
}

static inline size_t cur_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

/* Cuts the next n octets off c and gives them as a cursor of their own. As all getters: 0, or
 * -EBADMSG if they are not there. */
static inline int cur_sub(struct cursor *c, size_t n, struct cursor *ret)
{
	if (n > cur_left(c))
		return -EBADMSG;
	*ret = cur_open(c->p, n);
	c->p += n;
	return 0;
}

static inline int cur_skip(struct cursor *c, size_t n)
{
	struct cursor unused;

	return cur_sub(c, n, &unused);
}

static inline int cur_copy(struct cursor *c, void *ret, size_t n)
{
	if (n > cur_left(c))
		return -EBADMSG;
	memcpy(ret, c->p, n);
	c->p += n;
	return 0;
}

static inline int cur_u8(struct cursor *c, uint8_t *ret)
{
	return cur_copy(c, ret, 1);
}

static inline int cur_u16(struct cursor *c, uint16_t *ret)
{
	uint8_t b[2];

	if (cur_copy(c, b, sizeof(b)))
		return -EBADMSG;
	*ret = (uint16_t)(b[0] << 8 | b[1]);
	return 0;
}

static inline int cur_u32(struct cursor *c, uint32_t *ret)
{
	uint8_t b[4];

	if (cur_copy(c, b, sizeof(b)))
		return -EBADMSG;
	*ret = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return 0;
}

struct writer {
	uint8_t *buf;
	size_t len, size;		/* written, room */
	bool full;			/* something did not fit, and nothing was written since */
};

static inline void put_bytes(struct writer *w, const void *p, size_t n)
{
	if (w->full || n > w->size - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->buf + w->len, p, n);
	w->len += n;
}

static inline void put_u8(struct writer *w, uint8_t v)
{
	put_bytes(w, &v, 1);
}

static inline void put_u16(struct writer *w, uint16_t v)
{
	put_bytes(w, (const uint8_t[]){ v >> 8, v & 0xff }, 2);
}

static inline void put_u32(struct writer *w, uint32_t v)
{
	put_u16(w, v >> 16);
	put_u16(w, v & 0xffff);
}

static inline void put_zeros(struct writer *w, size_t n)
{
	while (n-- > 0 && !w->full)
		put_u8(w, 0);
}

#endif
