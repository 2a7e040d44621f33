/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our builder and signer as a filter, for comparison with other implementations.
 *
 *   packets emit         prints "ALGORITHM KEY PACKET" lines, the last two hexadecimal, for packets
 *                        of every kind
 *   packets verify       reads such lines; exit status 1 if an ICV is wrong
 *   packets seeds DIR    writes the packets as files: the fuzzers' seed corpus
 */
#include "ah.h"
#include "array.h"
#include "mip6.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, text, &a) != 1)
		abort();
	return a;
}

static struct signal start(void)
{
	return (struct signal){ .src = addr("2001:db8:2::1"), .dst = addr("2001:db8:9::9"),
				.has_ah = true, .spi = 0x1000, .ah_seq = 1 };
}

/* A BU about the source, too, or about others only. */
static void add_bu(struct signal *s, uint16_t seq, bool source, unsigned n_addr)
{
	static const char *const text[] = {
		"2001:db8:1::1", "2001:db8:3::1", "fd00:5::77", "fd00:6::77", "fd00:7::77",
		"2001:db8:8:8:8:8:8:8"
	};
	struct binding_update *bu = &s->bu[s->n_bu++];

	*bu = (struct binding_update){
		.flags = BU_ACK, .seq = seq, .lifetime = 600, .names_source = source
	};
	for (bu->n_addr = 0; bu->n_addr < n_addr; bu->n_addr++)
		bu->addr[bu->n_addr] = addr(text[bu->n_addr]);
}

static void add_home(struct signal *s, const char *home)
{
	s->has_home = true;
	s->home = addr(home);
}

/* The kinds of packets. Each takes a packet with AH and nothing else. */
static void initial_bu(struct signal *s)
{
	add_home(s, "2001:db8:2::1");
	add_bu(s, 1, true, 3);
	s->bu[0].homeless = true;
}

static void consecutive_bu(struct signal *s)
{
	add_home(s, "2001:db8:1::1");
	add_bu(s, 2, true, 0);
}

static void several_bus(struct signal *s)
{
	add_bu(s, 0xffff, false, 6);
	add_bu(s, 0, false, 1);
	s->bu[1].lifetime = 0;
}

static void ba(struct signal *s)
{
	s->n_ba = 1;
	s->ba[0] = (struct binding_ack){ .seq = 2, .lifetime = 600, .refresh = 600 };
}

static void challenge(struct signal *s)
{
	ba(s);
	s->n_ba = 2;
	s->ba[1] = s->ba[0];
	s->ba[1].has_challenge = true;
	memset(s->ba[1].challenge, 0xc5, CHALLENGE_LEN);
}

static void response(struct signal *s)
{
	add_bu(s, 3, false, 1);
	s->bu[0].homeless = true;
	s->bu[0].has_challenge = true;
	memset(s->bu[0].challenge, 0x5c, CHALLENGE_LEN);
}

static void ba_by_routing_header(struct signal *s)
{
	ba(s);
	s->has_rh0 = true;
	s->final = addr("2001:db8:7::7");
}

static void all_at_once(struct signal *s)
{
	ba_by_routing_header(s);
	add_home(s, "2001:db8:1::1");
	several_bus(s);
	s->bu[0].has_unique_id = true;
	s->bu[0].unique_id = 0x1234;
	s->has_br = true;
	s->br = (struct binding_request){ .homeless = true, .has_unique_id = true, .unique_id = 7 };
}

static void aap_init(struct signal *s)
{
	s->has_ah = false;
	s->has_aap = true;
	s->aap = (struct aap_message){ .kind = AAP_INIT, .init = { .spi = 0x2000 } };
	memset(s->aap.init.nonce, 0x11, AAP_NONCE_LEN);
	memset(s->aap.init.share, 0x99, AAP_SHARE_LEN);
}

static void aap_response(struct signal *s)
{
	initial_bu(s);
	s->has_aap = true;
	s->aap = (struct aap_message){ .kind = AAP_RESPONSE };
	s->aap.response.spi = 0x3000;
	s->aap.response.sealed.len = AAP_SEALED_LEN;
	memset(s->aap.response.share, 0x77, AAP_SHARE_LEN);
}

static void aap_confirm(struct signal *s)
{
	initial_bu(s);
	ba(s);
	s->has_aap = true;
	s->aap = (struct aap_message){ .kind = AAP_CONFIRM, .confirm.sealed.len = AAP_SEALED_LEN };
}

