/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prctl(2): notices that the program enters a sandbox, whose filter may kill it for a system call
 * that only the shim makes. PR_SET_NO_NEW_PRIVS alone is no sandbox: vsftpd calls it without one.
 */
#include "client.h"
#include "export.h"
#include "libc.h"

#include <stdarg.h>
#include <sys/prctl.h>

EXPORT int prctl(int option, ...)
{
	unsigned long arg[4];
	va_list ap;
	int r;

	/* All four, however many the caller passed: as libc does. */
	va_start(ap, option);
	for (unsigned i = 0; i < 4; i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	r = libc()->prctl(option, arg[0], arg[1], arg[2], arg[3]);
	if (!r && option == PR_SET_SECCOMP)
		client_disable();
	return r;
}
