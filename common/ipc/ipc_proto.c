/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of the listeners, and checks of the shims' messages. libc only, because it is linked into
 * the shim.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* secure_getenv() */
#endif
#include "ipc_proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ABSTRACT_PREFIX	"hmip:"

static bool all_zero(const void *p, size_t len)
{
	const uint8_t *octet = p;

	while (len && !octet[len - 1])
		len--;
	return !len;
}

bool control_name_good(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t len = strnlen(name, CONTROL_NAME_MAX);

	return len > 0 && len < CONTROL_NAME_MAX && strspn(name, allowed) == len;
}

/* Whether the fields that the verb needs are set, and no others. */
static bool register_fits_verb(const struct control_register *r)
{
	bool names_peer = r->verb == CONTROL_CONNECT || r->verb == CONTROL_SEND;
	size_t len = strnlen(r->name, sizeof(r->name));

	if (r->n_other > (names_peer ? CONTROL_OTHERS_MAX : 0))
		return false;
	if (len && (!names_peer || !control_name_good(r->name)))
		return false;
	if (IN6_IS_ADDR_UNSPECIFIED(&r->to) == (r->verb == CONTROL_SEND))
		return false;
	return all_zero(r->other + r->n_other,
			(CONTROL_OTHERS_MAX - r->n_other) * sizeof(r->other[0])) &&
	       all_zero(r->name + len, sizeof(r->name) - len);
}

int control_register_parse(const void *buf, size_t len, struct control_register *ret)
{
	struct control_register r;

	if (len != sizeof(r))
		return -EPROTO;
	memcpy(&r, buf, sizeof(r));
	if (r.magic != CONTROL_MAGIC || r.version != CONTROL_VERSION)
		return -EPROTO;
	if (r.verb < CONTROL_CONNECT || r.verb > CONTROL_SEND || !register_fits_verb(&r))
		return -EPROTO;
	*ret = r;
	return 0;
}

bool control_is_answered(enum control_verb verb)
{
	return verb == CONTROL_TRUST || verb == CONTROL_FORGET || verb == CONTROL_INFO;
}

int control_answer_parse(const void *buf, size_t len, struct control_answer *ret)
{
	struct control_answer a;

	if (len != sizeof(a))
		return -EPROTO;
	memcpy(&a, buf, sizeof(a));
	if (a.magic != CONTROL_MAGIC || a.version != CONTROL_VERSION || a.result > 0 ||
	    a.flags & ~CONTROL_FLAGS)
		return -EPROTO;
	*ret = a;
	return 0;
}

const char *control_path(const char *option)
{
	const char *env;

	if (option)
		return option;
	env = secure_getenv(HMIP_SOCKET_ENV);
	return env && *env ? env : HMIP_SOCKET_DEFAULT;
}

int control_address(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	if (len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, path, len);
	return offsetof(struct sockaddr_un, sun_path) + len + 1;
}

int control_shim_address(const char *path, struct sockaddr_un *ret)
{
	size_t prefix = strlen(ABSTRACT_PREFIX), len = strlen(path);

	/* An abstract name begins with a NUL; its end is given by the length. */
	if (1 + prefix + len > sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path + 1, ABSTRACT_PREFIX, prefix);
	memcpy(ret->sun_path + 1 + prefix, path, len);
	return offsetof(struct sockaddr_un, sun_path) + 1 + prefix + len;
}
