/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper's answers as text for Prometheus. tests/peers/prometheus.py checks the format. */
#include "metrics.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *parsed(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

	ck_assert_msg(j != NULL, "no JSON: %s", text);
	return j;
}

/* The text for these answers. The caller frees it. */
static char *metrics(const char *status, const char *cache, const char *sockets)
{
	json_t *s = parsed(status), *c = parsed(cache), *k = parsed(sockets);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert(out != NULL);
	metrics_print(out, s, c, k);
	fclose(out);
	json_decref(s);
	json_decref(c);
	json_decref(k);
	return text;
}

static void has_line(const char *text, const char *line)
{
	const char *at = text;
	size_t n = strlen(line);

	while ((at = strstr(at, line)) && !((at == text || at[-1] == '\n') && at[n] == '\n'))
		at++;
	ck_assert_msg(at != NULL, "no line %s in:\n%s", line, text);
}

START_TEST(peers_are_counted_by_status)
{
	char *t = metrics("{\"max_entries\": 4096}",
			  "[{\"status\": \"homeless\", \"rtt\": 0.02, \"held_since\": null},"
			  " {\"status\": \"homeless\", \"rtt\": 0.2, \"held_since\": 3.5},"
			  " {\"status\": \"plain\", \"rtt\": null, \"held_since\": null},"
			  " {\"status\": \"unknown\", \"rtt\": null, \"held_since\": null}]", "[]");

	has_line(t, "hmip_peers{status=\"homeless\"} 2");
	has_line(t, "hmip_peers{status=\"plain\"} 1");
	has_line(t, "hmip_peers{status=\"unknown\"} 1");
	has_line(t, "hmip_peers_held 1");
	has_line(t, "hmip_table_limit{table=\"peers\"} 4096");
	has_line(t, "hmip_signalling_rtt_seconds_bucket{le=\"0.01\"} 0");
	has_line(t, "hmip_signalling_rtt_seconds_bucket{le=\"0.03\"} 1");
	has_line(t, "hmip_signalling_rtt_seconds_bucket{le=\"0.3\"} 2");
	has_line(t, "hmip_signalling_rtt_seconds_bucket{le=\"+Inf\"} 2");
	has_line(t, "hmip_signalling_rtt_seconds_count 2");
	has_line(t, "hmip_signalling_rtt_seconds_sum 0.220000");
	free(t);
}
END_TEST

#define SOCKET(wire, lingers, reason) \
	"{\"proto\": \"tcp\", \"known_by\": \"adopted\", \"local\": \"[a]:1\"," \
	" \"foreign\": \"[b]:2\", \"wire_local\": \"" wire "\", \"wire_foreign\": \"[b]:2\"," \
	" \"lingers\": " lingers ", \"reason\": " reason "}"

START_TEST(connections_are_counted_by_state)
{
	char *t = metrics("{}", "[]", "["
			  SOCKET("[a]:1", "null", "null") "," SOCKET("[c]:1", "null", "null") ","
			  SOCKET("[c]:1", "null", "\"bound\"") ","
			  SOCKET("[a]:1", "null", "\"bound\"") "," SOCKET("[c]:1", "20", "null")
			  "]");

	has_line(t, "hmip_connections{proto=\"tcp\",known_by=\"adopted\",state=\"unmoved\"} 1");
	has_line(t, "hmip_connections{proto=\"tcp\",known_by=\"adopted\",state=\"moved\"} 2");
	has_line(t, "hmip_connections{proto=\"tcp\",known_by=\"adopted\",state=\"uncovered\"} 1");
	has_line(t, "hmip_connections{proto=\"tcp\",known_by=\"adopted\",state=\"lingering\"} 1");
	has_line(t, "hmip_connections{proto=\"udp\",known_by=\"preload\",state=\"moved\"} 0");
	free(t);
}
END_TEST

START_TEST(counters_are_refusals_or_events)
{
	char *t = metrics("{\"version\": \"1\", \"uptime\": 1.5,"
			  " \"counters\": {\"bad-icv\": 3, \"bu-sent\": 4},"
			  " \"datapath\": {\"kind\": \"tcx\", \"rewritten\": 5}}", "[]", "[]");

	has_line(t, "hmip_build_info{version=\"1\"} 1");
	has_line(t, "hmip_uptime_seconds 1.500");
	has_line(t, "hmip_refusals_total{reason=\"bad-icv\"} 3");
	has_line(t, "hmip_events_total{event=\"bu-sent\"} 4");
	has_line(t, "hmip_datapath_packets_total{event=\"rewritten\"} 5");
	has_line(t, "# TYPE hmip_events_total counter");
	free(t);
}
END_TEST

START_TEST(handovers_are_counted_by_cause)
{
	char *t = metrics("{\"handovers\": {\"causes\": ["
			  "{\"cause\": \"the \\\"source\\\" was\\nlost \\\\\", \"count\": 2}],"
			  " \"after_loss\": {\"count\": 2, \"sum\": 0.25, \"buckets\": ["
			  "{\"le\": 0.1, \"count\": 1}, {\"le\": 1, \"count\": 2}]}}}",
			  "[]", "[]");

	has_line(t, "hmip_handovers_total{cause=\"the \\\"source\\\" was\\nlost \\\\\"} 2");
	has_line(t, "hmip_handover_after_loss_seconds_bucket{le=\"0.1\"} 1");
	has_line(t, "hmip_handover_after_loss_seconds_bucket{le=\"1\"} 2");
	has_line(t, "hmip_handover_after_loss_seconds_bucket{le=\"+Inf\"} 2");
	has_line(t, "hmip_handover_after_loss_seconds_count 2");
	has_line(t, "hmip_handover_after_loss_seconds_sum 0.250000");
	free(t);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("metrics");
	Suite *s = suite_create("metrics");

	tcase_add_test(tc, peers_are_counted_by_status);
	tcase_add_test(tc, connections_are_counted_by_state);
	tcase_add_test(tc, counters_are_refusals_or_events);
	tcase_add_test(tc, handovers_are_counted_by_cause);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
