/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ping.h"
#include "addr.h"
#include "clock.h"
#include "core.h"
#include "daemon_private.h"

#include <errno.h>

static json_t *pair(struct hce *hce, const struct path_pair *p, usec_t now)
{
	const struct via_path *via = core_via(hce, &p->local, &p->foreign);

	return json_pack("{ss, ss, so}",
		"local", addr_text(&p->local).s,
		"foreign", addr_text(&p->foreign).s,
		"via", via ? json_string(via_name(via_path_now(via, now))) : json_null());
}

json_t *ping_peer(struct daemon *d, const struct in6_addr *addr, int *ret_error)
{
	struct path_pair asked[PATH_PAIRS_MAX];
	struct hce *hce = core_entry_of(d->core, addr);
	usec_t now = clock_boottime();
	json_t *pairs;
	int n = hce ? core_ping(d->core, hce->id, now, asked) : -ENOENT;

	if (n < 0) {
		*ret_error = n;
		return NULL;
	}
	pairs = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(pairs, pair(hce, &asked[i], now));
	return json_pack("{sI, sf, so}",
		"hce", (json_int_t)hce->id,
		"sent", (double)clock_wall() / USEC_PER_SEC,
		"pairs", pairs);
}
