# SPDX-License-Identifier: BSD-2-Clause
# Programs that use one module, or a few, at a time.
noinst_HEADERS = unit/dns_server.h unit/own_netns.h unit/suite.h unit/tcp_socket.h

check_PROGRAMS += check_addr check_netns_cookie check_ratelimit check_timer
check_addr_SOURCES = unit/base/check_addr.c
check_netns_cookie_SOURCES = unit/base/check_netns_cookie.c
check_netns_cookie_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
check_ratelimit_SOURCES = unit/base/check_ratelimit.c
check_timer_SOURCES = unit/base/check_timer.c

noinst_HEADERS += unit/wire/aap_load.h unit/wire/aap_vectors.h unit/wire/hex.h unit/wire/vectors.h \
	same_signal.h
check_PROGRAMS += check_aap check_aap_keys check_ah check_encap check_mip6 check_roundtrip
check_aap_SOURCES = unit/wire/check_aap.c
check_aap_keys_SOURCES = unit/wire/check_aap_keys.c
check_ah_SOURCES = unit/wire/check_ah.c
check_encap_SOURCES = unit/wire/check_encap.c
check_mip6_SOURCES = unit/wire/check_mip6.c
check_roundtrip_SOURCES = unit/wire/check_roundtrip.c

check_PROGRAMS += check_hostmap check_ipc_proto
check_hostmap_SOURCES = unit/ipc/check_hostmap.c
check_hostmap_LDADD = ../common/libipc.la $(CHECK_LIBS)
check_ipc_proto_SOURCES = unit/ipc/check_ipc_proto.c
check_ipc_proto_LDADD = ../common/libipc.la $(CHECK_LIBS)

# Files of the core one by one.
noinst_HEADERS += unit/core/host.h
check_PROGRAMS += check_addr_conflict check_bul check_changes check_connection check_local check_pair \
	check_path_probe check_retry check_status
check_addr_conflict_SOURCES = unit/core/check_addr_conflict.c
check_addr_conflict_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_bul_SOURCES = unit/core/check_bul.c
check_bul_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_changes_SOURCES = unit/core/check_changes.c
check_changes_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_connection_SOURCES = unit/core/check_connection.c
check_connection_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_local_SOURCES = unit/core/check_local.c
check_local_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_pair_SOURCES = unit/core/check_pair.c
check_pair_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_path_probe_SOURCES = unit/core/check_path_probe.c
check_path_probe_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_retry_SOURCES = unit/core/check_retry.c
check_retry_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_status_SOURCES = unit/core/check_status.c
check_status_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)

# The kernel's side, in network namespaces; skipped without root.
HELPER_LDADD = ../helper/libhelper.la ../common/libwire.la $(CHECK_LIBS)
noinst_HEADERS += unit/kernel/two_cables.h
check_PROGRAMS += check_ifmon check_neigh check_sad check_signal_io check_signal_record check_sock_monitor \
	check_tcp_inject
check_ifmon_SOURCES = unit/kernel/check_ifmon.c
check_ifmon_LDADD = $(HELPER_LDADD)
check_neigh_SOURCES = unit/kernel/check_neigh.c
check_neigh_LDADD = $(HELPER_LDADD)
check_sad_SOURCES = unit/kernel/check_sad.c
check_sad_LDADD = $(HELPER_LDADD) $(MNL_LIBS)
check_signal_io_SOURCES = unit/kernel/check_signal_io.c
check_signal_io_LDADD = $(HELPER_LDADD) $(PCAP_LIBS)
check_signal_record_SOURCES = unit/kernel/check_signal_record.c
check_signal_record_LDADD = $(HELPER_LDADD) $(PCAP_LIBS)
check_sock_monitor_SOURCES = unit/kernel/check_sock_monitor.c
check_sock_monitor_LDADD = $(HELPER_LDADD)
check_tcp_inject_SOURCES = unit/kernel/check_tcp_inject.c
check_tcp_inject_LDADD = $(HELPER_LDADD)

# The eBPF programs, on frames.
noinst_HEADERS += unit/datapath/entry.h unit/datapath/frame.h unit/datapath/need_bpf.h
FRAMES = unit/datapath/frame.c
ENTRY = unit/datapath/entry.c $(FRAMES)
DATAPATH_LDADD = ../helper/libdatapath.la $(BPF_LIBS) $(CHECK_LIBS)
check_PROGRAMS += check_attach check_birth check_datapath check_flight check_forwarded check_heard check_move \
	check_seq check_settled check_signals check_unconnected
