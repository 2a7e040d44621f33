/* SPDX-License-Identifier: BSD-2-Clause */
/* One function for each kind of record writes and reads it, so that both agree. */
#include "state_record.h"
#include "addr.h"
#include "cursor.h"
#include "ipc_proto.h"
#include "unused.h"

#include <errno.h>
#include <openssl/sha.h>
#include <string.h>

#define CHECK_LEN	4
#define FOREVER		UINT64_MAX	/* in place of seconds */

/* A record on its way to octets (w), or from them (r). */
struct transfer {
	bool writing, bad;
	struct writer w;
	struct cursor r;
};

static void x_bytes(struct transfer *x, void *p, size_t n)
{
	if (x->writing)
		put_bytes(&x->w, p, n);
	else if (cur_copy(&x->r, p, n) < 0)
		x->bad = true;
}

static void x_u16(struct transfer *x, uint16_t *v)
{
	if (x->writing)
		put_u16(&x->w, *v);
	else if (cur_u16(&x->r, v) < 0)
		x->bad = true;
}

static void x_u32(struct transfer *x, uint32_t *v)
{
	if (x->writing)
		put_u32(&x->w, *v);
	else if (cur_u32(&x->r, v) < 0)
		x->bad = true;
}

static void x_u64(struct transfer *x, uint64_t *v)
{
	uint32_t high = (uint32_t)(*v >> 32), low = (uint32_t)*v;

	x_u32(x, &high);
	x_u32(x, &low);
	*v = (uint64_t)high << 32 | low;
}

/* One octet, for enums and small numbers. Returns what it is afterwards: max at most. */
static unsigned x_small(struct transfer *x, unsigned v, unsigned max)
{
	uint8_t octet = (uint8_t)v;

	x_bytes(x, &octet, 1);
	if (x->bad || octet > max) {
		x->bad = true;
		return 0;
	}
	return octet;
}

static void x_bool(struct transfer *x, bool *v)
{
	*v = x_small(x, *v, 1);
}

static void x_addr(struct transfer *x, struct in6_addr *a)
{
	x_bytes(x, a, sizeof(*a));
}

static void x_time(struct transfer *x, usec_t *t)
{
	uint64_t s = *t == USEC_NEVER ? FOREVER : *t / USEC_PER_SEC;

	x_u64(x, &s);
	x->bad |= s != FOREVER && s >= USEC_NEVER / USEC_PER_SEC;
	*t = s < USEC_NEVER / USEC_PER_SEC ? s * USEC_PER_SEC : USEC_NEVER;
}

/* Text without its 0, after its length. s has size octets, 256 at most. */
static void x_text(struct transfer *x, char *s, size_t size)
{
	unsigned n = x_small(x, x->writing ? (unsigned)strlen(s) : 0, (unsigned)size - 1);

	x_bytes(x, s, n);
	if (x->writing)
		return;
	s[x->bad ? 0 : n] = 0;
	x->bad |= strlen(s) != n;
}

static void x_key(struct transfer *x, struct ah_key *k)
{
	/* What AAP makes: one algorithm, one length. */
	x->bad |= x->writing && (k->alg != AH_HMAC_SHA256_128 || k->len != 32);
	k->alg = AH_HMAC_SHA256_128;
	k->len = 32;
	x_bytes(x, k->key, 32);
}

static void x_meta(struct transfer *x, struct state_record *r)
{
	x_text(x, r->meta.origin, sizeof(r->meta.origin));
	x_u32(x, &r->meta.last_id);
}

static void x_sa(struct transfer *x, struct state_record *r)
{
	struct core_saved_peer *p = &r->sa;
	uint16_t bu_seq = (uint16_t)p->bu_seq;

	x_u32(x, &p->spi_out);
	x_u32(x, &p->out_seq);
	x_u32(x, &p->replay_top);
	x_u64(x, &p->replay_seen);
	x_u16(x, &bu_seq);
	p->bu_seq = bu_seq;
	x_bool(x, &p->anonymous);
	if (!p->anonymous)
		return;
	x_key(x, &p->key_in);
	x_key(x, &p->key_out);
}

static void x_entry(struct transfer *x, struct state_record *r)
{
	struct core_saved_entry *e = &r->saved;

	x_u32(x, &e->spi);
	x_text(x, r->personality, sizeof(r->personality));
	e->status = x_small(x, e->status, PEER_PLAIN);
	x_bool(x, &e->trusted);
	x_bool(x, &e->initiated);
	x_bool(x, &e->may_announce);
	x_bool(x, &e->homeless_acked);
	x_bool(x, &e->has_our_ba);
	x_bool(x, &e->seq_in_valid);
	x_u16(x, &e->seq_in);
	x_u64(x, &e->srtt);
	x_addr(x, &e->pair.local);
	x_addr(x, &e->pair.foreign);
	x_u32(x, &e->pair.gen);
	e->pair.block = x_small(x, e->pair.block, BLOCK_ALL);
	x->bad |= !e->id;
}

static void x_address(struct transfer *x, struct state_record *r)
{
	struct state_address *a = &r->address;

	x_addr(x, &a->addr);
	a->state = x_small(x, a->state, ADDR_DEPRECATED);
	x_bool(x, &a->withdrawn);
	a->kind = x_small(x, a->kind, LIFETIME_ABSOLUTE);
	x_time(x, &a->lifetime);
	x_time(x, &a->expires);
}

static void x_binding(struct transfer *x, struct state_record *r)
{
	x_addr(x, &r->binding.addr);
	r->binding.state = x_small(x, r->binding.state, BINDING_VERIFIED);
}

