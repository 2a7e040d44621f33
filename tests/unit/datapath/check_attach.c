/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datapath on interfaces, beside others who live there: in a network namespace of its own for
 * each case, with a pair of veth devices va and vb. Each case runs with tcx (0) where the kernel
 * has it, and with clsact (1). Needs root.
 */
#include "config.h"

#include "array.h"
#include "attach.h"
#include "datapath.h"
#include "frame.h"
#include "need_bpf.h"
#include "suite.h"
#include "unused.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define L0	"2001:db8:1::1"
#define L1	"2001:db8:2::1"
#define F0	"2001:db8:f0::1"
#define F1	"2001:db8:f1::1"
#define FT	"2001:db8:f2::1"
#define HCE	7

static struct datapath *dp;
static int counter;		/* a map: packets that the program of somebody else saw */
static int other;		/* that program */
static unsigned va;

static void sh(const char *cmd)
{
	ck_assert_msg(system(cmd) == 0, "%s", cmd);
}

static bool shows(const char *cmd, const char *what)
{
	char line[300];
	bool found = false;
	FILE *p = popen(cmd, "r");

	ck_assert_ptr_nonnull(p);
	while (fgets(line, sizeof(line), p))
		found = found || strstr(line, what);
	pclose(p);
	return found;
}

/* A program that counts and lets the next have its turn. */
static int counting_program(const char *name)
{
	const struct bpf_insn insn[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = counter },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 1 },
		{ .code = BPF_STX | BPF_DW | BPF_ATOMIC, .dst_reg = 1, .src_reg = 2,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", insn, ARRAY_LEN(insn), NULL);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static uint64_t counted(void)
{
	uint32_t key = 0;
	uint64_t n = 0;

	ck_assert_int_eq(bpf_map_lookup_elem(counter, &key, &n), 0);
	return n;
}

static struct in6_addr addr(const char *text)
{
	struct in6_addr r;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &r), 1);
	return r;
}

static void open_datapath(bool classic)
{
	struct datapath_config c = { .max_pcbs = 16, .max_foreign = 16, .classic = classic };
	const struct action act[] = {
		{ .type = ACTION_LOCAL, .local = { addr(L0), 1, true } },
		{ .type = ACTION_FOREIGN, .hce = HCE, .foreign = { addr(F1), ADDR_ACTIVE } },
		{ .type = ACTION_FOREIGN, .hce = HCE, .foreign = { addr(FT), ADDR_TENTATIVE } },
		{ .type = ACTION_PAIR, .hce = HCE, .pair = { addr(L1), addr(F1), 2 } },
		{ .type = ACTION_PCB, .hce = HCE,
		  .pcb = { .local = addr(L0), .foreign = addr(F0), .lport = 40000, .fport = 80,
			   .proto = IPPROTO_UDP, .gen = 1 } },
	};

	ck_assert_int_eq(datapath_open(&c, &dp), 0);
	for (unsigned i = 0; i < ARRAY_LEN(act); i++)
		ck_assert_int_eq(datapath_action(dp, &act[i]), 0);
}

static bool have(int classic)
{
	return classic || attach_tcx_supported() == 1;
}

static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	sh("ip link add va type veth peer name vb && ip link set va up && ip link set vb up");
	va = if_nametoindex("va");
	counter = bpf_map_create(BPF_MAP_TYPE_ARRAY, "counter", 4, 8, 1, NULL);
	ck_assert_int_ge(counter, 0);
	other = counting_program("other");
}

static void send_frame(const char *ifname, const struct frame *f)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(ifname) };

	ck_assert_int_ge(s, 0);
	ck_assert_int_eq(sendto(s, f->b, f->len, 0, (struct sockaddr *)&ll, sizeof(ll)),
			 (int)f->len);
	close(s);
}

