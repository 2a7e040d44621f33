/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers whose generic SAs are the kernel's, made by IKE (X3, homelessv6 A.1): those with a reqid in
 * the configuration. hmip signs and verifies with them by itself and counts their AH numbers, so
 * the kernel must not use them: their policies select protocol 60, which is no program's.
 *
 *	SAD:    in 1      in 2   out 1   out 2	  a rekey: new ones come, the old ones go later
 *	core:   earlier   in             out	  the newest of each; earlier inbound ones count
 *
 * Of several, the newest is that which was added last. An inbound SA has an address of the peer as
 * its source, an outbound one as its destination: one of the configuration, or one that the peer's
 * entry has, as IKE follows a peer that moves (MOBIKE) or begins anew there.
 */
#ifndef HMIP_KERNEL_SA_H
#define HMIP_KERNEL_SA_H

struct conf;
struct daemon;

/*
 * Reads the kernel's SAs for the peers of d's configuration, and again whenever they change. What
 * cannot be had is logged: its peers have no keys then. The caller calls apply_actions() later.
 */
void kernel_sas_configure(struct daemon *d);

/* Removes the peers that next, the configuration to come, does not have, or not with that reqid. */
void kernel_sas_forget(struct daemon *d, const struct conf *next);

/* Wipes and frees. */
void kernel_sas_close(struct daemon *d);

#endif
