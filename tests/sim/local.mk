# SPDX-License-Identifier: BSD-2-Clause
# Many hosts under virtual weather and attack.
SIM = sim/attack.c sim/check.c sim/heap.c sim/heap.h sim/mallory.c sim/node.c sim/plane.c sim/plane.h sim/rng.h sim/scenario.c sim/scenario.h \
	sim/sim.c sim/sim.h sim/simlink.c sim/simlink.h sim/socket.c sim/weather.c
check_PROGRAMS += check_sim
check_sim_SOURCES = sim/check_sim.c $(SIM)
check_sim_LDADD = ../helper/libhelper.la -lm $(CHECK_LIBS)
noinst_PROGRAMS += hmip_sim
hmip_sim_SOURCES = sim/main.c $(SIM)
hmip_sim_LDADD = ../helper/libhelper.la -lm
