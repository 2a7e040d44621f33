/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends copies of packets with ever new source addresses, as fast as told: flood INTERFACE MAC
 * COUNT RATE PREFIX FILE... Each FILE holds one IPv6 packet; they are taken in turn. Source number
 * n, of 100,000, is PREFIX with n in its middle (octets 5 to 8), so in a /64 of its own; the octets
 * 48 to 51 behind it are made different, too: they are part of AAP's nonce. A PREFIX of "-" leaves
 * packets as they are. RATE is packets a second.
 */
#include "config.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH		64
#define FRAME_MAX	1518
#define TEMPLATES	16
#define SOURCES		100000
#define SRC_OFFSET	(sizeof(struct ether_header) + 8)
#define NONCE_OFFSET	(sizeof(struct ether_header) + 40 + 4 + 4 + 8)

struct template {
	uint8_t frame[FRAME_MAX];
	size_t len;
};

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void load(struct template *t, const char *path, const struct ether_addr *to)
{
	struct ether_header eth = { .ether_type = htons(ETHERTYPE_IPV6) };
	FILE *f = fopen(path, "rb");

	if (!f)
		die(path);
	memcpy(eth.ether_dhost, to, sizeof(eth.ether_dhost));
	memcpy(t->frame, &eth, sizeof(eth));
	t->len = sizeof(eth) + fread(t->frame + sizeof(eth), 1, sizeof(t->frame) - sizeof(eth), f);
	fclose(f);
	if (t->len < NONCE_OFFSET + sizeof(uint32_t)) {
		fprintf(stderr, "%s: too short\n", path);
		exit(EXIT_FAILURE);
	}
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !ll.sll_ifindex || bind(fd, (struct sockaddr *)&ll, sizeof(ll)))
		die(interface);
	return fd;
}

/* Sleeps until n packets at that rate have had their time since start. */
static void pace(const struct timespec *start, unsigned long n, unsigned long rate)
{
	struct timespec t = *start;
	unsigned long ns = (unsigned long)t.tv_nsec + n % rate * (1000000000 / rate);

	t.tv_sec += (time_t)(n / rate + ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

int main(int argc, char **argv)
{
	static struct template template[TEMPLATES], batch[BATCH];
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	struct in6_addr prefix;
	struct timespec start;
	unsigned long sent = 0, count, rate;
	unsigned n_template = argc > 6 && argc - 6 <= TEMPLATES ? (unsigned)(argc - 6) : 0;
	struct ether_addr *to = n_template ? ether_aton(argv[2]) : NULL;

	if (!to || !(count = strtoul(argv[3], NULL, 0)) || !(rate = strtoul(argv[4], NULL, 0))) {
		fprintf(stderr, "usage: flood INTERFACE MAC COUNT RATE PREFIX FILE...\n");
		return EXIT_FAILURE;
	}
	int forge = inet_pton(AF_INET6, argv[5], &prefix);
	for (unsigned i = 0; i < n_template; i++)
		load(&template[i], argv[6 + i], to);
	int fd = open_socket(argv[1]);

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (sent < count) {
		unsigned n = count - sent < BATCH ? (unsigned)(count - sent) : BATCH;

		for (unsigned i = 0; i < n; i++) {
			uint32_t number = htonl((uint32_t)((sent + i) % SOURCES)),
				 turn = htonl((uint32_t)(sent + i));

			batch[i] = template[(sent + i) % n_template];
			if (forge == 1) {
				memcpy(batch[i].frame + SRC_OFFSET, &prefix, sizeof(prefix));
				memcpy(batch[i].frame + SRC_OFFSET + 4, &number, sizeof(number));
				memcpy(batch[i].frame + NONCE_OFFSET, &turn, sizeof(turn));
			}
			iov[i] = (struct iovec){ batch[i].frame, batch[i].len };
			msg[i].msg_hdr.msg_iov = &iov[i];
			msg[i].msg_hdr.msg_iovlen = 1;
		}
		int r = sendmmsg(fd, msg, n, 0);

		if (r < 0)
			die("sendmmsg");
		sent += (unsigned)r;
		pace(&start, sent, rate);
	}
	return EXIT_SUCCESS;
}
