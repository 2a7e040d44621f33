/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads the eBPF programs, attaches them to interfaces (attach.h) and writes their maps.
 */
#include "config.h"

#include "datapath.h"
#include "addr.h"
#include "attach.h"
#include "hmip.skel.h"
#include "log.h"
#include "signal_ring.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef ARPHRD_RAWIP
#define ARPHRD_RAWIP	519
#endif

#define CONFIGURED_MAX	16384	/* peers: the file of a megabyte has fewer */

struct datapath {
	struct datapath_bpf *bpf;
	struct ring_buffer *ring;
	struct signal_ring *signals;
	const struct attach_kind *kind;
	struct attachment *attached;	/* uthash, by ifindex */
	uint32_t n_known[DP_KNOWN_BITS];	/* rows that set each bit of "known" */
	void (*fn)(void *ctx, const struct dp_event *e);	/* during datapath_events() */
	void *ctx;
};

/*
 * libbpf's messages, most of which are about attempts that are expected to fail, go to the debug
 * log; the errors that matter are logged by this file.
 */
static int libbpf_says(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text, *end;
	int n = level == LIBBPF_DEBUG ? 0 : vasprintf(&text, fmt, ap);

	if (n <= 0)
		return 0;
	end = text + n;
	while (end > text && end[-1] == '\n')
		*--end = '\0';
	/* The reason is at the end of a verifier's log. */
	log_debug("%s", end - text > 4000 ? end - 4000 : text);
	free(text);
	return 0;
}

static const char *load_remedy(int err)
{
	switch (err) {
	case -EPERM:
		return "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN are needed in the initial user "
		       "namespace: start it as root or by its service unit, in a container as "
		       "root of the host that enters its network namespace";
	case -EACCES:
	case -E2BIG:
		return "the verifier rejects them: CAP_PERFMON is needed; if the helper has it, "
		       "report the log of -v, with uname -r";
	case -ENOSYS:
	case -EINVAL:
	case -ENOENT:
	case -EOPNOTSUPP:
		return "the kernel lacks a feature: Linux 6.1 or later with CONFIG_BPF_SYSCALL=y "
		       "is needed";
	case -ENOMEM:
		return "not enough memory: lower max_connections and max_foreign";
	default:
		return "is the kernel older than 6.1?";
	}
}

static const char *attach_remedy(int err)
{
	switch (err) {
	case -EPERM:
		return ": CAP_NET_ADMIN is needed";
	case -ENOENT:
	case -EINVAL:
	case -EOPNOTSUPP:
		return ": CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF are needed (modules "
		       "sch_ingress, cls_bpf)";
	case -ERANGE:
		return ": the interface has too many tcx programs";
	default:
		return "";
	}
}

static int choose_kind(struct datapath *dp, bool classic)
{
	int r = classic ? 0 : attach_tcx_supported();

	if (r >= 0)
		dp->kind = r ? &attach_tcx : &attach_clsact;
	return r < 0 ? r : 0;
}

static int load(struct datapath *dp, const struct datapath_config *config)
{
	unsigned entries = config->max_entries ? config->max_entries : config->max_foreign;

	dp->bpf = datapath_bpf__open();
	if (!dp->bpf)
		return -errno;
	bpf_map__set_max_entries(dp->bpf->maps.pcb_out, config->max_pcbs);
	bpf_map__set_max_entries(dp->bpf->maps.pcb_in, config->max_pcbs);
	bpf_map__set_max_entries(dp->bpf->maps.ports, config->max_pcbs);
	bpf_map__set_max_entries(dp->bpf->maps.foreign, config->max_foreign);
	bpf_map__set_max_entries(dp->bpf->maps.hce, entries);
	bpf_map__set_max_entries(dp->bpf->maps.notify, entries);
	bpf_map__set_max_entries(dp->bpf->maps.adopting, entries);
	/* A peer may have old keys beside its new ones, and a configured one needs no entry. */
	bpf_map__set_max_entries(dp->bpf->maps.spi, 2 * entries + CONFIGURED_MAX);
	bpf_map__set_max_entries(dp->bpf->maps.local, CORE_LOCALS_MAX);
	return datapath_bpf__load(dp->bpf);
}

