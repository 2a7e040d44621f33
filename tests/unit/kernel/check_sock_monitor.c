/* SPDX-License-Identifier: BSD-2-Clause */
/* sock_info.h and sock_monitor.h: what descriptors are, and when sockets end. */
#include "config.h"

#include "ipc_proto.h"
#include "sock_info.h"
#include "sock_monitor.h"
#include "own_netns.h"
#include "unused.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

static struct {
	uint64_t cookie[256];
	unsigned n;
} gone;

static void on_gone(void *ctx UNUSED, uint64_t cookie)
{
	gone.cookie[gone.n++ % 256] = cookie;
}

static bool is_gone(uint64_t cookie)
{
	for (unsigned i = 0; i < gone.n && i < 256; i++)
		if (gone.cookie[i] == cookie)
			return true;
	return false;
}

static struct netns here;
static struct sock_monitor *d;

static void setup(void)
{
	here = netns_new();
	ck_assert_int_eq(sock_monitor_open(on_gone, NULL, &d), 0);
}

static void teardown(void)
{
	sock_monitor_close(d);
}

static struct sockaddr_in6 at(const char *text, uint16_t port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6(text),
				      .sin6_port = htons(port) };
}

static int listener(uint16_t port)
{
	struct sockaddr_in6 a = at("::", port);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 5), 0);
	return fd;
}

/* A descriptor connected to a port of this host. */
static int connected(int type, const char *text, uint16_t port)
{
	struct sockaddr_in6 a = at(text, port);
	int fd = socket(AF_INET6, type, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static bool hears_of(uint64_t cookie)
{
	while (!is_gone(cookie)) {
		if (!readable(sock_monitor_fd(d), 3000))
			return false;
		ck_assert_int_ge(sock_monitor_read(d), 0);
	}
	return true;
}

START_TEST(a_tcp_connection_is_described_from_both_ends)
{
	int lfd = listener(7000), c = connected(SOCK_STREAM, "::1", 7000),
	    s = accept(lfd, NULL, NULL);
	struct in6_addr one = in6("::1");
	struct sock_desc p, q;

	memset(&p, 0xff, sizeof(p));
	ck_assert_int_eq(sock_info_get(c, &p), 0);
	ck_assert_int_eq(sock_info_get(s, &q), 0);
	ck_assert_uint_eq(p.fport, 7000);
	ck_assert_uint_eq(p.lport, q.fport);
	ck_assert_uint_eq(q.lport, 7000);
	ck_assert_mem_eq(&p.local, &one, sizeof(one));
	ck_assert_mem_eq(&p.foreign, &one, sizeof(one));
	ck_assert_uint_eq(p.proto, IPPROTO_TCP);
	ck_assert(p.established && q.established);
	ck_assert(p.cookie && p.cookie != q.cookie);
	ck_assert_int_eq(sock_info_get(dup(c), &q), 0);
	ck_assert(q.cookie == p.cookie);
}
END_TEST

static bool has_connection(const char *local, const char *foreign)
{
	struct in6_addr l = in6(local), f = in6(foreign);

	return sock_monitor_connected(d, &l, &f);
}

START_TEST(x8_a_connection_between_two_addresses_is_found_and_no_other)
{
	int lfd = listener(7020), c, s, one = 1;

	run("ip addr add 2001:db8::1/128 dev lo nodad");
	run("ip addr add 2001:db8::2/128 dev lo nodad");
	ck_assert(!has_connection("::1", "::1"));	/* the listener is none */
	c = connected(SOCK_STREAM, "::1", 7020);
	s = accept(lfd, NULL, NULL);
	ck_assert(has_connection("::1", "::1"));
	ck_assert(!has_connection("::1", "2001:db8::1"));
	ck_assert(!has_connection("2001:db8::1", "::1"));
	ck_assert_int_eq(setsockopt(c, IPPROTO_IP, CONTROL_PREVENTED, &one, sizeof(one)), 0);
	ck_assert(has_connection("::1", "::1"));	/* the other end */
	ck_assert_int_eq(setsockopt(s, IPPROTO_IP, CONTROL_PREVENTED, &one, sizeof(one)), 0);
	ck_assert(!has_connection("::1", "::1"));
	connected(SOCK_DGRAM, "::1", 7021);
	ck_assert(has_connection("::1", "::1"));
}
END_TEST

START_TEST(a_connection_half_open_has_its_peer_and_is_not_established)
{
	struct sockaddr_in6 a = at("2001:db8::2", 7000);
	struct in6_addr l = in6("2001:db8::1"), f = in6("2001:db8::2");
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct netns far = netns_new();
	struct sock_desc p;

	netns_cable(&here, "a0", &far, "b0");
	run("ip addr add 2001:db8::1/64 dev a0 nodad");
	settle();
	ck_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == EINPROGRESS);
	ck_assert_int_eq(sock_info_get(fd, &p), 0);
	ck_assert(!p.established);
	ck_assert_mem_eq(&p.local, &l, sizeof(l));
	ck_assert_mem_eq(&p.foreign, &f, sizeof(f));
}
END_TEST

START_TEST(a_connection_that_waits_for_data_to_fast_open_has_its_peer)
{
	int lfd = listener(7009), on = 16, fd, s;
	struct sockaddr_in6 a = at("::1", 7009);
	struct sock_desc p;

	run("sysctl -qw net.ipv4.tcp_fastopen=3");
	ck_assert_int_eq(setsockopt(lfd, IPPROTO_TCP, TCP_FASTOPEN, &on, sizeof(on)), 0);
	for (int i = 0; i < 2; i++) {		/* the first one gets the cookie */
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		on = 1;
		ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)),
				 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
		ck_assert_int_eq(sock_info_get(fd, &p), 0);
		ck_assert_uint_eq(p.fport, 7009);
		ck_assert_uint_ne(p.lport, 0);
		ck_assert_int_eq(p.established, !i);
		ck_assert_int_eq(send(fd, "x", 1, 0), 1);
		s = accept(lfd, NULL, NULL);
		ck_assert_int_ge(s, 0);
		close(s);
		close(fd);
	}
}
END_TEST

