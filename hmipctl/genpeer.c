/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "genpeer.h"
#include "client.h"
#include "unused.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define KEY_SIZE	32	/* what HMAC-SHA-256 wants (RFC 4868) */
#define SPI_MIN		256	/* 1 to 255 are reserved (RFC 4302, 2.4) */
#define NAME_MAX_LEN	63	/* as hmip.conf has it */

/* One direction. */
struct half {
	uint32_t spi;
	uint8_t key[KEY_SIZE];
};

static bool usable(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
	       !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_LINKLOCAL(a) && !IN6_IS_ADDR_V4MAPPED(a);
}

static bool name_good(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)name[i]) || strchr("\"\\", name[i]))
			return false;
	return n > 0 && n <= NAME_MAX_LEN;
}

static bool make_half(struct half *ret)
{
	do
		if (getrandom(ret, sizeof(*ret), 0) != sizeof(*ret))
			return false;
	while (ret->spi < SPI_MIN);
	return true;
}

static void print_half(const char *way, const struct half *h)
{
	printf("\tspi_%s = 0x%08" PRIx32 "\n\tkey_%s = \"", way, h->spi, way);
	for (unsigned i = 0; i < KEY_SIZE; i++)
		printf("%02x", h->key[i]);
	puts("\"");
}

/* Prints the addresses of a list that ends with NULL. */
static void print_given(char **address)
{
	for (unsigned i = 0; address[i]; i++)
		printf("%s\"%s\"", i ? ", " : "", address[i]);
}

/* Prints this host's addresses to out. */
static void print_own(FILE *out, const struct ifaddrs *all)
{
	char text[INET6_ADDRSTRLEN];
	unsigned n = 0;

	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct sockaddr_in6 a;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6)
			continue;
		memcpy(&a, i->ifa_addr, sizeof(a));
		if (usable(&a.sin6_addr) &&
		    inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text)))
			fprintf(out, "%s\"%s\"", n++ ? ", " : "", text);
	}
}

static void print_both(const char *name, char **address, const char *own_name, const char *own,
		       const struct half *out, const struct half *in)
{
	printf("# For hmip.conf of this host (chmod 600: it holds keys):\npeer \"%s\" {\n"
	       "\taddress = {", name);
	print_given(address);
	puts("}");
	print_half("out", out);
	print_half("in", in);
	printf("}\n\n# For hmip.conf of %s:\npeer \"%s\" {\n\taddress = {%s}\n", name, own_name,
	       own);
	print_half("out", in);
	print_half("in", out);
	puts("}");
}

static bool arguments_good(char **argument)
{
	struct in6_addr a;

	if (!name_good(argument[0])) {
		fprintf(stderr, "hmipctl: \"%s\" cannot be the name of a peer: it has 1 to %d "
			"visible characters, no quote and no backslash\n", argument[0],
			NAME_MAX_LEN);
		return false;
	}
	for (unsigned i = 1; argument[i]; i++)
		if (inet_pton(AF_INET6, argument[i], &a) != 1 || !usable(&a)) {
			fprintf(stderr, "hmipctl: \"%s\" is no address of another host, which is "
				"global or unique-local IPv6\n", argument[i]);
			return false;
		}
	return true;
}

/* This host's addresses as hmip.conf has them, for free(3); empty: there are none. NULL: errno. */
static char *own_addresses(void)
{
	struct ifaddrs *all;
	char *text = NULL;
	size_t len;
	FILE *f;

	if (getifaddrs(&all) < 0)
		return NULL;
	f = open_memstream(&text, &len);
	if (f) {
		print_own(f, all);
		fclose(f);
	}
	freeifaddrs(all);
	return text;
}

int run_genpeer(const char *path UNUSED, char **argument, const struct options *options)
{
	char name[NAME_MAX_LEN + 1], *own;
	struct half out, in;
	int r = EXIT_REFUSED;

	if (options->json)
		fprintf(stderr, "hmipctl: genpeer prints sections of hmip.conf, no JSON\n");
	if (options->json || !arguments_good(argument))
		return EXIT_USAGE;
	if (gethostname(name, sizeof(name)) < 0 || !name_good(name))
		strcpy(name, "host");
	own = own_addresses();
	if (!own || !make_half(&out) || !make_half(&in)) {
		fprintf(stderr, "hmipctl: %s\n", strerror(errno));
	} else if (!*own) {
		fprintf(stderr, "hmipctl: this host has no global or unique-local IPv6 address by "
			"which the other could know it: run this when it has one\n");
	} else {
		print_both(argument[0], argument + 1, name, own, &out, &in);
		r = EXIT_OK;
	}
	free(own);
	explicit_bzero(&out, sizeof(out));
	explicit_bzero(&in, sizeof(in));
	return r;
}
