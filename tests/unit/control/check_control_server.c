/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control_server.h and unix_listener.h: real clients of both doors, well-behaved and not. The core
 * behind them is a fake.
 */
#include "config.h"

#include "control_server.h"
#include "unix_listener.h"
#include "log.h"
#include "suite.h"
#include "unused.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/check-ctl-XXXXXX", path[64];
static struct event_base *base;
static struct control_server *control_server;
static unsigned n_shown, n_asked, n_prefer;
static size_t big;		/* length of the text a report contains */
static char preferred[64];
static bool departing;

static json_t *fake_report(void *ctx UNUSED, const char *what)
{
	json_t *j = json_pack("{ss}", "what", what);

	if (big) {
		char *text = malloc(big);

		memset(text, 'x', big);
		json_object_set_new(j, "text", json_stringn(text, big));
		free(text);
	}
	return j;
}

static int fake_prefer(void *ctx UNUSED, const struct in6_addr *addr, const char *interface)
{
	n_prefer++;
	if (addr)
		inet_ntop(AF_INET6, addr, preferred, sizeof(preferred));
	else
		snprintf(preferred, sizeof(preferred), "%s", interface);
	return strcmp(preferred, "nowhere") == 0 ? -EADDRNOTAVAIL : 0;
}

static int fake_depart(void *ctx, const struct in6_addr *addr, const char *interface, bool departs)
{
	departing = departs;
	return fake_prefer(ctx, addr, interface);
}

static void fake_shown(void *ctx UNUSED, int fd UNUSED, const struct control_register *reg UNUSED)
{
	n_shown++;
}

static void fake_asked(void *ctx UNUSED, int fd UNUSED, enum control_verb verb, uid_t uid,
		       struct control_answer *ret)
{
	n_asked++;
	ck_assert_uint_eq(uid, geteuid());
	ret->result = verb == CONTROL_FORGET ? -EPERM : 0;
	ret->connections = verb;
}

static int fake_meet(void *ctx UNUSED, const struct in6_addr *addr, uint32_t *ret_entry)
{
	struct in6_addr none;

	inet_pton(AF_INET6, "2001:db8::ffff", &none);
	*ret_entry = 42;
	return IN6_ARE_ADDR_EQUAL(addr, &none) ? -ENETUNREACH : 0;
}

static json_t *fake_ping(void *ctx UNUSED, const struct in6_addr *addr UNUSED, int *ret_error)
{
	*ret_error = -ENOENT;
	return NULL;
}

static const struct control_handler handler = { fake_report, fake_prefer, fake_depart, fake_meet,
	fake_ping, fake_shown, fake_asked, NULL };

static void setup(void)
{
	log_open("check_ctl", false, false);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/helper.sock", dir);
	base = event_base_new();
	ck_assert_int_eq(control_server_open(base, path, &handler, &control_server), 0);
}

static void teardown(void)
{
	control_server_close(control_server);
	event_base_free(base);
	ck_assert_int_eq(access(path, F_OK), -1);
	rmdir(dir);
}

static int dial(bool shim)
{
	struct sockaddr_un addr;
	int len = shim ? control_shim_address(path, &addr) : control_address(path, &addr);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, len), 0);
	return fd;
}

static void spin(void)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Sends the request and collects the whole answer while the helper's loop runs. */
static json_t *ask(const char *request)
{
	static char text[1 << 20];
	size_t len = 0;
	int fd = dial(false);
	json_t *j;
	ssize_t n;

	ck_assert_int_eq(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
	for (;;) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		n = recv(fd, text + len, sizeof(text) - len, 0);
		if (n == 0)
			break;
		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			continue;
		}
		ck_assert_int_le(n, CONTROL_PACKET_MAX);
		len += n;
	}
	close(fd);
	j = json_loadb(text, len, 0, NULL);
	ck_assert_ptr_nonnull(j);
	return j;
}

START_TEST(looking_is_answered)
{
	static const char *const what[] = { "status", "cache", "sockets", "sa" };
	char request[64];
	json_t *a;

	snprintf(request, sizeof(request), "{\"command\": \"%s\"}", what[_i]);
	a = ask(request);
	ck_assert_str_eq(json_string_value(json_object_get(a, "what")), what[_i]);
	json_decref(a);
}
END_TEST

START_TEST(an_answer_of_many_packets_arrives_whole)
{
	json_t *a;

	big = 900000;
	a = ask("{\"command\": \"cache\"}");
	ck_assert_uint_eq(json_string_length(json_object_get(a, "text")), big);
	json_decref(a);
}
END_TEST

