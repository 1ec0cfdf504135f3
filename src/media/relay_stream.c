/* The sockets of a stream: bound at the offer, connected to a known peer, closed with the call. */
#include "media/relay_priv.h"
#include "media/socket.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Ports of the range that other programs may hold before we give up; each of them then rests. */
enum { BIND_TRIES = 16 };

static void port_init(struct relay_port *port, struct relay_stream *st, uint8_t side, uint8_t kind)
{
	*port = (struct relay_port){ .of = st, .fd = -1, .side = side, .kind = kind };
}

/* Both sockets of a pair, or none. */
static enum tg_err bind_pair(int fd[2], struct tg_addr local, uint16_t even)
{
	enum tg_err err;

	local.port = even;
	err = media_socket_open(&fd[0], &local);
	if (err != TG_OK)
		return err;
	local.port = (uint16_t)(even + 1);
	err = media_socket_open(&fd[1], &local);
	if (err != TG_OK)
		close(fd[0]);
	return err;
}

static enum tg_err take_pair(struct relay *r, const struct link_media_side *want, int fd[2],
                             uint16_t *even)
{
	struct media_ports *ports = r->ports[want->iface];
	const struct tg_addr *local = &r->conf.iface[want->iface].addr;
	enum tg_err err = TG_ELIMIT;

	for (int tries = 0; tries < BIND_TRIES; tries++) {
		uint16_t port = want->rtp_port;

		err = port != 0 ? media_ports_take(ports, port) :
		                  media_ports_pick(ports, &r->rng, r->now_us / 1000, &port);
		if (err != TG_OK)
			return err;
		err = bind_pair(fd, *local, port);
		if (err == TG_OK) {
			*even = port;
			return TG_OK;
		}
		if (err != TG_EBUSY && want->rtp_port == 0)
			media_ports_undo(ports, port);
		else
			media_ports_give(ports, port, r->now_us / 1000);
		if (err != TG_EBUSY || want->rtp_port != 0)
			return err;
	}
	return err;
}

static enum tg_err watch(struct relay *r, struct relay_port *port)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = port };

	if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, port->fd, &event) == 0)
		return TG_OK;
	return errno == ENOSPC || errno == ENOMEM ? TG_ELIMIT : TG_EIO;
}

static enum tg_err open_side(struct relay *r, struct relay_stream *st, uint8_t side,
                             const struct link_media_side *want)
{
	int fd[2];
	enum tg_err err = take_pair(r, want, fd, &st->local[side]);

	if (err != TG_OK)
		return err;
	for (uint8_t kind = 0; kind < STREAM_PORTS; kind++)
		st->port[side][kind].fd = fd[kind];
	err = watch(r, &st->port[side][STREAM_RTP]);
	if (err != TG_OK)
		return err;
	return watch(r, &st->port[side][STREAM_RTCP]);
}

enum tg_err relay_stream_open(struct relay *r, const struct link_media_side want[2], bool emergency,
                              struct relay_stream **out)
{
	struct relay_stream *st;
	enum tg_err err;

	if (want[0].iface >= r->conf.iface_count || want[1].iface >= r->conf.iface_count)
		return TG_EBAD;
	st = emergency ? tg_pool_take_reserved(r->streams) : tg_pool_take(r->streams);
	if (st == NULL)
		return TG_ELIMIT;
	stream_init(&st->s, want[0].iface, want[1].iface, r->now_us);
	for (uint8_t side = 0; side < 2; side++)
		for (uint8_t kind = 0; kind < STREAM_PORTS; kind++)
			port_init(&st->port[side][kind], st, side, kind);
	err = open_side(r, st, 0, &want[0]);
	if (err == TG_OK)
		err = open_side(r, st, 1, &want[1]);
	if (err != TG_OK) {
		relay_stream_close(r, st);
		return err;
	}
	*out = st;
	return TG_OK;
}

void relay_stream_close(struct relay *r, struct relay_stream *st)
{
	for (uint8_t side = 0; side < 2; side++) {
		for (uint8_t kind = 0; kind < STREAM_PORTS; kind++)
			if (st->port[side][kind].fd >= 0)
				close(st->port[side][kind].fd); /* epoll forgets it, too */
		if (st->local[side] != 0)
			media_ports_give(r->ports[st->s.iface[side]], st->local[side],
			                 r->now_us / 1000);
	}
	tg_pool_give(r->streams, st);
}

void relay_stream_sync(struct relay_stream *st)
{
	static const struct tg_addr nobody;

	for (uint8_t side = 0; side < 2; side++) {
		for (uint8_t kind = 0; kind < STREAM_PORTS; kind++) {
			struct relay_port *port = &st->port[side][kind];
			const struct stream_port *p = &st->s.side[side].port[kind];
			bool bound = p->state == STREAM_BOUND;
			const struct tg_addr *want = bound ? &p->peer : &nobody;

			if (tg_addr_eq(want, &port->connected))
				continue;
			port->connected = *want;
			if (media_socket_connect(port->fd, bound ? want : NULL) != TG_OK) {
				port->connected = nobody;
				stream_shut(&st->s, side, kind);
			}
		}
	}
}
