/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "kernel_sa.h"
#include "addr.h"
#include "apply.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "log.h"
#include "sad.h"
#include "unused.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SAS_MAX		8		/* inbound ones of a peer at once: the newest */
#define PAUSE		(100 * USEC_PER_MSEC)	/* from one reading of the SAD to the next */

/* A peer as the core has it. */
struct sa_peer {
	char *name;
	uint32_t reqid;
	unsigned n_addr;
	struct in6_addr addr[BU_ADDRS_MAX];
	bool ended;
	struct sa_half in, out;		/* in use */
	unsigned n;
	uint32_t spi[SAS_MAX];		/* of all inbound ones, in's included */
	struct sa_peer *next;
};

struct kernel_sas {
	struct sad *sad;
	struct event *ev, *ev_later;
	usec_t read;			/* when the SAD was read last */
	uint32_t refused;		/* SPI of the last SA that was complained of */
	struct sa_peer *peers;
};

/* What the SAD has of one peer, the newest first. */
struct found {
	const struct core_peer *conf;
	uint32_t reqid;
	unsigned n_in, n_out;
	struct sad_sa in[SAS_MAX], out;
};

struct reading {
	struct daemon *d;
	struct found *found;
	unsigned n;
};

static struct sa_peer **peer_named(struct kernel_sas *k, const char *name)
{
	struct sa_peer **p = &k->peers;

	while (*p && strcmp((*p)->name, name) != 0)
		p = &(*p)->next;
	return p;
}

static void peer_free(struct sa_peer *p)
{
	free(p->name);
	explicit_bzero(p, sizeof(*p));
	free(p);
}

static bool half_equal(const struct sa_half *a, const struct sa_half *b)
{
	return a->spi == b->spi && a->key.alg == b->key.alg && a->key.len == b->key.len &&
	       memcmp(a->key.key, b->key.key, a->key.len) == 0;
}

static struct sa_half half_of(const struct sad_sa *sa)
{
	return (struct sa_half){ .spi = sa->spi, .key = sa->key };
}

static bool has_addr(const struct core_peer *peer, const struct in6_addr *addr)
{
	for (unsigned i = 0; i < peer->n_addr; i++)
		if (addr_equal(&peer->addr[i], addr))
			return true;
	return false;
}

/* Whether the peer has proved to be at addr, which the configuration gives to no other. */
static bool has_proved(struct daemon *d, const struct core_peer *peer, const struct in6_addr *addr)
{
	const struct hce *h = core_entry_of(d->core, addr);
	const struct foreign_addr *fa;

	if (!h || !h->name || strcmp(h->name, peer->name) != 0)
		return false;
	for (unsigned i = 0; i < d->conf->n_peer; i++)
		if (has_addr(&d->conf->peer[i], addr))
			return false;
	for (fa = h->addrs; fa && !addr_equal(&fa->addr, addr); fa = fa->next)
		;
	return fa && fa->state == ADDR_ACTIVE;
}

static bool is_theirs(struct daemon *d, const struct core_peer *peer, const struct in6_addr *addr)
{
	return has_addr(peer, addr) || has_proved(d, peer, addr);
}

static void complain(struct kernel_sas *k, const struct core_peer *peer, uint32_t spi,
		     const char *why)
{
	if (k->refused != spi)
		log_warnx("peer \"%s\": the kernel's SA with SPI 0x%08x cannot be used: %s",
			  peer->name, spi, why);
	k->refused = spi;
}

/* Adds sa to the newest inbound ones. Of two of one second the kernel lists the newer one first. */
static void add_in(struct found *f, const struct sad_sa *sa)
{
	unsigned at = 0;

	while (at < f->n_in && f->in[at].added >= sa->added)
		at++;
	if (at == SAS_MAX)
		return;
	if (f->n_in < SAS_MAX)
		f->n_in++;
	memmove(&f->in[at + 1], &f->in[at], (f->n_in - 1 - at) * sizeof(f->in[0]));
	f->in[at] = *sa;
}

static int take(void *ctx, const struct sad_sa *sa)
{
	const struct reading *r = ctx;

	for (unsigned i = 0; i < r->n; i++) {
		struct found *f = &r->found[i];
		bool in, out;

		if (!f->reqid || f->reqid != sa->reqid)
			continue;
		in = is_theirs(r->d, f->conf, &sa->src);
		out = is_theirs(r->d, f->conf, &sa->dst);
		if (in == out)
			continue;
		if (sa->refused) {
			complain(r->d->kernel_sas, f->conf, sa->spi, sa->refused);
		} else if (in) {
			add_in(f, sa);
		} else if (sa->packets) {
			complain(r->d->kernel_sas, f->conf, sa->spi,
				 "the kernel sends under it as well, and no AH number may be used "
				 "twice: its traffic selectors must have protocol 60 only");
		} else if (!f->n_out++ || f->out.added < sa->added) {
			f->out = *sa;
		}
	}
	return 0;
}

