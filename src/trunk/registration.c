/*
 * RFC:  RFC 3261 §10.2 (refresh before it ends, 423), §22.2 (a challenge is answered once more when
 *       it is stale, never again and again).
 * OURS: refused or silent, it comes again after 30 s, 60 s, … 10 min with a random share, so that
 *       many tollgates do not return to a provider in one second; at most two signatures a round
 *       (B13), and never for another realm, which the vault decides (B11).
 */
#include "trunk/registration.h"

#include "sip/digest.h"
#include "sip/message.h"
#include "sip/writer.h"

#include <assert.h>

enum {
	SIGN_TRIES = 2,
	SIGN_MS = 2000,
	RETRY_S = 30,
	RETRY_MAX_S = 600
};

enum event {
	EV_START,
	EV_RX_2XX,
	EV_RX_CHALLENGE,
	EV_RX_BRIEF, /* 423 */
	EV_RX_FAIL,
	EV_SILENT,
	EV_SIGNED,
	EV_UNSIGNED,
	EV_TIMER,
	EVENTS
};

struct input {
	enum event event;
	uint64_t now_ms;
	const struct sip_message *msg;
	const struct link_sign_reply *sign;
};

typedef void action(struct trunk *t, const struct input *in);

struct cell {
	uint8_t next;
	action *act;
	bool legal;
};

static action send_first, send_signed, ask_sign, registered, failed, longer;

#define TO(next, act) { TRUNK_##next, act, true }
#define STAY          { TRUNK_NONE, NULL, true }

static const struct cell table[TRUNK_STATES_N][EVENTS] = {
	[TRUNK_TRYING] = {
		[EV_RX_2XX]       = TO(REGISTERED, registered),
		[EV_RX_CHALLENGE] = TO(SIGNING, ask_sign),
		[EV_RX_BRIEF]     = TO(TRYING, longer),
		[EV_RX_FAIL]      = TO(WAITING, failed),
		[EV_SILENT]       = TO(WAITING, failed),
	},
	[TRUNK_SIGNING] = {
		[EV_SIGNED]   = TO(TRYING, send_signed),
		[EV_UNSIGNED] = TO(WAITING, failed),
		[EV_TIMER]    = TO(WAITING, failed), /* the vault is silent */
		[EV_SILENT]   = STAY,
	},
	[TRUNK_REGISTERED] = {
		[EV_TIMER]  = TO(REFRESHING, send_first),
		[EV_SIGNED] = STAY,
		[EV_SILENT] = STAY,
	},
	[TRUNK_REFRESHING] = {
		[EV_RX_2XX]       = TO(REGISTERED, registered),
		[EV_RX_CHALLENGE] = TO(RESIGNING, ask_sign),
		[EV_RX_BRIEF]     = TO(REFRESHING, longer),
		[EV_RX_FAIL]      = TO(WAITING, failed),
		[EV_SILENT]       = TO(WAITING, failed),
	},
	[TRUNK_RESIGNING] = {
		[EV_SIGNED]   = TO(REFRESHING, send_signed),
		[EV_UNSIGNED] = TO(WAITING, failed),
		[EV_TIMER]    = TO(WAITING, failed),
		[EV_SILENT]   = STAY,
	},
	[TRUNK_WAITING] = {
		[EV_START]    = TO(TRYING, send_first),
		[EV_TIMER]    = TO(TRYING, send_first),
		[EV_SIGNED]   = STAY,
		[EV_UNSIGNED] = STAY,
	},
	[TRUNK_IDLE] = {
		[EV_START] = TO(TRYING, send_first),
	},
};

static const char *const names[] = {
#define X(name) #name,
	TRUNK_STATES(X)
#undef X
};

const char *trunk_state_name(unsigned state)
{
	return state < TRUNK_STATES_N ? names[state] : "?";
}

static void trunk_step(struct trunk *t, const struct input *in)
{
	const struct cell *cell = &table[t->state][in->event];

	if (!cell->legal) {
		log_event(t->env.log, EV_UNEXPECTED_STATE,
		          LOG_CAUSE("machine", SLICE("trunk registration")),
		          LOG_STR("state", slice_str(trunk_state_name(t->state))),
		          LOG_U64("input", in->event), LOG_END);
		return;
	}
	if (cell->next != TRUNK_NONE)
		t->state = cell->next; /* the only place that changes it */
	if (cell->act != NULL)
		cell->act(t, in);
}

static void write_aor(struct buf *b, const struct trunk *t)
{
	buf_lit(b, "sip:");
	sip_user_write(b, t->conf.user);
	buf_chr(b, '@');
	buf_put(b, t->conf.domain);
}

