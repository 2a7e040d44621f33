/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "signal_record.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#define SNAPLEN	65535	/* no packet is cut */

struct signal_record {
	pcap_t *format;
	pcap_dumper_t *file;
	bool failed;
};

int signal_record_open(const char *path, struct signal_record **ret, const char **why)
{
	static _Thread_local char text[256];	/* a copy: pcap's text is freed with r */
	struct signal_record *r = calloc(1, sizeof(*r));

	*why = "out of memory";
	if (!r)
		return -ENOMEM;
	r->format = pcap_open_dead(DLT_RAW, SNAPLEN);
	if (!r->format) {
		free(r);
		return -ENOMEM;
	}
	r->file = pcap_dump_open(r->format, path);
	if (!r->file) {
		snprintf(text, sizeof(text), "%s", pcap_geterr(r->format));
		*why = text;
		signal_record_close(r);
		return -EIO;
	}
	*ret = r;
	return 0;
}

void signal_record_close(struct signal_record *r)
{
	if (!r)
		return;
	if (r->file)
		pcap_dump_close(r->file);
	pcap_close(r->format);
	free(r);
}

int signal_record_packet(struct signal_record *r, const uint8_t *pkt, size_t len)
{
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len };

	if (!r || r->failed)
		return 0;
	gettimeofday(&h.ts, NULL);
	pcap_dump((u_char *)r->file, &h, pkt);
	errno = 0;
	r->failed = pcap_dump_flush(r->file) != 0;
	return r->failed ? errno ? -errno : -EIO : 0;
}
