#include "role/carrier.h"

#include "base/timer.h"
#include "role/ua.h"
#include "sip/writer.h"
#include "trunk/registration.h"

#include <stdlib.h>

struct carrier {
	struct ua ua;
	struct tg_wheel *wheel;
	bool vault_up;
	bool started[ROLE_TRUNKS_MAX];
	struct trunk trunk[ROLE_TRUNKS_MAX];
	uint32_t calls[ROLE_TRUNKS_MAX]; /* half-calls made since the start, for the list */
};

static const struct role_trunk *trunk_row(const struct carrier *c, unsigned i)
{
	return &c->ua.env.site->trunk[i];
}

static bool ours(const struct carrier *c, unsigned i)
{
	return i < c->ua.env.site->trunks && trunk_row(c, i)->carrier == c->ua.env.self.index;
}

/** R9: any address of the trunk's set may go on with what another one began. */
static bool on_same_peer(void *role, const struct tg_flow *with, const struct tg_flow *came)
{
	struct carrier *c = role;
	int a = role_trunk_of(c->ua.env.site, with), b = role_trunk_of(c->ua.env.site, came);

	return a >= 0 && a == b;
}

/* Cookies of registrations: the trunk's index + 1. */
static void on_event(void *role, const struct txn_event *event)
{
	struct carrier *c = role;

	if (event->owner >= 1 && event->owner <= ROLE_TRUNKS_MAX)
		trunk_event(&c->trunk[event->owner - 1], c->ua.now_ms, event);
}

/* It has an address, and the provider knows us there. */
static bool usable(const struct carrier *c, unsigned i)
{
	return c->started[i] && trunk_usable(&c->trunk[i], c->ua.now_ms);
}

static struct slice number_uri(struct buf *b, struct slice user, struct slice host)
{
	size_t from = b->len;

	buf_lit(b, "sip:");
	if (user.len > 0)
		sip_user_write(b, user);
	else
		buf_lit(b, "anonymous"); /* a trunk that knows us by address, no number to show */
	buf_chr(b, '@');
	buf_put(b, host);
	return slice_of(b->p + from, b->len - from);
}

static int on_trunk(void *role, const struct tg_flow *flow)
{
	const struct carrier *c = role;

	return role_trunk_of(c->ua.env.site, flow);
}

static bool on_target(void *role, const struct link_call_grant *g, struct leg_target *out,
                      uint16_t *status, struct slice *rule)
{
	struct carrier *c = role;
	struct buf b = buf_on(c->ua.text, sizeof(c->ua.text));
	const struct role_trunk *t;

	if (g->party != LINK_PARTY_TRUNK || !ours(c, g->peer))
		return false; /* a carrier sends to its trunks alone */
	t = trunk_row(c, g->peer);
	if (!usable(c, g->peer)) {
		*status = 503;
		*rule = SLICE("trunk-not-registered");
		return false;
	}
	out->flow = (struct tg_flow){ .remote = t->addr, .iface = t->iface,
		                      .proto = TG_PROTO_UDP };
	out->request_uri = number_uri(&b, link_text(&g->to), link_text(&t->domain));
	out->to_uri = out->request_uri;
	out->from_uri = number_uri(&b, link_text(&g->caller), link_text(&t->domain));
	out->from_name = link_text(&g->name);
	out->contact_user = link_text(&t->user);
	out->trunk = g->peer;
	c->calls[g->peer]++;
	return !b.full;
}

struct carrier *carrier_new(const struct role_env *env)
{
	struct carrier *c = calloc(1, sizeof(*c));
	const struct ua_hooks hooks = { .role = c, .same_peer = on_same_peer, .event = on_event,
		                        .trunk = on_trunk, .target = on_target };

	if (c == NULL)
		return NULL;
	c->wheel = tg_wheel_new(env->now_ms);
	if (c->wheel != NULL && ua_init(&c->ua, env, &hooks))
		return c;
	tg_wheel_free(c->wheel);
	free(c);
	return NULL;
}

void carrier_free(struct carrier *c)
{
	if (c == NULL)
		return;
	ua_fini(&c->ua);
	tg_wheel_free(c->wheel);
	free(c);
}

