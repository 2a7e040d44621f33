/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCP transfer that outlives its address, by the datapath alone: the test plays the core. Needs
 * root.
 *
 *   host A (this process)                 host B (a child)
 *     a1  2001:db8:1::a  ------------------  b1  2001:db8:1::b      the connection is born here
 *     a2  2001:db8:2::a  ------------------  b2  2001:db8:3::b      and goes on here
 *                          2::1  R  3::1
 *
 * R is a router whose link to B has an MTU of 1280, so a moved bulk transfer lives on Packet Too
 * Big being translated; a firewall on A accepts nothing but what belongs to connections it knows. A
 * loses a1 with its address and switches; B is told nothing and follows (C11). Each host has a
 * network namespace of its own.
 */
#include "config.h"

#include "array.h"
#include "attach.h"
#include "datapath.h"
#include "need_bpf.h"
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define A1	"2001:db8:1::a"
#define B1	"2001:db8:1::b"
#define A2	"2001:db8:2::a"
#define HCE	3
#define PORT	5001
#define HALF	(24u << 20)	/* octets before the move, and as many after it */

#define R_A	"2001:db8:2::1"
#define R_B	"2001:db8:3::1"
#define B2	"2001:db8:3::b"

/* Case _i: with tcx or clsact, with the NIC's checksums and segmentation or without. */
#define CLASSIC	(_i & 1)
#define PLAIN	(_i & 2)

static struct datapath *dp;

/* Both hosts run this; a failure in the child is its exit status. */
#define must(x)									\
	do {									\
		if (!(x)) {							\
			printf("line %d: %s: %s\n", __LINE__, #x, strerror(errno));	\
			exit(1);						\
		}								\
	} while (0)

static struct in6_addr addr(const char *text)
{
	struct in6_addr r;

	must(inet_pton(AF_INET6, text, &r) == 1);
	return r;
}

static void sh(const char *cmd)
{
	if (system(cmd)) {
		printf("failed: %s\n", cmd);
		exit(1);
	}
}

static void no_offload(const char *ifname)
{
	/* scatter-gather and segmentation go with it */
	struct ethtool_value v = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq ifr = { .ifr_data = (char *)&v };
	int s = socket(AF_INET6, SOCK_DGRAM, 0);

	strcpy(ifr.ifr_name, ifname);
	must(!ioctl(s, SIOCETHTOOL, &ifr));
	close(s);
}

/* Loads the datapath and tells it of one connection, born with gen 1. */
static void open_host(bool classic, const char *if1, const char *if2, const struct pcb *pcb)
{
	struct datapath_config c = { .max_pcbs = 16, .max_foreign = 16, .classic = classic };
	const struct action act[] = {
		{ .type = ACTION_LOCAL, .local = { pcb->local, if_nametoindex(if1), true } },
		{ .type = ACTION_FOREIGN, .hce = HCE, .foreign = { pcb->foreign, ADDR_ACTIVE } },
		{ .type = ACTION_FOREIGN, .hce = HCE, .foreign = { addr(A2), ADDR_ACTIVE } },
		{ .type = ACTION_LOCAL, .local = { addr(A2), 0, true } },
		{ .type = ACTION_PAIR, .hce = HCE, .pair = { .local = pcb->local,
			.foreign = pcb->foreign, .gen = 1, .homeless = true } },
		{ .type = ACTION_PCB, .hce = HCE, .pcb = *pcb },
	};

	must(!datapath_open(&c, &dp));
	/* A2 is foreign to B only, and local to A only. */
	for (unsigned i = 0; i < ARRAY_LEN(act); i++) {
		if (i == (*if1 == 'a' ? 2 : 3))
			continue;
		must(!datapath_action(dp, &act[i]));
	}
	must(!datapath_attach(dp, if_nametoindex(if1), ARPHRD_ETHER));
	must(!datapath_attach(dp, if_nametoindex(if2), ARPHRD_ETHER));
}

static struct pcb pcb_of(int s)
{
	struct sockaddr_in6 l, f;
	socklen_t len = sizeof(l);

	must(!getsockname(s, (struct sockaddr *)&l, &len));
	must(!getpeername(s, (struct sockaddr *)&f, &len));
	return (struct pcb){ .local = l.sin6_addr, .foreign = f.sin6_addr,
			     .lport = ntohs(l.sin6_port), .fport = ntohs(f.sin6_port),
			     .proto = IPPROTO_TCP, .gen = 1 };
}

static uint8_t octet(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 12));
}

