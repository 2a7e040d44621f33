/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many peers of one helper: cores of the project's own behind one packet socket, each at an address
 * in a /64 of its own, 2001:db8:77:NUMBER::2.
 *
 *	many_peers INTERFACE MAC SERVER PEERS RATE UPDATES SECONDS PID
 *
 * They come at RATE a second, each as if a program of its had connected to SERVER, and answer and
 * refresh as any host. When all have met it, they announce their address anew for SECONDS, UPDATES
 * a second in turn. PID is the helper's: what it used is printed.
 */
#include "config.h"

#include "addr.h"
#include "core.h"
#include "timer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX	65536
#define PATIENCE	(60 * USEC_PER_SEC)	/* after the last peer has come */
#define BUFFER		(16 << 20)
#define BATCH		64

struct peer {
	struct core *core;
	struct in6_addr addr;
	struct timer timer;
	bool met;
	unsigned ifindex;	/* of addr; another one makes the core announce it anew */
};

struct crowd {
	struct peer *peer;
	unsigned n, n_made, n_met;
	struct timers timers;
	struct in6_addr server;
	int fd, pid;
	struct sockaddr_ll to;
};

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static usec_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec_t)t.tv_sec * USEC_PER_SEC + (usec_t)t.tv_nsec / 1000;
}

static struct in6_addr addr_of(unsigned i)
{
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x77, (uint8_t)(i >> 8),
					   (uint8_t)i, [15] = 2 } };

	return a;
}

/* Returns the peer that has the address, NULL: none. */
static struct peer *peer_at(struct crowd *w, const struct in6_addr *addr)
{
	unsigned i = (unsigned)addr->s6_addr[6] << 8 | addr->s6_addr[7];

	return i < w->n_made && addr_equal(addr, &w->peer[i].addr) ? &w->peer[i] : NULL;
}

static void transmit(struct crowd *w, const struct action *a)
{
	while (sendto(w->fd, a->send.packet, a->send.len, 0, (struct sockaddr *)&w->to,
		      sizeof(w->to)) < 0)
		if (errno != EINTR && errno != ENOBUFS)
			die("sendto");
}

static bool has_met(struct crowd *w, struct peer *p)
{
	const struct hce *h = core_entry_of(p->core, &w->server);

	return h && h->status == PEER_HOMELESS && h->homeless_acked;
}

/* After an event of p. */
static void settle(struct crowd *w, struct peer *p)
{
	struct action a;

	while (core_next_action(p->core, &a))
		if (a.type == ACTION_SEND)
			transmit(w, &a);
	timer_end(&w->timers, &p->timer);
	timer_arm(&w->timers, &p->timer, core_deadline(p->core));
	if (!p->met && has_met(w, p)) {
		p->met = true;
		w->n_met++;
	}
}

static void come(struct crowd *w)
{
	unsigned i = w->n_made++;
	struct peer *p = &w->peer[i];
	usec_t now = now_usec();
	uint8_t seed[32];
	struct pcb pcb = { .cookie = i + 1, .lport = (uint16_t)(1024 + i % 60000), .fport = 80,
			   .proto = IPPROTO_TCP, .established = true, .foreign = w->server };

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		die("getrandom");
	pcb.local = p->addr = addr_of(i);
	p->ifindex = 2;
	p->core = core_new(&core_config_default, seed, (uint32_t)time(NULL));
	if (!p->core)
		die("core_new");
	core_local_up(p->core, &p->addr, p->ifindex, USEC_NEVER, now);
	if (core_pcb_open(p->core, &pcb, now) < 0)
		die("core_pcb_open");
	settle(w, p);
}

static void announce(struct crowd *w, struct peer *p)
{
	p->ifindex ^= 1;
	core_local_up(p->core, &p->addr, p->ifindex, USEC_NEVER, now_usec());
	settle(w, p);
}

static void receive(struct crowd *w)
{
	uint8_t pkt[2048];
	ssize_t len;

	for (unsigned i = 0; i < BATCH; i++) {
		struct in6_addr dst;
		struct peer *p;

		len = recv(w->fd, pkt, sizeof(pkt), MSG_DONTWAIT);
		if (len < 0)
			return;
		if (len < 40)
			continue;
		memcpy(&dst, pkt + 24, sizeof(dst));
		p = peer_at(w, &dst);
		if (!p)
			continue;
		core_packet(p->core, pkt, (size_t)len, now_usec());
		settle(w, p);
	}
}

