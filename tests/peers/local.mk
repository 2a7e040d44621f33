# SPDX-License-Identifier: BSD-2-Clause
# Comparison with independent implementations.
dist_check_SCRIPTS = peers/aap_vectors.py peers/dissector.sh peers/verify_ah.py
TESTS += $(dist_check_SCRIPTS)
TEST_EXTENSIONS = .py

EXTRA_PROGRAMS += packets
CLEANFILES += packets
packets_SOURCES = peers/packets.c
peers/verify_ah.log: packets$(EXEEXT)

# Run by netns/misbehave.sh and others.
EXTRA_DIST += peers/appendix_c.py peers/homeless.py peers/malformed.py peers/misbehave.py peers/prometheus.py peers/storm.py \
	peers/strangers.py
noinst_PROGRAMS += flood many_peers
many_peers_SOURCES = peers/many_peers.c
many_peers_LDADD = ../helper/libcore.la ../common/libwire.la
flood_SOURCES = peers/flood.c
flood_LDADD =
