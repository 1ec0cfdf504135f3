/* What the warden tells the operator: which processes run, and since when. */
#include "proc/warden_priv.h"

static const char *state_name(enum child_state state)
{
	static const char *const names[] = { "down", "starting", "up", "stopped" };

	return names[state];
}

static void write_child(struct buf *b, const struct child *c, uint64_t now_ms)
{
	uint64_t for_s = now_ms > c->since_ms ? (now_ms - c->since_ms) / 1000 : 0;

	buf_fmt(b, "{\"process\":\"%s:%u\",\"state\":\"%s\",\"pid\":%d,\"starts\":%u,"
	        "\"for_s\":%llu}\n",
	        link_role_name((enum link_role)c->proc.role), c->proc.index, state_name(c->state),
	        (int)c->pid, c->epoch, (unsigned long long)for_s);
}

static void reply(struct warden *w, const struct link_msg *ask, const struct buf *b, bool last)
{
	struct link_out out = bus_out(w->bus);
	struct link_msg msg;

	link_msg_init(&msg, LINK_CTL_REPLY, ask->head.from);
	msg.head.ref = ask->head.ref;
	msg.ctl_reply.last = last;
	if (link_body_set(&msg, buf_slice(b)) == TG_OK)
		out.post(out.ctx, &msg);
}

void warden_control(struct warden *w, const struct link_msg *ask, uint64_t now_ms)
{
	char page[LINK_BODY_MAX];
	struct buf b = buf_on(page, sizeof(page));

	buf_lit(&b, "{\"site\":");
	buf_json(&b, w->conf->site.name);
	buf_fmt(&b, ",\"up_s\":%llu}\n", (unsigned long long)((now_ms - w->started_ms) / 1000));
	for (uint32_t i = 0; i < w->count; i++) {
		write_child(&b, &w->children[i], now_ms);
		if (b.cap - b.len < 256) {
			reply(w, ask, &b, false);
			b = buf_on(page, sizeof(page));
		}
	}
	reply(w, ask, &b, true);
}