static int got_event(void *ctx, void *data, size_t len)
{
	struct datapath *dp = ctx;
	const struct dp_event *e = data;
	struct dp_hce now;

	if (len < sizeof(*e))
		return 0;
	/* datapath_action() may have set another pair since: the event is obsolete then. */
	if (e->type == DP_EVENT_FOLLOWED) {
		if (bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.hce), &e->hce, &now) ||
		    now.gen != e->gen || !IN6_ARE_ADDR_EQUAL(&now.f, &e->addr))
			return 0;
	}
	dp->fn(dp->ctx, e);
	return 0;
}

/* Opens the two ring buffers for reading. Returns 0 or a negative errno. */
static int open_rings(struct datapath *dp)
{
	dp->ring = ring_buffer__new(bpf_map__fd(dp->bpf->maps.events), got_event, dp, NULL);
	if (!dp->ring)
		return -errno;
	return signal_ring_open(bpf_map__fd(dp->bpf->maps.signals), &dp->signals);
}

int datapath_open(const struct datapath_config *config, struct datapath **ret)
{
	struct datapath *dp = calloc(1, sizeof(*dp));
	int r;

	if (!dp)
		return -ENOMEM;
	libbpf_set_print(libbpf_says);
	r = choose_kind(dp, config->classic);
	if (r < 0)
		goto fail;
	r = load(dp, config);
	if (r < 0)
		goto fail;
	r = open_rings(dp);
	if (r < 0)
		goto fail;
	*ret = dp;
	return 0;

fail:
	log_warnx("the eBPF programs do not load: %s: %s", strerror(-r), load_remedy(r));
	datapath_close(dp);
	return r;
}

void datapath_leave(struct datapath *dp)
{
	struct attachment *a, *tmp;

	if (!dp)
		return;
	HASH_ITER(hh, dp->attached, a, tmp) {
		HASH_DEL(dp->attached, a);
		free(a);
	}
}

void datapath_close(struct datapath *dp)
{
	struct attachment *a, *tmp;

	if (!dp)
		return;
	HASH_ITER(hh, dp->attached, a, tmp) {
		HASH_DEL(dp->attached, a);
		dp->kind->detach(a);
		free(a);
	}
	ring_buffer__free(dp->ring);
	signal_ring_close(dp->signals);
	datapath_bpf__destroy(dp->bpf);
	free(dp);
}

/* The link-layer header of frames on such an interface: 1 Ethernet, 0 none, -1 unknown. */
static int has_ethernet(unsigned short hatype)
{
	switch (hatype) {
	case ARPHRD_ETHER:
		return 1;
	case ARPHRD_NONE:		/* TUN, WireGuard */
	case ARPHRD_PPP:		/* the driver adds its header after tc */
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
		return 0;
	default:
		return -1;
	}
}

int datapath_program(const struct datapath *dp, bool egress, bool ethernet)
{
	if (egress)
		return bpf_program__fd(ethernet ? dp->bpf->progs.hmip_out_ether
						: dp->bpf->progs.hmip_out_ip);
	return bpf_program__fd(ethernet ? dp->bpf->progs.hmip_in_ether : dp->bpf->progs.hmip_in_ip);
}

int datapath_attach(struct datapath *dp, unsigned ifindex, unsigned short hatype)
{
	int ethernet = has_ethernet(hatype);
	struct attachment *a;
	int r;

	HASH_FIND(hh, dp->attached, &ifindex, sizeof(ifindex), a);
	if (a || ethernet < 0)
		return 0;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->ifindex = ifindex;
	a->fd[ATTACH_IN] = datapath_program(dp, false, ethernet);
	a->fd[ATTACH_OUT] = datapath_program(dp, true, ethernet);
	r = dp->kind->attach(a);
	if (r) {
		if (r != -ENODEV)	/* the interface was removed: rtnetlink reports it */
			log_warnx("the eBPF programs cannot be attached (%s) to interface %u: %s%s",
				  dp->kind->name, ifindex, strerror(-r), attach_remedy(r));
		free(a);
		return r;
	}
	HASH_ADD(hh, dp->attached, ifindex, sizeof(a->ifindex), a);
	return 0;
}

