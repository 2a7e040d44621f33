/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The constructor: looks symbols up, and maps the host map while its path can be reached (programs
 * change their root later). It starts no thread, opens no descriptor and prints nothing.
 */
#include "client.h"
#include "libc.h"

__attribute__((constructor)) static void start(void)
{
	libc();
	client_start();
}