static bool checksum_errors(void)
{
	char line[1024];
	unsigned long last = 1;
	FILE *f = fopen("/proc/net/snmp", "r");

	must(f);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "Tcp: ", 5) && sscanf(strrchr(line, ' '), "%lu", &last) == 1)
			/* the line of names comes first; InCsumErrors is the last of both */
			break;
	}
	fclose(f);
	return last;
}

/*
 * Takes what comes from s, looking at every octet, until its end. Sets the route to A1 when told to
 * by from_a.
 */
static size_t take(int s, int from_a)
{
	struct pollfd p[] = { { .fd = s, .events = POLLIN }, { .fd = from_a, .events = POLLIN } };
	static uint8_t buf[1 << 16];
	size_t total = 0;
	ssize_t n;

	for (;;) {
		must(poll(p, 2, -1) > 0);
		if (p[1].revents) {
			must(read(from_a, buf, 1) == 1);
			p[1].fd = -1;
			sh("ip route add " A1 "/128 via " R_B " dev b2");
		}
		if (!p[0].revents)
			continue;
		n = read(s, buf, sizeof(buf));
		must(n >= 0);
		if (!n)
			return total;
		for (ssize_t i = 0; i < n; i++)
			must(buf[i] == octet(total + (size_t)i));
		total += (size_t)n;
	}
}

/* Host B. */
static void host_b(int from_a, int to_a, bool classic, bool plain)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct pcb pcb;
	int l, s;
	char c;

	must(!unshare(CLONE_NEWNET));
	sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
	must(write(to_a, "u", 1) == 1 && read(from_a, &c, 1) == 1);
	sh("ip link set lo up && ip addr add " B1 "/64 dev b1 nodad && ip addr add " B2
	   "/64 dev b2 nodad &&"
	   "ip link set b1 up && ip link set b2 up");
	if (plain) {
		no_offload("b1");
		no_offload("b2");
	}
	l = socket(AF_INET6, SOCK_STREAM, 0);
	must(!bind(l, (struct sockaddr *)&any, sizeof(any)) && !listen(l, 1));
	must(write(to_a, "l", 1) == 1);
	s = accept(l, NULL, NULL);
	must(s >= 0);
	pcb = pcb_of(s);
	open_host(classic, "b1", "b2", &pcb);
	must(write(to_a, "o", 1) == 1);
	must(take(s, from_a) == 2 * HALF);
	must(!checksum_errors());
	must(datapath_counter(dp, DP_IN_REWRITTEN) && datapath_counter(dp, DP_OUT_REWRITTEN));
	must(datapath_counter(dp, DP_FOLLOWED) == 1);
	must(!shutdown(s, SHUT_WR) && read(from_a, &c, 1) == 1);	/* A has seen the end */
	datapath_close(dp);
	exit(0);
}

static void send_half(int s, size_t from)
{
	static uint8_t buf[1 << 16];

	for (size_t at = from; at < from + HALF; at += sizeof(buf)) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = octet(at + i);
		must(send(s, buf, sizeof(buf), 0) == sizeof(buf));
	}
}

