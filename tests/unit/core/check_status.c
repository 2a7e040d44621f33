/* SPDX-License-Identifier: BSD-2-Clause */
/* status.h, S7: the whole table, and what the entry makes of it. */
#include "host.h"
#include "restore.h"

#define U	PEER_UNKNOWN
#define H	PEER_HOMELESS
#define MH	PEER_MOBILE_HOME
#define MA	PEER_MOBILE_AWAY
#define ST	PEER_STANDARD
#define P	PEER_PLAIN

/* A row for each event: where it leads from each status. */
static const struct {
	enum status_event event;
	enum peer_status to[PEER_PLAIN + 1];
} row[] = {
	/*                     unknown homeless mobile-home mobile-away standard plain */
	{ STATUS_SUPPORTS,   { H,      H,       H,          H,          H,       H } },
	{ STATUS_ASKED,      { U,      U,       U,          U,          U,       U } },
	{ STATUS_SILENT,     { P,      P,       MH,         MA,         ST,      P } },
	{ STATUS_WRONG,      { P,      P,       MH,         MA,         ST,      P } },
	{ STATUS_PROBLEM,    { P,      P,       MH,         MA,         ST,      P } },
	{ STATUS_LEAVES,     { U,      U,       MH,         MA,         ST,      U } },
	{ STATUS_LEFT,       { U,      U,       U,          U,          U,       U } },
	{ STATUS_KEYS_GONE,  { U,      U,       U,          U,          U,       U } },
};

START_TEST(s7_each_event_leads_from_each_status_where_the_table_says)
{
	ck_assert_uint_eq(sizeof(row) / sizeof(row[0]), STATUS_EVENTS);
	ck_assert_uint_eq(row[_i].event, (unsigned)_i);
	for (unsigned s = U; s <= P; s++)
		ck_assert_msg(status_after(s, row[_i].event) == row[_i].to[s], "%s in %s: %s",
			      status_event_text(row[_i].event), peer_status_name(s),
			      peer_status_name(status_after(s, row[_i].event)));
}
END_TEST

/* Nothing is built for standard hosts, so nobody may come to count as one. */
START_TEST(s7_no_event_leads_to_a_standard_kind)
{
	const enum peer_status other[] = { U, H, P };

	for (unsigned i = 0; i < 3; i++) {
		enum peer_status to = status_after(other[i], _i);

		ck_assert(to == U || to == H || to == P);
	}
}
END_TEST

START_TEST(s7_only_a_homeless_peer_has_its_connections_moved)
{
	const unsigned asked = STATUS_MAY_ASK | STATUS_MAY_UPDATE;
	const unsigned may[] = { [U] = asked, [H] = asked | STATUS_MAY_MOVE, [MH] = 0, [MA] = 0,
				 [ST] = 0, [P] = asked };

	for (unsigned s = U; s <= P; s++)
		ck_assert_uint_eq(status_may(s), may[s]);
	ck_assert(hce_homeless(h));
	hce_status_event(c, h, STATUS_LEAVES);
	ck_assert(!hce_homeless(h));
}
END_TEST

/* A state file of another version may have a status that means nothing here. */
START_TEST(s7_a_status_that_nothing_leads_to_is_restored_as_unknown)
{
	const enum peer_status want[] = { [U] = U, [H] = H, [MH] = U, [MA] = U, [ST] = U, [P] = P };
	struct core_saved_entry e = { .id = h->id + 1, .status = (enum peer_status)_i,
				      .pair = h->pair };

	ck_assert_int_eq(core_restore_entry(c, &e, now), 0);
	ck_assert_int_eq(core_entry(c, e.id)->status, want[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("status");
	TCase *tc = tcase_create("status");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, s7_each_event_leads_from_each_status_where_the_table_says, 0,
			    STATUS_EVENTS);
	tcase_add_loop_test(tc, s7_no_event_leads_to_a_standard_kind, 0, STATUS_EVENTS);
	tcase_add_test(tc, s7_only_a_homeless_peer_has_its_connections_moved);
	tcase_add_loop_test(tc, s7_a_status_that_nothing_leads_to_is_restored_as_unknown, 0,
			    PEER_PLAIN + 1);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
