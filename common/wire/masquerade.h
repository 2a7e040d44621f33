/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What our own packets end with on their way through this host, instead of No Next Header, which
 * they end with on the wire: conntrack calls the latter invalid, and many a firewall drops what is
 * invalid. (RFC 3692, for experiments.)
 */
#ifndef HMIP_MASQUERADE_H
#define HMIP_MASQUERADE_H

#define MASQUERADE_NEXTHDR	253

#endif