static void write_register(struct trunk *t, struct txn_draft *d, const struct link_sign_reply *s)
{
	char aor_mem[320], contact_mem[320], uri_mem[256];
	struct buf aor = buf_on(aor_mem, sizeof(aor_mem));
	struct buf contact = buf_on(contact_mem, sizeof(contact_mem));
	struct buf uri = buf_on(uri_mem, sizeof(uri_mem));
	struct buf *b = &d->out;

	write_aor(&aor, t);
	buf_lit(&uri, "sip:");
	buf_put(&uri, t->conf.domain);
	buf_lit(&contact, "sip:");
	sip_user_write(&contact, t->conf.user);
	buf_chr(&contact, '@');
	tg_addr_write(&contact, &t->conf.advertise);
	sip_write_request(b, SLICE("REGISTER"), buf_slice(&uri));
	sip_write_via(b, t->conf.flow.proto, &t->conf.advertise, slice_str(d->branch), true);
	sip_write_number(b, SIP_HDR_MAX_FORWARDS, 70);
	sip_write_addr(b, SIP_HDR_FROM, &(struct sip_write_addr){ .uri = buf_slice(&aor),
	                                                         .tag = slice_str(t->tag) });
	sip_write_addr(b, SIP_HDR_TO, &(struct sip_write_addr){ .uri = buf_slice(&aor) });
	sip_write_header(b, SIP_HDR_CALL_ID, slice_str(t->call_id));
	sip_write_cseq(b, t->cseq, SLICE("REGISTER"));
	sip_write_addr(b, SIP_HDR_CONTACT, &(struct sip_write_addr){ .uri = buf_slice(&contact) });
	sip_write_number(b, SIP_HDR_EXPIRES, t->granted_s);
	if (s != NULL)
		sip_write_header(b, s->proxy ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION,
		                 slice_of(s->value, s->value_len));
	sip_write_body(b, (struct slice){ 0 }, (struct slice){ 0 });
	if (aor.full || contact.full || uri.full)
		b->full = true;
}

static void send(struct trunk *t, uint64_t now_ms, const struct link_sign_reply *sign)
{
	struct txn_draft draft;
	const struct txn_client what = {
		.owner = t->env.cookie,
		.flow = t->conf.flow,
		.method = SLICE("REGISTER"),
		.call_id = slice_str(t->call_id),
		.cseq = ++t->cseq,
	};

	tg_wheel_stop(t->env.wheel, &t->timer);
	if (txn_client_begin(t->env.txn, &what, &draft) == TG_OK) {
		t->txn = draft.txn;
		write_register(t, &draft, sign);
		if (txn_client_send(t->env.txn, &draft) == TG_OK)
			return;
	}
	t->txn = (struct tg_handle){ 0 }; /* no room: as if nobody had answered */
	trunk_step(t, &(struct input){ .event = EV_SILENT, .now_ms = now_ms });
}

static void send_first(struct trunk *t, const struct input *in)
{
	t->tries = 0;
	t->longer = 0;
	if (t->granted_s == 0)
		t->granted_s = t->conf.expires_s;
	send(t, in->now_ms, NULL);
}

static void send_signed(struct trunk *t, const struct input *in)
{
	send(t, in->now_ms, in->sign);
}

static void longer(struct trunk *t, const struct input *in)
{
	struct slice min = sip_message_value(in->msg, SIP_HDR_MIN_EXPIRES);
	uint64_t v;

	t->longer++;
	if (slice_u64(&v, min, 86400) == TG_OK && v > t->granted_s)
		t->granted_s = (uint32_t)v;
	else
		t->granted_s = t->granted_s < 43200 ? t->granted_s * 2 : 86400;
	send(t, in->now_ms, NULL);
}

/** Seconds that the registrar gave to our Contact; what it does not say is what we asked. */
static uint32_t given(const struct trunk *t, const struct sip_message *msg)
{
	struct sip_each each = sip_each_of(msg, SIP_HDR_CONTACT);
	struct sip_addr c;
	struct slice value;
	uint64_t v;

	while (sip_each_addr(&each, &c) == TG_OK) {
		struct tg_addr host;

		if (c.star || tg_addr_parse_ip(&host, c.uri.host) != TG_OK ||
		    !tg_addr_ip_eq(&host, &t->conf.advertise))
			continue;
		if (sip_param_find(c.params, SLICE("expires"), &value) &&
		    slice_u64(&v, value, UINT32_MAX) == TG_OK)
			return (uint32_t)v;
	}
	return (msg->has & SIP_HAS_EXPIRES) != 0 ? msg->expires : t->granted_s;
}

static void registered(struct trunk *t, const struct input *in)
{
	uint32_t s = given(t, in->msg);

	s = TG_MAX(s, 20u);
	t->failures = 0;
	t->last_status = 200;
	t->until_ms = in->now_ms + (uint64_t)s * 1000;
	/* a third before the end leaves room for a lost round (timer F is 32 s) */
	tg_wheel_start(t->env.wheel, &t->timer, 0, in->now_ms + (uint64_t)s * 1000 * 2 / 3);
	log_event(t->env.log, EV_TRUNK_REGISTERED, LOG_STR("trunk", t->conf.name),
	          LOG_U64("expires_s", s), LOG_END);
}

