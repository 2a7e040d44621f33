/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures from progress logs and captures.
 *
 *   peers_analyse gap LOG T END
 *       Around a handover at T, up to END, both wall clock in ms. Prints the longest time without
 *       progress from T on, 1 or 0 for progress in the last second before END, the longest time
 *       without progress in the second before T (all in ms), Mbit/s in the second before T and in
 *       the last before END, and how long after T the longest gap ended, -1 if it did not.
 *   peers_analyse rate LOG SKIP
 *       Mean rate in bit/s, without the first SKIP ms of progress.
 *   peers_analyse overhead PCAP OCTETS
 *       A capture of the mobile's link a, of a download of so many octets. Prints header octets per
 *       data packet, from the IPv6 header on, the number of packets, and the size of the largest.
 */
#include "progress.h"

#include <err.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIVE_MS	1000
#define DATA_MIN	400		/* octets; smaller packets are acknowledgments */
#define ETHERNET	14
#define IPV6		40

static int64_t shorter(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static double mbit(const struct progress *p, int64_t from, int64_t to)
{
	uint64_t octets = 0;

	for (int64_t i = from < 0 ? 0 : from; i < to; i++)
		octets += p->octets[i];
	return octets * 8 / 1e6;
}

static void gap(const struct progress *p, int64_t moved, int64_t end)
{
	int64_t last = -1, longest = 0, resumed = -1, noise = 0;

	moved -= p->began_ms;
	end = shorter(end - p->began_ms, PROGRESS_MS);
	if (moved < 0 || moved > end)
		errx(1, "the handover is outside of the log");
	for (int64_t i = 0; i < end; i++) {
		if (!p->octets[i])
			continue;
		if (last >= 0 && last >= moved - ALIVE_MS && i < moved && i - last > noise)
			noise = i - last;
		if (last >= 0 && i >= moved && i - last > longest) {
			longest = i - last;
			resumed = i - moved;
		}
		last = i;
	}
	if (end - last > longest || end - last >= ALIVE_MS) {
		longest = end - last;
		resumed = -1;
	}
	printf("%lld %d %lld %.2f %.2f %lld\n", (long long)longest,
	       last >= 0 && end - last < ALIVE_MS, (long long)noise,
	       mbit(p, moved - 1000, moved), mbit(p, end - 1000, end), (long long)resumed);
}

static void rate(const struct progress *p, int64_t skip)
{
	int64_t first = -1, last = -1;
	uint64_t octets = 0;

	for (int64_t i = 0; i < PROGRESS_MS; i++) {
		if (!p->octets[i])
			continue;
		if (first < 0)
			first = i;
		if (i >= first + skip) {
			octets += p->octets[i];
			last = i;
		}
	}
	if (first < 0 || last <= first + skip)
		errx(1, "no progress");
	printf("%.0f\n", octets * 8.0 * 1000 / (last - first - skip));
}

/* The IPv6 packet's length if it came to the mobile, whose networks are 2001:db8:a:: and b::. */
static uint32_t received(const unsigned char *frame, uint32_t captured)
{
	static const unsigned char net[5] = { 0x20, 0x01, 0x0d, 0xb8, 0 };
	const unsigned char *ip = frame + ETHERNET, *from = ip + 8;

	if (captured < ETHERNET + IPV6 || frame[12] != 0x86 || frame[13] != 0xdd)
		return 0;
	if (!memcmp(from, net, sizeof(net)) && (from[5] == 0xa || from[5] == 0xb))
		return 0;
	return IPV6 + (ip[4] << 8 | ip[5]);
}

static void overhead(const char *path, double octets)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, error);
	const unsigned char *frame;
	struct pcap_pkthdr *header;
	unsigned long packets = 0, data = 0;
	uint32_t length, largest = 0;
	double all = 0;

	if (!p)
		errx(1, "%s", error);
	while (pcap_next_ex(p, &header, &frame) == 1) {
		length = received(frame, header->caplen);
		packets += length > 0;
		if (length > largest)
			largest = length;
		if (length < DATA_MIN)
			continue;
		data++;
		all += length;
	}
	pcap_close(p);
	if (!data)
		errx(1, "%s: no data packets", path);
	printf("%.1f %lu %u\n", (all - octets) / data, packets, largest);
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";

	if (!strcmp(what, "gap") && argc == 5)
		gap(progress_open(argv[2]), atoll(argv[3]), atoll(argv[4]));
	else if (!strcmp(what, "rate"))
		rate(progress_open(argv[2]), atoll(argv[3]));
	else if (!strcmp(what, "overhead"))
		overhead(argv[2], atof(argv[3]));
	else
		errx(2,
		     "usage: peers_analyse gap LOG T END | rate LOG SKIP | overhead PCAP OCTETS");
	return EXIT_SUCCESS;
}
