/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The readiness protocol of sd_notify(3): one datagram to the socket named by NOTIFY_SOCKET.
 * Service managers other than systemd speak it too; without the variable nothing happens.
 */
#ifndef HMIP_SD_NOTIFY_H
#define HMIP_SD_NOTIFY_H

/*
 * Sends state, such as "READY=1\nSTATUS=...". Returns 1 if sent, 0 if nobody asked, or a negative
 * errno.
 */
int sd_notify_send(const char *state);

#endif
