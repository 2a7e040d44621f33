# SPDX-License-Identifier: BSD-2-Clause
# The shim: each program runs itself preloaded, in a network namespace of its own, and plays the helper.
SHIM_RIG = shim/rig.c shim/rig.h
SHIM_CPPFLAGS = $(AM_CPPFLAGS) -DSHIM='"$(abs_top_builddir)/shim/.libs/libhmip.so"'
SHIM_LDADD = ../common/libipc.la $(CHECK_LIBS)

check_PROGRAMS += check_connect
check_connect_SOURCES = shim/check_connect.c $(SHIM_RIG)
check_connect_CPPFLAGS = $(SHIM_CPPFLAGS)
check_connect_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_getaddrinfo
check_getaddrinfo_SOURCES = shim/check_getaddrinfo.c unit/dns_server.c $(SHIM_RIG)
check_getaddrinfo_CPPFLAGS = $(SHIM_CPPFLAGS)
check_getaddrinfo_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_accept
check_accept_SOURCES = shim/check_accept.c $(SHIM_RIG)
check_accept_CPPFLAGS = $(SHIM_CPPFLAGS)
check_accept_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_bind
check_bind_SOURCES = shim/check_bind.c $(SHIM_RIG)
check_bind_CPPFLAGS = $(SHIM_CPPFLAGS)
check_bind_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_getpeername
check_getpeername_SOURCES = shim/check_getpeername.c $(SHIM_RIG)
check_getpeername_CPPFLAGS = $(SHIM_CPPFLAGS)
check_getpeername_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_personality
check_personality_SOURCES = shim/check_personality.c $(SHIM_RIG)
check_personality_CPPFLAGS = $(SHIM_CPPFLAGS)
check_personality_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_own_port
check_own_port_SOURCES = shim/check_own_port.c $(SHIM_RIG)
check_own_port_CPPFLAGS = $(SHIM_CPPFLAGS)
check_own_port_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_api
check_api_SOURCES = shim/check_api.c $(SHIM_RIG)
check_api_CPPFLAGS = $(SHIM_CPPFLAGS)
check_api_LDADD = ../shim/libhmip.la $(SHIM_LDADD)
check_PROGRAMS += check_prctl
check_prctl_SOURCES = shim/check_prctl.c $(SHIM_RIG)
check_prctl_CPPFLAGS = $(SHIM_CPPFLAGS)
check_prctl_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
check_prctl_LDADD = $(SHIM_LDADD) $(SECCOMP_LIBS)
SHIM_DATAGRAMS = shim/datagrams.c shim/datagrams.h $(SHIM_RIG)
check_PROGRAMS += check_sendto check_sendmsg check_sendmmsg check_recvfrom check_recvmsg check_recvmmsg
check_sendto_SOURCES = shim/check_sendto.c $(SHIM_DATAGRAMS)
check_sendto_CPPFLAGS = $(SHIM_CPPFLAGS)
check_sendto_LDADD = $(SHIM_LDADD)
check_sendmsg_SOURCES = shim/check_sendmsg.c $(SHIM_DATAGRAMS)
check_sendmsg_CPPFLAGS = $(SHIM_CPPFLAGS)
check_sendmsg_LDADD = $(SHIM_LDADD)
check_sendmmsg_SOURCES = shim/check_sendmmsg.c $(SHIM_DATAGRAMS)
check_sendmmsg_CPPFLAGS = $(SHIM_CPPFLAGS)
check_sendmmsg_LDADD = $(SHIM_LDADD)
check_recvfrom_SOURCES = shim/check_recvfrom.c $(SHIM_DATAGRAMS)
check_recvfrom_CPPFLAGS = $(SHIM_CPPFLAGS)
check_recvfrom_LDADD = $(SHIM_LDADD)
check_recvmsg_SOURCES = shim/check_recvmsg.c $(SHIM_DATAGRAMS)
check_recvmsg_CPPFLAGS = $(SHIM_CPPFLAGS)
check_recvmsg_LDADD = $(SHIM_LDADD)
check_recvmmsg_SOURCES = shim/check_recvmmsg.c $(SHIM_DATAGRAMS)
check_recvmmsg_CPPFLAGS = $(SHIM_CPPFLAGS)
check_recvmmsg_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_sequence
check_sequence_SOURCES = shim/check_sequence.c $(SHIM_RIG)
check_sequence_CPPFLAGS = $(SHIM_CPPFLAGS)
check_sequence_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_signal
check_signal_SOURCES = shim/check_signal.c $(SHIM_RIG)
check_signal_CPPFLAGS = $(SHIM_CPPFLAGS)
check_signal_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_thread
check_thread_SOURCES = shim/check_thread.c $(SHIM_RIG)
check_thread_CPPFLAGS = $(SHIM_CPPFLAGS)
check_thread_LDADD = $(SHIM_LDADD)
check_PROGRAMS += check_process
check_process_SOURCES = shim/check_process.c $(SHIM_RIG)
check_process_CPPFLAGS = $(SHIM_CPPFLAGS) -DPLUGIN='"$(abs_builddir)/.libs/plugin.so"'
check_process_LDADD = $(SHIM_LDADD)
# Another preload, and a plugin. libtool makes a shared library only of what it is told would be installed somewhere.
check_LTLIBRARIES = other.la plugin.la
other_la_SOURCES = shim/other.c
other_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
plugin_la_SOURCES = shim/plugin.c
plugin_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
plugin_la_LDFLAGS = $(other_la_LDFLAGS)
plugin_la_LIBADD = $(SECCOMP_LIBS)
check_PROGRAMS += check_preload
check_preload_SOURCES = shim/check_preload.c $(SHIM_RIG)
check_preload_CPPFLAGS = $(SHIM_CPPFLAGS) -DOTHER='"$(abs_builddir)/.libs/other.so"' \
	-DDIAL_SOURCE='"$(abs_srcdir)/shim/dial.c"' -DSYMBOLS='"$(abs_top_srcdir)/shim/libhmip.sym"'
check_preload_LDADD = $(SHIM_LDADD)
EXTRA_DIST += shim/dial.c
# Traffic to count the instructions of; also for bench/untouched.sh.
check_PROGRAMS += check_untouched
noinst_PROGRAMS += crowd traffic
crowd_SOURCES = shim/crowd.c
crowd_LDADD =
traffic_SOURCES = shim/traffic.c
traffic_LDADD =
check_untouched_SOURCES = shim/check_untouched.c $(SHIM_RIG)
check_untouched_CPPFLAGS = $(SHIM_CPPFLAGS) -DTRAFFIC='"$(abs_builddir)/traffic"'
check_untouched_LDADD = $(SHIM_LDADD)
dist_check_SCRIPTS += shim/hmip_run.sh
TESTS += shim/hmip_run.sh
