/* What the operator asks an edge: calls, registrations, hang-up. */
#include "role/edge_priv.h"

static void page(struct edge *e, const struct link_msg *ask, const struct buf *b, bool last,
                 bool failed)
{
	struct link_msg *m = &e->ua.out;

	link_msg_init(m, LINK_CTL_REPLY, ask->head.from);
	m->head.ref = ask->head.ref;
	m->ctl_reply.last = last;
	m->ctl_reply.failed = failed;
	if (link_body_set(m, buf_slice(b)) == TG_OK)
		ua_post(&e->ua);
}

static void list_one(struct edge *e, struct buf *b, const struct location_binding *r)
{
	if (b->len > 0)
		buf_chr(b, ',');
	buf_lit(b, "{\"account\":");
	buf_json(b, r->user);
	buf_lit(b, ",\"contact\":");
	buf_json(b, r->contact);
	buf_lit(b, ",\"agent\":");
	buf_json(b, r->agent);
	buf_lit(b, ",\"from\":\"");
	tg_addr_write(b, &r->flow.remote);
	buf_lit(b, "\",\"interface\":");
	buf_json(b, link_text(&e->ua.env.site->iface[r->flow.iface].name));
	buf_lit(b, ",\"expires_s\":");
	buf_u64(b, r->expires_ms > e->ua.now_ms ? (r->expires_ms - e->ua.now_ms) / 1000 : 0);
	buf_chr(b, '}');
}

/* One object a binding, comma separated; pages of at most LINK_BODY_MAX octets. */
static void registrations(struct edge *e, const struct link_msg *ask)
{
	char mem[LINK_BODY_MAX];
	struct buf b = buf_on(mem, sizeof(mem));
	struct location_binding r;
	uint32_t at = 0;

	while (location_next(e->location, &at, &r)) {
		size_t before = b.len;

		list_one(e, &b, &r);
		if (!b.full)
			continue;
		b.full = false;
		b.len = before;
		page(e, ask, &b, false, false);
		b.len = 0;
		list_one(e, &b, &r);
	}
	page(e, ask, &b, true, false);
}

static void calls(struct edge *e, const struct link_msg *ask)
{
	char mem[LINK_BODY_MAX];
	uint32_t from = 0;

	do {
		struct buf b = buf_on(mem, sizeof(mem));

		leg_list(e->ua.legs, e->ua.now_ms, &b, &from);
		page(e, ask, &b, from == 0, false);
	} while (from != 0);
}

static void hangup(struct edge *e, const struct link_msg *ask, struct slice arg)
{
	char mem[128];
	struct buf b = buf_on(mem, sizeof(mem));

	ua_hangup(&e->ua, arg, &b);
	page(e, ask, &b, true, false);
}

void edge_ctl(struct edge *e, const struct link_msg *ask)
{
	struct slice verb, arg = slice_cut(link_body(ask), ' ', &verb);
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));

	if (slice_eq(verb, SLICE("registrations"))) {
		registrations(e, ask);
	} else if (slice_eq(verb, SLICE("calls"))) {
		calls(e, ask);
	} else if (slice_eq(verb, SLICE("hangup"))) {
		hangup(e, ask, arg);
	} else {
		buf_lit(&b, "an edge does not know this command");
		page(e, ask, &b, true, true);
	}
}
