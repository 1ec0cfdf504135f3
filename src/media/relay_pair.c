/* Pairs of ports and their sockets: opened, lent to a stream, and parked or closed after it. */
#include "media/relay_priv.h"
#include "media/socket.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

/* Ports of the range that other programs may hold before we give up; each of them then rests. */
enum { BIND_TRIES = 16 };

static struct relay_port *pair_at(const struct relay *r, uint16_t iface, uint16_t even)
{
	return &r->port[iface][even - r->conf.port_min];
}

static struct tg_addr local_of(const struct relay *r, uint16_t iface, uint32_t port)
{
	struct tg_addr local = r->conf.iface[iface].addr;

	local.port = (uint16_t)port;
	return local;
}

static void close_port(struct relay_port *port)
{
	if (port->open)
		close(port->fd); /* epoll forgets it, too */
	*port = (struct relay_port){ 0 };
}

static void close_pair(struct relay_port *pair)
{
	close_port(&pair[STREAM_RTP]);
	close_port(&pair[STREAM_RTCP]);
}

static enum tg_err open_port(struct relay *r, struct relay_port *port, const struct tg_addr *local)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = port };
	enum tg_err err = media_socket_open(&port->fd, local);

	if (err != TG_OK)
		return err;
	port->open = true;
	if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, port->fd, &event) == 0)
		return TG_OK;
	err = errno == ENOSPC || errno == ENOMEM ? TG_ELIMIT : TG_EIO;
	close_port(port);
	return err;
}

/* Both sockets of a pair, or none. */
static enum tg_err open_pair(struct relay *r, uint16_t iface, uint16_t even)
{
	struct relay_port *pair = pair_at(r, iface, even);
	enum tg_err err = TG_OK;

	for (unsigned kind = 0; kind < STREAM_PORTS && err == TG_OK; kind++) {
		struct tg_addr local = local_of(r, iface, even + kind);

		err = open_port(r, &pair[kind], &local);
	}
	if (err != TG_OK)
		close_pair(pair);
	return err;
}

/*
 * Nobody but itself may send to it now: packets of others find no socket, cost no memory, and are
 * answered as those to a closed port.
 */
static bool park_pair(struct relay *r, uint16_t iface, uint16_t even)
{
	struct relay_port *pair = pair_at(r, iface, even);

	for (unsigned kind = 0; kind < STREAM_PORTS; kind++) {
		struct tg_addr self = local_of(r, iface, even + kind);
		struct relay_port *port = &pair[kind];

		if (!port->parked && media_socket_connect(port->fd, &self) != TG_OK) {
			close_pair(pair);
			return false;
		}
		port->of = NULL;
		port->parked = true;
		port->connected = (struct tg_addr){ 0 };
	}
	media_ports_prefer(r->ports[iface], even, true);
	r->parked[iface]++;
	return true;
}

/* Open and park one more pair; it stays taken. */
static enum tg_err prepare_pair(struct relay *r, uint16_t iface)
{
	uint16_t even;
	enum tg_err err = media_ports_pick(r->ports[iface], &r->rng, r->now_us / 1000, &even);

	if (err != TG_OK)
		return err;
	err = open_pair(r, iface, even);
	if (err == TG_OK && !park_pair(r, iface, even))
		err = TG_EIO;
	if (err != TG_OK)
		media_ports_give(r->ports[iface], even, r->now_us / 1000);
	return err;
}

/* At most three quarters of the descriptors: pairs that are not kept need some, too. */
static uint32_t affordable(const struct relay *r)
{
	struct rlimit files;

	if (r->conf.ready == 0 || getrlimit(RLIMIT_NOFILE, &files) != 0)
		return 0;
	return (uint32_t)TG_MIN((rlim_t)r->conf.ready,
	                        files.rlim_cur / 8 * 3 / r->conf.iface_count);
}

void relay_pairs_prepare(struct relay *r)
{
	uint32_t ready = r->conf.ready = affordable(r);

	for (uint16_t iface = 0; ready > 0 && iface < r->conf.iface_count; iface++) {
		enum tg_err err = TG_OK;
		uint32_t port = r->conf.port_min;

		for (uint32_t i = 0; i < ready && err != TG_ELIMIT; i++)
			err = prepare_pair(r, iface);
		for (port += port % 2; port < r->conf.port_max; port += 2)
			if (pair_at(r, iface, (uint16_t)port)->parked)
				media_ports_undo(r->ports[iface], (uint16_t)port);
	}
}

void relay_pairs_close(struct relay *r)
{
	uint32_t ports = r->conf.port_max - r->conf.port_min + 1u;

	for (uint16_t iface = 0; r->conf.ready > 0 && iface < r->conf.iface_count; iface++)
		for (uint32_t i = 0; r->port[iface] != NULL && i < ports; i++)
			close_port(&r->port[iface][i]);
}

static enum tg_err take_number(struct relay *r, const struct link_media_side *want, uint16_t *even)
{
	struct media_ports *ports = r->ports[want->iface];

	if (want->rtp_port == 0)
		return media_ports_pick(ports, &r->rng, r->now_us / 1000, even);
	*even = want->rtp_port;
	return media_ports_take(ports, *even);
}

enum tg_err relay_pair_take(struct relay *r, const struct link_media_side *want, uint16_t *even,
                            struct relay_port **out)
{
	struct media_ports *ports = r->ports[want->iface];
	enum tg_err err = TG_ELIMIT;

	for (int tries = 0; tries < BIND_TRIES; tries++) {
		uint16_t port = 0;

		err = take_number(r, want, &port);
		if (err != TG_OK)
			return err;
		if (pair_at(r, want->iface, port)->parked)
			r->parked[want->iface]--;
		else
			err = open_pair(r, want->iface, port);
		if (err == TG_OK) {
			*even = port;
			*out = pair_at(r, want->iface, port);
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

void relay_pair_give(struct relay *r, uint16_t iface, uint16_t even)
{
	if (r->parked[iface] >= r->conf.ready || !park_pair(r, iface, even)) {
		media_ports_prefer(r->ports[iface], even, false);
		close_pair(pair_at(r, iface, even));
	}
	media_ports_give(r->ports[iface], even, r->now_us / 1000);
}