static void note_addrs(struct sa_peer *p, const struct core_peer *conf)
{
	p->n_addr = conf->n_addr;
	memcpy(p->addr, conf->addr, sizeof(p->addr));
}

/* Makes a peer with the oldest of its SAs. Returns NULL if that cannot be. */
static struct sa_peer *declare(struct daemon *d, const struct found *f)
{
	struct core_peer from = *f->conf;
	struct sa_peer *p = calloc(1, sizeof(*p));
	int r = -ENOMEM;

	from.in = half_of(&f->in[f->n_in - 1]);
	from.out = half_of(&f->out);
	if (p && (p->name = strdup(from.name)))
		r = core_peer_add(d->core, &from, clock_boottime());
	if (r < 0) {
		complain(d->kernel_sas, f->conf, from.in.spi,
			 r == -EEXIST ? "its SPI or an address of the peer is in use by another"
				      : strerror(-r));
		if (p)
			peer_free(p);
		p = NULL;
	} else {
		p->reqid = f->reqid;
		note_addrs(p, f->conf);
		p->in = from.in;
		p->out = from.out;
		p->spi[p->n++] = from.in.spi;
		p->next = d->kernel_sas->peers;
		d->kernel_sas->peers = p;
	}
	explicit_bzero(&from, sizeof(from));
	return p;
}

static bool has_spi(const struct sa_peer *p, uint32_t spi)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->spi[i] == spi)
			return true;
	return false;
}

/* p uses in and the newest outbound SA from now on. */
static void renew(struct daemon *d, struct sa_peer *p, const struct found *f,
		  const struct sad_sa *in)
{
	struct sa_half i = half_of(in), o = half_of(&f->out);
	int r = core_peer_renew(d->core, p->name, &i, &o, clock_boottime());

	if (r == 0) {
		p->in = i;
		p->out = o;
		p->ended = false;
	} else {
		complain(d->kernel_sas, f->conf, i.spi,
			 r == -EEXIST ? "its SPI is in use by another peer" : strerror(-r));
	}
	explicit_bzero(&i, sizeof(i));
	explicit_bzero(&o, sizeof(o));
}

/* The earlier inbound SAs that the kernel does not have any more. */
static void drop_gone(struct daemon *d, struct sa_peer *p, const struct found *f)
{
	for (unsigned i = 0; i < p->n; i++) {
		bool there = p->spi[i] == p->in.spi;

		for (unsigned j = 0; j < f->n_in; j++)
			there |= f->in[j].spi == p->spi[i];
		if (!there)
			core_peer_drop(d->core, p->name, p->spi[i]);
	}
	for (p->n = 0; p->n < f->n_in; p->n++)
		p->spi[p->n] = f->in[p->n].spi;
}

/* The configuration was changed, and gives p other addresses. */
static void readdress(struct daemon *d, struct sa_peer *p, const struct core_peer *conf)
{
	struct core_peer is = *conf;

	if (p->n_addr == is.n_addr &&
	    memcmp(p->addr, is.addr, is.n_addr * sizeof(is.addr[0])) == 0)
		return;
	is.in = p->in;
	is.out = p->out;
	if (core_peer_add(d->core, &is, clock_boottime()) < 0)
		log_warnx("peer \"%s\" keeps the addresses that it had: others have one of those "
			  "in hmip.conf", p->name);
	note_addrs(p, conf);
	p->spi[0] = p->in.spi;		/* the earlier ones were dropped */
	p->n = 1;
	explicit_bzero(&is, sizeof(is));
}

static void end(struct daemon *d, struct sa_peer *p)
{
	if (p->ended)
		return;
	log_info("peer \"%s\": the kernel has no SAs for it any more", p->name);
	core_peer_end(d->core, p->name);
	explicit_bzero(&p->in, sizeof(p->in));
	explicit_bzero(&p->out, sizeof(p->out));
	p->ended = true;
	p->n = 0;
}

/* What the core has of one peer becomes what the SAD has. */
static void follow(struct daemon *d, const struct found *f)
{
	struct sa_peer *p = *peer_named(d->kernel_sas, f->conf->name);
	uint32_t in, out;

	if (!f->n_in || !f->n_out) {
		if (p)
			end(d, p);
		return;
	}
	in = p ? p->in.spi : 0;
	out = p ? p->out.spi : 0;
	if (!p)
		p = declare(d, f);
	if (!p)
		return;
	for (unsigned i = f->n_in; i--;) {
		struct sa_half h = half_of(&f->in[i]), o = half_of(&f->out);

		if (p->ended || !has_spi(p, h.spi) ||
		    (!i && (!half_equal(&h, &p->in) || !half_equal(&o, &p->out))))
			renew(d, p, f, &f->in[i]);
		explicit_bzero(&h, sizeof(h));
		explicit_bzero(&o, sizeof(o));
	}
	drop_gone(d, p, f);
	readdress(d, p, f->conf);
	if (in != p->in.spi || out != p->out.spi)
		log_info("peer \"%s\" has the kernel's SAs with SPI 0x%08x in, 0x%08x out", p->name,
			 p->in.spi, p->out.spi);
}

