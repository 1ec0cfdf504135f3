/* A stand-in for src/media: it leases ports and reports, and moves no packet. */
#include "sim/world_priv.h"

static struct session *find(struct world *w, const struct link_proc *relay,
                            const struct link_proc *owner, const struct link_leg *leg)
{
	for (int i = 0; i < WORLD_SESSIONS_MAX; i++) {
		struct session *s = &w->session[i];

		if (s->open && s->leg.call == leg->call && s->owner.role == owner->role &&
		    s->owner.index == owner->index && s->relay.index == relay->index)
			return s;
	}
	return NULL;
}

static struct session *take(struct world *w)
{
	for (int i = 0; i < WORLD_SESSIONS_MAX; i++) {
		if (!w->session[i].open)
			return &w->session[i];
	}
	return NULL;
}

static void lease_ports(struct world *w, struct session *s)
{
	for (int i = 0; i < s->lease.streams; i++) {
		for (int side = 0; side < 2; side++) {
			struct link_media_side *m = &s->lease.side[i][side];

			if (m->rtp_port != 0)
				continue; /* the port that the owner had before we died */
			m->rtp_port = w->next_port;
			w->next_port = w->next_port >= 29998 ? 20000 : (uint16_t)(w->next_port + 2);
		}
	}
}

static void open_session(struct world *w, struct proc *relay, const struct link_msg *msg)
{
	struct session *s = find(w, &relay->id, &msg->head.from, &msg->head.leg);

	if (s == NULL && (s = take(w)) != NULL) {
		memset(s, 0, sizeof(*s));
		s->open = true;
		s->owner = msg->head.from;
		s->relay = relay->id;
		s->leg = msg->head.leg;
		s->lease = msg->media_open;
		lease_ports(w, s);
	}
	link_msg_init(&w->out, LINK_MEDIA_OPENED, msg->head.from);
	w->out.head.leg = msg->head.leg;
	w->out.head.ref = msg->head.ref;
	w->out.media_opened = s != NULL ? s->lease : msg->media_open;
	w->out.media_opened.opened = s != NULL;
	world_push(w, relay, &w->out);
}

static void report(struct world *w, const struct session *s, enum link_media_event event)
{
	struct proc *relay = world_proc(w, s->relay);

	link_msg_init(&w->out, LINK_MEDIA_REPORT, s->owner);
	w->out.head.leg = s->leg;
	w->out.media_report.event = (uint8_t)event;
	w->out.media_report.stat[0].packets = 100;
	w->out.media_report.stat[1].packets = 100;
	world_push(w, relay, &w->out);
}

void relay_sim_message(struct world *w, struct proc *relay, const struct link_msg *msg)
{
	struct session *s;

	if (msg->head.type == LINK_PEER) {
		for (int i = 0; i < WORLD_SESSIONS_MAX && !msg->peer.up; i++) {
			s = &w->session[i];
			if (s->open && s->relay.index == relay->id.index &&
			    s->owner.role == msg->peer.proc.role &&
			    s->owner.index == msg->peer.proc.index)
				s->open = false;
		}
		return;
	}
	if (msg->head.type == LINK_MEDIA_OPEN) {
		open_session(w, relay, msg);
		return;
	}
	s = find(w, &relay->id, &msg->head.from, &msg->head.leg);
	if (s == NULL)
		return;
	if (msg->head.type == LINK_MEDIA_PEER && msg->media_peer.stream < LINK_STREAMS_MAX &&
	    msg->media_peer.side < 2) {
		s->peer[msg->media_peer.stream][msg->media_peer.side] = msg->media_peer;
	} else if (msg->head.type == LINK_MEDIA_CLOSE) {
		report(w, s, LINK_MEDIA_CLOSED);
		s->open = false;
	}
}

void relay_sim_died(struct world *w, struct link_proc relay)
{
	for (int i = 0; i < WORLD_SESSIONS_MAX; i++) {
		if (w->session[i].open && w->session[i].relay.index == relay.index)
			w->session[i].open = false;
	}
}

void world_silence(struct world *w)
{
	for (int i = 0; i < WORLD_SESSIONS_MAX; i++) {
		if (w->session[i].open)
			report(w, &w->session[i], LINK_MEDIA_SILENT);
	}
}
