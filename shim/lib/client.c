/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE	/* struct ucred, secure_getenv() */
#include "client.h"
#include "addr.h"
#include "host_names.h"
#include "raw.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* That of RFC 2133; the kernel accepts it, too. */
#define SIN6_LEN_MIN	offsetof(struct sockaddr_in6, sin6_scope_id)

enum start { START_NOT, START_RUNNING, START_DONE };

static enum start started;			/* START_DONE: the next four are constant */
static struct sockaddr_un listener;
static socklen_t listener_len;
static char hostmap_path[sizeof(listener.sun_path) + sizeof(HOSTMAP_SUFFIX)];

static struct in6_addr personality;		/* hostmap_personality() of its name; all 0: none */

static bool disabled;				/* in a sandbox: make no system call of our own */
static const struct hostmap *current;		/* the last map mapped, dead or alive */
static uint64_t last_try;			/* to open a map, ms */
static const struct hostmap *last_dead;		/* the last map found dead */
static uint64_t dead_since;			/* when, ms */

/* Copies path and name, because programs overwrite their environment to change their title. */
static void read_path(void)
{
	const char *path = control_path(NULL), *name = secure_getenv(HMIP_PERSONALITY_ENV);
	int len = control_shim_address(path, &listener);

	if (name)
		personality = hostmap_personality(name);
	if (len < 0)
		return;
	listener_len = len;
	strcpy(hostmap_path, path);
	strcat(hostmap_path, HOSTMAP_SUFFIX);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_MONOTONIC_COARSE, &t) ? 0 :
	       t.tv_sec * UINT64_C(1000) + t.tv_nsec / 1000000;
}

/* Whether it is time to try to open a map; if so, notes the time. */
static bool retry_due(void)
{
	uint64_t now = now_ms();
	uint64_t last = __atomic_load_n(&last_try, __ATOMIC_RELAXED);
	if (last && now - last < CLIENT_RETRY_MS)
		return false;
	__atomic_store_n(&last_try, now, __ATOMIC_RELAXED);
	return true;
}

/* The map of a helper that lives, mapped now if need be; or NULL. */
static const struct hostmap *hostmap_now(void)
{
	const struct hostmap *map = __atomic_load_n(&current, __ATOMIC_ACQUIRE), *fresh;

	if (client_disabled())
		return NULL;
	if (map && hostmap_live(map))
		return map;
	if (__atomic_load_n(&started, __ATOMIC_ACQUIRE) != START_DONE || !listener_len ||
	    !retry_due())
		return NULL;
	fresh = hostmap_map(hostmap_path);
	/* An older map stays mapped: another thread may be reading it. */
	if (fresh && !__atomic_compare_exchange_n(&current, &map, fresh, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_ACQUIRE)) {
		hostmap_unmap(fresh);
		fresh = map;
	}
	return fresh;
}

void client_start(void)
{
	enum start expected = START_NOT;
	int saved = errno;

	if (__atomic_compare_exchange_n(&started, &expected, START_RUNNING, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		read_path();
		__atomic_store_n(&started, START_DONE, __ATOMIC_RELEASE);
		hostmap_now();
	}
	errno = saved;
}

bool client_row(enum hostmap_side side, const struct in6_addr *addr, struct hostmap_row *ret)
{
	int saved = errno;
	bool found = hostmap_lookup(hostmap_now(), side, addr, ret);

	errno = saved;
	return found;
}

/* Whether fd is of TCP or UDP, and in the network namespace of the map. */
static bool socket_in_namespace(int fd, const struct hostmap *map)
{
	int proto = 0;
	uint64_t netns = 0;
	socklen_t plen = sizeof(proto), nlen = sizeof(netns);

	return !raw_getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &plen) &&
	       (proto == IPPROTO_TCP || proto == IPPROTO_UDP) &&
	       !raw_getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &netns, &nlen) &&
	       netns == map->netns;
}

bool client_lookup(int fd, enum hostmap_side side, const struct in6_addr *addr,
		   struct in6_addr *ret)
{
	const struct hostmap *map = hostmap_now();
	struct hostmap_row row;

	if (!hostmap_lookup(map, side, addr, &row) ||
	    (side == HOSTMAP_FOREIGN && !(row.flags & HOSTMAP_REDIRECTS)) ||
	    !socket_in_namespace(fd, map))
		return false;
	*ret = row.now;
	return true;
}

bool client_adopts(void)
{
	int saved = errno;
	bool adopts = hostmap_adopting(hostmap_now());

	errno = saved;
	return adopts;
}

bool client_auto_registered(const struct in6_addr *addr)
{
	struct hostmap_row row;
	struct host h;

	if (!client_row(HOSTMAP_FOREIGN, addr, &row))
		return client_row(HOSTMAP_PLAIN, addr, &row);
	return row.flags & HOSTMAP_AUTO_REGISTERED &&
	       !(row.flags & HOSTMAP_NO_DNS_NAME && host_names_find(addr, &h));
}

bool client_owns(int fd)
{
	const struct hostmap *map = client_hostmap();

	return map && socket_in_namespace(fd, map);
}

int client_personality(int fd, struct in6_addr *ret)
{
	const struct hostmap *map = IN6_IS_ADDR_UNSPECIFIED(&personality) ? NULL : hostmap_now();
	struct hostmap_row row;
	bool found = hostmap_lookup(map, HOSTMAP_PERSONALITY, &personality, &row);

	if (!map || !socket_in_namespace(fd, map))
		return 0;
	if (!found)
		return -EADDRNOTAVAIL;
	*ret = row.now;
	return 1;
}