START_TEST(c4_a_socket_that_sends_is_described_without_a_peer)
{
	struct in6_addr one = in6("::1");
	struct sockaddr_in6 a = at("::1", 7003);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), udp = connected(SOCK_DGRAM, "::1", 7001);
	int tcp = socket(AF_INET6, SOCK_STREAM, 0), v4 = socket(AF_INET, SOCK_DGRAM, 0), q;
	int raw = socket(AF_INET6, SOCK_RAW, IPPROTO_UDP);
	struct sock_desc p;

	ck_assert_int_eq(sock_info_get_unconnected(fd, &p), 0);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&p.local));
	ck_assert_uint_ne(p.cookie, 0);
	ck_assert_uint_eq(p.uid, geteuid());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(sock_info_get_unconnected(fd, &p), 0);
	ck_assert_mem_eq(&p.local, &one, sizeof(one));
	ck_assert_uint_eq(p.lport, 7003);
	ck_assert_int_eq(sock_info_get_unconnected(udp, &p), 0);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&p.foreign));
	q = sock_info_get_unconnected(tcp, &p);
	ck_assert_int_eq(q, -EINVAL);
	ck_assert_int_eq(sock_info_get_unconnected(v4, &p), -EINVAL);
	ck_assert_int_eq(sock_info_get_unconnected(raw, &p), -EINVAL);
	ck_assert_int_eq(sock_info_get_unconnected(0, &p), -EINVAL);
}
END_TEST

static struct sock_desc visited[8];
static unsigned n_visited;

static int visit(void *ctx, const struct sock_desc *p)
{
	ck_assert_uint_lt(n_visited, 8);
	visited[n_visited++] = *p;
	return n_visited == 2 ? *(int *)ctx : 0;
}

START_TEST(sockets_that_are_not_connected_are_found)
{
	struct in6_addr one = in6("::1");
	struct sockaddr_in6 a = at("::1", 7004), b = at("::", 7005);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), any = socket(AF_INET6, SOCK_DGRAM, 0), r = 0;

	connected(SOCK_DGRAM, "::1", 7001);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(bind(any, (struct sockaddr *)&b, sizeof(b)), 0);
	ck_assert_int_eq(sock_monitor_unconnected(d, visit, &r), 0);
	ck_assert_uint_eq(n_visited, 2);
	const struct sock_desc *p = &visited[visited[0].lport == 7004 ? 0 : 1],
			       *q = &visited[visited[0].lport == 7004 ? 1 : 0];
	ck_assert_uint_eq(p->lport, 7004);
	ck_assert_mem_eq(&p->local, &one, sizeof(one));
	ck_assert_uint_ne(p->cookie, 0);
	ck_assert_uint_eq(q->lport, 7005);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&q->local));
	n_visited = 0;
	r = -ENOMEM;
	ck_assert_int_eq(sock_monitor_unconnected(d, visit, &r), -ENOMEM);
}
END_TEST

