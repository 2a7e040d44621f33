/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The readiness protocol of sd_notify(3), which other service managers than systemd use as well:
 * one datagram to the socket that NOTIFY_SOCKET names.
 */
#ifndef HMIP_SD_NOTIFY_H
#define HMIP_SD_NOTIFY_H

/*
 * Sends state ("READY=1\nSTATUS=..."). Returns 1, 0 if NOTIFY_SOCKET is not set, or a negative
 * errno.
 */
int sd_notify_send(const char *state);

#endif
