/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses in the name and the control messages of sendmsg(2) and recvmsg(2), translated between
 * those that the program knows and those that the kernel uses.
 */
#ifndef HMIP_MESSAGE_H
#define HMIP_MESSAGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define MESSAGE_CONTROL_MAX	256	/* octets; longer ones are sent as they are */

/* A message that is sent instead of the program's, which is not modified. */
struct message {
	struct msghdr hdr;
	struct sockaddr_in6 name;
	union {
		struct cmsghdr align;
		char octet[MESSAGE_CONTROL_MAX];
	} control;
};

/*
 * Returns whether *ret must be sent instead of msg; it refers to msg's data. Sets *must_register if
 * message_sent() must be called after sending. Call only if client_active(). Keeps errno.
 */
bool message_send(int fd, const struct msghdr *msg, struct message *ret, bool *must_register);

/* Registers the destination of a datagram that was sent (udp_peers_register()). Keeps errno. */
void message_sent(int fd, const struct msghdr *msg);

/*
 * Translates the addresses of a message received with these flags to those the program knows. room
 * is the msg_namelen that the program passed; a name that was cut to it is left alone. Keeps errno.
 */
void message_received(int fd, struct msghdr *msg, socklen_t room, int flags);

/* The same for a sender's name of len octets in addr. Keeps errno. */
void message_from(int fd, struct sockaddr *addr, socklen_t len, int flags);

#endif
