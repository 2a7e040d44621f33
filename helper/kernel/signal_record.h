/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records signalling in a file that tcpdump and Wireshark read (libpcap): what the datapath handed
 * over, and what was sent.
 */
#ifndef HMIP_SIGNAL_RECORD_H
#define HMIP_SIGNAL_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct signal_record;

/*
 * Makes the file, or empties it. Returns 0, or a negative errno with the reason in *why, a text
 * that is not freed.
 */
int signal_record_open(const char *path, struct signal_record **ret, const char **why);

/* Closes the file and frees. NULL is fine. */
void signal_record_close(struct signal_record *r);

/*
 * Appends a packet, len octets from the IPv6 header on, with the time of now. It is in the file
 * when this returns. With NULL, nothing is done. Returns 0; or, once, a negative errno: the file
 * cannot be written, and nothing more is recorded.
 */
int signal_record_packet(struct signal_record *r, const uint8_t *pkt, size_t len);

#endif
