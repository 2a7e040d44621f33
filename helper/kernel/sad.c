/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "sad.h"
#include "array.h"
#include "netlink.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct sad {
	struct netlink *ask;
	struct mnl_socket *told;
};

/* What hmip and the kernel both have. The kernel's names, and bits of the ICV. */
static const struct {
	const char *name;
	unsigned bits;
	enum ah_alg alg;
} algorithm[] = {
	{ "hmac(sha256)", 128, AH_HMAC_SHA256_128 },
	{ "hmac(sha1)", 96, AH_HMAC_SHA1_96 },
	{ "hmac(md5)", 96, AH_HMAC_MD5_96 },
};

int sad_open(struct sad **ret)
{
	/* What expires is reported apart from what is added and deleted. */
	static const unsigned group[] = { XFRMNLGRP_SA, XFRMNLGRP_EXPIRE };
	struct sad *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = netlink_open(NETLINK_XFRM, &s->ask);
	if (r == 0)
		r = netlink_listen(NETLINK_XFRM, group, ARRAY_LEN(group), &s->told);
	if (r < 0) {
		sad_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sad_close(struct sad *s)
{
	if (!s)
		return;
	netlink_close(s->ask);
	if (s->told)
		mnl_socket_close(s->told);
	free(s);
}

int sad_fd(const struct sad *s)
{
	return mnl_socket_get_fd(s->told);
}

/*
 * Whether the octet at that place in the payload, which has to be that long, is AH's number. The
 * structs have members of 64 bits, for which messages are not aligned.
 */
static bool is_ah(const struct nlmsghdr *nlh, size_t at, size_t len)
{
	const uint8_t *p = mnl_nlmsg_get_payload(nlh);

	return mnl_nlmsg_get_payload_len(nlh) >= len && p[at] == IPPROTO_AH;
}

bool sad_matters(const struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		return is_ah(nlh, offsetof(struct xfrm_usersa_info, id.proto),
			     sizeof(struct xfrm_usersa_info));
	case XFRM_MSG_DELSA:
		return is_ah(nlh, offsetof(struct xfrm_usersa_id, proto),
			     sizeof(struct xfrm_usersa_id));
	case XFRM_MSG_EXPIRE:
		return is_ah(nlh, offsetof(struct xfrm_user_expire, state.id.proto),
			     sizeof(struct xfrm_user_expire));
	case XFRM_MSG_FLUSHSA:
		return true;
	default:
		return false;
	}
}

int sad_changed(struct sad *s)
{
	char buf[NETLINK_BUFFER] __attribute__((aligned(4)));
	int changed = 0;
	ssize_t n;

	for (;;) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)buf;
		int len;

		n = mnl_socket_recvfrom(s->told, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			changed = 1;	/* some were lost */
			continue;
		}
		if (n < 0)
			break;
		for (len = (int)n; mnl_nlmsg_ok(m, len); m = mnl_nlmsg_next(m, &len))
			changed |= sad_matters(m);
	}
	n = errno == EAGAIN ? changed : -errno;
	explicit_bzero(buf, sizeof(buf));	/* it had keys */
	return (int)n;
}

/* Reads the algorithm and key of an attribute of one of two formats. Returns 0 or -EBADMSG. */
static int take_key(const struct nlattr *a, struct sad_sa *ret)
{
	const struct xfrm_algo_auth *alg = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);
	unsigned bits = 0, octets;

	if (len < sizeof(*alg) || !memchr(alg->alg_name, 0, sizeof(alg->alg_name)))
		return -EBADMSG;
	octets = alg->alg_key_len / 8 + (alg->alg_key_len % 8 != 0);
	if (octets > len - sizeof(*alg))
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_LEN(algorithm); i++)
		if (strcmp(alg->alg_name, algorithm[i].name) == 0) {
			bits = algorithm[i].bits;
			ret->key.alg = algorithm[i].alg;
		}
	if (bits == 0 || alg->alg_trunc_len != bits)
		ret->refused = "hmip does not have its algorithm: use sha256, sha1 or md5, cut as "
			       "their RFCs say";
	else if (octets < 1 || octets > sizeof(ret->key.key))
		ret->refused = "its key has a length that hmip does not support";
	if (ret->refused)
		return 0;
	ret->key.len = (uint8_t)octets;
	memcpy(ret->key.key, alg->alg_key, octets);
	return 0;
}

static bool all_zero(const struct ah_key *key)
{
	static const uint8_t zero[AH_KEY_MAX];

	return memcmp(key->key, zero, key->len) == 0;
}

/* Why packets under it would not be what they should. */
static const char *refuse(const struct xfrm_usersa_info *sa, const struct ah_key *key)
{
	if (sa->flags & XFRM_STATE_ESN)
		return "it has extended sequence numbers: add noesn to the proposal";
	if (all_zero(key))
		return "the kernel does not say its key, as it is locked down";
	return NULL;
}

int sad_parse(const struct nlmsghdr *nlh, struct sad_sa *ret)
{
	struct xfrm_usersa_info sa;
	const struct nlattr *a;
	bool has_key = false;

	if (nlh->nlmsg_type != XFRM_MSG_NEWSA && nlh->nlmsg_type != XFRM_MSG_UPDSA)
		return -ENOMSG;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(sa))
		return -EBADMSG;
	memcpy(&sa, mnl_nlmsg_get_payload(nlh), sizeof(sa));
	if (sa.id.proto != IPPROTO_AH || sa.family != AF_INET6 ||
	    sa.mode != XFRM_MODE_TRANSPORT)
		return -ENOMSG;
	*ret = (struct sad_sa){ .src = sa.saddr.in6, .dst = sa.id.daddr.in6,
				.spi = ntohl(sa.id.spi), .reqid = sa.reqid,
				.added = sa.curlft.add_time, .packets = sa.curlft.packets };
	/* XFRMA_ALG_AUTH is there as well, and does not say how much of the ICV counts. */
	mnl_attr_for_each(a, nlh, sizeof(sa)) {
		if (mnl_attr_get_type(a) != XFRMA_ALG_AUTH_TRUNC || has_key)
			continue;
		if (take_key(a, ret) < 0)
			return -EBADMSG;
		has_key = true;
	}
	if (!has_key)
		return -ENOMSG;
	if (!ret->refused)
		ret->refused = refuse(&sa, &ret->key);
	if (ret->refused)
		explicit_bzero(&ret->key, sizeof(ret->key));
	return 0;
}

struct listing {
	sad_fn *fn;
	void *ctx;
};

static int list_one(void *ctx, const struct nlmsghdr *nlh)
{
	const struct listing *l = ctx;
	struct sad_sa sa;
	int r = sad_parse(nlh, &sa);

	if (r == 0)
		r = l->fn(l->ctx, &sa);
	else if (r == -ENOMSG)
		r = 0;
	explicit_bzero(&sa, sizeof(sa));
	return r;
}

int sad_list(struct sad *s, sad_fn *fn, void *ctx)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct listing l = { fn, ctx };
	int r;

	nlh->nlmsg_type = XFRM_MSG_GETSA;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	/* Linux takes no header of a request for a dump, only attributes. */
	mnl_attr_put_u8(nlh, XFRMA_PROTO, IPPROTO_AH);
	r = netlink_ask(s->ask, nlh, list_one, &l);
	netlink_wipe(s->ask);
	return r;
}