/* Waits until *n of what read() counts were seen. */
static bool becomes(uint64_t (*read)(void), uint64_t n)
{
	for (int i = 0; i < 2000 && read() < n; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return read() >= n;
}

static uint64_t dropped(void)
{
	return datapath_counter(dp, DP_IN_TENTATIVE_DROPPED);
}

static uint64_t rewritten(void)
{
	return datapath_counter(dp, DP_OUT_REWRITTEN);
}

static void count_signal(void *ctx, const uint8_t *pkt UNUSED, size_t len UNUSED, unsigned ifindex)
{
	ck_assert_uint_eq(ifindex, if_nametoindex("tun0"));
	++*(uint64_t *)ctx;
}

static uint64_t signals(void)
{
	static uint64_t n;

	ck_assert_int_ge(datapath_signals(dp, count_signal, &n), 0);
	return n;
}

static struct frame udp_frame(const char *src, const char *dst, uint16_t sport, uint16_t dport)
{
	struct packet p = {
		.src = src, .dst = dst, .proto = IPPROTO_UDP, .sport = sport, .dport = dport
	};

	return frame_of(&p);
}

/* One packet into va that is dropped while we are there, and one that is not. */
static void send_into_va(void)
{
	struct frame bad = udp_frame(FT, L0, 80, 40000);
	struct frame good = udp_frame(F1, L0, 80, 40000);

	send_frame("vb", &bad);
	send_frame("vb", &good);
}

static void send_out_of_va(void)
{
	struct frame f = udp_frame(L0, F0, 40000, 80);

	send_frame("va", &f);
}

/* The programs on va in their order; returns how many. */
static uint32_t tcx_programs(int type, uint32_t id[8])
{
	uint32_t n = 8;
	int r = bpf_prog_query((int)va, type, 0, NULL, id, &n);

	ck_assert(r == 0 || r == -ENOENT);
	return r ? 0 : n;
}

static void attach_others(int classic)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)va,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, in, .prog_fd = other, .priority = 1, .handle = 1);
	LIBBPF_OPTS(bpf_tc_opts, out, .prog_fd = other);

	if (!classic) {
		ck_assert_int_eq(bpf_prog_attach(other, (int)va, 46, 0), 0);
		ck_assert_int_eq(bpf_prog_attach(other, (int)va, 47, 0), 0);
		return;
	}
	ck_assert_int_eq(bpf_tc_hook_create(&hook), 0);
	hook.attach_point = BPF_TC_INGRESS;
	ck_assert_int_eq(bpf_tc_attach(&hook, &in), 0);
	hook.attach_point = BPF_TC_EGRESS;
	ck_assert_int_eq(bpf_tc_attach(&hook, &out), 0);
}

static bool has_qdisc(void)
{
	return shows("tc qdisc show dev va", "clsact");
}

static bool has_filter(const char *name)
{
	return shows("tc filter show dev va ingress", name) ||
	       shows("tc filter show dev va egress", name);
}

static void assert_nothing_on_va(void)
{
	uint32_t id[8];

	if (attach_tcx_supported() == 1) {
		ck_assert_uint_eq(tcx_programs(46, id), 0);
		ck_assert_uint_eq(tcx_programs(47, id), 0);
	}
	ck_assert(!has_qdisc());
}

START_TEST(traffic_goes_through_the_programs)
{
	if (!have(_i))
		return;
	open_datapath(_i);
	ck_assert_str_eq(datapath_kind(dp), _i ? "clsact" : "tcx");
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);	/* twice is once */
	send_into_va();
	send_out_of_va();
	ck_assert(becomes(dropped, 1));
	ck_assert(becomes(rewritten, 1));
	datapath_close(dp);
	assert_nothing_on_va();
}
END_TEST

/*
 * A filter of another's at priority 1 stands before us and sees the dropped packet, too; with tcx
 * we stand first.
 */
START_TEST(the_programs_of_others_stay_and_act)
{
	uint64_t n;

	if (!have(_i))
		return;
	attach_others(_i);
	open_datapath(_i);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	n = counted();
	send_into_va();
	ck_assert(becomes(dropped, 1));
	ck_assert(becomes(counted, n + (_i ? 2 : 1)));
	n = counted();
	send_out_of_va();
	ck_assert(becomes(counted, n + 1));
	datapath_close(dp);
	if (_i) {
		ck_assert(has_qdisc() && has_filter("other") && !has_filter(ATTACH_NAME));
	} else {
		uint32_t id[8];

		ck_assert_uint_eq(tcx_programs(46, id), 1);
		ck_assert_uint_eq(tcx_programs(47, id), 1);
	}
	n = counted();
	send_into_va();
	ck_assert(becomes(counted, n + 2));
}
END_TEST