void client_disable(void)
{
	__atomic_store_n(&disabled, true, __ATOMIC_RELAXED);
}

bool client_disabled(void)
{
	return __atomic_load_n(&disabled, __ATOMIC_RELAXED);
}

bool client_active(void)
{
	const struct hostmap *map = __atomic_load_n(&current, __ATOMIC_ACQUIRE);

	if (map && hostmap_live(map) && !client_disabled())
		return true;

	int saved = errno;
	bool known = hostmap_now() ||
		     (!client_disabled() && __atomic_load_n(&current, __ATOMIC_ACQUIRE));

	errno = saved;
	return known;
}

/* client_hostmap() if the current map is dead: a new one, or the dead one for the grace period. */
static __attribute__((noinline)) const struct hostmap *hostmap_in_grace(void)
{
	int saved = errno;
	const struct hostmap *map = hostmap_now(),
			     *last = __atomic_load_n(&current, __ATOMIC_ACQUIRE);

	errno = saved;
	if (map || !last || client_disabled())
		return map;
	if (__atomic_load_n(&last_dead, __ATOMIC_ACQUIRE) != last) {
		__atomic_store_n(&dead_since, now_ms(), __ATOMIC_RELAXED);
		__atomic_store_n(&last_dead, last, __ATOMIC_RELEASE);
	}
	return now_ms() - __atomic_load_n(&dead_since, __ATOMIC_RELAXED) < CLIENT_GRACE_MS ?
	       last : NULL;
}

const struct hostmap *client_hostmap(void)
{
	const struct hostmap *map = __atomic_load_n(&current, __ATOMIC_ACQUIRE);

	return map && hostmap_live(map) && !client_disabled() ? map : hostmap_in_grace();
}

uint64_t client_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return raw_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) ? 0 : cookie;
}

/*
 * Any user can bind an abstract name: sockets are sent to processes of root and of our own user
 * only.
 */
static bool listener_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !raw_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/*
 * Connects to the helper's listener. Returns a descriptor; -EAGAIN if its queue is full; else
 * -ENXIO or a negative errno.
 */
static int open_listener(void)
{
	int at = raw_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK), r;

	if (at < 0)
		return -errno;
	if (!raw_connect(at, (const struct sockaddr *)&listener, listener_len) &&
	    listener_is_trusted(at))
		return at;
	r = errno == EAGAIN ? -EAGAIN : -ENXIO;
	raw_close(at);
	return r;
}

/*
 * Adds the DNS name that resolved to the address the program asked for, and its other addresses
 * (C5).
 */
static void add_names(struct control_register *text, const struct in6_addr *asked)
{
	struct host h;

	if (!host_names_find(asked, &h))
		return;
	memcpy(text->name, h.name, sizeof(text->name));
	for (unsigned i = 0; i < h.n; i++)
		if (!addr_equal(&h.addr[i], asked))
			text->other[text->n_other++] = h.addr[i];
}

/*
 * Sends the request with descriptor fd to the helper, without blocking. Returns 0 or a negative
 * errno.
 */
static int send_socket(int at, int fd, struct control_register *text)
{
	struct iovec iov = { text, sizeof(*text) };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(fd))];
	} control = { .buf = "" };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return raw_sendmsg(at, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

void client_register(int fd, enum control_verb verb, const struct in6_addr *asked)
{
	struct control_register text = { .magic = CONTROL_MAGIC,
					 .version = CONTROL_VERSION,
					 .verb = verb };
	struct raw_signals others = raw_signals_from_others(), before;
	int at;

	if (asked)
		add_names(&text, asked);
	if (verb == CONTROL_SEND)
		text.to = *asked;
	/*
	 * A signal handler may fork, or longjmp() out of the call, and leave our descriptor open.
	 */
	if (raw_block(&others, &before))
		return;
	at = open_listener();
	if (at >= 0) {
		send_socket(at, fd, &text);
		raw_close(at);
	}
	raw_block(&before, NULL);
}

/* Waits for the answer. Returns 0 and fills *ret, or a negative errno. */
static int receive(int at, struct control_answer *ret)
{
	char buf[sizeof(*ret) + 1];
	int n = raw_wait(at, CLIENT_ANSWER_MS);

	if (n == 0)
		return -ETIMEDOUT;
	if (n > 0)
		n = raw_recv(at, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	return control_answer_parse(buf, n, ret);
}

int client_ask(int fd, enum control_verb verb, struct control_answer *ret)
{
	struct control_register text = { .magic = CONTROL_MAGIC,
					 .version = CONTROL_VERSION,
					 .verb = verb };
	int at = client_active() ? open_listener() : -ENXIO, r;

	if (at < 0)
		return at;
	r = send_socket(at, fd, &text);
	if (!r)
		r = receive(at, ret);
	raw_close(at);
	return r ? r : ret->result;
}

bool client_eligible(const struct sockaddr *addr, socklen_t len, struct sockaddr_in6 *ret)
{
	if (!addr || len < SIN6_LEN_MIN || len > sizeof(struct sockaddr_storage) ||
	    addr->sa_family != AF_INET6)
		return false;
	ret->sin6_scope_id = 0;
	memcpy(ret, addr, len < sizeof(*ret) ? len : sizeof(*ret));
	return addr_usable(&ret->sin6_addr);
}
