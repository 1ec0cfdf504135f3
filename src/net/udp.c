/*
 * One turn of the loop costs one recvmmsg a socket that has something and one sendmmsg a socket
 * that has something to say.  Receive buffers are as long as the longest datagram plus one octet;
 * only pages that a message touches are ever used.  What is sent is written one behind the other
 * into one arena, where the kernel reads it.
 */
#include "net/udp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* 64 KB and some lines, so that all buffers do not begin in the same set of the cache */
	RX_STRIDE = 65536 + 9 * 64,
	TX_ARENA = 1024 * 1024,
	SOCKET_BUFFER = 4 * 1024 * 1024 /* asked for; the kernel cuts it at net.core.*mem_max */
};

union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* One datagram of a batch. */
struct slot {
	struct iovec iov;
	union sockaddr_any addr;
};

struct udp_socket {
	struct net_watch watch;
	struct net_udp *udp;
	uint16_t iface;
	unsigned tx_count; /* waiting in tx */
	struct mmsghdr tx[NET_UDP_BATCH];
	struct slot tx_slot[NET_UDP_BATCH];
};

struct net_udp {
	struct net_loop *loop;
	struct net_udp_sink sink;
	size_t datagram_max;
	struct net_udp_stat stat;
	unsigned count;
	struct udp_socket *sockets[NET_UDP_SOCKETS_MAX];

	char *rx_mem;
	struct mmsghdr rx[NET_UDP_BATCH];
	struct slot rx_slot[NET_UDP_BATCH];

	char *tx_mem;
	size_t tx_used;
	bool tx_pending;            /* some socket has tx_count > 0 */
	bool open;                  /* between begin and end */
	struct udp_socket *open_to; /* NULL: no such interface */
	union sockaddr_any open_addr;
	socklen_t open_addr_len;
};

static socklen_t to_sockaddr(union sockaddr_any *out, const struct tg_addr *in)
{
	if (in->family == TG_AF_INET6) {
		out->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
		                                 .sin6_port = htons(in->port) };
		memcpy(&out->v6.sin6_addr, in->ip, 16);
		return sizeof(out->v6);
	}
	out->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(in->port) };
	memcpy(&out->v4.sin_addr, in->ip, 4);
	return sizeof(out->v4);
}

static bool from_sockaddr(struct tg_addr *out, const union sockaddr_any *in)
{
	*out = (struct tg_addr){ 0 };
	if (in->sa.sa_family == AF_INET) {
		out->family = TG_AF_INET;
		out->port = ntohs(in->v4.sin_port);
		memcpy(out->ip, &in->v4.sin_addr, 4);
		return true;
	}
	if (in->sa.sa_family == AF_INET6) {
		out->family = TG_AF_INET6;
		out->port = ntohs(in->v6.sin6_port);
		memcpy(out->ip, &in->v6.sin6_addr, 16);
		return true;
	}
	return false;
}

