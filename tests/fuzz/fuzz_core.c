/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a life of a Homeless host, an octet a step: two peers who share keys with it send it
 * whatever they like under a valid AH, strangers send it anything, addresses come and go,
 * connections too, and time passes. Whatever happens, the host sends nothing that cannot be parsed,
 * asks for a bounded number of actions, its timers run out, and an address is Active only if this
 * host's program connected to it, or somebody gave the right Response from it (X5).
 */
#include "ah.h"
#include "core.h"
#include "encap.h"
#include "fuzz.h"

#include <utlist.h>

#define PEERS		2
#define OTHERS		8	/* addresses that peers claim and strangers use */
#define OWN		3
#define STEPS_MAX	200
#define ACTIONS_MAX	4096

struct input {
	const uint8_t *at, *end;
};

/* What the host under test has made us know. */
struct life {
	struct input in;
	struct core *core;
	usec_t now;
	uint64_t cookies;
	uint32_t ah_seq[PEERS];
	uint8_t challenge[OTHERS][CHALLENGE_LEN];
	bool challenged[OTHERS], earned[OTHERS];	/* connected to, or responded from */
};

static uint8_t next(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static struct in6_addr other(unsigned i)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, i % OTHERS, [15] = 5 } };
}

static struct in6_addr own(unsigned i)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0x11,
					       i % OWN, [15] = 0xc } };
}

static int other_index(const struct in6_addr *a)
{
	struct in6_addr is = other(a->s6_addr[5]);

	return a->s6_addr[5] < OTHERS && memcmp(a, &is, sizeof(is)) == 0 ? a->s6_addr[5] : -1;
}

static struct sa_half half(uint32_t spi)
{
	struct sa_half h = { .spi = spi, .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } };

	memset(h.key.key, (int)spi, h.key.len);
	return h;
}

static struct core_peer peer(unsigned i)
{
	return (struct core_peer){ .name = i ? "second" : "first", .n_addr = 1,
				   .addr = { other(i) }, .in = half(0x1001 + 2 * i),
				   .out = half(0x1002 + 2 * i) };
}

static void sent(struct life *l, const struct action *a)
{
	struct signal s;
	int to = other_index(&a->send.dst);

	must(a->send.via != VIA_NONE);
	must(signal_parse(a->send.packet, a->send.len, &s) == 0);
	for (unsigned i = 0; to >= 0 && i < s.n_ba; i++)
		if (s.ba[i].has_challenge) {
			memcpy(l->challenge[to], s.ba[i].challenge, CHALLENGE_LEN);
			l->challenged[to] = true;
		}
}

/* Carries out what the host asks for, and looks at what it believes. */
static void look(struct life *l)
{
	const struct hce *h;
	const struct foreign_addr *f;
	struct action a;
	unsigned n = 0;

	while (core_next_action(l->core, &a)) {
		must(++n < ACTIONS_MAX);
		if (a.type == ACTION_SEND)
			sent(l, &a);
	}
	for (h = core_entries(l->core); h; h = h->hh.next)
		DL_FOREACH(h->addrs, f)
			must(f->state != ADDR_ACTIVE ||
			     (other_index(&f->addr) >= 0 && l->earned[other_index(&f->addr)]));
}

static void fill_update(struct life *l, struct signal *s, unsigned who)
{
	struct binding_update *bu = &s->bu[s->n_bu];
	struct core_peer p = peer(who);
	uint8_t how = next(&l->in);
	int about;

	bu->seq = next(&l->in) << (how & 8) | next(&l->in);
	bu->flags = how & 1 ? BU_ACK : 0;
	bu->homeless = how & 2;
	bu->lifetime = how & 4 ? next(&l->in) * 5 : 0;
	bu->names_source = how & 16;
	for (unsigned i = next(&l->in) % 4; i; i--)
		bu->addr[bu->n_addr++] = other(next(&l->in));
	about = bu->n_addr ? other_index(&bu->addr[0]) : other_index(&s->src);
	if (how & 32 && about >= 0 && l->challenged[about]) {
		bu->has_challenge = true;
		if (bu->n_addr > 1)
			bu->n_addr = 1;
		must(ah_hmac128(&p.in.key, l->challenge[about], CHALLENGE_LEN,
				bu->n_addr ? &bu->addr[0] : &s->src, sizeof(struct in6_addr),
				bu->challenge) == 0);
		if (how & 64)
			bu->challenge[how & 15] ^= how;
		else
			l->earned[about] = true;
	}
	s->n_bu++;
}

static void fill_ack(struct life *l, struct signal *s)
{
	struct binding_ack *ba = &s->ba[s->n_ba++];
	uint8_t how = next(&l->in);

	ba->status = how & 1 ? BA_REJECTED : BA_ACCEPTED;
	ba->seq = next(&l->in) << 8 | next(&l->in);
	ba->lifetime = ba->refresh = next(&l->in);
	ba->has_challenge = how & 2;
	memset(ba->challenge, how, CHALLENGE_LEN);
}

/* The host gets a packet, every third one in UDP, and now and then both ways. */
static void arrives(struct life *l, const uint8_t *pkt, size_t len, uint32_t nth)
{
	static uint8_t datagram[SIGNAL_MTU];
	int n = encap_build(pkt, len, ENCAP_PORT, datagram, sizeof(datagram));

	if (nth % 3 == 0 && n > 0)
		core_packet(l->core, datagram, (size_t)n, l->now);
	if (nth % 3 || nth % 2)
		core_packet(l->core, pkt, len, l->now);
}

