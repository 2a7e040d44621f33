# SPDX-License-Identifier: BSD-2-Clause
# Requests to netlink and sock_diag, and routes, for the datapath and hmipctl as well.
noinst_LTLIBRARIES += libnetlink.la
libnetlink_la_CPPFLAGS = -iquote $(srcdir)/kernel $(COMMON)
libnetlink_la_CFLAGS = $(AM_CFLAGS)
libnetlink_la_SOURCES = \
	kernel/fib.c kernel/fib.h \
	kernel/inet_diag.c kernel/inet_diag.h \
	kernel/netlink.c kernel/netlink.h \
	kernel/tc_filter.c kernel/tc_filter.h
libnetlink_la_LIBADD = $(MNL_LIBS)

# The kernel's interfaces that the daemon uses: links, routes, neighbours, sockets, packets.
noinst_LTLIBRARIES += libkernel.la
libkernel_la_CPPFLAGS = -iquote $(srcdir)/kernel $(COMMON)
libkernel_la_CFLAGS = $(AM_CFLAGS)
libkernel_la_SOURCES = \
	kernel/icmp_inject.c kernel/icmp_inject.h \
	kernel/ifmon.c kernel/ifmon.h \
	kernel/neigh.c kernel/neigh.h \
	kernel/sad.c kernel/sad.h \
	kernel/signal_io.c kernel/signal_io.h \
	kernel/signal_record.c kernel/signal_record.h \
	kernel/sock_info.c kernel/sock_info.h \
	kernel/sock_monitor.c kernel/sock_monitor.h \
	kernel/tcp_flight.c kernel/tcp_flight.h \
	kernel/tcp_inject.c kernel/tcp_inject.h
libkernel_la_LIBADD = libnetlink.la $(PCAP_LIBS) $(NET_LIBS)