void datapath_detach(struct datapath *dp, unsigned ifindex)
{
	struct attachment *a;

	HASH_FIND(hh, dp->attached, &ifindex, sizeof(ifindex), a);
	if (!a)
		return;
	dp->kind->detach(a);
	HASH_DEL(dp->attached, a);
	free(a);
}

const char *datapath_kind(const struct datapath *dp)
{
	return dp->kind->name;
}

/* The clock that the programs use for dp_path, dp_young and unproven, in ns. */
static uint64_t coarse_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Logs the error r of an update, and returns it. */
static int put_failed(const struct bpf_map *map, int r)
{
	if (r == -E2BIG)
		log_warnx("the eBPF map \"%s\" is full (%u entries)", bpf_map__name(map),
			  bpf_map__max_entries(map));
	else
		log_warnx("the eBPF map \"%s\" cannot be written: %s", bpf_map__name(map),
			  strerror(-r));
	return r;
}

static int map_put(struct bpf_map *map, const void *key, const void *value)
{
	int r = bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY);

	return r ? put_failed(map, r) : 0;
}

static int map_delete(struct bpf_map *map, const void *key)
{
	int r = bpf_map_delete_elem(bpf_map__fd(map), key);

	if (r == -ENOENT)
		r = 0;
	if (r)
		log_warnx("the eBPF map \"%s\" cannot be written: %s", bpf_map__name(map),
			  strerror(-r));
	return r;
}

/* Sets the bit of an address. Call it before a new row is put into "foreign" or "pcb_out". */
static void know(struct datapath *dp, const struct in6_addr *addr)
{
	uint32_t bit = dp_known_bit(addr);

	if (!dp->n_known[bit]++)
		dp->bpf->bss->known[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The reverse. Call it after a row was deleted. */
static void unknow(struct datapath *dp, const struct in6_addr *addr)
{
	uint32_t bit = dp_known_bit(addr);

	if (!--dp->n_known[bit])
		dp->bpf->bss->known[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

/* Puts a row of which the foreign address f is, or is part of, the key. */
static int known_put(struct datapath *dp, struct bpf_map *map, const struct in6_addr *f,
		     const void *key, const void *value)
{
	int r;

	know(dp, f);
	r = bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_NOEXIST);
	if (!r)
		return 0;
	unknow(dp, f);
	return r == -EEXIST ? map_put(map, key, value) : put_failed(map, r);
}

static int known_delete(struct datapath *dp, struct bpf_map *map, const struct in6_addr *f,
			const void *key)
{
	int r = bpf_map_delete_elem(bpf_map__fd(map), key);

	if (!r)
		unknow(dp, f);
	return r && r != -ENOENT ? put_failed(map, r) : 0;
}

static int put_foreign(struct datapath *dp, const struct action *a)
{
	struct dp_foreign old, f = { .hce = a->hce, .state = a->foreign.state };
	const struct in6_addr *addr = &a->foreign.addr;

	/* The program's fields survive a change of the address's state. */
	if (!bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.foreign), addr, &old)) {
		f.heard = old.heard;
		f.packets = old.packets;
	}
	return known_put(dp, dp->bpf->maps.foreign, addr, addr, &f);
}

static struct dp_pcb_in_key pcb_in_key(uint32_t hce, const struct pcb *p)
{
	return (struct dp_pcb_in_key){
		.hce = hce, .lport = htons(p->lport), .fport = htons(p->fport), .proto = p->proto,
	};
}

static struct dp_pcb_out_key pcb_out_key(const struct pcb *p)
{
	return (struct dp_pcb_out_key){
		.l = p->local, .f = p->foreign, .lport = htons(p->lport), .fport = htons(p->fport),
		.proto = p->proto,
	};
}

static struct dp_ports_key ports_key(const struct pcb *p)
{
	return (struct dp_ports_key){ .lport = htons(p->lport), .fport = htons(p->fport),
				      .proto = p->proto };
}

static int drop_pcb(struct datapath *dp, uint32_t hce, const struct pcb *p)
{
	struct dp_pcb_in_key in_key = pcb_in_key(hce, p);
	struct dp_pcb_out_key out_key = pcb_out_key(p);
	struct dp_ports_key ports = ports_key(p);
	int out = known_delete(dp, dp->bpf->maps.pcb_out, &p->foreign, &out_key);
	int in = map_delete(dp->bpf->maps.pcb_in, &in_key);
	uint32_t whose;

	if (!bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.ports), &ports, &whose) && whose == hce)
		map_delete(dp->bpf->maps.ports, &ports);

	return out ? out : in;
}

