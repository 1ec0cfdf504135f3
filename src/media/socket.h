/* UDP sockets of media: bound to one address, and connected once their peer is known. */
#ifndef TG_MEDIA_SOCKET_H
#define TG_MEDIA_SOCKET_H

#include <sys/types.h>

#include "base/addr.h"

/**
 * Bind a non-blocking socket, closed on exec, marked for expedited forwarding (RFC 4594 §4.1).
 *
 * fd  set only on TG_OK
 *
 * TG_EBUSY   the port is in use
 * TG_ELIMIT  no descriptor or memory is left (D20)
 * TG_EIO     anything else; errno says what
 */
TG_MUST_USE enum tg_err media_socket_open(int *fd, const struct tg_addr *local);

/**
 * Let the kernel drop what others send, and remember the route to the peer.
 *
 * peer  NULL = from anybody again
 *
 * TG_EIO  there is no route; the socket hears anybody then
 */
TG_MUST_USE enum tg_err media_socket_connect(int fd, const struct tg_addr *peer);

/**
 * Read one datagram.
 *
 * cap   longer ones are cut, and the length says so
 * from  set when the answer is ≥ 0
 *
 * Returns the length as it was sent, or -1 when there is none (or only an error, now cleared).
 */
ssize_t media_socket_recv(int fd, char *buf, size_t cap, struct tg_addr *from);

/** Send to the peer of a connected socket.  False: the kernel did not take it. */
bool media_socket_send(int fd, struct slice datagram);

#endif