enum tg_err net_udp_bind(int *fd, const struct tg_addr *local, bool reuse_port)
{
	const int one = 1, buffer = SOCKET_BUFFER;
	union sockaddr_any addr;
	socklen_t len = to_sockaddr(&addr, local);
	int s = socket(addr.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (s < 0)
		return TG_EIO;
	if (reuse_port && setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0)
		goto fail;
	if (addr.sa.sa_family == AF_INET6 &&
	    setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0)
		goto fail;
	/* larger buffers ride out bursts; without them it works as well */
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(s, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	if (bind(s, &addr.sa, len) != 0)
		goto fail;
	*fd = s;
	return TG_OK;
fail:
	saved = errno;
	close(s);
	errno = saved;
	return TG_EIO;
}

enum tg_err net_udp_local(struct tg_addr *out, int fd)
{
	union sockaddr_any addr;
	socklen_t len = sizeof(addr);
	int type = 0;
	socklen_t type_len = sizeof(type);
	struct tg_addr a;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_DGRAM)
		return TG_EIO;
	if (getsockname(fd, &addr.sa, &len) != 0 || !from_sockaddr(&a, &addr))
		return TG_EIO;
	*out = a;
	return TG_OK;
}

static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct net_udp *net_udp_new(struct net_loop *loop, struct net_udp_sink sink, size_t datagram_max)
{
	struct net_udp *udp = calloc(1, sizeof(*udp));

	assert(datagram_max > 0 && datagram_max <= TG_DATAGRAM_MAX);
	if (udp == NULL)
		return NULL;
	udp->loop = loop;
	udp->sink = sink;
	udp->datagram_max = datagram_max;
	udp->rx_mem = map((size_t)NET_UDP_BATCH * RX_STRIDE);
	udp->tx_mem = map(TX_ARENA);
	if (udp->rx_mem == NULL || udp->tx_mem == NULL) {
		net_udp_free(udp);
		return NULL;
	}
	for (size_t i = 0; i < NET_UDP_BATCH; i++) {
		struct slot *slot = &udp->rx_slot[i];

		slot->iov.iov_base = udp->rx_mem + i * RX_STRIDE;
		slot->iov.iov_len = datagram_max; /* the kernel flags what is longer */
		udp->rx[i].msg_hdr = (struct msghdr){ .msg_name = &slot->addr,
		                                      .msg_namelen = sizeof(slot->addr),
		                                      .msg_iov = &slot->iov,
		                                      .msg_iovlen = 1 };
	}
	return udp;
}

void net_udp_free(struct net_udp *udp)
{
	if (udp == NULL)
		return;
	for (unsigned i = 0; i < udp->count; i++) {
		net_loop_del(udp->loop, &udp->sockets[i]->watch);
		close(udp->sockets[i]->watch.fd);
		free(udp->sockets[i]);
	}
	if (udp->rx_mem != NULL)
		munmap(udp->rx_mem, (size_t)NET_UDP_BATCH * RX_STRIDE);
	if (udp->tx_mem != NULL)
		munmap(udp->tx_mem, TX_ARENA);
	free(udp);
}

/* Hand one datagram up, or drop it whole and count it. */
static void take(struct udp_socket *s, uint64_t now_ms, const struct mmsghdr *m)
{
	struct net_udp *udp = s->udp;
	struct tg_flow flow = { .iface = s->iface, .proto = TG_PROTO_UDP };

	if ((m->msg_hdr.msg_flags & MSG_TRUNC) != 0) { /* never half a message (D23) */
		udp->stat.rx_too_long++;
		return;
	}
	if (!from_sockaddr(&flow.remote, m->msg_hdr.msg_name)) {
		udp->stat.rx_errors++;
		return;
	}
	udp->stat.rx++;
	udp->stat.rx_octets += m->msg_len;
	udp->sink.packet(udp->sink.ctx, now_ms, &flow,
	                 slice_of(m->msg_hdr.msg_iov->iov_base, m->msg_len));
}

static void readable(struct net_watch *watch, uint64_t now_ms, int events)
{
	struct udp_socket *s = TG_CONTAINER(watch, struct udp_socket, watch);
	struct net_udp *udp = s->udp;
	int n = recvmmsg(watch->fd, udp->rx, NET_UDP_BATCH, MSG_DONTWAIT, NULL);

	(void)events;
	udp->stat.rx_calls++;
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			udp->stat.rx_errors++;
		return;
	}
	for (int i = 0; i < n; i++) {
		take(s, now_ms, &udp->rx[i]);
		udp->rx[i].msg_hdr.msg_namelen = sizeof(udp->rx_slot[i].addr);
	}
}

enum tg_err net_udp_add(struct net_udp *udp, int fd, uint16_t iface)
{
	struct udp_socket *s;
	struct tg_addr local;