static void x_names(struct transfer *x, struct state_record *r)
{
	struct state_names *n = &r->names;

	n->n_name = x_small(x, n->n_name, PEER_NAMES_MAX);
	n->n_addr = x_small(x, n->n_addr, PEER_NAME_ADDRS);
	for (unsigned i = 0; i < n->n_name; i++) {
		x_text(x, n->name[i], sizeof(n->name[i]));
		x->bad |= !control_name_good(n->name[i]);
	}
	for (unsigned i = 0; i < n->n_addr; i++)
		x_addr(x, &n->addr[i]);
}

static void x_connection(struct transfer *x, struct state_record *r)
{
	struct pcb *p = &r->connection;

	x_u32(x, &r->entry);
	x_addr(x, &p->local);
	x_addr(x, &p->foreign);
	x_u16(x, &p->lport);
	x_u16(x, &p->fport);
	p->proto = x_small(x, p->proto, UINT8_MAX);
	p->origin = x_small(x, p->origin, PCB_ACCEPT);
	p->source = x_small(x, p->source, PCB_ADOPTED);
	x_u32(x, &p->uid);
	x_u32(x, &p->mark);
	x_bool(x, &p->established);
	x_u32(x, &p->gen);
	p->waits = x_small(x, p->waits, PCB_WAITS_PROOF);
	x_u32(x, &p->waits_for);
	x->bad |= (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP) ||
		  !addr_usable(&p->local) || !addr_usable(&p->foreign);
}

static void x_sender(struct transfer *x, struct state_record *r)
{
	struct sender *s = &r->sender;

	x_u32(x, &s->uid);
	s->n = x_small(x, s->n, SENDER_PEERS_MAX);
	for (unsigned i = 0; i < s->n; i++)
		x_u32(x, &s->peer[i]);
}

static void x_lost(struct transfer *x, struct state_record *r)
{
	x_text(x, r->personality, sizeof(r->personality));
	x_time(x, &r->lost.forget);
}

/* What the record is of, behind the kind. */
static void x_identity(struct transfer *x, struct state_record *r)
{
	switch (r->kind) {
	case STATE_SA:
		x_u32(x, &r->sa.spi_in);
		break;
	case STATE_ENTRY:
		x_u32(x, &r->saved.id);
		break;
	case STATE_ADDRESS:
	case STATE_BINDING:
		x_u32(x, &r->entry);
		x_u16(x, &r->number);
		break;
	case STATE_NAMES:
		x_u32(x, &r->entry);
		break;
	case STATE_CONNECTION:
		x_u64(x, &r->connection.cookie);
		break;
	case STATE_SENDER:
		x_u64(x, &r->sender.cookie);
		break;
	case STATE_LOST:
		x_addr(x, &r->lost.addr);
		break;
	case STATE_META:
	case STATE_KINDS:
		break;
	}
}

static void x_value(struct transfer *x, struct state_record *r)
{
	static void (*const fields[STATE_KINDS])(struct transfer *x, struct state_record *r) = {
		[STATE_META] = x_meta, [STATE_SA] = x_sa, [STATE_ENTRY] = x_entry,
		[STATE_ADDRESS] = x_address, [STATE_BINDING] = x_binding,
		[STATE_NAMES] = x_names, [STATE_CONNECTION] = x_connection,
		[STATE_SENDER] = x_sender, [STATE_LOST] = x_lost,
	};

	fields[r->kind](x, r);
}

static void put_check(uint8_t ret[static CHECK_LEN], const uint8_t *b, size_t len)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];

	SHA256(b, len, sum);
	memcpy(ret, sum, CHECK_LEN);
}

void state_key_encode(const struct state_record *r, struct state_bytes *ret)
{
	struct state_record copy = *r;
	struct transfer x = { .writing = true, .w = { .buf = ret->b, .size = sizeof(ret->b) } };

	put_u8(&x.w, r->kind);
	x_identity(&x, &copy);
	ret->key_len = ret->len = x.w.len;
}

int state_record_encode(const struct state_record *r, struct state_bytes *ret)
{
	struct state_record copy = *r;
	struct transfer x = { .writing = true, .w = { .buf = ret->b,
						      .size = sizeof(ret->b) - CHECK_LEN } };

	state_key_encode(r, ret);
	x.w.len = ret->key_len;
	put_u8(&x.w, STATE_VERSION);
	x_value(&x, &copy);
	if (x.bad || x.w.full)
		return -EMSGSIZE;
	put_check(ret->b + x.w.len, ret->b, x.w.len);
	ret->len = x.w.len + CHECK_LEN;
	return 0;
}

int state_record_decode(const void *key, size_t key_len, const void *value, size_t len,
			struct state_record *ret)
{
	struct transfer x = { .r = cur_open(key, key_len) };
	uint8_t b[STATE_RECORD_MAX], check[CHECK_LEN];

	memset(ret, 0, sizeof(*ret));
	ret->kind = x_small(&x, 0, STATE_KINDS - 1);
	x_identity(&x, ret);
	if (x.bad || !ret->kind || cur_left(&x.r) || len < 1 + CHECK_LEN ||
	    len > sizeof(b) - key_len)
		return -EBADMSG;
	memcpy(b, key, key_len);
	memcpy(b + key_len, value, len);
	if (b[key_len] != STATE_VERSION)
		return -EPROTONOSUPPORT;	/* its check may be another, too */
	put_check(check, b, key_len + len - CHECK_LEN);
	if (memcmp(check, b + key_len + len - CHECK_LEN, CHECK_LEN) != 0)
		return -EBADMSG;
	x.r = cur_open(b + key_len + 1, len - 1 - CHECK_LEN);
	x_value(&x, ret);
	return x.bad || cur_left(&x.r) ? -EBADMSG : 0;
}

int state_record_check(void *ctx UNUSED, const void *key, size_t key_len, const void *value,
		       size_t len)
{
	struct state_record r;

	return state_record_decode(key, key_len, value, len, &r);
}