/* Makes R between a2 and b2. It runs until it is killed. */
static pid_t start_router(pid_t b)
{
	int ready[2];
	char cmd[1000], c;
	pid_t pid;

	must(!pipe(ready));
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		must(!prctl(PR_SET_PDEATHSIG, SIGKILL) && !unshare(CLONE_NEWNET) &&
		     write(ready[1], "u", 1) == 1);
		pause();
	}
	must(read(ready[0], &c, 1) == 1);
	snprintf(cmd, sizeof(cmd),
		 "ip link add a2 type veth peer name ra netns %d && nsenter -t %d -n sh -ec '"
		 "cd /proc/sys/net/ipv6/conf; echo 0 >default/accept_dad; echo 1 >all/forwarding;"
		 "ip link add rb mtu 1280 type veth peer name b2 netns %d; ip link set rb up; ip "
		 "link set ra up;"
		 "ip addr add " R_A "/64 dev ra nodad; ip addr add " R_B "/64 dev rb nodad;"
		 "ip route add " B1 "/128 via " B2 " dev rb'",
		 (int)pid, (int)pid, (int)b);
	sh(cmd);
	return pid;
}

static void start_firewall(void)
{
	sh("nft 'table inet t { chain in { type filter hook input priority 0; policy drop;"
	   "ct state invalid drop; ct state established,related accept; iif lo accept;"
	   "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }; }'");
}

static pid_t start_hosts(int to_b[2], int from_b[2], bool classic, bool plain, pid_t *router)
{
	char cmd[200], c;
	pid_t pid;

	must(!unshare(CLONE_NEWNET) && !pipe(to_b) && !pipe(from_b));
	pid = fork();
	must(pid >= 0);
	if (!pid)
		host_b(to_b[0], from_b[1], classic, plain);
	close(from_b[1]);		/* so that its death is seen */
	must(read(from_b[0], &c, 1) == 1);
	sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
	snprintf(cmd, sizeof(cmd), "ip link add a1 type veth peer name b1 netns %d", (int)pid);
	sh(cmd);
	*router = start_router(pid);
	sh("ip link set lo up && ip addr add " A1 "/64 dev a1 nodad && ip addr add " A2
	   "/64 dev a2 nodad &&"
	   "ip link set a1 up && ip link set a2 up");
	start_firewall();
	if (plain) {
		no_offload("a1");
		no_offload("a2");
	}
	must(write(to_b[1], "d", 1) == 1 && read(from_b[0], &c, 1) == 1);
	return pid;
}

START_TEST(a_transfer_outlives_its_address)
{
	struct sockaddr_in6 b = { .sin6_family = AF_INET6, .sin6_addr = addr(B1),
				  .sin6_port = htons(PORT) };
	struct action switched = { .type = ACTION_PAIR, .hce = HCE,
				   .pair = { addr(A2), addr(B1), 2 } };
	int to_b[2], from_b[2], status, s;
	struct pcb pcb;
	pid_t pid, router;
	char c;

	if (!CLASSIC && attach_tcx_supported() != 1)
		return;
	pid = start_hosts(to_b, from_b, CLASSIC, PLAIN, &router);
	s = socket(AF_INET6, SOCK_STREAM, 0);
	must(!connect(s, (struct sockaddr *)&b, sizeof(b)));
	pcb = pcb_of(s);
	open_host(CLASSIC, "a1", "a2", &pcb);
	must(read(from_b[0], &c, 1) == 1);
	send_half(s, 0);
	sh("ip addr del " A1 "/64 dev a1 && ip link set a1 down && ip route add local " A1
	   " dev lo table local &&"
	   "ip route add " B1 "/128 via " R_A " dev a2");
	must(write(to_b[1], "m", 1) == 1);
	must(!datapath_action(dp, &switched));
	send_half(s, HALF);
	must(!shutdown(s, SHUT_WR) && read(s, &c, 1) == 0);
	must(write(to_b[1], "q", 1) == 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	kill(router, SIGKILL);
	ck_assert(!checksum_errors());
	ck_assert_uint_gt(datapath_counter(dp, DP_ICMP_TRANSLATED), 0);
	ck_assert_uint_gt(datapath_counter(dp, DP_OUT_REWRITTEN), 0);
	ck_assert_uint_gt(datapath_counter(dp, DP_IN_REWRITTEN), 0);
	datapath_close(dp);
	close(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("move");
	TCase *tc = tcase_create("move");

	if (need_bpf())
		return 77;
	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, a_transfer_outlives_its_address, 0, 4);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
