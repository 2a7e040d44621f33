/* SPDX-License-Identifier: BSD-2-Clause */
/* How hmipctl asks the helper. What goes wrong is printed here, to standard error. */
#ifndef HMIP_CLIENT_H
#define HMIP_CLIENT_H

#include "usec.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,	/* the helper answered with an error */
	EXIT_USAGE = 2,
	EXIT_NO_HELPER = 3,
};

/* How the caller wants the answer. */
struct options {
	bool json;
	bool anonymous;		/* of report */
	bool wait, cancel;	/* of leave */
};

/*
 * Connects to the helper whose socket is path and sends a request; argument may be NULL. Returns
 * the descriptor; or the negated exit code, after printing why.
 */
int client_ask(const char *path, const char *command, const char *argument);

/* Parses an answer. Returns a new reference; or NULL, after printing why. */
json_t *client_parse(const char *text, size_t len);

/*
 * Sends a request and reads the whole answer. Returns a new reference; or NULL and the exit code,
 * after printing why.
 */
json_t *client_fetch(const char *path, const char *command, const char *argument, int *ret_exit);

/*
 * Receives one packet of an answer, before end (CLOCK_BOOTTIME). Returns a new reference; or NULL
 * if there is none in time or, after printing it, if it is an error.
 */
json_t *client_next(int fd, usec_t end);

/* Whether a helper listens at path. Prints nothing. */
bool client_answers(const char *path);

/* Whether the helper at path runs in our network namespace; true if its host map does not say. */
bool client_same_namespace(const char *path);

#endif
