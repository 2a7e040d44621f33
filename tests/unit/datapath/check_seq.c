/* SPDX-License-Identifier: BSD-2-Clause */
/* datapath_seq(): the sequence numbers of real connections. */
#include "config.h"

#include "need_bpf.h"
#include "own_netns.h"
#include "tcp_socket.h"

#include <string.h>

static struct datapath *dp;
static struct dp_flight flight;

static void setup(void)
{
	static const struct datapath_config config = { .max_pcbs = 1, .max_foreign = 1 };

	netns_new();
	ck_assert_int_eq(datapath_open(&config, &dp), 0);
}

static void teardown(void)
{
	datapath_close(dp);
}

static int listener(struct sockaddr_in6 *ret)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	socklen_t len = sizeof(*ret);

	*ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	ck_assert_int_eq(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)ret, &len), 0);
	return fd;
}

static struct dp_seq question(int fd)
{
	struct sockaddr_in6 l, f;
	socklen_t len = sizeof(l);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&l, &len), 0);
	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&f, &len), 0);
	return (struct dp_seq){ .l = l.sin6_addr, .f = f.sin6_addr, .lport = l.sin6_port,
				.fport = f.sin6_port };
}

START_TEST(s1_sequence_numbers_are_those_of_the_kernel)
{
	struct sockaddr_in6 to;
	int l = listener(&to), fd = socket(AF_INET6, SOCK_STREAM, 0), far;
	struct dp_seq q;
	char buf[4];

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	far = accept(l, NULL, NULL);
	ck_assert_int_eq(write(fd, "near", 4), 4);
	ck_assert_int_eq(read(far, buf, sizeof(buf)), 4);
	ck_assert_int_eq(write(far, "far", 3), 3);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 3);
	q = question(fd);
	ck_assert_int_eq(datapath_seq(dp, &q, &flight), 0);
	ck_assert_uint_eq(q.nxt, queue_seq(fd, TCP_SEND_QUEUE));
	ck_assert_uint_eq(q.rcv_nxt, queue_seq(fd, TCP_RECV_QUEUE));
	ck_assert_uint_eq(q.una, q.nxt);	/* the answer acknowledged it */
}
END_TEST

START_TEST(a_socket_that_listens_is_no_connection)
{
	struct sockaddr_in6 to;
	struct dp_seq q = { .l = in6addr_loopback, .f = in6addr_loopback, .fport = htons(9) };

	listener(&to);
	q.lport = to.sin6_port;
	ck_assert_int_eq(datapath_seq(dp, &q, &flight), -ENOENT);
	q.lport = htons(10);
	ck_assert_int_eq(datapath_seq(dp, &q, &flight), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seq");
	TCase *tc = tcase_create("seq");
	int r = need_bpf();

	if (r)
		return r;
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, s1_sequence_numbers_are_those_of_the_kernel);
	tcase_add_test(tc, a_socket_that_listens_is_no_connection);
	suite_add_tcase(s, tc);
	return netns_suite_run(s);
}