/** Registrations begin once there is somebody who can sign. */
static void start_trunks(struct carrier *c)
{
	for (unsigned i = 0; i < c->ua.env.site->trunks; i++) {
		const struct role_trunk *t = trunk_row(c, i);
		const struct trunk_conf conf = {
			.index = (uint16_t)i,
			.name = link_text(&t->name),
			.domain = link_text(&t->domain),
			.user = link_text(&t->user),
			.flow = { .remote = t->addr, .iface = t->iface, .proto = TG_PROTO_UDP },
			.advertise = c->ua.env.site->iface[t->iface].advertise,
			.expires_s = t->expires_s,
			.registers = t->registers,
		};
		const struct trunk_env env = {
			.txn = c->ua.txn,
			.link = c->ua.env.link,
			.log = c->ua.env.log,
			.rng = c->ua.env.rng,
			.wheel = c->wheel,
			.cookie = i + 1,
		};

		if (!ours(c, i) || c->started[i] || t->addr.family == TG_AF_NONE)
			continue;
		c->started[i] = true;
		trunk_start(&c->trunk[i], &conf, &env, c->ua.now_ms);
	}
}

/** The number that a provider calls: in To when it calls our registered Contact. */
static bool called_number(const struct carrier *c, unsigned trunk, struct buf *b)
{
	const struct sip_message *m = &c->ua.msg;

	if (!ua_user(b, &m->uri))
		return false;
	if (!slice_eq(buf_slice(b), link_text(&trunk_row(c, trunk)->user)))
		return true;
	b->len = 0;
	return ua_user(b, &m->to.uri);
}

/** A call from a provider: which number it is for, and the vault decides the rest. */
static void call_in(struct carrier *c, const struct tg_flow *flow, unsigned trunk)
{
	struct leg_caller caller = { .ask = &c->ua.out, .trunk = (int)trunk };
	struct link_call_ask *ask = &c->ua.out.call_ask;
	const struct sip_message *m = &c->ua.msg;
	char mem[128];
	struct buf b = buf_on(mem, sizeof(mem));

	if (!ua_offer(&c->ua, flow, &caller.sdp))
		return;
	if (c->ua.stopping) {
		ua_refuse(&c->ua, m, flow, 503, "shutdown");
		return;
	}
	link_msg_init(&c->ua.out, LINK_CALL_ASK, (struct link_proc){ LINK_VAULT, 0 });
	ask->party = LINK_PARTY_TRUNK;
	ask->peer = (uint16_t)trunk;
	ask->flow = *flow;
	if (!called_number(c, trunk, &b)) {
		ua_refuse(&c->ua, m, flow, 404, "user-not-text");
		return;
	}
	link_text_set(&ask->dialled, buf_slice(&b));
	b.len = 0;
	if (ua_user(&b, &m->from.uri))
		link_text_set(&ask->caller, buf_slice(&b));
	b.len = 0;
	sip_display_text(&b, m->from.display);
	link_text_set(&ask->name, buf_slice(&b));
	link_text_set(&ask->sip_call_id, m->call_id);
	switch (leg_call_in(c->ua.legs, c->ua.now_ms, m, flow, &caller)) {
	case TG_OK:
		return;
	case TG_ELIMIT:
		ua_refuse(&c->ua, m, flow, 513, "dialog-text-too-long");
		return;
	default:
		ua_refuse(&c->ua, m, flow, 503, "no-half-call-free");
	}
}

void carrier_packet(struct carrier *c, uint64_t now_ms, const struct tg_flow *flow,
                    struct slice in)
{
	int trunk = role_trunk_of(c->ua.env.site, flow);

	c->ua.now_ms = now_ms;
	if (trunk < 0 || !ours(c, (unsigned)trunk)) {
		log_event(c->ua.env.log, EV_PACKET_REFUSED,
		          LOG_CAUSE("rule", SLICE("not-a-trunk")),
		          LOG_ADDR("from", &flow->remote), LOG_END);
		return;
	}
	if (ua_packet(&c->ua, now_ms, flow, in) != UA_NEW)
		return;
	switch (c->ua.msg.method) {
	case SIP_INVITE:
		call_in(c, flow, (unsigned)trunk);
		return;
	case SIP_OPTIONS:
		ua_answer_options(&c->ua, flow);
		return;
	case SIP_BYE:
		ua_refuse(&c->ua, &c->ua.msg, flow, 481, "no-dialog");
		return;
	default:
		ua_refuse(&c->ua, &c->ua.msg, flow, 405, "method-not-taken");
	}
}

static void page(struct carrier *c, const struct link_msg *ask, const struct buf *b, bool last,
                 bool failed)
{
	struct link_msg *m = &c->ua.out;

	link_msg_init(m, LINK_CTL_REPLY, ask->head.from);
	m->head.ref = ask->head.ref;
	m->ctl_reply.last = last;
	m->ctl_reply.failed = failed;
	if (link_body_set(m, buf_slice(b)) == TG_OK)
		ua_post(&c->ua);
}

