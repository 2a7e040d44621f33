/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handles the requests of control_server.h: commands of hmipctl, sockets that programs register,
 * and calls of hmip.h about them.
 */
#include "config.h"

#include "control_handlers.h"
#include "addr.h"
#include "adopt.h"
#include "array.h"
#include "clock.h"
#include "conf.h"
#include "core.h"
#include "daemon_private.h"
#include "delivered.h"
#include "fib.h"
#include "ifmon.h"
#include "log.h"
#include "report.h"
#include "route_sync.h"
#include "sock_events.h"
#include "sock_info.h"
#include "state.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

json_t *control_report(struct daemon *d, const char *what)
{
	static const struct {
		const char *name;
		json_t *(*make)(const struct report *r);
	} table[] = {
		{ "status", report_status },
		{ "cache", report_cache },
		{ "sockets", report_sockets },
		{ "sa", report_sa },
	};
	struct report r = daemon_report(d);

	sock_events_sync_established(d);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, what) == 0)
			return table[i].make(&r);
	return NULL;
}

int control_prefer(struct daemon *d, const struct in6_addr *addr, const char *interface)
{
	unsigned ifindex = addr ? 0 : ifmon_index(d->ifmon, interface);
	int r;

	if (!addr && !ifindex)
		return -EADDRNOTAVAIL;
	r = core_prefer(d->core, addr, ifindex, clock_boottime());
	if (r == 0)
		log_info("preferring %s at the request of hmipctl",
			 addr ? addr_text(addr).s : interface);
	return r;
}

int control_depart(struct daemon *d, const struct in6_addr *addr, const char *interface,
		   bool departs)
{
	unsigned ifindex = addr ? 0 : ifmon_index(d->ifmon, interface);
	int r;

	if (!addr && !ifindex)
		return -EADDRNOTAVAIL;
	/* What moves with the address is to be known before. */
	adopt_scan_if_needed(d);
	r = core_depart(d->core, addr, ifindex, departs, clock_boottime());
	if (r == 0)
		log_info("%s %s at the request of hmipctl", departs ? "leaving" : "staying at",
			 addr ? addr_text(addr).s : interface);
	return r;
}

/* Stores the DNS name by which a program found the peer of entry hce, if it sent one (C5). */
static void learn_name(struct daemon *d, uint32_t hce, const struct control_register *reg)
{
	if (!*reg->name)
		return;
	core_alternatives(d->core, hce, reg->name, reg->other, reg->n_other);
	state_note_entry(d->state, hce);
	d->save_later = d->view_later = true;
}

/*
 * Registers an unconnected socket that sends to reg->to. If it is not bound, its source is the one
 * that the kernel would choose for the next datagram.
 */
static void on_sender(struct daemon *d, int fd, const struct control_register *reg)
{
	struct sock_desc s;
	struct pcb p;
	struct hce *hce;
	int r = sock_info_get_unconnected(fd, &s);

	if (r == 0 && IN6_IS_ADDR_UNSPECIFIED(&s.local))
		r = route_source(d->route_sync, &reg->to,
				 &(struct flow){ .uid = s.uid, .mark = s.mark, .proto = s.proto,
						 .lport = s.lport },
				 &s.local);
	s.foreign = reg->to;
	if (r == 0) {
		p = pcb_from_sock(&s, PCB_REGISTERED);
		r = core_datagram_sent(d->core, &p, clock_boottime());
	}
	if (r < 0) {
		log_debug("cannot register the socket that sends to [%s]: %s",
			  addr_text(&reg->to).s, strerror(-r));
		return;
	}
	hce = core_entry_of(d->core, &reg->to);
	if (hce)
		learn_name(d, hce->id, reg);
}

void control_registered(struct daemon *d, int fd, const struct control_register *reg)
{
	struct sock_desc s;
	struct pcb p, *known;
	int r;

	if (sock_info_prevented(fd))
		return;
	if (reg->verb == CONTROL_SEND) {
		on_sender(d, fd, reg);
		return;
	}
	r = sock_info_get(fd, &s);
	if (r < 0) {
		log_debug("a program registered what is no IPv6 connection (%s), ignoring",
			  strerror(-r));
		return;
	}
	sock_events_drain(d);
	s.accepted = reg->verb != CONTROL_CONNECT;
	p = pcb_from_sock(&s, PCB_REGISTERED);
	delivered_learn(d, &p.local);
	r = core_pcb_open(d->core, &p, clock_boottime());
	if (r < 0)
		log_debug("cannot register the connection from port %u to [%s]:%u: %s", p.lport,
			  addr_text(&p.foreign).s, p.fport, strerror(-r));
	known = core_pcb(d->core, p.cookie);
	if (known && known->hce)
		learn_name(d, known->hce->id, reg);
}

static void describe(const struct pcb *p, struct control_answer *ret)
{
	const struct hce *hce = p->hce;
	const struct foreign_addr *f;
	const struct pcb *each;

	ret->flags = CONTROL_KNOWN | (hce->sa && hce->status == PEER_HOMELESS ? CONTROL_HOMELESS :
				      0) |
		     (hce->trusted ? CONTROL_TRUSTED : 0);
	DL_FOREACH(hce->addrs, f)
		ret->addresses += f->state == ADDR_ACTIVE;
	DL_FOREACH(hce->pcbs, each)
		ret->connections += each->linger_until == USEC_NEVER;
	ret->local = p->local;
	ret->foreign = p->foreign;
	if (pcb_wire_pair(p, &ret->local_now, &ret->foreign_now))
		ret->flags |= CONTROL_MOVED;
}

void control_asked(struct daemon *d, int fd, enum control_verb verb, uid_t uid,
		   struct control_answer *ret)
{
	struct sock_desc s;
	struct pcb p, *known;

	ret->result = sock_info_get(fd, &s);
	if (ret->result < 0)
		return;
	/* A scan may have missed the connection, or found it before it had an owner. */
	adopt_scan_if_needed(d);
	p = pcb_from_sock(&s, PCB_ADOPTED);
	if (d->conf->adopt && !sock_info_prevented(fd))
		core_pcb_open(d->core, &p, clock_boottime());
	known = core_pcb(d->core, p.cookie);
	if (verb == CONTROL_TRUST)
		ret->result = core_trust(d->core, p.cookie);
	else if (verb == CONTROL_FORGET)
		ret->result = core_forget(d->core, p.cookie, uid, clock_boottime());
	else if (known && known->hce)
		describe(known, ret);
	if (verb == CONTROL_TRUST && known && known->hce)
		state_note_entry(d->state, known->hce->id);
	d->save_later |= verb == CONTROL_TRUST;
}