START_TEST(a_connected_udp_socket_is_described_and_another_is_not)
{
	int fd = connected(SOCK_DGRAM, "::1", 7001);
	struct sockaddr_in6 a = at("::1", 7002);
	struct sock_desc p;

	ck_assert_int_eq(sock_info_get(fd, &p), 0);
	ck_assert_uint_eq(p.proto, IPPROTO_UDP);
	ck_assert_uint_eq(p.fport, 7001);
	ck_assert_int_eq(sock_info_get(socket(AF_INET6, SOCK_DGRAM, 0), &p), -EINVAL);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(sock_info_get(fd, &p), -EINVAL);
}
END_TEST

START_TEST(whatever_else_is_shown_is_refused)
{
	int lfd = listener(7000), other[2], mapped, mptcp;
	struct sock_desc p = { .cookie = 1 };

	mapped = connected(SOCK_STREAM, "::ffff:127.0.0.1", 7000);
	ck_assert_int_eq(sock_info_get(mapped, &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(lfd, &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(socket(AF_INET6, SOCK_STREAM, 0), &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(socket(AF_INET, SOCK_STREAM, 0), &p), -EINVAL);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	ck_assert_int_eq(sock_info_get(other[0], &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(socket(AF_NETLINK, SOCK_RAW, 0), &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(open("/dev/null", O_RDONLY), &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(socket(AF_INET6, SOCK_RAW, IPPROTO_TCP), &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(-1, &p), -EBADF);
	mptcp = socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP);
	if (mptcp >= 0)
		ck_assert_int_eq(sock_info_get(mptcp, &p), -EINVAL);
	ck_assert_int_eq(sock_info_get(open("/proc/self/ns/net", O_RDONLY), &p), -EINVAL);
	ck_assert(p.cookie == 1);
}
END_TEST

START_TEST(a_raw_socket_that_pretends_to_be_tcp_is_refused)
{
	struct sockaddr_in6 a = at("::1", 0);
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_TCP);
	struct sock_desc p;

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(sock_info_get(fd, &p), -EINVAL);
	fd = socket(AF_INET6, SOCK_RAW, IPPROTO_UDP);
	a.sin6_port = htons(IPPROTO_UDP);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(sock_info_get(fd, &p), -EINVAL);
}
END_TEST

START_TEST(a_connection_that_was_reset_is_refused)
{
	int lfd = listener(7000), c = connected(SOCK_STREAM, "::1", 7000),
	    s = accept(lfd, NULL, NULL);
	struct sock_desc p;

	ck_assert_int_eq(setsockopt(s, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
				    sizeof(struct linger)),
			 0);
	close(s);
	ck_assert(readable(c, 1000));
	ck_assert_int_eq(sock_info_get(c, &p), -EINVAL);
}
END_TEST

START_TEST(a_socket_of_another_namespace_is_refused)
{
	int lfd = listener(7000), c = connected(SOCK_STREAM, "::1", 7000);
	struct sock_desc p;

	ck_assert_int_ge(lfd, 0);
	ck_assert_int_eq(sock_info_get(c, &p), 0);
	netns_new();
	ck_assert_int_eq(sock_info_get(c, &p), -EINVAL);
}
END_TEST

START_TEST(the_end_of_a_socket_is_told_when_the_last_copy_is_closed)
{
	int lfd = listener(7000), c = connected(SOCK_STREAM, "::1", 7000),
	    s = accept(lfd, NULL, NULL), copy = dup(c);
	struct sock_desc p, q;

	ck_assert_int_eq(sock_info_get(c, &p), 0);
	ck_assert_int_eq(sock_info_get(s, &q), 0);
	close(c);
	ck_assert(!readable(sock_monitor_fd(d), 50));
	close(copy);
	close(s);
	ck_assert(hears_of(p.cookie));
	ck_assert(hears_of(q.cookie));
}
END_TEST

START_TEST(the_end_of_a_process_and_of_a_udp_socket_are_told)
{
	int fd = connected(SOCK_DGRAM, "::1", 7001);
	struct sock_desc p;
	pid_t pid;

	ck_assert_int_eq(sock_info_get(fd, &p), 0);
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	close(fd);
	ck_assert(!readable(sock_monitor_fd(d), 50));
	kill(pid, SIGKILL);
	ck_assert(hears_of(p.cookie));
}
END_TEST

static struct {
	struct sock_desc pcb;
	bool half;
} found[64];
static unsigned n_found;

static void on_found(void *ctx, const struct sock_desc *p, bool half)
{
	ck_assert_ptr_eq(ctx, &n_found);
	ck_assert_uint_lt(n_found, 64);
	found[n_found].pcb = *p;
	found[n_found++].half = half;
}

/* What a list says of the socket fd, NULL if nothing. */
static const struct sock_desc *listed(int fd, bool half)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	n_found = 0;
	ck_assert_int_eq(sock_monitor_list(d, on_found, &n_found), 0);
	for (unsigned i = 0; i < n_found; i++)
		if (found[i].pcb.cookie == cookie && found[i].half == half)
			return &found[i].pcb;
	return NULL;
}

START_TEST(a_list_says_of_each_connection_what_its_descriptor_does)
{
	int lfd = listener(7000), c = connected(SOCK_STREAM, "::1", 7000),
	    s = accept(lfd, NULL, NULL);
	int fd[] = { c, s, connected(SOCK_DGRAM, "::1", 7001) };
	static const bool accepted[] = { false, true, false };

	for (unsigned i = 0; i < 3; i++) {
		const struct sock_desc *p;
		struct sock_desc q;

		ck_assert_int_eq(setsockopt(fd[i], SOL_SOCKET, SO_MARK, &i, sizeof(i)), 0);
		p = listed(fd[i], false);
		ck_assert_ptr_nonnull(p);
		ck_assert_int_eq(sock_info_get(fd[i], &q), 0);
		ck_assert_uint_eq(q.mark, i);
		q.accepted = accepted[i];
		ck_assert_mem_eq(p, &q, sizeof(q));
	}
	ck_assert_uint_eq(n_found, 3);
}
END_TEST

START_TEST(a_list_has_nothing_else)
{
	int lfd = listener(7000), c = connected(SOCK_STREAM, "::1", 7000),
	    s = accept(lfd, NULL, NULL);

	connected(SOCK_STREAM, "::ffff:127.0.0.1", 7000);
	ck_assert_int_ge(socket(AF_INET6, SOCK_DGRAM, 0), 0);
	/* what is left of it waits for the FIN, and is no socket any more */
	close(s);
	while (listed(c, false) && n_found > 1)
		breathe();	/* until the FIN is acknowledged */
	ck_assert_ptr_nonnull(listed(c, false));
}
END_TEST

START_TEST(x8_what_its_program_wants_left_alone_is_not_listed_nor_what_comes_of_it)
{
	int lfd = listener(7000), fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1, a,
	    u = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 to = at("::1", 7000);

	ck_assert_int_eq(setsockopt(lfd, IPPROTO_IP, IP_RECVERR_RFC4884, &on, sizeof(on)), 0);
	ck_assert_int_eq(setsockopt(u, IPPROTO_IP, IP_RECVERR_RFC4884, &on, sizeof(on)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(connect(u, (struct sockaddr *)&to, sizeof(to)), 0);
	a = accept(lfd, NULL, NULL);
	ck_assert_ptr_nonnull(listed(fd, false));
	ck_assert_ptr_null(listed(a, false));
	ck_assert_ptr_null(listed(u, false));
	ck_assert(sock_info_prevented(a) && sock_info_prevented(u) && sock_info_prevented(lfd) &&
		  !sock_info_prevented(fd));
	ck_assert(!sock_info_prevented(-1));
}
END_TEST

START_TEST(a_list_tells_handshakes_that_are_not_over)
{
	struct sockaddr_in6 a = at("2001:db8::2", 7000);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct netns far = netns_new();
	const struct sock_desc *p;

	netns_cable(&here, "a0", &far, "b0");
	run("ip addr add 2001:db8::1/64 dev a0 nodad");
	settle();
	listener(7000);
	ck_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == EINPROGRESS);
	p = listed(fd, false);
	ck_assert_ptr_nonnull(p);
	ck_assert(!p->established && !p->accepted);

	/* The other end of one from far, whose answer is lost. */
	run("ip link set a0 address 02:00:00:00:00:01");
	run("ip -6 neigh replace 2001:db8::2 lladdr 02:00:00:00:00:02 dev a0");
	netns_enter(&far);
	run("ip addr add 2001:db8::2/64 dev b0 nodad");
	run("ip -6 neigh replace 2001:db8::1 lladdr 02:00:00:00:00:01 dev b0");
	settle();
	a = at("2001:db8::1", 7000);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 && errno == EINPROGRESS);
	for (bool half = false; !half; breathe()) {
		n_found = 0;
		ck_assert_int_eq(sock_monitor_list(d, on_found, &n_found), 0);
		for (unsigned i = 0; i < n_found; i++)
			half |= found[i].half && found[i].pcb.accepted && !found[i].pcb.established;
	}
}
END_TEST

static void remember(uint64_t *cookie, int fd)
{
	struct sock_desc s;

	ck_assert_int_eq(sock_info_get(fd, &s), 0);
	*cookie = s.cookie;
}

START_TEST(what_ended_unheard_is_found_by_sync_and_the_living_are_left)
{
	int lfd = listener(7000), a = connected(SOCK_STREAM, "::1", 7000),
	    b = connected(SOCK_STREAM, "::1", 7000);
	int bound = socket(AF_INET6, SOCK_STREAM, 0), u = connected(SOCK_DGRAM, "::1", 7001);
	struct sockaddr_in6 to = at("::1", 7000);
	uint64_t cookie[4];

	ck_assert_int_ge(lfd, 0);
	ck_assert_int_eq(setsockopt(bound, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	ck_assert_int_eq(connect(bound, (struct sockaddr *)&to, sizeof(to)), 0);
	remember(&cookie[0], a);
	remember(&cookie[1], b);
	remember(&cookie[2], bound);
	remember(&cookie[3], u);
	ck_assert_int_eq(sock_monitor_sync(d, cookie, 4), 0);
	ck_assert_uint_eq(gone.n, 0);
	close(b);		/* the peer's end stays: FIN-WAIT, it may still send */
	ck_assert_int_eq(sock_monitor_sync(d, cookie, 4), 0);
	ck_assert_uint_eq(gone.n, 0);
	setsockopt(a, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
		   sizeof(struct linger));
	close(a);
	close(u);
	ck_assert_int_eq(sock_monitor_sync(d, cookie, 4), 0);
	ck_assert_uint_eq(gone.n, 2);
	ck_assert(is_gone(cookie[0]) && is_gone(cookie[3]));
	ck_assert_int_eq(sock_monitor_sync(d, cookie + 1, 2), 0);
	ck_assert_uint_eq(gone.n, 2);
}
END_TEST

START_TEST(an_overrun_is_said)
{
	int small = 1, r = 0;

	ck_assert_int_eq(setsockopt(sock_monitor_fd(d), SOL_SOCKET, SO_RCVBUF, &small,
				    sizeof(small)), 0);
	for (int i = 0; i < 400; i++)
		close(connected(SOCK_DGRAM, "::1", 7001));
	breathe();
	/* The kernel tells from a work queue: it may still be at it, so come late. */
	while (gone.n < 200 && (r = sock_monitor_read(d)) >= 0) {
		breathe();
		close(connected(SOCK_DGRAM, "::1", 7001));
	}
	ck_assert_int_eq(r, -ENOBUFS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sock_monitor");
	TCase *tc = tcase_create("sock_monitor");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_tcp_connection_is_described_from_both_ends);
	tcase_add_test(tc, x8_a_connection_between_two_addresses_is_found_and_no_other);
	tcase_add_test(tc, a_connection_half_open_has_its_peer_and_is_not_established);
	tcase_add_test(tc, a_connection_that_waits_for_data_to_fast_open_has_its_peer);
	tcase_add_test(tc, c4_a_socket_that_sends_is_described_without_a_peer);
	tcase_add_test(tc, sockets_that_are_not_connected_are_found);
	tcase_add_test(tc, a_connected_udp_socket_is_described_and_another_is_not);
	tcase_add_test(tc, whatever_else_is_shown_is_refused);
	tcase_add_test(tc, a_raw_socket_that_pretends_to_be_tcp_is_refused);
	tcase_add_test(tc, a_connection_that_was_reset_is_refused);
	tcase_add_test(tc, a_socket_of_another_namespace_is_refused);
	tcase_add_test(tc, the_end_of_a_socket_is_told_when_the_last_copy_is_closed);
	tcase_add_test(tc, the_end_of_a_process_and_of_a_udp_socket_are_told);
	tcase_add_test(tc, what_ended_unheard_is_found_by_sync_and_the_living_are_left);
	tcase_add_test(tc, an_overrun_is_said);
	tcase_add_test(tc, a_list_says_of_each_connection_what_its_descriptor_does);
	tcase_add_test(tc, a_list_has_nothing_else);
	tcase_add_test(tc, x8_what_its_program_wants_left_alone_is_not_listed_nor_what_comes_of_it);
	tcase_add_test(tc, a_list_tells_handshakes_that_are_not_over);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
