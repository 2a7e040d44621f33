# SPDX-License-Identifier: BSD-2-Clause
# The protocol: no I/O, no clock. Tests, fuzzers and the simulation link it alone. It has four floors; the files of each
# see those below it only, so that an #include of what is above does not compile.
CORE_BASE = -iquote $(srcdir)/core -iquote $(srcdir)/core/base -iquote $(top_srcdir)/common/base \
	-iquote $(top_srcdir)/common/wire
CORE_MODEL = $(CORE_BASE) -iquote $(srcdir)/core/model
CORE_PROTO = $(CORE_MODEL) -iquote $(srcdir)/core/proto
CORE_EVENT = $(CORE_PROTO) -iquote $(srcdir)/core/event
noinst_LTLIBRARIES += libcore_base.la libcore_model.la libcore_proto.la libcore.la

libcore_base_la_CPPFLAGS = $(CORE_BASE)
libcore_base_la_SOURCES = \
	core/base/action.c core/base/action.h core/base/budget.c core/base/budget.h \
	core/base/core_data.h core/base/counters.c core/base/sa.c core/base/sa.h

libcore_model_la_CPPFLAGS = $(CORE_MODEL)
libcore_model_la_SOURCES = \
	core/model/aap_try.c core/model/aap_try.h core/model/bul.c core/model/bul.h core/model/entry.c \
	core/model/entry.h core/model/foreign.c core/model/foreign.h core/model/lifecycle.c \
	core/model/lifecycle.h core/model/local.c core/model/local.h core/model/nonpeer.c \
	core/model/nonpeer.h core/model/pair.c core/model/pair.h core/model/pcb.c core/model/pcb.h \
	core/model/pcb_wire.c core/model/pcb_wire.h core/model/peer.c core/model/peer.h \
	core/model/peer_names.c core/model/peer_names.h core/model/status.c core/model/status.h \
	core/model/udp_bound.c core/model/udp_bound.h core/model/udp_sender.c core/model/udp_sender.h

libcore_proto_la_CPPFLAGS = $(CORE_PROTO)
libcore_proto_la_SOURCES = \
	core/proto/aap_initiator.c core/proto/aap_initiator.h core/proto/aap_responder.c \
	core/proto/aap_responder.h core/proto/aap_secrets.c core/proto/aap_secrets.h \
	core/proto/addr_conflict.c core/proto/addr_conflict.h core/proto/bu_recv.c core/proto/bu_recv.h \
	core/proto/bu_send.c core/proto/bu_send.h core/proto/hold.c core/proto/hold.h \
	core/proto/departure.c core/proto/departure.h \
	core/proto/leave.c core/proto/leave.h core/proto/path_probe.c core/proto/path_probe.h \
	core/proto/peer_search.c core/proto/peer_search.h core/proto/reach.c core/proto/reach.h \
	core/proto/reach_reply.c core/proto/reach_reply.h core/proto/retry.c core/proto/retry.h \
	core/proto/send.c core/proto/send.h core/proto/unsent.c core/proto/unsent.h \
	core/proto/via.c core/proto/via.h

libcore_la_CPPFLAGS = $(CORE_EVENT)
libcore_la_SOURCES = \
	core/core.h core/core_action.h core/core_types.h core/event/restore.c core/restore.h \
	core/event/connection.c core/event/connection.h core/event/dns_names.c core/event/host.c \
	core/event/local_addr.c core/event/packet.c core/event/peer_config.c core/event/traffic.c
libcore_la_LIBADD = libcore_proto.la libcore_model.la libcore_base.la ../common/libwire.la
