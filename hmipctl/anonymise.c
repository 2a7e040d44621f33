/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "anonymise.h"
#include "array.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEER_NAME	"name of a peer"
#define KEY_DIGITS	32
#define HEX		"0123456789abcdefABCDEF"
#define ADDRESS_CHARS	HEX ":."
#define MAC_CHARS	17	/* aa:bb:cc:dd:ee:ff */

/* What was replaced so far: a text has the number under which it is found here. */
struct seen {
	json_t *prefixes, *interfaces, *v4, *macs, *names;
};

static unsigned number_of(json_t *seen, const char *text)
{
	json_t *n = json_object_get(seen, text);

	if (!n)
		json_object_set_new(seen, text,
				    json_integer((json_int_t)json_object_size(seen) + 1));
	return (unsigned)json_integer_value(json_object_get(seen, text));
}

/* Nothing can be learned from these. */
static bool is_everybodys(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_MULTICAST(a);
}

/* The first octets as hexadecimal digits. */
static void half_text(const uint8_t *half, char ret[static 17])
{
	for (unsigned i = 0; i < 8; i++)
		snprintf(ret + 2 * i, 3, "%02x", half[i]);
}

static void replace_v6(struct seen *s, const struct in6_addr *a, char *ret, size_t size)
{
	char prefix[17], interface[17];
	unsigned p, i;

	half_text(a->s6_addr, prefix);
	half_text(a->s6_addr + 8, interface);
	i = strspn(interface, "0") == 16 ? 0 : number_of(s->interfaces, interface);
	if (is_everybodys(a)) {
		inet_ntop(AF_INET6, a, ret, (socklen_t)size);
		return;
	}
	p = IN6_IS_ADDR_LINKLOCAL(a) ? 0 : number_of(s->prefixes, prefix);
	if (IN6_IS_ADDR_LINKLOCAL(a))
		snprintf(ret, size, "fe80::%x", i);
	else if ((a->s6_addr[0] & 0xfe) == 0xfc)
		snprintf(ret, size, "fd00:0:0:%x::%x", p, i);
	else
		snprintf(ret, size, "2001:db8:0:%x::%x", p, i);
}

static bool is_mac(const char *word)
{
	for (unsigned i = 0; i < MAC_CHARS; i++)
		if (i % 3 == 2 ? word[i] != ':' : !isxdigit((unsigned char)word[i]))
			return false;
	return !word[MAC_CHARS];
}

/* Writes what replaces word, of ADDRESS_CHARS alone. Returns false if it is no address. */
static bool replace_address(struct seen *s, const char *word, char *ret, size_t size)
{
	struct in6_addr a;
	struct in_addr v4;

	if (strchr(word, ':') && inet_pton(AF_INET6, word, &a) == 1) {
		replace_v6(s, &a, ret, size);
		return true;
	}
	if (is_mac(word)) {	/* RFC 7042: for documentation */
		snprintf(ret, size, "00:00:5e:00:53:%02x", number_of(s->macs, word) & 0xff);
		return true;
	}
	if (inet_pton(AF_INET, word, &v4) != 1)
		return false;
	snprintf(ret, size, "192.0.2.%u", number_of(s->v4, word) & 0xff);
	return true;
}

/* The same, if the word may end with the colon or full stop of a sentence: it stays. */
static void replace_word(struct seen *s, char *word, char *ret, size_t size)
{
	size_t n = strlen(word);
	char mark[2] = { n && strchr(":.", word[n - 1]) ? word[n - 1] : '\0' };

	if (replace_address(s, word, ret, size))
		return;
	if (*mark) {
		word[n - 1] = '\0';
		if (!replace_address(s, word, ret, size - 1))
			strcpy(ret, word);
		strcat(ret, mark);
	} else {
		strcpy(ret, word);
	}
}

