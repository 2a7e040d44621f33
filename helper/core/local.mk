# SPDX-License-Identifier: BSD-2-Clause
# The protocol: no I/O, no clock. Tests, fuzzers and the simulation link it alone. It has four floors; the files of each
# see those below it only, so that an #include of what is above does not compile.
CORE_BASE = -iquote $(srcdir)/core -iquote $(srcdir)/core/base -iquote $(top_srcdir)/common/base \
	-iquote $(top_srcdir)/common/wire
CORE_MODEL = $(CORE_BASE) -iquote $(srcdir)/core/model
CORE_PROTO = $(CORE_MODEL) -iquote $(srcdir)/core/proto
CORE_EVENT = $(CORE_PROTO) -iquote $(srcdir)/core/event
noinst_LTLIBRARIES += libcore_base.la libcore.la

libcore_base_la_CPPFLAGS = $(CORE_BASE)
libcore_base_la_SOURCES = \
	core/base/sa.c core/base/sa.h

libcore_la_CPPFLAGS = $(CORE_EVENT) -iquote $(srcdir)
libcore_la_SOURCES = \
	core/core.h core/core_types.h core/event/restore.c core/restore.h aap.c binding.c bound.c contest.c \
	core.c datagram.c explore.c hostcache.c local.c packet.c pair.c pcb.c peer.c reach.c rendezvous.c \
	request.c update.c core_private.h
libcore_la_LIBADD = libcore_base.la ../common/libwire.la
