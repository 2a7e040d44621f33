# SPDX-License-Identifier: BSD-2-Clause
# The event loop, which passes events to the core and carries out its actions.
DAEMON = -iquote $(srcdir)/daemon -iquote $(srcdir)/control -iquote $(srcdir)/kernel -iquote $(srcdir)/datapath \
	$(CORE) $(COMMON) -DSYSCONFDIR='"$(sysconfdir)"' -DLOCALSTATEDIR='"$(localstatedir)"'
noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_CPPFLAGS = $(DAEMON)
libdaemon_la_CFLAGS = $(AM_CFLAGS)
libdaemon_la_SOURCES = \
	daemon/adopt.c daemon/adopt.h \
	daemon/apply.c daemon/apply.h \
	daemon/conf.c daemon/conf.h \
	daemon/conf_apply.c daemon/conf_apply.h daemon/conf_value.c daemon/conf_value.h \
	daemon/control_handlers.c daemon/control_handlers.h \
	daemon/daemon.c daemon/daemon.h \
	daemon/daemon_private.h \
	daemon/delivered.c daemon/delivered.h \
	daemon/dns.c daemon/dns.h \
	daemon/entry_set.c daemon/entry_set.h \
	daemon/event_log.c daemon/event_log.h \
	daemon/handovers.c daemon/handovers.h \
	daemon/hostmap_sync.c daemon/hostmap_sync.h \
	daemon/kernel_sa.c daemon/kernel_sa.h \
	daemon/log_budget.c daemon/log_budget.h \
	daemon/loop.c daemon/loop.h \
	daemon/meet.c daemon/meet.h \
	daemon/ping.c daemon/ping.h \
	daemon/privileges.c daemon/privileges.h \
	daemon/report.c daemon/report.h \
	daemon/resume.c daemon/resume.h \
	daemon/route_sync.c daemon/route_sync.h \
	daemon/saving.c daemon/saving.h \
	daemon/sd_notify.c daemon/sd_notify.h \
	daemon/sock_events.c daemon/sock_events.h \
	daemon/state.c daemon/state.h \
	daemon/state_context.c daemon/state_context.h \
	daemon/state_dump.c daemon/state_dump.h \
	daemon/state_json.c daemon/state_json.h \
	daemon/state_load.c daemon/state_load.h \
	daemon/state_record.c daemon/state_record.h \
	daemon/state_store.c daemon/state_store.h \
	daemon/tcp_hold.c daemon/tcp_hold.h \
	daemon/udp_bound_scan.c daemon/udp_bound_scan.h
libdaemon_la_LIBADD = $(CONFUSE_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(LMDB_LIBS) $(CAP_LIBS)
