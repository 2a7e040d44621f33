# SPDX-License-Identifier: BSD-2-Clause
# The sockets programs and hmipctl connect to.
noinst_LTLIBRARIES += libcontrol.la
libcontrol_la_CPPFLAGS = -iquote $(srcdir)/control $(COMMON)
libcontrol_la_CFLAGS = $(AM_CFLAGS)
libcontrol_la_SOURCES = \
	control/control_server.c control/control_server.h \
	control/fd_disposer.c control/fd_disposer.h \
	control/unix_listener.c control/unix_listener.h
libcontrol_la_LIBADD = $(EVENT_LIBS) $(JANSSON_LIBS)