/* A copy of text with its addresses replaced, which the caller frees. */
static char *replace_text(struct seen *s, const char *text)
{
	size_t size = 2 * strlen(text) + 128, n = 0;
	char *out = malloc(size), word[INET6_ADDRSTRLEN + 8], with[64];

	while (out && *text && n + sizeof(with) < size) {
		size_t len = strspn(text, ADDRESS_CHARS);

		if (len && len < sizeof(word)) {
			memcpy(word, text, len);
			word[len] = '\0';
			replace_word(s, word, with, sizeof(with));
			n += (size_t)snprintf(out + n, size - n, "%s", with);
			text += len;
			continue;
		}
		do
			out[n++] = *text++;
		while (*text && !strchr(ADDRESS_CHARS, *text) && n + sizeof(with) < size);
	}
	if (out)
		out[n] = '\0';
	return out;
}

static json_t *copy(struct seen *s, json_t *j, const char *key);

/* Whether o is about a peer, and key its name: interfaces and chains have one as well. */
static bool is_peer_name(json_t *o, const char *key)
{
	return !strcmp(key, "name") && (json_object_get(o, "hce") || json_object_get(o, "dns"));
}

static json_t *copy_members(struct seen *s, json_t *j)
{
	json_t *r = json_object(), *v;
	const char *key;

	json_object_foreach(j, key, v) {
		char *name = replace_text(s, key);

		if (name)
			json_object_set_new(r, name, copy(s, v, is_peer_name(j, key) ? PEER_NAME :
									       key));
		free(name);
	}
	return r;
}

/* Whether strings under that key are what somebody called a host or himself, or wrote freely. */
static bool names_hosts(const char *key)
{
	static const char *const keys[] = { "dns", "host", "personality", "comment", "prefix",
					    PEER_NAME };

	for (unsigned i = 0; key && i < ARRAY_LEN(keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static json_t *copy(struct seen *s, json_t *j, const char *key)
{
	json_t *r, *v;
	char *text;
	size_t i;

	if (json_is_object(j))
		return copy_members(s, j);
	if (json_is_array(j)) {
		r = json_array();
		json_array_foreach(j, i, v)
			json_array_append_new(r, copy(s, v, key));
		return r;
	}
	if (!json_is_string(j))
		return json_deep_copy(j);
	if (names_hosts(key))
		return json_sprintf("host-%u", number_of(s->names, json_string_value(j)));
	text = replace_text(s, json_string_value(j));
	r = text ? json_string(text) : json_null();
	free(text);
	return r;
}

json_t *anonymise(json_t *j)
{
	struct seen s = { json_object(), json_object(), json_object(), json_object(),
			  json_object() };
	json_t *r = copy(&s, j, NULL);

	json_decref(s.prefixes);
	json_decref(s.interfaces);
	json_decref(s.v4);
	json_decref(s.macs);
	json_decref(s.names);
	return r;
}

/* The length of "key_in =" or "key_out =" with the quote behind it, if text begins so; else 0. */
static size_t key_assigned(const char *text)
{
	size_t n = strncmp(text, "key_in", 6) == 0 ? 6 : strncmp(text, "key_out", 7) == 0 ? 7 : 0;

	n += n ? strspn(text + n, " \t") : 0;
	if (!n || text[n] != '=')
		return 0;
	n++;
	n += strspn(text + n, " \t");
	return n + (text[n] == '"' || text[n] == '\'');
}

/* The length of what may be a key in the configuration: it may have errors. */
static size_t value_length(const char *text, char before)
{
	const char quote[] = { before, '\0' };

	return strcspn(text, before == '"' || before == '\'' ? quote : " \t\r\n;#}");
}

void anonymise_keys(char *text)
{
	char *out = text;

	while (*text) {
		size_t n = key_assigned(text), secret = n ? value_length(text + n, text[n - 1]) :
							    strspn(text, HEX);

		if (!n && secret < KEY_DIGITS) {
			n = secret ? secret : 1;
			secret = 0;
		}
		memmove(out, text, n);
		out += n;
		if (secret)
			*out++ = '*';
		text += n + secret;
	}
	*out = '\0';
}