static int put_pcb(struct datapath *dp, uint32_t hce, const struct pcb *p)
{
	struct dp_pcb_in_key in_key = pcb_in_key(hce, p);
	struct dp_pcb_out_key out_key = pcb_out_key(p);
	struct dp_pcb_in in = { .l = p->local, .f = p->foreign, .gen = p->gen,
				.shared = p->ports_clash }, old;
	struct dp_pcb_out out = { .hce = hce, .gen = p->gen };
	struct dp_ports_key ports = ports_key(p);
	bool again;
	int r;

	/* The program's fields survive a second ACTION_PCB of the same connection. */
	again = !bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.pcb_in), &in_key, &old) &&
		addr_equal(&old.l, &in.l) && addr_equal(&old.f, &in.f);
	if (again) {
		in.acked = old.acked;
		in.stamp = old.stamp;
		in.path = old.path;
		in.shared |= old.shared;
	}
	r = map_put(dp->bpf->maps.pcb_in, &in_key, &in);

	if (!r)
		r = map_put(dp->bpf->maps.ports, &ports, &hce);
	if (!r)
		r = known_put(dp, dp->bpf->maps.pcb_out, &p->foreign, &out_key, &out);
	if (r && !again)
		drop_pcb(dp, hce, p);	/* all of it or nothing */
	return r;
}

static int put_pair(struct datapath *dp, uint32_t hce, const struct pair *p)
{
	struct dp_hce e = { .l = p->local, .f = p->foreign, .gen = p->gen,
			    .unproven = p->unconfirmed ? coarse_ns() + DP_DATAGRAM_WAIT_NS : 0 };

	e.flags = (p->block == BLOCK_ALL ? DP_HCE_HOLD : 0) |
		  (p->block == BLOCK_REWRITTEN ? DP_HCE_HOLD_MOVED : 0) |
		  (p->no_source ? DP_HCE_NO_SOURCE : 0) |
		  (p->homeless ? DP_HCE_HOMELESS : 0);
	return map_put(dp->bpf->maps.hce, &hce, &e);
}

static int drop_pair(struct datapath *dp, uint32_t hce)
{
	int r = map_delete(dp->bpf->maps.hce, &hce);

	if (!bpf_map_delete_elem(bpf_map__fd(dp->bpf->maps.notify), &hce))
		__atomic_fetch_sub(&dp->bpf->bss->watched, 1, __ATOMIC_SEQ_CST);
	map_delete(dp->bpf->maps.adopting, &hce);
	return r;
}

/* Makes the programs handle the next packet of every connection in full (settled.bpf.h). */
static void changed(struct datapath *dp)
{
	__atomic_fetch_add(&dp->bpf->bss->changes, 1, __ATOMIC_SEQ_CST);
}

