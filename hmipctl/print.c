/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "print.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS_MAX	10
#define CELL		100

/* Rows of text, printed when all of them, and so the widths of the columns, are known. */
struct table {
	unsigned n_col, n_row;
	char (*cell)[COLUMNS_MAX][CELL];
};

/* A new row of empty cells, or NULL if memory is short. */
static char (*table_row(struct table *t))[CELL]
{
	void *more = realloc(t->cell, (t->n_row + 1) * sizeof(*t->cell));

	if (!more)
		return NULL;
	t->cell = more;
	memset(t->cell[t->n_row], 0, sizeof(t->cell[0]));
	return t->cell[t->n_row++];
}

/* Prints all rows, indented, and frees them. */
static void table_print(FILE *out, struct table *t, const char *indent)
{
	int width[COLUMNS_MAX] = { 0 };

	for (unsigned r = 0; r < t->n_row; r++)
		for (unsigned c = 0; c < t->n_col; c++)
			if ((int)strlen(t->cell[r][c]) > width[c])
				width[c] = strlen(t->cell[r][c]);
	for (unsigned r = 0; r < t->n_row; r++) {
		unsigned last = t->n_col - 1;

		fputs(indent, out);
		while (last > 0 && !*t->cell[r][last])
			last--;
		for (unsigned c = 0; c <= last; c++)
			fprintf(out, "%-*s%s", c < last ? width[c] : 0, t->cell[r][c],
				c < last ? "  " : "\n");
	}
	free(t->cell);
	t->cell = NULL;
	t->n_row = 0;
}

static const char *text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "-";
}

static bool flag(json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static long long number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

struct duration {
	char s[32];
};

/* "3.2 ms", "12.0 s", "4m 05s", "2h 10m", "3d 4h"; "never" for null. */
static struct duration duration(json_t *o, const char *key)
{
	json_t *j = json_object_get(o, key);
	struct duration d = { "never" };
	double s = json_number_value(j);
	unsigned long n = s;

	if (!json_is_number(j))
		return d;
	if (s < 1)
		snprintf(d.s, sizeof(d.s), "%.1f ms", s * 1000);
	else if (s < 60)
		snprintf(d.s, sizeof(d.s), "%.1f s", s);
	else if (n < 3600)
		snprintf(d.s, sizeof(d.s), "%lum %02lus", n / 60, n % 60);
	else if (n < 86400)
		snprintf(d.s, sizeof(d.s), "%luh %02lum", n / 3600, n % 3600 / 60);
	else
		snprintf(d.s, sizeof(d.s), "%lud %luh", n / 86400, n % 86400 / 3600);
	return d;
}

#define PUT(row, col, ...)	snprintf((row)[col], CELL, __VA_ARGS__)

static void print_counters(FILE *out, json_t *all, const char *title)
{
	struct table t = { .n_col = 2 };
	const char *name;
	json_t *v;

	fprintf(out, "%s\n", title);
	json_object_foreach(all, name, v) {
		char (*row)[CELL] = json_is_integer(v) && json_integer_value(v) ?
				    table_row(&t) : NULL;

		if (!row)
			continue;
		PUT(row, 0, "%s", name);
		PUT(row, 1, "%lld", (long long)json_integer_value(v));
	}
	if (!t.n_row)
		fputs("  all 0\n", out);
	table_print(out, &t, "  ");
}

void print_status(FILE *out, json_t *a)
{
	json_t *dp = json_object_get(a, "datapath"), *l;
	struct table t = { .n_col = 6 };
	size_t i;

	fprintf(out, "hmip-helper %s, process %lld, running for %s\n", text(a, "version"),
		number(a, "pid"), duration(a, "uptime").s);
	fprintf(out, "socket %s, state %s, datapath %s\n", text(a, "socket"), text(a, "state"),
		text(dp, "kind"));
	if (flag(a, "leaving"))
		fputs("leaving: moved connections go back to the addresses they began with\n", out);
	fprintf(out, "%lld peers, %lld connections, ", number(a, "peers"),
		number(a, "connections"));
	if (flag(a, "adopting"))
		fprintf(out, "%lld socket scans\n", number(a, "scans"));
	else
		fputs("adoption is off\n", out);
	fputs("\naddresses of this host\n", out);
	json_array_foreach(json_object_get(a, "addresses"), i, l) {
		char (*row)[CELL] = table_row(&t);

		if (!row)
			return;
		PUT(row, 0, "%s", text(l, "address"));
		PUT(row, 1, "%s", text(l, "interface"));
		PUT(row, 2, "%s for %s", flag(l, "usable") ? "usable" : "lost",
		    duration(l, "since").s);
		PUT(row, 3, "%lld connections", number(l, "connections"));
		PUT(row, 4, "%s", flag(l, "leaving") ? "leaving" :
				  number(l, "preference") ? "preferred" :
				  flag(l, "spare") ? "spare" : "");
		if (json_is_string(json_object_get(l, "personality")))
			PUT(row, 5, "personality %s", text(l, "personality"));
	}
	if (!t.n_row)
		fputs("  none\n", out);
	table_print(out, &t, "  ");
	fputc('\n', out);
	print_counters(out, json_object_get(a, "counters"), "signalling");
	fputc('\n', out);
	print_counters(out, dp, "datapath");
}

static void print_addresses(FILE *out, json_t *entry)
{
	const char *now = text(json_object_get(entry, "pair"), "foreign");
	struct table t = { .n_col = 5 };
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(entry, "addresses"), i, f) {
		char (*row)[CELL] = table_row(&t);

		if (!row)
			return;
		PUT(row, 0, "%s %s", strcmp(text(f, "address"), now) == 0 ? "*" : " ",
		    text(f, "address"));
		PUT(row, 1, "%s%s", text(f, "state"),
		    flag(f, "checking") ? " (being verified)" : "");
		PUT(row, 2, "%s", text(f, "lifetime_kind"));
		PUT(row, 3, "expires: %s", duration(f, "expires_in").s);
		PUT(row, 4, "heard: %s%s", duration(f, "last_heard").s,
		    json_is_number(json_object_get(f, "last_heard")) ? " ago" : "");
	}
	table_print(out, &t, "  ");
}

