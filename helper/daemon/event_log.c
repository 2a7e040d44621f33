/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "event_log.h"
#include "addr.h"
#include "clock.h"
#include "control_server.h"
#include "core.h"
#include "daemon_private.h"
#include "log.h"
#include "report.h"

#include <stdio.h>

/* Whether an event is logged without -v. */
static bool event_is_news(enum core_event e)
{
	switch (e) {
	case EVENT_ENTRY_NEW:
	case EVENT_ENTRY_GONE:
	case EVENT_STATUS:
	case EVENT_LOCAL_UP:
	case EVENT_LOCAL_LOST:
	case EVENT_FOREIGN_STATE:
	case EVENT_SWITCHED:
	case EVENT_HOLD:
	case EVENT_KEYS:
	case EVENT_RESOLVING:
	case EVENT_TABLE_FULL:
	case EVENT_LIMITED:
		return true;
	default:
		return false;
	}
}

/* Whether the event is logged without -v: it is news, and its peer causes not too much of it. */
static bool is_logged(struct daemon *d, const struct action *a, const struct hce *hce)
{
	bool trusted = hce && hce->trusted;
	unsigned left_out;

	if (!event_is_news(a->event.event))
		return false;
	if (!a->hce)
		return true;
	if (!log_budget_take(&d->log_budget, trusted ? a->hce : 0, clock_boottime(), &left_out))
		return false;
	if (left_out && trusted)
		log_info("entry %u: %u events were too many to be logged", a->hce, left_out);
	else if (left_out)
		log_info("%u events of strangers were too many to be logged", left_out);
	return true;
}

static void log_event(struct daemon *d, const struct action *a, usec_t after_loss)
{
	const struct hce *hce = a->hce ? core_entry(d->core, a->hce) : NULL;
	void (*line)(const char *fmt, ...) = is_logged(d, a, hce) ? log_info : log_debug;
	bool switched = a->event.event == EVENT_SWITCHED;
	char text[512];
	int n = 0;

#define ADD(...) \
	(n += n < (int)sizeof(text) ? snprintf(text + n, sizeof(text) - n, __VA_ARGS__) : 0)
	if (hce && hce->name)
		ADD("%s: ", hce->name);
	else if (a->hce)
		ADD("entry %u: ", a->hce);
	ADD("%s", core_event_name(a->event.event));
	if (switched)
		ADD(", %s - %s -> %s - %s", addr_text(&a->event.from_local).s,
		    addr_text(&a->event.from_foreign).s, addr_text(&a->event.local).s,
		    addr_text(&a->event.foreign).s);
	if (!switched && !IN6_IS_ADDR_UNSPECIFIED(&a->event.local))
		ADD(", local %s", addr_text(&a->event.local).s);
	if (!switched && !IN6_IS_ADDR_UNSPECIFIED(&a->event.foreign))
		ADD(", foreign %s", addr_text(&a->event.foreign).s);
	if (a->event.to)
		ADD(", %s -> %s", a->event.from ? a->event.from : "new", a->event.to);
	if (a->event.reason)
		ADD(", %s", a->event.reason);
	if (a->event.seq)
		ADD(", seq %u", a->event.seq);
	if (core_event_detail(d->core, a))
		ADD(" (%s)", core_event_detail(d->core, a));
	if (after_loss != USEC_NEVER)
		ADD(", %.1f ms after the address in use was lost", after_loss / 1000.0);
#undef ADD
	line("%s", text);
}

void event_log(struct daemon *d, const struct action *a)
{
	usec_t after_loss = a->event.lost ? clock_boottime() - a->event.lost : USEC_NEVER;

	if (a->event.event == EVENT_SWITCHED)
		handovers_count(&d->handovers, a->event.reason, after_loss);
	log_event(d, a, after_loss);
	if (d->control_server && control_server_watched(d->control_server)) {
		struct report r = daemon_report(d);

		control_server_event(d->control_server, report_event(&r, a, clock_wall(),
								     after_loss));
	}
}