static int write_maps(struct datapath *dp, const struct action *a)
{
	struct dp_local local;
	uint32_t spi = htonl(a->type == ACTION_SPI || a->type == ACTION_SPI_GONE ? a->spi : 0);
	uint16_t port;
	uint8_t yes = 1;

	switch (a->type) {
	case ACTION_PAIR:
		return put_pair(dp, a->hce, &a->pair);
	case ACTION_PAIR_GONE:
		return drop_pair(dp, a->hce);
	case ACTION_FOREIGN:
		return put_foreign(dp, a);
	case ACTION_FOREIGN_GONE:
		return known_delete(dp, dp->bpf->maps.foreign, &a->foreign.addr,
				    &a->foreign.addr);
	case ACTION_LOCAL:
		local = (struct dp_local){ .usable = a->local.usable };
		return map_put(dp->bpf->maps.local, &a->local.addr, &local);
	case ACTION_LOCAL_GONE:
		return map_delete(dp->bpf->maps.local, &a->local.addr);
	case ACTION_PCB:
		return put_pcb(dp, a->hce, &a->pcb);
	case ACTION_PCB_GONE:
		return drop_pcb(dp, a->hce, &a->pcb);
	case ACTION_BOUND:
		port = htons(a->bound.port);
		return map_put(dp->bpf->maps.bound, &port, &a->bound.addr);
	case ACTION_BOUND_GONE:
		port = htons(a->bound.port);
		return map_delete(dp->bpf->maps.bound, &port);
	case ACTION_SPI:
		return map_put(dp->bpf->maps.spi, &spi, &yes);
	case ACTION_SPI_GONE:
		return map_delete(dp->bpf->maps.spi, &spi);
	default:
		return 0;
	}
}

int datapath_action(struct datapath *dp, const struct action *a)
{
	int r = write_maps(dp, a);

	/* The rows of connections themselves are replaced, with their tokens. */
	if (a->type != ACTION_PCB && a->type != ACTION_PCB_GONE)
		changed(dp);
	return r;
}

int datapath_notify(struct datapath *dp, uint32_t hce)
{
	struct bpf_map *map = dp->bpf->maps.notify;
	uint8_t yes = 1;
	int r;

	/* Counted first: the program looks only if there are any. */
	__atomic_fetch_add(&dp->bpf->bss->watched, 1, __ATOMIC_SEQ_CST);
	r = bpf_map_update_elem(bpf_map__fd(map), &hce, &yes, BPF_NOEXIST);
	if (r)
		__atomic_fetch_sub(&dp->bpf->bss->watched, 1, __ATOMIC_SEQ_CST);
	changed(dp);
	return r && r != -EEXIST ? put_failed(map, r) : 0;
}

void datapath_set_sender(struct datapath *dp, uint64_t cookie)
{
	dp->bpf->bss->sender = cookie;
}

void datapath_set_signal_port(struct datapath *dp, uint16_t port)
{
	dp->bpf->bss->signal_port = htons(port);
}

void datapath_watch(struct datapath *dp, uint32_t seconds)
{
	dp->bpf->bss->path_timeout = seconds * 1000000000ULL;
	changed(dp);
}

void datapath_record(struct datapath *dp, bool on)
{
	dp->bpf->bss->recording = on;
	changed(dp);
}

void datapath_adopt(struct datapath *dp, bool on)
{
	struct datapath_bpf__bss *bss = dp->bpf->bss;

	/* Scan numbers are not reused: rows of the map "young" may still refer to earlier ones. */
	if (!on)
		bss->scan_gen = 0;
	else if (!bss->scan_gen)
		bss->scan_gen = bss->looked = bss->looked ? bss->looked : 1;
	bss->new_conn_gen = 0;
}

void datapath_initiate(struct datapath *dp, bool on)
{
	dp->bpf->bss->initiating = on;
}

int datapath_adopt_from(struct datapath *dp, uint32_t hce, bool on)
{
	uint8_t yes = 1;

	return on ? map_put(dp->bpf->maps.adopting, &hce, &yes) : map_delete(dp->bpf->maps.adopting,
									     &hce);
}

void datapath_scan_begin(struct datapath *dp)
{
	uint32_t *scan_gen = &dp->bpf->bss->scan_gen;

	/* The programs must see the new number before the sockets are listed. 0 means off. */
	if (*scan_gen)
		__atomic_store_n(scan_gen, *scan_gen == UINT32_MAX ? 1 : *scan_gen + 1,
				 __ATOMIC_SEQ_CST);
}

