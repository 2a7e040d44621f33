/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prctl(2), only to hear of it when a program locks itself into a sandbox: its filter may answer each system call that the
 * program itself does not make with death. PR_SET_NO_NEW_PRIVS alone is no sandbox: vsftpd calls it without one.
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

	/* All four, however many the caller gave: as libc does. */
	va_start(ap, option);
	for (unsigned i = 0; i < 4; i++)
		arg[i] = va_arg(ap, unsigned long);
	va_end(ap);
	r = libc()->prctl(option, arg[0], arg[1], arg[2], arg[3]);
	if (!r && option == PR_SET_SECCOMP)
		client_disable();
	return r;
}