/* A packet under one of the peers' keys. */
static void from_peer(struct life *l)
{
	static uint8_t pkt[SIGNAL_MTU];
	uint8_t how = next(&l->in);
	unsigned who = how % PEERS;
	struct core_peer p = peer(who);
	struct signal s = {
		.src = other(next(&l->in)), .dst = own(how >> 1), .has_ah = true, .spi = p.in.spi
	};
	int len;

	s.has_home = how & 8;
	s.home = how & 16 ? s.src : other(next(&l->in));
	s.has_br = how & 32;
	for (unsigned i = how >> 6; i; i--)
		fill_update(l, &s, who);
	for (unsigned i = next(&l->in) % 3; i; i--)
		fill_ack(l, &s);
	s.ah_seq = ++l->ah_seq[who];
	len = signal_build(&s, ah_icv_len(p.in.key.alg), pkt, sizeof(pkt));
	if (len > 0 && ah_sign(pkt, (size_t)len, &p.in.key) == 0)
		arrives(l, pkt, (size_t)len, l->ah_seq[who]);
}

/* The rest of the input, or some of it, behind an IPv6 header. */
static void from_stranger(struct life *l)
{
	static const uint8_t kind[] = { 60, 51, 58, 43, 59, 44, 17 };
	uint8_t pkt[40 + 255] = { 0x60 }, how = next(&l->in);
	struct in6_addr src = other(how), dst = own(how >> 3);
	size_t n = next(&l->in), left = (size_t)(l->in.end - l->in.at);

	if (n > left)
		n = left;
	pkt[5] = (uint8_t)n;
	pkt[6] = kind[(how >> 5) % sizeof(kind)];
	pkt[7] = 64;
	memcpy(pkt + 8, &src, 16);
	memcpy(pkt + 24, &dst, 16);
	memcpy(pkt + 40, l->in.at, n);
	l->in.at += n;
	core_packet(l->core, pkt, 40 + n, l->now);
}

static void connection(struct life *l)
{
	uint8_t how = next(&l->in);
	struct pcb p = { .cookie = ++l->cookies, .local = own(how), .foreign = other(how >> 2),
			 .lport = 1000 + (how & 3), .fport = 80,
			 .proto = how & 64 ? IPPROTO_UDP : IPPROTO_TCP,
			 .origin = how & 32 ? PCB_ACCEPT : PCB_CONNECT, .established = how & 128 };

	/*
	 * Even if it is refused for its ports: another one to the same address may have been
	 * waiting for the entry.
	 */
	if (p.origin == PCB_CONNECT)
		l->earned[other_index(&p.foreign)] = true;
	core_pcb_open(l->core, &p, l->now);
}

static void change(struct life *l)
{
	uint8_t how = next(&l->in);
	struct in6_addr a = own(how >> 4), f = other(how >> 4);
	struct hce *h = core_entries(l->core);
	uint32_t id = h ? h->id + (how & 1) : 1;

	switch (how & 15) {
	case 0: case 1:
		core_local_down(l->core, &a, l->now);
		break;
	case 2: case 3:
		core_local_up(l->core, &a, 2, how & 1 ? USEC_NEVER : l->now + 100 * USEC_PER_SEC,
			      l->now);
		break;
	case 4:
		core_pcb_close(l->core, 1 + (how >> 4) % (l->cookies + 1), l->now);
		break;
	case 5:
		core_pcb_established(l->core, 1 + (how >> 4) % (l->cookies + 1), l->now);
		break;
	case 6:
		core_routes_changed(l->core, l->now);
		break;
	case 7:
		core_prefer(l->core, &a, 0, l->now);
		break;
	case 8: case 9:
		core_heard(l->core, id, &f, l->now);
		break;
	case 10:
		core_silent(l->core, id, l->now);
		break;
	case 11:
		core_followed(l->core, id, &f, h ? h->pair.gen + 1 : 1, l->now);
		break;
	case 12:
		core_routed(l->core, id, &a, l->now);
		break;
	case 13:
		core_forget(l->core, 1 + (how >> 4) % (l->cookies + 1), 0, l->now);
		break;
	default:
		core_trust(l->core, 1 + (how >> 4) % (l->cookies + 1));
		break;
	}
}

/* Up to some seconds, or half an hour, with the timers that run out on the way. */
static void pass_time(struct life *l, uint8_t how)
{
	usec_t end = l->now +
		     (how & 16 ? how * 10 * USEC_PER_SEC : (usec_t)(how + 1) * 20 * USEC_PER_MSEC);

	for (unsigned n = 0; core_deadline(l->core) <= end; n++) {
		must(n < 10000);
		if (core_deadline(l->core) > l->now)
			l->now = core_deadline(l->core);
		core_tick(l->core, l->now);
		look(l);
	}
	l->now = end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[32] = "a seed for fuzzing";
	struct core_config config = core_config_default;
	struct life l = { .in = { data, data + size }, .now = 1000 * USEC_PER_SEC };

	config.encapsulate = ENCAPSULATE_AUTO;
	l.core = core_new(&config, seed, 1000);
	must(l.core);
	for (unsigned i = 0; i < PEERS; i++) {
		struct core_peer p = peer(i);

		must(core_peer_add(l.core, &p, l.now) == 0);
	}
	for (unsigned i = 0; i < OWN - 1; i++) {
		struct in6_addr a = own(i);

		core_local_up(l.core, &a, 2, USEC_NEVER, l.now);
	}
	for (unsigned step = 0; l.in.at < l.in.end && step < STEPS_MAX; step++) {
		uint8_t what = next(&l.in);

		if (what < 100)
			from_peer(&l);
		else if (what < 130)
			from_stranger(&l);
		else if (what < 160)
			connection(&l);
		else if (what < 210)
			change(&l);
		else
			pass_time(&l, what);
		look(&l);
	}
	core_free(l.core);
	return 0;
}