void datapath_looked(struct datapath *dp)
{
	if (dp->bpf->bss->scan_gen)
		__atomic_store_n(&dp->bpf->bss->looked, dp->bpf->bss->scan_gen, __ATOMIC_SEQ_CST);
}

void datapath_mark_unscanned(struct datapath *dp)
{
	dp->bpf->bss->new_conn_gen = dp->bpf->bss->scan_gen;
}

bool datapath_unscanned(const struct datapath *dp)
{
	return dp->bpf->bss->scan_gen && dp->bpf->bss->new_conn_gen == dp->bpf->bss->scan_gen;
}

int datapath_event_fd(const struct datapath *dp)
{
	return ring_buffer__epoll_fd(dp->ring);
}

int datapath_events(struct datapath *dp, void (*fn)(void *ctx, const struct dp_event *e), void *ctx)
{
	dp->fn = fn;
	dp->ctx = ctx;
	return ring_buffer__consume(dp->ring);
}

int datapath_signal_fd(const struct datapath *dp)
{
	return signal_ring_fd(dp->signals);
}

int datapath_signals(struct datapath *dp, datapath_signal_fn *fn, void *ctx)
{
	return signal_ring_read(dp->signals, fn, ctx);
}

usec_t datapath_heard(struct datapath *dp, const struct in6_addr *addr)
{
	struct dp_foreign f;

	if (bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.foreign), addr, &f))
		return 0;
	return f.heard / 1000;
}

int datapath_acked(struct datapath *dp, uint32_t hce, const struct pcb *pcb, uint32_t *ret)
{
	struct dp_pcb_in_key key = pcb_in_key(hce, pcb);
	struct dp_pcb_in in;

	if (bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.pcb_in), &key, &in))
		return -ENOENT;
	*ret = in.acked;
	return 0;
}

int datapath_seq(struct datapath *dp, struct dp_seq *q, struct dp_flight *flight)
{
	static const uint8_t frame[64];	/* the kernel requires a packet */
	struct bpf_test_run_opts opts = { .sz = sizeof(opts), .data_in = frame,
					  .data_size_in = sizeof(frame), .repeat = 1 };
	int r;

	dp->bpf->bss->seq = *q;
	r = bpf_prog_test_run_opts(bpf_program__fd(dp->bpf->progs.hmip_seq), &opts);
	if (r)
		return r;
	*q = dp->bpf->bss->seq;
	if (flight)
		*flight = dp->bpf->bss->flight;
	return q->found ? 0 : -ENOENT;
}

uint64_t datapath_counter(struct datapath *dp, enum dp_counter n)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *value, sum = 0;
	uint32_t key = n;

	if (cpus <= 0)
		return 0;
	value = calloc((size_t)cpus, sizeof(*value));
	if (value && !bpf_map_lookup_elem(bpf_map__fd(dp->bpf->maps.counters), &key, value)) {
		for (int i = 0; i < cpus; i++)
			sum += value[i];
	}
	free(value);
	return sum;
}

const char *datapath_counter_name(enum dp_counter n)
{
	static const char *const name[DP_COUNTER_MAX] = {
		[DP_OUT_REWRITTEN] = "out-rewritten",
		[DP_IN_REWRITTEN] = "in-rewritten",
		[DP_IN_TENTATIVE_DROPPED] = "in-tentative-dropped",
		[DP_SIGNALLING] = "signalling",
		[DP_ICMP_TRANSLATED] = "icmp-translated",
		[DP_FRAGMENTS] = "fragments",
		[DP_FOLLOWED] = "followed",
		[DP_TOO_DEEP] = "too-deep",
		[DP_OUT_REFUSED] = "out-refused",
		[DP_HELD] = "held",
		[DP_REFUSALS] = "refusals",
		[DP_SIGNALLING_LOST] = "signalling-lost",
	};

	return (unsigned)n < DP_COUNTER_MAX ? name[n] : "unknown";
}
