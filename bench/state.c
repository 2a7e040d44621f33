/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs to keep the state: a server with many peers, each of which refreshes its address,
 * evenly spread, and the core and the state of the helper as they are. Time is simulated; what is
 * written is counted by the kernel (/proc/self/io).
 */
#include "core.h"
#include "state.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LATER	(200 * USEC_PER_MSEC)	/* as the helper collects what is not urgent */
#define START	(1000 * USEC_PER_SEC)

struct cost {
	uint64_t calls, octets;		/* of write(2) and the like */
	double seconds;			/* of this process, in the kernel too */
};

struct bench {
	unsigned n;
	struct core **peer, *server;
	struct state *state;
	usec_t now, due;		/* of what is to be written, 0: nothing */
	struct cost cost;
};

static const struct in6_addr server_addr = {
	.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1 }
};

static struct in6_addr peer_addr(unsigned i)
{
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 2, [12] = i >> 16,
					   [13] = (i >> 8) & 0xff, [14] = i & 0xff, [15] = 2 } };

	return a;
}

static unsigned peer_of(const struct in6_addr *a)
{
	return (unsigned)a->s6_addr[12] << 16 | (unsigned)a->s6_addr[13] << 8 | a->s6_addr[14];
}

static void must(int r, const char *what)
{
	if (r < 0) {
		fprintf(stderr, "cannot %s: %s\n", what, strerror(-r));
		exit(1);
	}
}

static struct cost used(void)
{
	struct cost c = { 0 };
	char text[512] = "", *at;
	struct timespec t;
	int fd = open("/proc/self/io", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		must(-1, "read /proc/self/io");
	close(fd);
	at = strstr(text, "wchar: ");
	c.octets = at ? strtoull(at + 7, NULL, 10) : 0;
	at = strstr(text, "syscw: ");
	c.calls = at ? strtoull(at + 7, NULL, 10) : 0;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	c.seconds = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	return c;
}

static void write_state(struct bench *b)
{
	struct cost before = used(), after;

	must(state_write(b->state, b->server, b->now), "write the state");
	after = used();
	b->cost.calls += after.calls - before.calls;
	b->cost.octets += after.octets - before.octets;
	b->cost.seconds += after.seconds - before.seconds;
	b->due = 0;
}

/* What must be written before a packet leaves; see apply_one() of the helper. */
static bool urgent(enum action_type t)
{
	return t == ACTION_RESERVE || t == ACTION_PAIR || t == ACTION_PAIR_GONE ||
	       t == ACTION_FOREIGN || t == ACTION_FOREIGN_GONE || t == ACTION_SPI;
}

/* Delivers what peer i has to send. Returns whether it had something. */
static bool drain(struct bench *b, unsigned i)
{
	struct action a;
	bool any = false;

	while (core_next_action(b->peer[i], &a))
		if (a.type == ACTION_SEND) {
			any = true;
			core_packet(b->server, a.send.packet, a.send.len, b->now);
		}
	return any;
}

/* Carries packets of the server and of peer i to and fro until there are none. */
static void settle(struct bench *b, unsigned i)
{
	struct action a;
	bool now = false;

	drain(b, i);
	while (core_next_action(b->server, &a)) {
		state_note(b->state, &a);
		now |= urgent(a.type);
		if (!b->due)
			b->due = b->now + LATER;
		if (a.type != ACTION_SEND)
			continue;
		if (now)
			write_state(b);
		now = false;
		i = peer_of(&a.send.dst);
		core_packet(b->peer[i], a.send.packet, a.send.len, b->now);
		drain(b, i);
	}
	if (now)
		write_state(b);
}

static struct sa_half half(unsigned i, unsigned way)
{
	struct sa_half h = { .spi = 0x10000 + 2 * i + way,
			     .key = { .alg = AH_HMAC_SHA256_128, .len = 32 } };

