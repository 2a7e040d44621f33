# SPDX-License-Identifier: BSD-2-Clause
# The eBPF datapath: its object is embedded as a libbpf skeleton, so no object file is installed.
noinst_LTLIBRARIES += libdatapath.la
libdatapath_la_CPPFLAGS = -iquote $(srcdir)/datapath -iquote $(builddir)/datapath -iquote $(srcdir)/kernel $(CORE) $(COMMON)
libdatapath_la_CFLAGS = $(AM_CFLAGS)
libdatapath_la_SOURCES = \
	datapath/datapath.c datapath/datapath.h datapath/dp_abi.h datapath/flight.c datapath/flight.h \
	datapath/signal_ring.c datapath/signal_ring.h \
	datapath/attach.h datapath/attach_tcx.c datapath/attach_clsact.c
nodist_libdatapath_la_SOURCES = datapath/hmip.skel.h
libdatapath_la_LIBADD = libnetlink.la ../common/libwire.la $(BPF_LIBS)

DATAPATH_BPF = \
	datapath/bpf/flight.bpf.h \
	datapath/bpf/headers.bpf.h \
	datapath/bpf/hmip.bpf.c \
	datapath/bpf/icmp.bpf.h \
	datapath/bpf/maps.bpf.h \
	datapath/bpf/new_conn.bpf.h \
	datapath/bpf/port_clash.bpf.h \
	datapath/bpf/refusal.bpf.h \
	datapath/bpf/rewrite.bpf.h \
	datapath/bpf/seq.bpf.h \
	datapath/bpf/settled.bpf.h \
	datapath/bpf/signals.bpf.h \
	datapath/bpf/udp_unconn.bpf.h
EXTRA_DIST = $(DATAPATH_BPF)
BUILT_SOURCES = datapath/hmip.skel.h
CLEANFILES = datapath/hmip.skel.h datapath/hmip.bpf.o

# -g generates BTF, which llvm-strip -g keeps while it removes the other debugging information.
datapath/hmip.bpf.o: $(DATAPATH_BPF) datapath/dp_abi.h $(top_srcdir)/common/wire/masquerade.h
	$(AM_V_GEN)$(MKDIR_P) datapath && \
		$(BPF_CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra $(BPF_TARGET_CFLAGS) \
		$(BPF_CFLAGS) -iquote $(srcdir)/datapath -iquote $(top_srcdir)/common/wire -c $(srcdir)/datapath/bpf/hmip.bpf.c -o $@-t && \
		$(BPF_STRIP) -g $@-t && mv $@-t $@

datapath/hmip.skel.h: datapath/hmip.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton datapath/hmip.bpf.o name datapath_bpf > $@-t && mv $@-t $@
