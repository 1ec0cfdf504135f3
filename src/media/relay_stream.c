/* The sockets of a stream: bound at the offer, connected to a known peer, closed with the call. */
#include "media/relay_priv.h"
#include "media/socket.h"

static enum tg_err open_side(struct relay *r, struct relay_stream *st, uint8_t side,
                             const struct link_media_side *want)
{
	struct relay_port *pair;
	enum tg_err err = relay_pair_take(r, want, &st->local[side], &pair);

	if (err != TG_OK)
		return err;
	st->port[side] = pair;
	for (uint8_t kind = 0; kind < STREAM_PORTS; kind++) {
		pair[kind].of = st;
		pair[kind].side = side;
		pair[kind].kind = kind;
		st->fd[side][kind] = pair[kind].fd;
	}
	return TG_OK;
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
	for (uint8_t side = 0; side < 2; side++)
		if (st->port[side] != NULL)
			relay_pair_give(r, st->s.iface[side], st->local[side]);
	tg_pool_give(r->streams, st);
}

static void sync_port(struct relay_stream *st, struct relay_port *port)
{
	static const struct tg_addr nobody;
	const struct stream_port *p = &st->s.side[port->side].port[port->kind];
	bool bound = p->state == STREAM_BOUND;
	const struct tg_addr *want = bound ? &p->peer : &nobody;

	/* who hears nobody need not be told so; packets that he does not get are no news to him */
	if (port->parked ? p->state == STREAM_SHUT : tg_addr_eq(want, &port->connected))
		return;
	port->parked = false;
	port->connected = *want;
	if (media_socket_connect(port->fd, bound ? want : NULL) != TG_OK) {
		port->connected = nobody;
		stream_shut(&st->s, port->side, port->kind);
	}
}

void relay_stream_sync(struct relay_stream *st)
{
	for (uint8_t side = 0; side < 2; side++)
		for (uint8_t kind = 0; kind < STREAM_PORTS; kind++)
			sync_port(st, &st->port[side][kind]);
}