	memcpy(h.key.key, &h.spi, sizeof(h.spi));
	return h;
}

static void meet(struct bench *b, unsigned i)
{
	struct in6_addr own = peer_addr(i);
	uint8_t seed[32] = { (uint8_t)i, (uint8_t)(i >> 8), 1 };
	char name[16];
	struct core_peer server = { .name = "server", .n_addr = 1, .addr = { server_addr },
				    .in = half(i, 0), .out = half(i, 1) },
			 client = { .name = name, .n_addr = 1, .addr = { own },
				    .in = half(i, 1), .out = half(i, 0) };
	struct pcb p = { .cookie = i + 1, .local = own, .foreign = server_addr,
			 .lport = (uint16_t)(1024 + i % 60000), .fport = 80,
			 .proto = IPPROTO_TCP, .established = true },
		   q = { .cookie = i + 1, .local = server_addr, .foreign = own, .lport = 80,
			 .fport = p.lport, .proto = IPPROTO_TCP, .origin = PCB_ACCEPT,
			 .established = true };

	snprintf(name, sizeof(name), "c%u", i);
	b->peer[i] = core_new(&core_config_default, seed, 1000);
	must(core_peer_add(b->peer[i], &server, b->now), "add the server");
	must(core_peer_add(b->server, &client, b->now), "add a peer");
	core_local_up(b->peer[i], &own, 2, USEC_NEVER, b->now);
	must(core_pcb_open(b->peer[i], &p, b->now), "open a connection");
	must(core_pcb_open(b->server, &q, b->now), "accept a connection");
	settle(b, i);
}

/* Lets the time pass until end. */
static void pass(struct bench *b, usec_t end)
{
	while (b->now < end) {
		usec_t next = core_deadline(b->server);

		for (unsigned i = 0; i < b->n; i++)
			if (core_deadline(b->peer[i]) < next)
				next = core_deadline(b->peer[i]);
		if (b->due && b->due < next)
			next = b->due;
		if (next > b->now)
			b->now = next < end ? next : end;
		if (b->due && b->due <= b->now)
			write_state(b);
		core_tick(b->server, b->now);
		settle(b, 0);
		for (unsigned i = 0; i < b->n; i++)
			if (core_deadline(b->peer[i]) <= b->now) {
				core_tick(b->peer[i], b->now);
				settle(b, i);
			}
	}
}

static void run(unsigned n, const char *path)
{
	static const uint8_t seed[32] = "of the server";
	struct core_config config = core_config_default;
	struct bench b = { .n = n, .peer = calloc(n, sizeof(*b.peer)), .now = START };
	uint64_t heard;

	config.max_per_prefix = n + 1;
	b.server = core_new(&config, seed, 1000);
	core_local_up(b.server, &server_addr, 2, USEC_NEVER, b.now);
	must(state_open(b.server, path, b.now, &b.state), "make the state");
	for (unsigned i = 0; i < n; i++) {
		meet(&b, i);
		b.n = i + 1;
		pass(&b, START + 300 * USEC_PER_SEC * (i + 1) / n);
	}
	pass(&b, START + 1200 * USEC_PER_SEC);	/* until all is as it will be */
	b.cost = (struct cost){ 0 };
	heard = core_counter(b.server, COUNT_BU_HEARD);
	pass(&b, START + 3000 * USEC_PER_SEC);
	heard = core_counter(b.server, COUNT_BU_HEARD) - heard;
	printf("%5u peers: %6llu Updates in 30 minutes; for each %6.0f octets written, "
	       "%5.2f calls, %6.1f us\n",
	       n, (unsigned long long)heard, (double)b.cost.octets / (double)heard,
	       (double)b.cost.calls / (double)heard, b.cost.seconds * 1e6 / (double)heard);
	state_close(b.state, b.server, b.now);
	for (unsigned i = 0; i < n; i++)
		core_free(b.peer[i]);
	core_free(b.server);
	free(b.peer);
}

int main(int argc, char **argv)
{
	static const unsigned numbers[] = { 10, 100, 1000 };
	char path[64], other[80];

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	snprintf(path, sizeof(path), "bench-state-%d", (int)getpid());
	snprintf(other, sizeof(other), "%s" STATE_NUMBERS, path);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		run(numbers[i], path);
	unlink(path);
	unlink(other);
	return 0;
}