START_TEST(what_is_no_request_gets_an_error)
{
	static const char *const request[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"command\": 7}",
		"{\"command\": \"reboot\"}",
		"{\"command\": \"cache\", \"command\": \"sa\"}",
		"{\"command\": \"prefer\"}",
		"{\"command\": \"leave\"}",
		"{\"command\": \"stay\", \"target\": \"nowhere\"}",
		"{\"command\": \"prefer\", \"target\": \"nowhere\"}",
		"{\"command\": \"prefer\", \"target\": "
		"\"0123456789012345678901234567890123456789012345678901234567890\"}",
	};
	json_t *a = ask(request[_i]);

	ck_assert_ptr_nonnull(json_string_value(json_object_get(a, "error")));
	json_decref(a);
}
END_TEST

START_TEST(a_request_too_long_gets_an_error)
{
	char request[5000];
	json_t *a;

	memset(request, ' ', sizeof(request));
	request[sizeof(request) - 1] = '\0';
	a = ask(request);
	ck_assert_str_eq(json_string_value(json_object_get(a, "error")), "the request is too long");
	json_decref(a);
}
END_TEST

START_TEST(root_may_prefer)
{
	json_t *a;

	if (geteuid() != 0)
		return;
	a = ask("{\"command\": \"prefer\", \"target\": \"2001:db8::7\"}");
	ck_assert_ptr_null(json_object_get(a, "error"));
	ck_assert_str_eq(preferred, "2001:db8::7");
	json_decref(a);
	a = ask("{\"command\": \"prefer\", \"target\": \"wlan0\"}");
	ck_assert_str_eq(preferred, "wlan0");
	json_decref(a);
}
END_TEST

START_TEST(root_may_leave_and_stay)
{
	json_t *a;

	if (geteuid() != 0)
		return;
	a = ask("{\"command\": \"leave\", \"target\": \"2001:db8::7\"}");
	ck_assert_str_eq(json_string_value(json_object_get(a, "leaving")), "2001:db8::7");
	ck_assert(departing);
	json_decref(a);
	a = ask("{\"command\": \"stay\", \"target\": \"wlan0\"}");
	ck_assert_str_eq(json_string_value(json_object_get(a, "staying")), "wlan0");
	ck_assert(!departing);
	json_decref(a);
}
END_TEST

/* What an ordinary user (nobody, with one more group) is told when it asks to move this host. */
static void as_nobody(gid_t group, const char *want)
{
	pid_t pid;
	int status;

	pid = fork();
	if (pid == 0) {
		struct timeval patience = { .tv_sec = 5 };
		char text[512];
		ssize_t n;
		int fd;
		bool good = setregid(65534, 65534) == 0 && setgroups(1, &group) == 0 &&
			    setresuid(65534, 65534, 65534) == 0;
		fd = good ? dial(false) : -1;
		send(fd, "{\"command\":\"prefer\",\"target\":\"eth0\"}", 36, 0);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
		n = recv(fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		_exit(good && strstr(text, want) ? 0 : 1);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(status, 0);
}

START_TEST(who_meets_a_host_hears_its_events)
{
	static const char request[] = "{\"command\": \"meet\", \"target\": \"2001:db8::1\"}";
	char text[256];
	int fd = dial(false);
	json_t *a;

	send(fd, request, strlen(request), 0);
	spin();
	control_server_event(control_server, json_pack("{ss}", "event", "status"));
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 10);
	ck_assert_mem_eq(text, "{\"hce\":42}", 10);
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 18);
	close(fd);
	spin();
	a = ask("{\"command\": \"meet\", \"target\": \"2001:db8::ffff\"}");

	ck_assert_str_eq(json_string_value(json_object_get(a, "error")),
			 "cannot meet 2001:db8::ffff: there is no route to it");
	json_decref(a);
	a = ask("{\"command\": \"meet\", \"target\": \"server.example\"}");
	ck_assert_ptr_nonnull(json_object_get(a, "error"));
	json_decref(a);
	a = ask("{\"command\": \"ping\", \"target\": \"2001:db8::1\"}");
	ck_assert_str_eq(json_string_value(json_object_get(a, "error")),
			 "2001:db8::1 is no peer's address: hmipctl meet it");
	json_decref(a);
	ck_assert(!control_server_watched(control_server));
}
END_TEST

START_TEST(others_may_not_and_are_told_the_group)
{
	if (geteuid() != 0)
		return;
	chmod(dir, 0755);
	as_nobody(65534, "\"error\":\"only root may do that");
	control_server_set_group(control_server, "daemon");
	as_nobody(65534, "only root and members of the group \\\"daemon\\\"");
	ck_assert_uint_eq(n_prefer, 0);
	as_nobody(1, "\"preferred\":\"eth0\"");
	ck_assert_uint_eq(n_prefer, 1);
}
END_TEST