static void request(struct signal *s)
{
	s->has_ah = false;
	s->has_br = true;
}

static const struct {
	const char *name;
	void (*make)(struct signal *s);
} kind[] = {
	{ "initial-bu", initial_bu }, { "consecutive-bu", consecutive_bu },
	{ "several-bus", several_bus }, { "ba", ba }, { "challenge", challenge },
	{ "response", response }, { "ba-by-routing-header", ba_by_routing_header },
	{ "all-at-once", all_at_once }, { "request", request }, { "aap-init", aap_init },
	{ "aap-response", aap_response }, { "aap-confirm", aap_confirm },
};

#define N_KINDS ARRAY_LEN(kind)

static struct ah_key make_key(enum ah_alg alg)
{
	static const uint8_t len[] = {
		[AH_HMAC_MD5_96] = 16, [AH_HMAC_SHA1_96] = 20, [AH_HMAC_SHA256_128] = 32
	};
	struct ah_key key = { .alg = alg, .len = len[alg] };

	for (unsigned i = 0; i < key.len; i++)
		key.key[i] = (uint8_t)(i + 1);
	return key;
}

/* Builds and signs. Returns the length. */
static size_t make_packet(unsigned i, const struct ah_key *key, uint8_t pkt[static SIGNAL_MTU])
{
	static struct signal s;
	int n;

	s = start();
	kind[i].make(&s);
	n = signal_build(&s, ah_icv_len(key->alg), pkt, SIGNAL_MTU);
	if (n < 0 || (s.has_ah && ah_sign(pkt, (size_t)n, key)))
		abort();
	return (size_t)n;
}

static void print_hex(const uint8_t *p, size_t n, char end)
{
	while (n-- > 0)
		printf("%02x", *p++);
	putchar(end);
}

static int emit(void)
{
	uint8_t pkt[SIGNAL_MTU];

	for (int alg = AH_HMAC_MD5_96; alg <= AH_HMAC_SHA256_128; alg++) {
		struct ah_key key = make_key((enum ah_alg)alg);
		for (unsigned i = 0; i < N_KINDS; i++) {
			size_t n = make_packet(i, &key, pkt);
			if (kind[i].make == request || kind[i].make == aap_init)
				continue;
			printf("%s ", ah_alg_name(key.alg));
			print_hex(key.key, key.len, ' ');
			print_hex(pkt, n, '\n');
		}
	}
	return EXIT_SUCCESS;
}

static size_t read_hex(const char *text, uint8_t *ret, size_t size)
{
	size_t n = 0;

	for (; n < size && isxdigit((unsigned char)text[0]) && sscanf(text, "%2hhx", &ret[n]) == 1;
	     text += 2)
		n++;
	return n;
}

static int verify(void)
{
	static char line[8192], name[64], keytext[2 * AH_KEY_MAX + 2], text[8000];
	uint8_t pkt[sizeof(text) / 2];
	int n = 0;

	for (; fgets(line, sizeof(line), stdin); n++) {
		struct ah_key key;

		if (sscanf(line, "%63s %129s %7999s", name, keytext, text) != 3 ||
		    ah_alg_by_name(name, &key.alg)) {
			fprintf(stderr, "line %d is not understood\n", n + 1);
			return EXIT_FAILURE;
		}
		key.len = (uint8_t)read_hex(keytext, key.key, sizeof(key.key));
		int r = ah_verify(pkt, read_hex(text, pkt, sizeof(pkt)), &key);
		if (r) {
			fprintf(stderr, "line %d: %s\n", n + 1, strerror(-r));
			return EXIT_FAILURE;
		}
	}
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int seeds(const char *dir)
{
	struct ah_key key = make_key(AH_HMAC_SHA256_128);
	uint8_t pkt[SIGNAL_MTU];

	for (unsigned i = 0; i < N_KINDS; i++) {
		char path[4096];
		size_t n = make_packet(i, &key, pkt);

		snprintf(path, sizeof(path), "%s/%s", dir, kind[i].name);
		FILE *f = fopen(path, "wb");
		if (!f || fwrite(pkt, 1, n, f) != n || fclose(f)) {
			perror(path);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "emit") == 0)
		return emit();
	if (argc == 2 && strcmp(argv[1], "verify") == 0)
		return verify();
	if (argc == 3 && strcmp(argv[1], "seeds") == 0)
		return seeds(argv[2]);
	fprintf(stderr, "usage: packets emit | verify | seeds DIR\n");
	return EXIT_FAILURE;
}