/* Receives and lets timers expire, once; waits until then for something at most. */
static void turn(struct crowd *w, usec_t until)
{
	struct pollfd in = { .fd = w->fd, .events = POLLIN };
	usec_t now = now_usec(), next = timer_next(&w->timers);
	struct timespec wait;
	struct timer *t;

	next = next < until ? next : until;
	wait = (struct timespec){ .tv_sec = (time_t)(usec_until(next, now) / USEC_PER_SEC),
				  .tv_nsec = (long)(usec_until(next, now) % USEC_PER_SEC * 1000) };
	ppoll(&in, 1, &wait, NULL);
	receive(w);
	while ((t = timer_take(&w->timers, now_usec()))) {
		struct peer *p = TIMER_OF(t, struct peer, timer);

		core_tick(p->core, now_usec());
		settle(w, p);
	}
}

/* Nanoseconds that the helper has run. */
static uint64_t helper_ns(const struct crowd *w)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", w->pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		die(path);
	fclose(f);
	return ns;
}

/* Its memory, KiB. */
static unsigned long helper_kib(const struct crowd *w)
{
	unsigned long kib = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", w->pid);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/* Binding Acknowledgements that all have received. */
static uint64_t acked(const struct crowd *w)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < w->n_made; i++)
		n += core_counter(w->peer[i].core, COUNT_BA_HEARD);
	return n;
}

/* Returns whether all have met the server. */
static bool meet(struct crowd *w, unsigned rate)
{
	usec_t start = now_usec(), end = USEC_NEVER;
	uint64_t ns = helper_ns(w);
	unsigned long kib = helper_kib(w);

	while (w->n_met < w->n && now_usec() < end) {
		usec_t next = start + w->n_made * USEC_PER_SEC / rate;

		turn(w, w->n_made < w->n ? next : now_usec() + USEC_PER_SEC / 10);
		while (w->n_made < w->n && now_usec() >= start + w->n_made * USEC_PER_SEC / rate)
			come(w);
		if (w->n_made == w->n && end == USEC_NEVER)
			end = now_usec() + PATIENCE;
	}
	printf("met %u of %u in %.1f s, processor %.0f us each, memory %.1f KiB each\n", w->n_met,
	       w->n, (double)(now_usec() - start) / 1e6,
	       (double)(helper_ns(w) - ns) / 1e3 / w->n,
	       ((double)helper_kib(w) - (double)kib) / w->n);
	fflush(stdout);
	return w->n_met == w->n;
}

static void update(struct crowd *w, unsigned rate, unsigned seconds)
{
	usec_t start = now_usec(), end = start + seconds * USEC_PER_SEC;
	uint64_t ns = helper_ns(w), before = acked(w);
	uint64_t sent = 0;

	while (now_usec() < end) {
		turn(w, start + sent * USEC_PER_SEC / rate);
		while (now_usec() >= start + sent * USEC_PER_SEC / rate)
			announce(w, &w->peer[sent++ % w->n]);
	}
	end = now_usec() + USEC_PER_SEC;
	while (now_usec() < end)
		turn(w, end);
	ns = helper_ns(w) - ns;
	before = acked(w) - before;
	printf("updates %llu in %u s, acknowledged %llu, processor %.1f us each, %.1f %%\n",
	       (unsigned long long)sent, seconds, (unsigned long long)before,
	       (double)ns / 1e3 / (double)(before ? before : 1), (double)ns / 1e7 / seconds);
}

static void open_socket(struct crowd *w, const char *interface, const char *mac)
{
	const struct ether_addr *to = ether_aton(mac);
	int size = BUFFER;

	if (!to)
		die(mac);
	w->to = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_halen = ETH_ALEN,
				      .sll_protocol = htons(ETH_P_IPV6),
				      .sll_ifindex = (int)if_nametoindex(interface) };
	memcpy(w->to.sll_addr, to, sizeof(*to));
	w->fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IPV6));
	if (w->fd < 0 || bind(w->fd, (struct sockaddr *)&w->to, sizeof(w->to)) < 0)
		die("packet socket");
	setsockopt(w->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
}

static unsigned number(const char *text, unsigned most)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (!n || n > most) {
		fprintf(stderr, "found %s, expected a number up to %u\n", text, most);
		exit(2);
	}
	return (unsigned)n;
}

int main(int argc, char **argv)
{
	struct crowd w = { 0 };
	bool all;

	if (argc != 9 || inet_pton(AF_INET6, argv[3], &w.server) != 1) {
		fprintf(stderr, "usage: %s INTERFACE MAC SERVER PEERS RATE UPDATES SECONDS PID\n",
			argv[0]);
		return 2;
	}
	open_socket(&w, argv[1], argv[2]);
	w.n = number(argv[4], PEERS_MAX);
	w.pid = (int)number(argv[8], INT32_MAX);
	w.peer = calloc(w.n, sizeof(*w.peer));
	if (!w.peer)
		die("calloc");
	all = meet(&w, number(argv[5], 100000));
	if (all)
		update(&w, number(argv[6], 100000), number(argv[7], 3600));
	for (unsigned i = 0; i < w.n_made; i++)
		core_free(w.peer[i].core);
	timer_free_all(&w.timers);
	free(w.peer);
	return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