START_TEST(every_monitor_sees_every_event)
{
	char text[256];
	int fd[3];

	for (int i = 0; i < 3; i++) {
		fd[i] = dial(false);
		send(fd[i], "{\"command\":\"monitor\"}", 21, 0);
	}
	spin();
	ck_assert(control_server_watched(control_server));
	control_server_event(control_server, json_pack("{ss}", "event", "switched"));
	control_server_event(control_server, json_pack("{ss}", "event", "bu-sent"));
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(recv(fd[i], text, sizeof(text), 0), 20);
		ck_assert_mem_eq(text, "{\"event\":\"switched\"}", 20);
		ck_assert_int_eq(recv(fd[i], text, sizeof(text), 0), 19);
		close(fd[i]);
	}
	spin();
	ck_assert(!control_server_watched(control_server));
}
END_TEST

START_TEST(a_monitor_that_does_not_read_is_let_go_of)
{
	int fd = dial(false);

	send(fd, "{\"command\":\"monitor\"}", 21, 0);
	spin();
	for (int i = 0; i < 3 * CONTROL_QUEUE_MAX && control_server_watched(control_server); i++)
		control_server_event(control_server, json_pack("{ss}", "event", "switched"));
	ck_assert(!control_server_watched(control_server));
	close(fd);
}
END_TEST

