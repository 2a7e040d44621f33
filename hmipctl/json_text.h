/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HMIP_JSON_TEXT_H
#define HMIP_JSON_TEXT_H

#include <jansson.h>

/* Returns the text under key of o, borrowed; "" if there is none, or if that is no string. */
static inline const char *string(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

#endif