/* A line with the title and the elements of the array; nothing if it is empty. */
static void print_list(FILE *out, const char *title, json_t *array)
{
	json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
		fprintf(out, "%s%s", i ? ", " : title,
			json_is_string(one) ? json_string_value(one) : "-");
	if (json_array_size(array))
		fputc('\n', out);
}

/* Paths, the pair's and others, by which signalling does not get through. */
static void print_dead_paths(FILE *out, json_t *entry)
{
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(entry, "paths"), i, p)
		if (strcmp(text(p, "via"), "none") == 0)
			fprintf(out, "  no signalling gets through: %s - %s, unanswered for %s\n",
				text(p, "local"), text(p, "foreign"),
				duration(p, "unanswered").s);
}

/* Addresses of this host that the peer does not take data from: it has no proof of them. */
static void print_unproven(FILE *out, json_t *entry)
{
	unsigned n = 0;
	json_t *b;
	size_t i;

	json_array_foreach(json_object_get(entry, "bindings"), i, b)
		if (flag(b, "wanted") && (!strcmp(text(b, "state"), "sent") ||
					  !strcmp(text(b, "state"), "known")))
			fprintf(out, "%s%s", n++ ? ", " : "  not proven to the peer: ",
				text(b, "address"));
	if (n)
		fputc('\n', out);
}

void print_cache(FILE *out, json_t *a)
{
	json_t *e;
	size_t i;

	if (json_array_size(a) == 0)
		fputs("no peers\n", out);
	json_array_foreach(a, i, e) {
		json_t *pair = json_object_get(e, "pair"), *rtt = json_object_get(e, "rtt"),
		       *sa = json_object_get(e, "sa");

		fprintf(out, "%s%lld %s: %s, %s, %lld connections", i ? "\n" : "", number(e, "id"),
			text(e, "name"), text(e, "status"),
			flag(e, "trusted") ? "trusted" : "not trusted", number(e, "connections"));
		if (number(e, "senders"))
			fprintf(out, ", %lld senders", number(e, "senders"));
		if (json_is_string(json_object_get(e, "personality")))
			fprintf(out, ", personality %s", text(e, "personality"));
		if (json_is_number(rtt))
			fprintf(out, ", round trip %s", duration(e, "rtt").s);
		if (json_is_number(json_object_get(e, "plain_for")))
			fprintf(out, ", not asked again for %s", duration(e, "plain_for").s);
		if (json_is_number(json_object_get(e, "held_since")))
			fprintf(out, ", held for %s", duration(e, "held_since").s);
		fprintf(out, "\n  pair %s - %s, %s", text(pair, "local"), text(pair, "foreign"),
			json_is_object(sa) ? text(sa, "algorithm") : "no security association");
		if (json_is_string(json_object_get(e, "via")))
			fprintf(out, ", via %s", text(e, "via"));
		fputc('\n', out);
		print_dead_paths(out, e);
		print_unproven(out, e);
		print_list(out, "  found by name: ", json_object_get(e, "dns"));
		print_list(out, "  perhaps also at: ", json_object_get(e, "alternatives"));
		print_addresses(out, e);
	}
}

void print_sockets(FILE *out, json_t *a)
{
	struct table t = { .n_col = 6 };
	char (*row)[CELL];
	json_t *p;
	size_t i;

	if (json_array_size(a) == 0) {
		fputs("no connections\n", out);
		return;
	}
	row = table_row(&t);
	if (!row)
		return;
	PUT(row, 0, "PEER");
	PUT(row, 1, "PROTO");
	PUT(row, 2, "LOCAL");
	PUT(row, 3, "FOREIGN");
	PUT(row, 4, "BY");
	PUT(row, 5, "ON THE WIRE");
	json_array_foreach(a, i, p) {
		bool moved = strcmp(text(p, "local"), text(p, "wire_local")) ||
			     strcmp(text(p, "foreign"), text(p, "wire_foreign"));

		row = table_row(&t);
		if (!row)
			return;
		PUT(row, 0, "%s", text(p, "name"));
		PUT(row, 1, "%s", text(p, "proto"));
		PUT(row, 2, "%s", text(p, "local"));
		PUT(row, 3, "%s", text(p, "foreign"));
		PUT(row, 4, "%s", text(p, "known_by"));
		if (moved)
			PUT(row, 5, "%s %s", text(p, "wire_local"), text(p, "wire_foreign"));
		else if (json_is_string(json_object_get(p, "reason")))
			PUT(row, 5, "the same (%s)", text(p, "reason"));
		else
			PUT(row, 5, "the same");
	}
	table_print(out, &t, "");
}