/* Sends a registration with n copies of fd. */
static void show(int listener, const void *msg, size_t len, int fd, int n)
{
	char control[CMSG_SPACE(253 * sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (int i = 0; i < n; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof(int));
	}
	sendmsg(listener, &m, MSG_NOSIGNAL);
}

static const struct control_register good = { .magic = CONTROL_MAGIC, .version = CONTROL_VERSION,
					      .verb = CONTROL_CONNECT };

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int i = 0; i < 1024; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

START_TEST(a_socket_that_is_shown_is_handed_over_and_closed)
{
	unsigned before = open_fds();
	int listener = dial(true), s = socket(AF_INET6, SOCK_STREAM, 0);

	show(listener, &good, sizeof(good), s, 1);
	close(s);
	close(listener);
	spin();
	ck_assert_uint_eq(n_shown, 1);
	ck_assert_uint_eq(open_fds(), before);
}
END_TEST

START_TEST(a_question_about_a_socket_is_answered_once)
{
	unsigned before = open_fds();

	for (uint32_t verb = CONTROL_TRUST; verb <= CONTROL_INFO; verb++) {
		struct control_register q = good;
		struct control_answer a;
		char buf[sizeof(a) + 1];
		int listener = dial(true), s = socket(AF_INET6, SOCK_STREAM, 0);
		ssize_t n;

		q.verb = verb;
		show(listener, &q, sizeof(q), s, 1);
		show(listener, &q, sizeof(q), s, 1);
		spin();
		n = recv(listener, buf, sizeof(buf), 0);
		ck_assert_int_eq(control_answer_parse(buf, n, &a), 0);
		ck_assert_int_eq(a.result, verb == CONTROL_FORGET ? -EPERM : 0);
		ck_assert_uint_eq(a.connections, verb);
		ck_assert_int_le(recv(listener, buf, sizeof(buf), 0), 0);
		close(s);
		close(listener);
		spin();
	}
	ck_assert_uint_eq(n_asked, 3);
	ck_assert_uint_eq(n_shown, 0);
	ck_assert_uint_eq(open_fds(), before);
}
END_TEST

START_TEST(anything_but_one_message_with_one_descriptor_is_refused)
{
	struct control_register wrong = good;
	unsigned before = open_fds();
	int s = socket(AF_INET6, SOCK_STREAM, 0), listener;

	wrong.version++;
	for (int i = 0; i < 6; i++) {
		listener = dial(true);
		if (i == 0)
			show(listener, &good, sizeof(good), s, 0);
		else if (i == 1)
			show(listener, &good, sizeof(good), s, 2);
		else if (i == 2)
			show(listener, &good, sizeof(good), s, 253);
		else if (i == 3)
			show(listener, &wrong, sizeof(wrong), s, 1);
		else if (i == 4)
			show(listener, &good, sizeof(good) - 1, s, 1);
		else
			show(listener, "garbage that is longer than the message should be", 48, s,
			     1);
		close(listener);
		spin();
	}
	close(s);
	ck_assert_uint_eq(n_shown, 0);
	ck_assert_uint_eq(open_fds(), before);
}
END_TEST

START_TEST(one_user_cannot_keep_the_door_shut)
{
	int fd[3 * CONTROL_CLIENTS_MAX];
	json_t *a;

	for (int i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++) {
		fd[i] = dial(i % 2);
		spin();
	}
	a = ask("{\"command\": \"status\"}");
	ck_assert_ptr_nonnull(json_object_get(a, "what"));
	json_decref(a);
	for (int i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++)
		close(fd[i]);
}
END_TEST

/* A connected TCP socket with data that nobody will ever take, and SO_LINGER for seconds. */
static int lingering(int *ret_other)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct linger l = { .l_onoff = 1, .l_linger = 20 };
	static char data[1 << 16];
	socklen_t n = sizeof(a);
	int lst = socket(AF_INET6, SOCK_STREAM, 0), s = socket(AF_INET6, SOCK_STREAM, 0),
	    small = 1024;

	setsockopt(lst, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	ck_assert_int_eq(bind(lst, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(lst, 1), 0);
	ck_assert_int_eq(getsockname(lst, (struct sockaddr *)&a, &n), 0);
	ck_assert_int_eq(connect(s, (struct sockaddr *)&a, n), 0);
	*ret_other = accept(lst, NULL, NULL);
	close(lst);
	while (send(s, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	return s;
}

static double monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

START_TEST(a_descriptor_that_blocks_its_close_blocks_nobody)
{
	int other[8], listener[8];
	double begin = monotonic();
	json_t *a;

	/* The last reference to each is in the message: taken, left unread, or one of two. */
	for (int i = 0; i < 8; i++) {
		int s = lingering(&other[i]);

		listener[i] = dial(i % 4 != 3);
		if (i % 4 == 2)
			show(listener[i], "x", 1, s,
			     1);	/* ends the connection with the next one unread */
		show(listener[i], &good, sizeof(good), s, i % 4 == 1 ? 2 : 1);
		close(s);
		close(listener[i]);
	}
	spin();
	a = ask("{\"command\": \"status\"}");
	ck_assert_ptr_nonnull(json_object_get(a, "what"));
	json_decref(a);
	ck_assert(monotonic() - begin < 5);
	for (int i = 0; i < 8; i++)
		close(other[i]);
}
END_TEST

START_TEST(a_second_helper_is_told_who_listens)
{
	struct control_server *second = NULL;
	pid_t pid = 0;

	ck_assert_int_eq(unix_listener_open(path, &pid), -EADDRINUSE);
	ck_assert_int_eq(pid, getpid());
	ck_assert_int_eq(control_server_open(base, path, &handler, &second), -EADDRINUSE);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_stale_socket_is_replaced_and_a_file_is_not)
{
	char stale[80];
	struct sockaddr_un addr;
	pid_t pid;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), len;
	FILE *f;

	snprintf(stale, sizeof(stale), "%s/stale", dir);
	len = control_address(stale, &addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	close(fd);
	fd = unix_listener_open(stale, &pid);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(stale);
	f = fopen(stale, "w");
	fclose(f);
	ck_assert_int_eq(unix_listener_open(stale, &pid), -EEXIST);
	ck_assert_int_eq(access(stale, F_OK), 0);
	unlink(stale);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control_server");
	TCase *tc = tcase_create("control_server");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 15);
	tcase_add_loop_test(tc, looking_is_answered, 0, 4);
	tcase_add_test(tc, an_answer_of_many_packets_arrives_whole);
	tcase_add_loop_test(tc, what_is_no_request_gets_an_error, 0, 12);
	tcase_add_test(tc, a_request_too_long_gets_an_error);
	tcase_add_test(tc, root_may_prefer);
	tcase_add_test(tc, root_may_leave_and_stay);
	tcase_add_test(tc, who_meets_a_host_hears_its_events);
	tcase_add_test(tc, others_may_not_and_are_told_the_group);
	tcase_add_test(tc, every_monitor_sees_every_event);
	tcase_add_test(tc, a_monitor_that_does_not_read_is_let_go_of);
	tcase_add_test(tc, a_socket_that_is_shown_is_handed_over_and_closed);
	tcase_add_test(tc, a_question_about_a_socket_is_answered_once);
	tcase_add_test(tc, anything_but_one_message_with_one_descriptor_is_refused);
	tcase_add_test(tc, one_user_cannot_keep_the_door_shut);
	tcase_add_test(tc, a_descriptor_that_blocks_its_close_blocks_nobody);
	tcase_add_test(tc, a_second_helper_is_told_who_listens);
	tcase_add_test(tc, a_stale_socket_is_replaced_and_a_file_is_not);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