static int read_sad(struct daemon *d)
{
	const struct conf *conf = d->conf;
	struct reading r = { .d = d, .n = conf->n_peer };
	size_t size = conf->n_peer * sizeof(*r.found);
	int e;

	d->kernel_sas->read = clock_boottime();
	r.found = calloc(conf->n_peer, sizeof(*r.found));
	if (!r.found)
		return -ENOMEM;
	for (unsigned i = 0; i < r.n; i++) {
		r.found[i].conf = &conf->peer[i];
		r.found[i].reqid = conf->reqid[i];
	}
	e = sad_list(d->kernel_sas->sad, take, &r);
	for (unsigned i = 0; e == 0 && i < r.n; i++)
		if (r.found[i].reqid)
			follow(d, &r.found[i]);
	explicit_bzero(r.found, size);
	free(r.found);
	return e;
}

static void read_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	int r = read_sad(d);

	if (r < 0)
		log_warnx("cannot list the kernel's SAs: %s, keeping those that are known",
			  strerror(-r));
	apply_actions(d);
}

/* Many SAs may change at once, and other hosts' as well: the SAD is read after a pause. */
static void changed_event(evutil_socket_t fd UNUSED, short what UNUSED, void *ptr)
{
	struct daemon *d = ptr;
	struct kernel_sas *k = d->kernel_sas;
	usec_t wait = usec_until(usec_add(k->read, PAUSE), clock_boottime());
	struct timeval t = { .tv_usec = (suseconds_t)wait };
	int r = sad_changed(k->sad);

	if (r < 0)
		log_warnx("cannot read what changed of the kernel's SAs: %s, continuing",
			  strerror(-r));
	if (r != 0 && !evtimer_pending(k->ev_later, NULL))
		evtimer_add(k->ev_later, &t);
}

static bool wanted(const struct conf *conf)
{
	for (unsigned i = 0; i < conf->n_peer; i++)
		if (conf->reqid[i])
			return true;
	return false;
}

static int open_sad(struct daemon *d)
{
	struct kernel_sas *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	d->kernel_sas = k;
	r = sad_open(&k->sad);
	if (r < 0)
		return r;
	k->ev = event_new(d->base, sad_fd(k->sad), EV_READ | EV_PERSIST, changed_event, d);
	k->ev_later = evtimer_new(d->base, read_event, d);
	return k->ev && k->ev_later && event_add(k->ev, NULL) == 0 ? 0 : -ENOMEM;
}

void kernel_sas_configure(struct daemon *d)
{
	int r = 0;

	if (!wanted(d->conf)) {
		kernel_sas_close(d);
		return;
	}
	if (!d->kernel_sas)
		r = open_sad(d);
	if (r == 0)
		r = read_sad(d);
	if (r < 0) {
		log_warnx("cannot list the kernel's SAs: %s, continuing without those that "
			  "hmip.conf names by reqid",
			  r == -EPROTONOSUPPORT ? "it has no XFRM netlink" : strerror(-r));
		kernel_sas_close(d);
	}
}

/* Whether conf has the peer p as it is. */
static bool is_in(const struct conf *conf, const struct sa_peer *p)
{
	for (unsigned i = 0; i < conf->n_peer; i++)
		if (conf->reqid[i] == p->reqid && strcmp(conf->peer[i].name, p->name) == 0)
			return true;
	return false;
}

void kernel_sas_forget(struct daemon *d, const struct conf *next)
{
	struct sa_peer **at = d->kernel_sas ? &d->kernel_sas->peers : NULL;

	while (at && *at) {
		struct sa_peer *p = *at;

		if (is_in(next, p)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		core_peer_remove(d->core, p->name, clock_boottime());
		peer_free(p);
	}
}

void kernel_sas_close(struct daemon *d)
{
	struct kernel_sas *k = d->kernel_sas;
	struct sa_peer *p;

	if (!k)
		return;
	d->kernel_sas = NULL;
	while ((p = k->peers)) {
		k->peers = p->next;
		peer_free(p);
	}
	if (k->ev)
		event_free(k->ev);
	if (k->ev_later)
		event_free(k->ev_later);
	sad_close(k->sad);
	free(k);
}
