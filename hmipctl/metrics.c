/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A family of figures is its metadata and then its samples:
 *
 *	# HELP hmip_handovers_total Switches of a peer to another pair of addresses.
 *	# TYPE hmip_handovers_total counter
 *	hmip_handovers_total{cause="the source was lost"} 3
 *
 * This is Prometheus's text format 0.0.4. node_exporter takes no OpenMetrics: a type that only that
 * has, and it refuses the whole file.
 */
#include "config.h"

#include "metrics.h"
#include "array.h"
#include "json_text.h"

#include <stdbool.h>
#include <string.h>

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n", name, help);
	fprintf(out, "# TYPE %s %s\n", name, type);
}

static void escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", out);
		else
			fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

/* A sample with one label. */
static void sample(FILE *out, const char *name, const char *label, const char *value, json_int_t n)
{
	fprintf(out, "%s{%s=\"", name, label);
	escaped(out, value);
	fprintf(out, "\"} %" JSON_INTEGER_FORMAT "\n", n);
}

static json_int_t integer(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool is_set(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	return v && !json_is_null(v);
}

static void print_host(FILE *out, json_t *status)
{
	json_t *addresses = json_object_get(status, "addresses"), *a;
	json_int_t usable = 0;
	size_t i;

	family(out, "hmip_build_info", "gauge", "The version of hmip-helper.");
	sample(out, "hmip_build_info", "version", string(status, "version"), 1);
	family(out, "hmip_uptime_seconds", "gauge", "For how long hmip-helper runs.");
	fprintf(out, "hmip_uptime_seconds %.3f\n",
		json_number_value(json_object_get(status, "uptime")));
	json_array_foreach(addresses, i, a)
		usable += json_is_true(json_object_get(a, "usable"));
	family(out, "hmip_addresses", "gauge", "Addresses of this host.");
	sample(out, "hmip_addresses", "usable", "true", usable);
	sample(out, "hmip_addresses", "usable", "false",
	       (json_int_t)json_array_size(addresses) - usable);
}

static void print_peers(FILE *out, json_t *status, json_t *cache)
{
	static const char *const statuses[] = { "homeless", "plain", "unknown" };
	json_int_t n[ARRAY_LEN(statuses)] = { 0 }, held = 0;
	json_t *peer;
	size_t i;

	json_array_foreach(cache, i, peer) {
		held += is_set(peer, "held_since");
		for (size_t s = 0; s < ARRAY_LEN(statuses); s++)
			n[s] += strcmp(string(peer, "status"), statuses[s]) == 0;
	}
	family(out, "hmip_peers", "gauge", "Entries of the Host Cache.");
	for (size_t s = 0; s < ARRAY_LEN(statuses); s++)
		sample(out, "hmip_peers", "status", statuses[s], n[s]);
	family(out, "hmip_peers_held", "gauge",
	       "Peers that cannot be reached, whose connections are held.");
	fprintf(out, "hmip_peers_held %" JSON_INTEGER_FORMAT "\n", held);
	family(out, "hmip_table_limit", "gauge", "How many of each there is room for.");
	sample(out, "hmip_table_limit", "table", "peers", integer(status, "max_entries"));
	sample(out, "hmip_table_limit", "table", "connections",
	       integer(status, "max_connections"));
}

static const char *state_of(json_t *s)
{
	bool moved = strcmp(string(s, "local"), string(s, "wire_local")) != 0 ||
		     strcmp(string(s, "foreign"), string(s, "wire_foreign")) != 0;

	if (is_set(s, "lingers"))
		return "lingering";
	return moved ? "moved" : is_set(s, "reason") ? "uncovered" : "unmoved";
}

static json_int_t count_sockets(json_t *sockets, const char *proto, const char *by,
				const char *state)
{
	json_int_t n = 0;
	json_t *s;
	size_t i;

	json_array_foreach(sockets, i, s)
		n += strcmp(string(s, "proto"), proto) == 0 &&
		     strcmp(string(s, "known_by"), by) == 0 && strcmp(state_of(s), state) == 0;
	return n;
}

static void print_connections(FILE *out, json_t *sockets)
{
	static const char *const proto[] = { "tcp", "udp" }, *const by[] = { "preload", "adopted" },
			*const state[] = { "unmoved", "moved", "uncovered", "lingering" };

	family(out, "hmip_connections", "gauge", "Connections that the helper knows.");
	for (size_t i = 0; i < ARRAY_LEN(proto) * ARRAY_LEN(by) * ARRAY_LEN(state); i++) {
		const char *p = proto[i / (ARRAY_LEN(by) * ARRAY_LEN(state))];
		const char *b = by[i / ARRAY_LEN(state) % ARRAY_LEN(by)];
		const char *s = state[i % ARRAY_LEN(state)];

		fprintf(out, "hmip_connections{proto=\"%s\",known_by=\"%s\",state=\"%s\"} "
			"%" JSON_INTEGER_FORMAT "\n", p, b, s, count_sockets(sockets, p, b, s));
	}
}

static void print_handovers(FILE *out, json_t *handovers)
{
	json_t *after_loss = json_object_get(handovers, "after_loss"), *each;
	size_t i;

	family(out, "hmip_handovers_total", "counter",
	       "Switches of a peer to another pair of addresses.");
	json_array_foreach(json_object_get(handovers, "causes"), i, each)
		sample(out, "hmip_handovers_total", "cause", string(each, "cause"),
		       integer(each, "count"));
	family(out, "hmip_handover_after_loss_seconds", "histogram",
	       "Time from the loss of an address to the switch that it caused.");
	json_array_foreach(json_object_get(after_loss, "buckets"), i, each)
		fprintf(out, "hmip_handover_after_loss_seconds_bucket{le=\"%g\"} "
			"%" JSON_INTEGER_FORMAT "\n",
			json_number_value(json_object_get(each, "le")), integer(each, "count"));
	sample(out, "hmip_handover_after_loss_seconds_bucket", "le", "+Inf",
	       integer(after_loss, "count"));
	fprintf(out, "hmip_handover_after_loss_seconds_count %" JSON_INTEGER_FORMAT "\n"
		"hmip_handover_after_loss_seconds_sum %.6f\n", integer(after_loss, "count"),
		json_number_value(json_object_get(after_loss, "sum")));
}

/* Of peers, how long signalling takes there and back, as of now. */
static void print_rtt(FILE *out, json_t *cache)
{
	static const double bound[] = { 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3 };
	json_int_t n[ARRAY_LEN(bound)] = { 0 }, all = 0;
	double sum = 0;
	json_t *peer;
	size_t i;

	json_array_foreach(cache, i, peer) {
		double rtt = json_number_value(json_object_get(peer, "rtt"));

		if (!is_set(peer, "rtt"))
			continue;
		all++;
		sum += rtt;
		for (size_t b = 0; b < ARRAY_LEN(bound); b++)
			n[b] += rtt <= bound[b];
	}
	family(out, "hmip_signalling_rtt_seconds", "histogram",
	       "Peers by the smoothed round-trip time of their signalling.");
	for (size_t b = 0; b < ARRAY_LEN(bound); b++)
		fprintf(out, "hmip_signalling_rtt_seconds_bucket{le=\"%g\"} "
			"%" JSON_INTEGER_FORMAT "\n", bound[b], n[b]);
	sample(out, "hmip_signalling_rtt_seconds_bucket", "le", "+Inf", all);
	fprintf(out, "hmip_signalling_rtt_seconds_count %" JSON_INTEGER_FORMAT "\n"
		"hmip_signalling_rtt_seconds_sum %.6f\n", all, sum);
}

/* Counters of the helper that are among the refusals; what else it counts is an event. */
static const char *const refusals[] = {
	"malformed", "no-ah", "unknown-spi", "bad-icv", "replayed", "not-local", "wrong-entry",
	"old-sequence", "bad-response", "unexpected-ba", "refused-address", "no-room",
	"port-clash", "table-full", "host-map-cut", "aap-refused", "limited",
};

static bool is_refusal(const char *counter)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (strcmp(refusals[i], counter) == 0)
			return true;
	return false;
}

