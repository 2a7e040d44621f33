# SPDX-License-Identifier: BSD-2-Clause
# Hosts that talk to each other in one process: no sockets, no clock (world.h).
noinst_HEADERS += scenario/acquainted.h scenario/crowd.h scenario/two_hosts.h scenario/unmoved.h scenario/world.h
WORLD = scenario/world.c
check_PROGRAMS += check_aap_run check_addresses check_adopt check_binding check_contest check_core \
	check_datagram check_departure check_draft check_first_contact check_hostile check_leave check_limits \
	check_meet check_outage check_paths check_personalities check_rekey check_renewal check_rendezvous \
	check_resend check_scale check_strangers check_trust check_unmoved check_unmoved_keys \
	check_via
check_aap_run_SOURCES = scenario/check_aap_run.c $(WORLD)
check_addresses_SOURCES = scenario/check_addresses.c $(WORLD)
check_adopt_SOURCES = scenario/check_adopt.c $(WORLD)
check_binding_SOURCES = scenario/check_binding.c $(WORLD)
check_contest_SOURCES = scenario/check_contest.c $(WORLD)
check_contest_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_core_SOURCES = scenario/check_core.c $(WORLD)
check_datagram_SOURCES = scenario/check_datagram.c $(WORLD)
check_departure_SOURCES = scenario/check_departure.c $(WORLD)
check_draft_SOURCES = scenario/check_draft.c $(WORLD)
check_first_contact_SOURCES = scenario/check_first_contact.c $(WORLD)
check_first_contact_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_hostile_SOURCES = scenario/check_hostile.c $(WORLD)
check_hostile_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_leave_SOURCES = scenario/check_leave.c $(WORLD)
check_rekey_SOURCES = scenario/check_rekey.c $(WORLD)
check_limits_SOURCES = scenario/check_limits.c $(WORLD)
check_meet_SOURCES = scenario/check_meet.c $(WORLD)
check_meet_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_outage_SOURCES = scenario/check_outage.c $(WORLD)
check_paths_SOURCES = scenario/check_paths.c $(WORLD)
check_personalities_SOURCES = scenario/check_personalities.c $(WORLD)
check_renewal_SOURCES = scenario/check_renewal.c $(WORLD)
check_renewal_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_rendezvous_SOURCES = scenario/check_rendezvous.c $(WORLD)
check_resend_SOURCES = scenario/check_resend.c $(WORLD)
# What the server allocates is counted.
check_scale_SOURCES = scenario/check_scale.c scenario/crowd.c
check_scale_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc,--wrap=free
check_strangers_SOURCES = scenario/check_strangers.c $(WORLD)
check_strangers_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_trust_SOURCES = scenario/check_trust.c $(WORLD)
check_trust_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_unmoved_SOURCES = scenario/check_unmoved.c $(WORLD)
check_unmoved_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_unmoved_keys_SOURCES = scenario/check_unmoved_keys.c $(WORLD)
check_unmoved_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_via_SOURCES = scenario/check_via.c $(WORLD)
