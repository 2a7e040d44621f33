# SPDX-License-Identifier: BSD-2-Clause
# A fuzz target is fuzz/fuzz_X.c with seeds in fuzz/corpus/X. make check puts the seeds through it with a plain
# main(); "make fuzz" lets libFuzzer look for more (CC=clang ./configure --enable-fuzzers).
FUZZ_TARGETS = aap ah conf core encap ipc_proto mip6 record sad state
FUZZ_SECONDS = 60
EXTRA_DIST += fuzz/corpus

check_PROGRAMS += corpus_aap corpus_ah corpus_conf corpus_ipc_proto corpus_core corpus_encap corpus_mip6 corpus_record corpus_sad corpus_state
corpus_aap_SOURCES = fuzz/fuzz_aap.c fuzz/corpus.c fuzz/fuzz.h
corpus_aap_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/aap"'
corpus_ah_SOURCES = fuzz/fuzz_ah.c fuzz/corpus.c fuzz/fuzz.h
corpus_ah_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/ah"'
corpus_conf_SOURCES = fuzz/fuzz_conf.c fuzz/corpus.c fuzz/file.h fuzz/fuzz.h
corpus_conf_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"' -DCORPUS='"$(abs_srcdir)/fuzz/corpus/conf"'
corpus_conf_LDADD = ../helper/libhelper.la ../common/libwire.la
corpus_core_SOURCES = fuzz/fuzz_core.c fuzz/corpus.c fuzz/fuzz.h
corpus_core_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/core"'
corpus_encap_SOURCES = fuzz/fuzz_encap.c fuzz/corpus.c fuzz/fuzz.h
corpus_encap_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/encap"'
corpus_ipc_proto_SOURCES = fuzz/fuzz_ipc_proto.c fuzz/corpus.c fuzz/fuzz.h
corpus_ipc_proto_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/ipc_proto"'
corpus_ipc_proto_LDADD = ../common/libipc.la $(CHECK_LIBS)
corpus_mip6_SOURCES = fuzz/fuzz_mip6.c fuzz/corpus.c fuzz/fuzz.h same_signal.h
corpus_mip6_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/mip6"'
corpus_record_SOURCES = fuzz/fuzz_record.c fuzz/corpus.c fuzz/fuzz.h fuzz/host.h
corpus_record_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/record"'
corpus_record_LDADD = ../helper/libhelper.la ../common/libwire.la $(OPENSSL_LIBS)
corpus_sad_SOURCES = fuzz/fuzz_sad.c fuzz/corpus.c fuzz/fuzz.h
corpus_sad_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/sad"'
corpus_sad_LDADD = ../helper/libhelper.la ../common/libwire.la
corpus_state_SOURCES = fuzz/fuzz_state.c fuzz/corpus.c fuzz/file.h fuzz/fuzz.h fuzz/host.h
corpus_state_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"$(abs_srcdir)/fuzz/corpus/state"'
corpus_state_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
corpus_state_LDADD = ../helper/libhelper.la ../common/libwire.la $(JANSSON_LIBS)

FUZZ_BINARIES = fuzz_aap fuzz_ah fuzz_conf fuzz_ipc_proto fuzz_core fuzz_encap fuzz_mip6 fuzz_record fuzz_sad fuzz_state
EXTRA_PROGRAMS = $(FUZZ_BINARIES)
CLEANFILES = $(FUZZ_BINARIES)
fuzz_aap_SOURCES = fuzz/fuzz_aap.c fuzz/fuzz.h
fuzz_aap_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_ah_SOURCES = fuzz/fuzz_ah.c fuzz/fuzz.h
fuzz_ah_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_conf_SOURCES = fuzz/fuzz_conf.c fuzz/file.h fuzz/fuzz.h
fuzz_conf_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"'
fuzz_conf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_conf_LDADD = ../helper/libhelper.la ../common/libwire.la
fuzz_ipc_proto_SOURCES = fuzz/fuzz_ipc_proto.c fuzz/fuzz.h
fuzz_ipc_proto_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_ipc_proto_LDADD = ../common/libipc.la
fuzz_core_SOURCES = fuzz/fuzz_core.c fuzz/fuzz.h
fuzz_core_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_encap_SOURCES = fuzz/fuzz_encap.c fuzz/fuzz.h
fuzz_encap_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_mip6_SOURCES = fuzz/fuzz_mip6.c fuzz/fuzz.h same_signal.h
fuzz_mip6_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_record_SOURCES = fuzz/fuzz_record.c fuzz/fuzz.h fuzz/host.h
fuzz_record_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_record_LDADD = ../helper/libhelper.la ../common/libwire.la $(OPENSSL_LIBS)
fuzz_sad_SOURCES = fuzz/fuzz_sad.c fuzz/fuzz.h
fuzz_sad_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_sad_LDADD = ../helper/libhelper.la ../common/libwire.la
fuzz_state_SOURCES = fuzz/fuzz_state.c fuzz/file.h fuzz/fuzz.h fuzz/host.h
fuzz_state_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
fuzz_state_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_state_LDADD = ../helper/libhelper.la ../common/libwire.la $(JANSSON_LIBS)

.PHONY: fuzz
if FUZZERS
# What it finds goes to fuzz-new/X; a finding is kept by copying it to fuzz/corpus/X.
fuzz: $(FUZZ_BINARIES)
	for t in $(FUZZ_TARGETS); do \
		mkdir -p fuzz-new/$$t && \
		./fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -max_len=1500 -print_final_stats=1 \
			-artifact_prefix=fuzz-new/$$t- fuzz-new/$$t $(srcdir)/fuzz/corpus/$$t || exit 1; \
	done
else
fuzz:
	@echo "configure with CC=clang and --enable-fuzzers for this" >&2; exit 1
endif
