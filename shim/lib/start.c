/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens when a program is loaded: symbols are looked up, and the host map is mapped while its path can still be
 * reached (programs change their root later). Nothing else: no thread, no descriptor, no output.
 */
#include "client.h"
#include "libc.h"

__attribute__((constructor)) static void start(void)
{
	libc();
	client_start();
}