static void failed(struct trunk *t, const struct input *in)
{
	uint64_t wait_s = RETRY_S;

	t->last_status = in->msg != NULL ? in->msg->status : 408;
	for (uint32_t i = 0; i < t->failures && wait_s < RETRY_MAX_S; i++)
		wait_s *= 2;
	wait_s = TG_MIN(wait_s, (uint64_t)RETRY_MAX_S);
	t->failures++;
	tg_wheel_start(t->env.wheel, &t->timer, 0,
	               in->now_ms + wait_s * 750 + tg_rng_below(t->env.rng, wait_s * 250 + 1));
	log_event(t->env.log, EV_TRUNK_REFUSED, LOG_STR("trunk", t->conf.name),
	          LOG_U64("status", t->last_status), LOG_END);
}

static void ask_sign(struct trunk *t, const struct input *in)
{
	enum { MOST = 8 };
	bool proxy = in->msg->status == 407;
	const struct sip_header *h = sip_message_header(in->msg,
		proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE);
	struct sip_digest list[MOST];
	const struct sip_digest *d;
	struct link_sign_ask *ask;
	size_t count = 0;
	char mem[256];
	struct buf uri = buf_on(mem, sizeof(mem));

	for (; h != NULL && count < MOST; h = sip_message_next(in->msg, h)) {
		if (sip_digest_parse_challenge(&list[count], h->value, NULL) == TG_OK)
			count++;
	}
	d = sip_digest_choose(list, count, (struct slice){ 0 });
	t->tries++;
	tg_wheel_start(t->env.wheel, &t->timer, 0, in->now_ms + (d != NULL ? SIGN_MS : 1));
	if (d == NULL)
		return; /* nothing that anybody could answer: the timer ends the round */
	buf_lit(&uri, "sip:");
	buf_put(&uri, t->conf.domain);
	link_msg_init(&t->out, LINK_SIGN_ASK, (struct link_proc){ LINK_VAULT, 0 });
	t->out.head.ref.slot = t->conf.index + 1u;
	ask = &t->out.sign_ask;
	ask->kind = LINK_SIGN_REGISTER;
	ask->alg = d->alg;
	ask->qop = d->qop_auth;
	ask->proxy = proxy;
	ask->trunk = t->conf.index;
	link_text_set(&ask->method, SLICE("REGISTER"));
	link_long_set(&ask->uri, buf_slice(&uri));
	link_long_set(&ask->realm, d->realm);
	link_long_set(&ask->nonce, d->nonce);
	link_long_set(&ask->opaque, d->opaque);
	t->env.link.post(t->env.link.ctx, &t->out);
}

void trunk_start(struct trunk *t, const struct trunk_conf *conf, const struct trunk_env *env,
                 uint64_t now_ms)
{
	uint64_t random[2] = { tg_rng_u64(env->rng), tg_rng_u64(env->rng) };
	struct buf call_id = buf_on(t->call_id, sizeof(t->call_id) - 1);
	struct buf tag = buf_on(t->tag, sizeof(t->tag) - 1);

	t->conf = *conf;
	t->env = *env;
	t->state = TRUNK_IDLE;
	buf_hex(&call_id, random, sizeof(random));
	buf_hex(&tag, random, sizeof(random[0]));
	t->call_id[call_id.len] = '\0';
	t->tag[tag.len] = '\0';
	if (conf->registers)
		trunk_step(t, &(struct input){ .event = EV_START, .now_ms = now_ms });
}

static enum event response_event(const struct trunk *t, uint16_t status)
{
	if (status < 300)
		return EV_RX_2XX;
	if ((status == 401 || status == 407) && t->tries < SIGN_TRIES)
		return EV_RX_CHALLENGE;
	/*
	 * as often as signatures: a provider that never has enough is refused, not asked for ever
	 */
	return status == 423 && t->longer < SIGN_TRIES ? EV_RX_BRIEF : EV_RX_FAIL;
}

void trunk_event(struct trunk *t, uint64_t now_ms, const struct txn_event *ev)
{
	struct input in = { .now_ms = now_ms, .msg = ev->msg };

	if (ev->txn.slot != t->txn.slot || ev->txn.gen != t->txn.gen)
		return;
	if (ev->kind == TXN_RESPONSE) {
		if (ev->msg->status < 200)
			return;
		in.event = response_event(t, ev->msg->status);
	} else if (ev->kind == TXN_TIMEOUT || ev->kind == TXN_SEND_FAILED) {
		in.event = EV_SILENT;
	} else {
		return;
	}
	trunk_step(t, &in);
}

void trunk_signed(struct trunk *t, uint64_t now_ms, const struct link_sign_reply *reply)
{
	trunk_step(t, &(struct input){ .event = reply->ok ? EV_SIGNED : EV_UNSIGNED,
	                               .now_ms = now_ms, .sign = reply });
}

void trunk_timer(struct trunk *t, uint64_t now_ms)
{
	trunk_step(t, &(struct input){ .event = EV_TIMER, .now_ms = now_ms });
}

void trunk_retry(struct trunk *t, uint64_t now_ms)
{
	if (t->state != TRUNK_WAITING)
		return;
	t->failures = 0;
	tg_wheel_stop(t->env.wheel, &t->timer);
	trunk_step(t, &(struct input){ .event = EV_START, .now_ms = now_ms });
}

bool trunk_usable(const struct trunk *t, uint64_t now_ms)
{
	return !t->conf.registers || now_ms < t->until_ms;
}