static void print_counters(FILE *out, json_t *status)
{
	json_t *counters = json_object_get(status, "counters"), *n;
	const char *name;

	family(out, "hmip_refusals_total", "counter", "What was refused or dropped.");
	json_object_foreach(counters, name, n)
		if (is_refusal(name))
			sample(out, "hmip_refusals_total", "reason", name, json_integer_value(n));
	family(out, "hmip_events_total", "counter",
	       "What else the helper counts: see COUNTERS in hmipctl(8).");
	json_object_foreach(counters, name, n)
		if (!is_refusal(name))
			sample(out, "hmip_events_total", "event", name, json_integer_value(n));
	family(out, "hmip_datapath_packets_total", "counter",
	       "What the datapath counts: see COUNTERS in hmipctl(8).");
	json_object_foreach(json_object_get(status, "datapath"), name, n)
		if (json_is_integer(n))
			sample(out, "hmip_datapath_packets_total", "event", name,
			       json_integer_value(n));
}

void metrics_print(FILE *out, json_t *status, json_t *cache, json_t *sockets)
{
	print_host(out, status);
	print_peers(out, status, cache);
	print_connections(out, sockets);
	print_handovers(out, json_object_get(status, "handovers"));
	print_rtt(out, cache);
	print_counters(out, status);
}
