/* UDP sockets of media. */
#include "media/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TOS_EF = 0xb8,     /* expedited forwarding */
	RCVBUF = 64 * 1024 /* a second of audio; what is older is of no use to anybody */
};

union name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t name_of(union name *name, const struct tg_addr *addr)
{
	memset(name, 0, sizeof(*name));
	if (addr->family == TG_AF_INET) {
		name->v4.sin_family = AF_INET;
		name->v4.sin_port = htons(addr->port);
		memcpy(&name->v4.sin_addr, addr->ip, 4);
		return sizeof(name->v4);
	}
	name->v6.sin6_family = AF_INET6;
	name->v6.sin6_port = htons(addr->port);
	memcpy(&name->v6.sin6_addr, addr->ip, 16);
	return sizeof(name->v6);
}

static void addr_of(struct tg_addr *addr, const union name *name)
{
	memset(addr, 0, sizeof(*addr));
	if (name->any.sa_family == AF_INET) {
		addr->family = TG_AF_INET;
		addr->port = ntohs(name->v4.sin_port);
		memcpy(addr->ip, &name->v4.sin_addr, 4);
	} else if (name->any.sa_family == AF_INET6) {
		addr->family = TG_AF_INET6;
		addr->port = ntohs(name->v6.sin6_port);
		memcpy(addr->ip, &name->v6.sin6_addr, 16);
	}
}

/* None of these is worth refusing a call for. */
static void set_options(int fd, bool v6)
{
	int tos = TOS_EF, rcvbuf = RCVBUF, one = 1;
	/* fragment ourselves; an ICMP message, which anybody can forge, changes no packet size */
	int omit = v6 ? IPV6_PMTUDISC_OMIT : IP_PMTUDISC_OMIT;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (v6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit, sizeof(omit));
	} else {
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
	}
}

static enum tg_err err_of(int number)
{
	switch (number) {
	case EADDRINUSE:
		return TG_EBUSY;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return TG_ELIMIT;
	default:
		return TG_EIO;
	}
}

enum tg_err media_socket_open(int *fd, const struct tg_addr *local)
{
	union name name;
	socklen_t len = name_of(&name, local);
	int s = socket(name.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum tg_err err;

	if (s < 0)
		return err_of(errno);
	set_options(s, name.any.sa_family == AF_INET6);
	if (bind(s, &name.any, len) != 0) {
		err = err_of(errno);
		close(s);
		return err;
	}
	*fd = s;
	return TG_OK;
}

enum tg_err media_socket_connect(int fd, const struct tg_addr *peer)
{
	union name name;
	socklen_t len;

	if (peer != NULL) {
		len = name_of(&name, peer);
		if (connect(fd, &name.any, len) == 0)
			return TG_OK;
	}
	/* the explicit bind() keeps our address and port (connect(2), AF_UNSPEC) */
	memset(&name, 0, sizeof(name));
	name.any.sa_family = AF_UNSPEC;
	if (connect(fd, &name.any, sizeof(name.any)) != 0 || peer != NULL)
		return TG_EIO;
	return TG_OK;
}

ssize_t media_socket_recv(int fd, char *buf, size_t cap, struct tg_addr *from)
{
	union name name;
	socklen_t len = sizeof(name);
	ssize_t n = recvfrom(fd, buf, cap, MSG_TRUNC, &name.any, &len);

	if (n >= 0)
		addr_of(from, &name);
	return n;
}

bool media_socket_send(int fd, struct slice datagram)
{
	if (TG_LIKELY(send(fd, datagram.p, datagram.len, MSG_NOSIGNAL) >= 0))
		return true;
	/* an ICMP error of an earlier packet is told once, in place of sending this one */
	if (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH)
		return send(fd, datagram.p, datagram.len, MSG_NOSIGNAL) >= 0;
	return false;
}