static void list_trunk(const struct carrier *c, unsigned i, struct buf *b)
{
	const struct role_trunk *t = trunk_row(c, i);
	const struct trunk *r = &c->trunk[i];

	if (b->len > 0)
		buf_chr(b, ',');
	buf_lit(b, "{\"trunk\":");
	buf_json(b, link_text(&t->name));
	buf_lit(b, ",\"address\":\"");
	if (t->addr.family != TG_AF_NONE) /* else its name has no address yet */
		tg_addr_write(b, &t->addr);
	buf_fmt(b, "\",\"registers\":%s,\"state\":\"%s\",\"usable\":%s,\"last_status\":%u,",
	        t->registers ? "true" : "false", trunk_state_name(r->state),
	        usable(c, i) ? "true" : "false", r->last_status);
	buf_fmt(b, "\"holds_s\":%llu,\"calls_out\":%u}",
	        (unsigned long long)(r->until_ms > c->ua.now_ms
	                                     ? (r->until_ms - c->ua.now_ms) / 1000 : 0),
	        c->calls[i]);
}

static void carrier_ctl(struct carrier *c, const struct link_msg *ask)
{
	struct slice verb, arg = slice_cut(link_body(ask), ' ', &verb);
	char mem[LINK_BODY_MAX];
	struct buf b = buf_on(mem, sizeof(mem));
	uint32_t from = 0;

	if (slice_eq(verb, SLICE("trunks"))) {
		for (unsigned i = 0; i < c->ua.env.site->trunks; i++) {
			if (!ours(c, i))
				continue;
			if (b.len > LINK_BODY_MAX - 512) {
				page(c, ask, &b, false, false);
				b.len = 0;
			}
			list_trunk(c, i, &b);
		}
		page(c, ask, &b, true, false);
	} else if (slice_eq(verb, SLICE("calls"))) {
		do {
			b.len = 0;
			leg_list(c->ua.legs, c->ua.now_ms, &b, &from);
			page(c, ask, &b, from == 0, false);
		} while (from != 0);
	} else if (slice_eq(verb, SLICE("hangup"))) {
		ua_hangup(&c->ua, arg, &b);
		page(c, ask, &b, true, false);
	} else {
		buf_lit(&b, "a carrier does not know this command");
		page(c, ask, &b, true, true);
	}
}

void carrier_message(struct carrier *c, uint64_t now_ms, const struct link_msg *msg)
{
	if (ua_message(&c->ua, now_ms, msg))
		return;
	switch (msg->head.type) {
	case LINK_PEER:
		if (msg->peer.proc.role == LINK_VAULT)
			c->vault_up = msg->peer.up != 0;
		if (c->vault_up)
			start_trunks(c);
		return;
	case LINK_SIGN_REPLY:
		if (msg->head.ref.slot >= 1 && ours(c, msg->head.ref.slot - 1) &&
		    c->started[msg->head.ref.slot - 1])
			trunk_signed(&c->trunk[msg->head.ref.slot - 1], now_ms, &msg->sign_reply);
		return;
	case LINK_DIALOG_ORPHAN:
		if (ours(c, msg->orphan.trunk))
			leg_orphan(c->ua.legs, now_ms, msg);
		return;
	case LINK_STRAY:
		carrier_packet(c, now_ms, &msg->stray.flow, link_body(msg));
		return;
	case LINK_TRUNK_RETRY:
		if (msg->trunk_retry.trunk < c->ua.env.site->trunks &&
		    c->started[msg->trunk_retry.trunk])
			trunk_retry(&c->trunk[msg->trunk_retry.trunk], now_ms);
		return;
	case LINK_CTL_ASK:
		carrier_ctl(c, msg);
		return;
	default:
		return;
	}
}

void carrier_trunk_moved(struct carrier *c, uint64_t now_ms, unsigned trunk)
{
	c->ua.now_ms = now_ms;
	if (!ours(c, trunk))
		return;
	if (c->started[trunk])
		c->trunk[trunk].conf.flow.remote = trunk_row(c, trunk)->addr;
	else if (c->vault_up)
		start_trunks(c);
}

void carrier_tick(struct carrier *c, uint64_t now_ms)
{
	struct tg_timer *t;

	ua_tick(&c->ua, now_ms);
	while ((t = tg_wheel_expire(c->wheel, now_ms)) != NULL)
		trunk_timer(TG_CONTAINER(t, struct trunk, timer), now_ms);
}

uint64_t carrier_next_ms(const struct carrier *c)
{
	uint64_t ua = ua_next_ms(&c->ua), wheel = tg_wheel_next_ms(c->wheel);

	return TG_MIN(ua, wheel);
}

bool carrier_idle(const struct carrier *c)
{
	return leg_count(c->ua.legs) == 0;
}
