/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peers_cable NAMESPACE IF NAMESPACE IF DELAY_US: a long-distance link for kernels without netem.
 * A TUN device in each of two network namespaces; each packet comes out at the other end after
 * DELAY_US, in order and without loss, up to SLOTS packets at a time in each direction.
 */
#define _GNU_SOURCE	/* setns() */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SLOTS		32768u
#define PACKET_MAX	2048
#define BATCH		64
#define NS_PER_S	UINT64_C(1000000000)
#define RETRY_NS	UINT64_C(20000)		/* when the other end's queue is full */

/* One direction. Packets head to tail - 1 are on their way, packet n in slot n % SLOTS. */
struct way {
	int in, out;
	uint64_t delay_ns;
	uint64_t head, tail;
	uint64_t due_ns[SLOTS];
	uint16_t length[SLOTS];
	char packet[SLOTS][PACKET_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int tun(const char *namespace, const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r))
		err(1, "/dev/net/tun");
	return fd;
}

/* Any other failure to write than a full queue is a packet lost at an end that is down. */
static void deliver(struct way *w, uint64_t now)
{
	for (; w->head != w->tail && w->due_ns[w->head % SLOTS] <= now; w->head++) {
		unsigned i = w->head % SLOTS;

		if (write(w->out, w->packet[i], w->length[i]) < 0 && errno == EAGAIN)
			return;
	}
}

/* Waits for a packet to read, at most until the next one is due. */
static bool readable(const struct way *w, uint64_t now)
{
	struct pollfd p = { .fd = w->in, .events = POLLIN };
	struct timespec t, down = { .tv_nsec = 1000000 };
	bool waiting = w->head != w->tail;
	uint64_t due = waiting ? w->due_ns[w->head % SLOTS] : 0;
	uint64_t wait = due > now ? due - now : RETRY_NS;

	t.tv_sec = wait / NS_PER_S;
	t.tv_nsec = wait % NS_PER_S;
	if (ppoll(&p, 1, waiting ? &t : NULL, NULL) <= 0)
		return false;
	if (p.revents & ~POLLIN)	/* this end is down, which poll() reports at once */
		nanosleep(&down, NULL);
	return true;
}

static void accept_packets(struct way *w)
{
	char excess[PACKET_MAX];

	for (unsigned n = 0; n < BATCH; n++) {
		unsigned i = w->tail % SLOTS;
		bool full = w->tail - w->head == SLOTS;
		ssize_t length = read(w->in, full ? excess : w->packet[i], PACKET_MAX);

		if (length <= 0)
			return;
		if (full)
			continue;
		w->length[i] = length;
		w->due_ns[i] = now_ns() + w->delay_ns;
		w->tail++;
	}
}

static void *carry(void *ptr)
{
	struct way *w = ptr;

	prctl(PR_SET_TIMERSLACK, 1000UL);
	for (;;) {
		uint64_t now = now_ns();

		deliver(w, now);
		if (readable(w, now))
			accept_packets(w);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct way there, back;
	pthread_t thread;

	if (argc != 6)
		errx(2, "usage: peers_cable NAMESPACE IF NAMESPACE IF DELAY_US");
	there.in = back.out = tun(argv[1], argv[2]);
	there.out = back.in = tun(argv[3], argv[4]);
	there.delay_ns = back.delay_ns = strtoull(argv[5], NULL, 10) * 1000;
	if (pthread_create(&thread, NULL, carry, &there))
		errx(1, "no thread");
	carry(&back);
	return EXIT_SUCCESS;
}