	if (udp->count == NET_UDP_SOCKETS_MAX)
		return TG_ELIMIT;
	if (net_udp_local(&local, fd) != TG_OK)
		return TG_EIO;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return TG_ENOMEM;
	s->udp = udp;
	s->iface = iface;
	s->watch = (struct net_watch){ fd, readable };
	if (net_loop_add(udp->loop, &s->watch, NET_READ) != TG_OK) {
		free(s);
		return TG_EIO;
	}
	udp->sockets[udp->count++] = s;
	return TG_OK;
}

static struct udp_socket *socket_of(struct net_udp *udp, const struct tg_flow *flow)
{
	if (flow->proto != TG_PROTO_UDP || flow->remote.family == TG_AF_NONE)
		return NULL;
	for (unsigned i = 0; i < udp->count; i++)
		if (udp->sockets[i]->iface == flow->iface)
			return udp->sockets[i];
	return NULL;
}

/* All that waits in one socket; a datagram that the kernel refuses does not hold up the others. */
static void flush_socket(struct udp_socket *s)
{
	struct net_udp_stat *stat = &s->udp->stat;
	unsigned done = 0;

	while (done < s->tx_count) {
		int n = sendmmsg(s->watch.fd, s->tx + done, s->tx_count - done, MSG_DONTWAIT);

		stat->tx_calls++;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) { /* about the first one: no route, filtered, no buffer left */
			stat->tx_refused++;
			n = 1;
		} else {
			stat->tx += (unsigned)n;
		}
		done += (unsigned)n;
	}
	s->tx_count = 0;
}

void net_udp_flush(struct net_udp *udp)
{
	assert(!udp->open);
	if (!udp->tx_pending)
		return;
	for (unsigned i = 0; i < udp->count; i++)
		if (udp->sockets[i]->tx_count > 0)
			flush_socket(udp->sockets[i]);
	udp->tx_pending = false;
	udp->tx_used = 0;
}

static struct buf net_begin(void *ctx, const struct tg_flow *flow)
{
	struct net_udp *udp = ctx;
	struct udp_socket *s = socket_of(udp, flow);

	if (udp->open) {
		udp->open = false;
		udp->stat.tx_bad++; /* begun and never ended: forgotten */
	}
	if (TX_ARENA - udp->tx_used < TG_DATAGRAM_MAX ||
	    (s != NULL && s->tx_count == NET_UDP_BATCH))
		net_udp_flush(udp);
	udp->open = true;
	udp->open_to = s;
	if (s != NULL)
		udp->open_addr_len = to_sockaddr(&udp->open_addr, &flow->remote);
	return buf_on(udp->tx_mem + udp->tx_used, TG_DATAGRAM_MAX);
}

static void net_end(void *ctx, const struct buf *datagram)
{
	struct net_udp *udp = ctx;
	struct udp_socket *s = udp->open_to;
	struct slot *slot;

	assert(udp->open && datagram->p == udp->tx_mem + udp->tx_used);
	udp->open = false;
	if (s == NULL || datagram->full || datagram->len == 0) {
		udp->stat.tx_bad++;
		return;
	}
	slot = &s->tx_slot[s->tx_count];
	slot->addr = udp->open_addr;
	slot->iov = (struct iovec){ datagram->p, datagram->len };
	s->tx[s->tx_count++].msg_hdr = (struct msghdr){ .msg_name = &slot->addr,
	                                                .msg_namelen = udp->open_addr_len,
	                                                .msg_iov = &slot->iov,
	                                                .msg_iovlen = 1 };
	udp->stat.tx_octets += datagram->len;
	udp->tx_used += (datagram->len + 63) / 64 * 64;
	udp->tx_pending = true;
}

struct tg_net net_udp_sender(struct net_udp *udp)
{
	return (struct tg_net){ udp, net_begin, net_end };
}

const struct net_udp_stat *net_udp_stat(const struct net_udp *udp)
{
	return &udp->stat;
}
