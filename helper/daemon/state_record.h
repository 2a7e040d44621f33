/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of the state, as octets. Integers are big-endian:
 *
 *	| kind (1) | what it is of (0-16) |	the key: records sort in the order of restoring
 *	| version (1) | fields ... | check (4) |	the value
 *
 * The check is the beginning of SHA-256 over key and value: the store does not notice if an octet
 * of its file changes. What is read is untrusted: lengths, ranges and addresses are checked.
 */
#ifndef HMIP_STATE_RECORD_H
#define HMIP_STATE_RECORD_H

#include "restore.h"

#define STATE_VERSION		2	/* 1 was one file of JSON */
#define STATE_KEY_MAX		17
#define STATE_RECORD_MAX	2048	/* key and value */
#define STATE_ORIGIN_MAX	64

enum state_kind {
	STATE_META = 1,		/* one */
	STATE_SA,		/* by inbound SPI */
	STATE_ENTRY,		/* by id */
	STATE_ADDRESS,		/* by id of the entry, and number: oldest first */
	STATE_BINDING,		/* the same */
	STATE_NAMES,		/* by id of the entry, which has some */
	STATE_CONNECTION,	/* by cookie */
	STATE_SENDER,		/* by cookie */
	STATE_LOST,		/* by address */
	STATE_KINDS,
};

struct state_address {
	struct in6_addr addr;
	enum addr_state state;
	bool withdrawn;
	enum lifetime_kind kind;
	usec_t lifetime, expires;	/* of the core's clock; whole seconds are kept */
};

struct state_binding {
	struct in6_addr addr;
	enum binding_state state;
};

struct state_names {
	uint8_t n_name, n_addr;
	char name[PEER_NAMES_MAX][PEER_NAME_SIZE];
	struct in6_addr addr[PEER_NAME_ADDRS];
};

struct state_lost {
	struct in6_addr addr;
	usec_t forget;
};

/* One record. Which members count depends on kind. */
struct state_record {
	enum state_kind kind;
	uint32_t entry;		/* of ADDRESS, BINDING, NAMES; of CONNECTION, 0: none */
	uint16_t number;	/* of ADDRESS, BINDING */
	char personality[CORE_PERSONALITY_NAME];	/* of ENTRY, LOST; "" is the default one */
	union {
		struct {
			char origin[STATE_ORIGIN_MAX];	/* boot and network namespace */
			uint32_t last_id;
		} meta;
		struct core_saved_peer sa;
		struct core_saved_entry saved;		/* all but personality */
		struct state_address address;
		struct state_binding binding;
		struct state_names names;
		struct pcb connection;			/* what core_restore_connection() reads */
		struct sender sender;
		struct state_lost lost;
	};
};

/* A record as octets: key_len of key, then the value. */
struct state_bytes {
	uint8_t b[STATE_RECORD_MAX];
	size_t key_len, len;
};

/* Writes the key of r alone: kind and what it is of. Never fails. */
void state_key_encode(const struct state_record *r, struct state_bytes *ret);

/* Returns 0, or -EMSGSIZE if r has more than a record holds: no record of the core's has. */
int state_record_encode(const struct state_record *r, struct state_bytes *ret);

/*
 * Returns 0, -EBADMSG if key and value are no record, or -EPROTONOSUPPORT if another version of
 * hmip wrote it. *ret may have been written to on errors.
 */
int state_record_decode(const void *key, size_t key_len, const void *value, size_t len,
			struct state_record *ret);

/* Returns what state_record_decode() would: for state_store_read(), which passes ctx. */
int state_record_check(void *ctx, const void *key, size_t key_len, const void *value, size_t len);

#endif