check_attach_SOURCES = unit/datapath/check_attach.c $(FRAMES)
check_attach_LDADD = $(DATAPATH_LDADD) $(CAP_LIBS)
check_birth_SOURCES = unit/datapath/check_birth.c $(ENTRY)
check_birth_LDADD = $(DATAPATH_LDADD)
check_datapath_SOURCES = unit/datapath/check_datapath.c $(ENTRY)
check_datapath_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(top_builddir)/helper/datapath
check_datapath_LDADD = $(DATAPATH_LDADD)
check_flight_SOURCES = unit/datapath/check_flight.c
check_flight_LDADD = $(DATAPATH_LDADD)
check_forwarded_SOURCES = unit/datapath/check_forwarded.c $(ENTRY)
check_forwarded_LDADD = $(DATAPATH_LDADD)
check_heard_SOURCES = unit/datapath/check_heard.c $(ENTRY)
check_heard_LDADD = $(DATAPATH_LDADD)
check_move_SOURCES = unit/datapath/check_move.c
check_move_LDADD = $(DATAPATH_LDADD)
check_seq_SOURCES = unit/datapath/check_seq.c
check_seq_LDADD = $(DATAPATH_LDADD)
check_settled_SOURCES = unit/datapath/check_settled.c $(ENTRY)
check_settled_LDADD = $(DATAPATH_LDADD)
check_signals_SOURCES = unit/datapath/check_signals.c $(ENTRY)
check_signals_LDADD = $(DATAPATH_LDADD)
check_unconnected_SOURCES = unit/datapath/check_unconnected.c $(ENTRY)
check_unconnected_LDADD = $(DATAPATH_LDADD)

check_PROGRAMS += check_control_server
check_control_server_SOURCES = unit/control/check_control_server.c
check_control_server_LDADD = $(HELPER_LDADD)

noinst_HEADERS += unit/daemon/routed.h unit/daemon/state_world.h
check_PROGRAMS += check_apply check_conf check_conf_apply check_dns check_hostmap_sync check_report \
	check_log_budget check_route_rules check_route_sync check_sd_notify check_state check_state_files
check_apply_SOURCES = unit/daemon/check_apply.c
check_apply_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_apply_LDADD = $(HELPER_LDADD)
check_conf_SOURCES = unit/daemon/check_conf.c
check_conf_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"'
check_conf_LDADD = $(HELPER_LDADD)
check_conf_apply_SOURCES = unit/daemon/check_conf_apply.c
check_conf_apply_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"'
check_conf_apply_LDADD = $(HELPER_LDADD)
check_dns_SOURCES = unit/daemon/check_dns.c unit/dns_server.c
check_dns_LDADD = $(HELPER_LDADD)
check_hostmap_sync_SOURCES = unit/daemon/check_hostmap_sync.c
check_hostmap_sync_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_hostmap_sync_LDADD = $(HELPER_LDADD)
check_report_SOURCES = unit/daemon/check_report.c
check_report_LDADD = $(HELPER_LDADD)
check_route_rules_SOURCES = unit/daemon/check_route_rules.c
check_route_rules_LDADD = $(HELPER_LDADD)
check_route_sync_SOURCES = unit/daemon/check_route_sync.c
check_route_sync_LDADD = $(HELPER_LDADD)
check_log_budget_SOURCES = unit/daemon/check_log_budget.c
check_log_budget_LDADD = $(HELPER_LDADD)
check_sd_notify_SOURCES = unit/daemon/check_sd_notify.c
check_sd_notify_LDADD = $(HELPER_LDADD)
check_state_SOURCES = unit/daemon/check_state.c scenario/world.c
check_state_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(srcdir)/scenario
check_state_LDADD = $(HELPER_LDADD)
check_state_files_SOURCES = unit/daemon/check_state_files.c scenario/world.c
check_state_files_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(srcdir)/scenario
check_state_files_LDADD = $(HELPER_LDADD)
check_PROGRAMS += check_control_handlers
check_control_handlers_SOURCES = unit/daemon/check_control_handlers.c
check_control_handlers_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_control_handlers_LDADD = $(HELPER_LDADD)
check_PROGRAMS += check_kernel_sa
check_kernel_sa_SOURCES = unit/daemon/check_kernel_sa.c
check_kernel_sa_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_kernel_sa_LDADD = $(HELPER_LDADD) $(EVENT_LIBS)
check_PROGRAMS += check_udp_bound_scan
check_udp_bound_scan_SOURCES = unit/daemon/check_udp_bound_scan.c
check_udp_bound_scan_CPPFLAGS = $(AM_CPPFLAGS) $(CORE_INSIDE)
check_udp_bound_scan_LDADD = $(HELPER_LDADD)

check_PROGRAMS += check_coverage check_doctor check_metrics check_print
check_coverage_SOURCES = unit/hmipctl/check_coverage.c
check_coverage_LDADD = ../hmipctl/libcoverage.la $(CHECK_LIBS)
check_doctor_SOURCES = unit/hmipctl/check_doctor.c
check_doctor_LDADD = ../hmipctl/libdoctor.la $(CHECK_LIBS)
check_metrics_SOURCES = unit/hmipctl/check_metrics.c
check_metrics_LDADD = ../hmipctl/libprint.la $(CHECK_LIBS)
check_print_SOURCES = unit/hmipctl/check_print.c
check_print_LDADD = ../hmipctl/libprint.la $(CHECK_LIBS)
