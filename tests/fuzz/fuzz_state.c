/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a state of version 1, made to look like one of this boot and namespace, for that is
 * what the rest depends on. It is taken up or refused; if refused, nothing of it is in the core.
 * The core then lives on for a while.
 */
#include "file.h"
#include "host.h"
#include "state_context.h"
#include "state_json.h"

#include <jansson.h>

static json_t *origin(void)
{
	char text[STATE_ORIGIN_MAX];

	must(state_origin(text) == 0);
	return json_string(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, 0, NULL);
	struct core *c;
	char *text;
	int r;

	if (json_is_object(root) && json_object_get(root, "origin"))
		json_object_set_new(root, "origin", origin());
	text = root ? json_dumps(root, 0) : NULL;
	json_decref(root);
	c = host();
	drain(c);
	r = text ? state_json_load(c, file_with(text, strlen(text)), NOW) :
		state_json_load(c, file_with(data, size), NOW);
	free(text);
	must(r <= 0);
	if (r < 0)
		must(!core_entries(c) && !core_pcbs(c));
	drain(c);
	live_on(c);
	core_free(c);
	return 0;
}