START_TEST(tcx_stands_before_the_clsact_filters_of_others)
{
	if (!have(0))
		return;
	attach_others(1);
	open_datapath(false);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	uint64_t n = counted();
	send_into_va();
	ck_assert(becomes(dropped, 1) && becomes(counted, n + 1));
	datapath_close(dp);
	ck_assert(has_qdisc() && has_filter("other"));
}
END_TEST

START_TEST(a_qdisc_of_ours_stays_if_others_use_it)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)va, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, o, .prog_fd = other);

	open_datapath(true);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	ck_assert_int_eq(bpf_tc_attach(&hook, &o), 0);
	datapath_close(dp);
	ck_assert(has_qdisc() && has_filter("other") && !has_filter(ATTACH_NAME));
}
END_TEST

/* Attaches and dies. */
static void live_and_die(int classic)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		open_datapath(classic);
		_exit(datapath_attach(dp, va, ARPHRD_ETHER) ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(what_a_dead_helper_left_works_on_until_it_is_replaced)
{
	struct bpf_prog_info info = { 0 };
	uint32_t id[8], len = sizeof(info);
	struct frame f = udp_frame(L0, F0, 40000, 80);
	struct frame want = udp_frame(L1, F1, 40000, 80);
	uint8_t got[2048];
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	ssize_t n;

	if (!have(_i))
		return;
	ll.sll_ifindex = (int)if_nametoindex("vb");
	ck_assert_int_eq(bind(s, (struct sockaddr *)&ll, sizeof(ll)), 0);
	live_and_die(_i);
	send_frame("va", &f);
	do {		/* others talk, too: neighbour discovery */
		n = recv(s, got, sizeof(got), 0);
	} while (n != (ssize_t)f.len || got[20] != IPPROTO_UDP);
	ck_assert_mem_eq(got, want.b, f.len);
	live_and_die(_i);
	open_datapath(_i);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	if (!_i) {
		ck_assert_uint_eq(tcx_programs(47, id), 1);
		ck_assert_uint_eq(tcx_programs(46, id), 1);
		ck_assert_int_eq(bpf_obj_get_info_by_fd(datapath_program(dp, false, true), &info,
							&len),
				 0);
		ck_assert_uint_eq(id[0], info.id);
	}
	send_into_va();
	ck_assert(becomes(dropped, 1));
	datapath_close(dp);
	assert_nothing_on_va();
	close(s);
}
END_TEST

START_TEST(an_interface_may_go_at_any_time)
{
	if (!have(_i))
		return;
	open_datapath(_i);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	sh("ip link del va");
	datapath_detach(dp, va);
	datapath_detach(dp, va);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), -ENODEV);
	sh("ip link add va type veth peer name vb && ip link set va up && ip link set vb up");
	va = if_nametoindex("va");
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	sh("ip link del va");
	datapath_close(dp);
}
END_TEST

/*
 * The programs are loaded with all privileges; interfaces come and go when most have been dropped.
 */
START_TEST(little_privilege_is_enough_once_loaded)
{
	cap_t few = cap_from_text("cap_net_admin,cap_net_raw,cap_bpf=ep");

	if (!have(_i))
		return;
	live_and_die(_i);
	open_datapath(_i);
	ck_assert_ptr_nonnull(few);
	ck_assert_int_eq(cap_set_proc(few), 0);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_ETHER), 0);
	ck_assert_int_eq(datapath_notify(dp, HCE), 0);
	send_into_va();
	ck_assert(becomes(dropped, 1));
	datapath_close(dp);
	/* Only clsact says whose a filter is without CAP_SYS_ADMIN. */
	if (_i)
		assert_nothing_on_va();
	cap_free(few);
}
END_TEST

