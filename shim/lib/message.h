/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams with all that sendmsg(2) and recvmsg(2) say about them: addresses in the name and in control messages, as
 * the program knows them and as the kernel needs them.
 */
#ifndef HMIP_MESSAGE_H
#define HMIP_MESSAGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define MESSAGE_CONTROL_MAX	256	/* octets of control messages that are looked into when sending */

/* A message as it is sent in the place of the program's, which stays as it is. */
struct message {
	struct msghdr hdr;
	struct sockaddr_in6 name;
	union {
		struct cmsghdr align;
		char octet[MESSAGE_CONTROL_MAX];
	} control;
};

/*
 * Whether msg must be sent as *ret. *must_register is whether message_sent() is to be called when that is done. To be called if
 * client_active(). Keeps errno.
 */
bool message_send(int fd, const struct msghdr *msg, struct message *ret, bool *must_register);
void message_sent(int fd, const struct msghdr *msg);

/*
 * Gives the program its names in a message received with these flags. room: the msg_namelen the program had given; a
 * name that had not all the room it needs is left as it is. Keeps errno.
 */
void message_received(int fd, struct msghdr *msg, socklen_t room, int flags);

/* Gives the program its name for who sent a datagram. The same for a name that has len octets in addr. Keeps errno. */
void message_from(int fd, struct sockaddr *addr, socklen_t len, int flags);

#endif