/* Whether the rows are there only because no peer is Homeless. */
static bool no_peers(json_t *a)
{
	json_t *p;
	size_t i;

	json_array_foreach(a, i, p)
		if (strcmp(text(p, "reason"), "no-peers"))
			return false;
	return i > 0;
}

void print_uncovered(FILE *out, json_t *a)
{
	struct table t = { .n_col = 7 };
	static const char *const title[] = { "PID", "COMMAND", "PEER", "PROTO", "LOCAL", "FOREIGN",
					     "WHY" };
	char (*row)[CELL];
	json_t *p;
	size_t i;

	if (json_array_size(a) == 0) {
		fputs("no uncovered connections with Homeless peers\n", out);
		return;
	}
	if (no_peers(a)) {
		fprintf(out, "no Homeless peers known; %zu connection%s would not survive a move\n",
			json_array_size(a), json_array_size(a) == 1 ? "" : "s");
		return;
	}
	row = table_row(&t);
	for (i = 0; row && i < t.n_col; i++)
		PUT(row, i, "%s", title[i]);
	json_array_foreach(a, i, p) {
		row = table_row(&t);
		if (!row)
			return;
		if (json_is_integer(json_object_get(p, "pid")))
			PUT(row, 0, "%lld", number(p, "pid"));
		else
			PUT(row, 0, "-");
		PUT(row, 1, "%s", text(p, "command"));
		PUT(row, 2, "%s", text(p, "name"));
		PUT(row, 3, "%s", text(p, "proto"));
		PUT(row, 4, "%s", text(p, "local"));
		PUT(row, 5, "%s", text(p, "foreign"));
		PUT(row, 6, "%s", text(p, "detail"));
	}
	table_print(out, &t, "");
}

void print_sa(FILE *out, json_t *a)
{
	struct table t = { .n_col = 6 };
	char (*row)[CELL];
	json_t *s;
	size_t i;

	if (json_array_size(a) == 0) {
		fputs("no security associations\n", out);
		return;
	}
	json_array_foreach(a, i, s) {
		row = table_row(&t);
		if (!row)
			return;
		PUT(row, 0, "%s", text(s, "name"));
		PUT(row, 1, "%s", text(s, "class"));
		PUT(row, 2, "%s", text(s, "algorithm"));
		PUT(row, 3, "in 0x%llx", number(s, "spi_in"));
		PUT(row, 4, "out 0x%llx", number(s, "spi_out"));
		PUT(row, 5, "sent %lld, heard %lld", number(s, "last_sent"),
		    number(s, "last_heard"));
	}
	table_print(out, &t, "");
}

/* What an event is about and, if it changed, its states before and after. */
static void print_change(FILE *out, json_t *e)
{
	json_t *from = json_object_get(e, "from"), *to = json_object_get(e, "to");

	if (json_is_object(from) && json_is_object(to)) {	/* pairs of addresses */
		fprintf(out, " %s - %s -> %s - %s", text(from, "local"), text(from, "foreign"),
			text(to, "local"), text(to, "foreign"));
		return;
	}
	if (json_is_string(json_object_get(e, "local")))
		fprintf(out, " local %s", text(e, "local"));
	if (json_is_string(json_object_get(e, "foreign")))
		fprintf(out, " foreign %s", text(e, "foreign"));
	if (json_is_string(to))
		fprintf(out, " %s -> %s", json_is_string(from) ? text(e, "from") : "new",
			text(e, "to"));
}

void print_event(FILE *out, json_t *e)
{
	double wall = json_number_value(json_object_get(e, "time"));
	time_t t = wall;
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(out, "%s.%03u %-18s", clock, (unsigned)((wall - t) * 1000), text(e, "event"));
	if (json_is_string(json_object_get(e, "name")))
		fprintf(out, " %s", text(e, "name"));
	print_change(out, e);
	if (json_is_integer(json_object_get(e, "seq")))
		fprintf(out, " seq %lld", number(e, "seq"));
	if (!json_is_string(json_object_get(e, "to")) &&
	    json_is_string(json_object_get(e, "detail")))
		fprintf(out, " (%s)", text(e, "detail"));
	if (json_is_string(json_object_get(e, "reason")))
		fprintf(out, ", %s", text(e, "reason"));
	if (json_is_number(json_object_get(e, "after_loss")))
		fprintf(out, " %s after the loss of the address used before",
			duration(e, "after_loss").s);
	fputc('\n', out);
	fflush(out);
}

void print_json(json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2));
	putchar('\n');
}