START_TEST(loopback_and_the_unknown_are_left_alone)
{
	open_datapath(_i);
	ck_assert_int_eq(datapath_attach(dp, 1, ARPHRD_LOOPBACK), 0);
	ck_assert_int_eq(datapath_attach(dp, va, ARPHRD_INFINIBAND), 0);
	assert_nothing_on_va();
	datapath_close(dp);
}
END_TEST

static int make_tun(void)
{
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd >= 0)
		ck_assert_int_eq(ioctl(fd, TUNSETIFF, &ifr), 0);
	return fd;
}

/* Ingress and egress of an interface whose frames begin with the IPv6 header. */
START_TEST(an_interface_without_link_layer_header)
{
	struct packet p = {
		.src = FT, .dst = L0, .proto = IPPROTO_UDP, .sport = 80, .dport = 40000, .raw = true
	};
	struct sockaddr_in6 l = { .sin6_family = AF_INET6, .sin6_addr = addr(L0),
				  .sin6_port = htons(40000) };
	struct sockaddr_in6 f = { .sin6_family = AF_INET6, .sin6_addr = addr(F0),
				  .sin6_port = htons(80) };
	int tun = make_tun(), s;
	struct frame in = frame_of(&p), want;
	uint8_t got[2048];
	ssize_t n;

	if (tun < 0 || !have(_i))
		return;
	sh("ip link set tun0 up && ip addr add " L0
	   "/128 dev tun0 nodad && ip -6 route add default dev tun0");
	open_datapath(_i);
	ck_assert_int_eq(datapath_attach(dp, if_nametoindex("tun0"), ARPHRD_NONE), 0);

	ck_assert_int_eq(write(tun, in.b, in.len), (int)in.len);
	ck_assert(becomes(dropped, 1));

	s = socket(AF_INET6, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&l, sizeof(l)), 0);
	ck_assert_int_eq(connect(s, (struct sockaddr *)&f, sizeof(f)), 0);
	ck_assert_int_eq(send(s, "payload", 7, 0), 7);
	p = (struct packet){
		.src = L1, .dst = F1, .proto = IPPROTO_UDP, .sport = 40000, .dport = 80, .raw = true
	};
	want = frame_of(&p);
	do {
		n = read(tun, got, sizeof(got));
	} while (n != (ssize_t)want.len || got[6] != IPPROTO_UDP);
	/* behind the flow label, up to the hop limit */
	ck_assert_mem_eq(got + 4, want.b + 4, 3);
	ck_assert_mem_eq(got + 8, want.b + 8, want.len - 8);

	p = (struct packet){
		.src = F1, .dst = L0, .proto = IPPROTO_UDP, .sport = 80, .dport = 40000, .raw = true
	};
	in = frame_of(&p);
	ck_assert_int_eq(write(tun, in.b, in.len), (int)in.len);
	/* the socket only takes what is from F0 */
	ck_assert_int_eq(recv(s, got, sizeof(got), 0), 7);

	p = (struct packet){ .src = F1, .dst = L0, .chain = "a", .proto = IPPROTO_NONE,
			     .raw = true };
	in = frame_of(&p);
	ck_assert_int_eq(write(tun, in.b, in.len), (int)in.len);
	ck_assert(becomes(signals, 1));
	datapath_close(dp);
	close(s);
	close(tun);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attach");
	TCase *tc = tcase_create("attach");

	if (need_bpf())
		return 77;
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, traffic_goes_through_the_programs, 0, 2);
	tcase_add_loop_test(tc, the_programs_of_others_stay_and_act, 0, 2);
	tcase_add_test(tc, tcx_stands_before_the_clsact_filters_of_others);
	tcase_add_test(tc, a_qdisc_of_ours_stays_if_others_use_it);
	tcase_add_loop_test(tc, what_a_dead_helper_left_works_on_until_it_is_replaced, 0, 2);
	tcase_add_loop_test(tc, an_interface_may_go_at_any_time, 0, 2);
	tcase_add_loop_test(tc, little_privilege_is_enough_once_loaded, 0, 2);
	tcase_add_loop_test(tc, loopback_and_the_unknown_are_left_alone, 0, 2);
	tcase_add_loop_test(tc, an_interface_without_link_layer_header, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
