#include "role/ua.h"

#include "sip/multipart.h"
#include "sip/sdp_write.h"
#include "sip/writer.h"

#include <assert.h>
#include <stdlib.h>

enum {
	TXN_PER_CALL = 6,    /* INVITE on both sides, BYE on both, and what lingers (timers J, K) */
	RESERVE_SHARE = 20,  /* one in so many places is for emergency calls only */
	SDP_OFFERED_LINES = 4
};

static void on_txn(void *ctx, const struct txn_event *event)
{
	struct ua *ua = ctx;

	if (leg_owns(event->owner))
		leg_event(ua->legs, ua->now_ms, event);
	else if (ua->hooks.event != NULL)
		ua->hooks.event(ua->hooks.role, event);
}

static bool on_same_peer(void *ctx, const struct tg_flow *with, const struct tg_flow *came)
{
	struct ua *ua = ctx;

	if (with->iface != came->iface || with->proto != came->proto)
		return false;
	if (tg_addr_ip_eq(&with->remote, &came->remote))
		return true;
	return ua->hooks.same_peer != NULL &&
	       ua->hooks.same_peer(ua->hooks.role, with, came);
}

static void on_challenge(void *ctx, struct buf *b, const struct tg_flow *flow, bool stale)
{
	struct ua *ua = ctx;

	if (ua->hooks.challenge != NULL)
		ua->hooks.challenge(ua->hooks.role, b, flow, stale);
}

static bool on_proven(void *ctx, const void *proof)
{
	struct ua *ua = ctx;

	return ua->hooks.proven == NULL || ua->hooks.proven(ua->hooks.role, proof);
}

static void set_ifaces(struct ua *ua)
{
	const struct role_site *site = ua->env.site;

	for (unsigned i = 0; i < site->ifaces; i++) {
		ua->iface[i].advertise = site->iface[i].advertise;
		ua->iface[i].inside = site->iface[i].side == ROLE_INSIDE;
	}
}

bool ua_init(struct ua *ua, const struct role_env *env, const struct ua_hooks *hooks)
{
	uint32_t calls = env->site->calls_max;
	struct txn_conf txn = {
		.proc = (uint16_t)(env->self.role << 8 | env->self.index),
		.cap = calls * TXN_PER_CALL + 64,
		.reserve = calls * TXN_PER_CALL / RESERVE_SHARE,
		.net = env->net,
		.log = env->log,
		.rng = env->rng,
		.ctx = ua,
		.event = on_txn,
		.same_peer = on_same_peer,
	};
	struct leg_conf legs = {
		.self = env->self,
		.net = env->net,
		.link = env->link,
		.log = env->log,
		.rng = env->rng,
		.iface = ua->iface,
		.ifaces = env->site->ifaces,
		.relays = env->site->relays,
		.legs_max = calls * 2 + 8,
		.legs_reserve = calls * 2 / RESERVE_SHARE + 4,
		.ring_max_s = env->site->ring_max_s,
		.silent_after_s = env->site->silent_after_s,
		.trunks = env->self.role == LINK_CARRIER,
		.ctx = ua,
		.challenge = on_challenge,
		.proven = on_proven,
		.same_peer = on_same_peer,
	};

	memset(ua, 0, sizeof(*ua));
	ua->env = *env;
	ua->hooks = *hooks;
	ua->now_ms = env->now_ms;
	set_ifaces(ua);
	tg_rng_bytes(env->rng, &ua->tag_key, sizeof(ua->tag_key));
	ua->txn = txn_layer_new(&txn, env->now_ms);
	legs.txn = ua->txn;
	ua->legs = ua->txn != NULL ? leg_layer_new(&legs, env->now_ms) : NULL;
	ua->grants = ua_grants_new(calls / 4 + 16);
	if (ua->legs != NULL && ua->grants != NULL)
		return true;
	ua_fini(ua);
	return false;
}

void ua_fini(struct ua *ua)
{
	ua_grants_free(ua->grants);
	leg_layer_free(ua->legs);
	txn_layer_free(ua->txn);
	ua->grants = NULL;
	ua->legs = NULL;
	ua->txn = NULL;
}

void ua_post(struct ua *ua)
{
	ua->env.link.post(ua->env.link.ctx, &ua->out);
}

/* ---- answers without a transaction ---- */

void ua_write_allow(struct buf *b)
{
	sip_write_header(b, SIP_HDR_ALLOW, SLICE("INVITE, ACK, CANCEL, BYE, OPTIONS"));
}

/** A To tag that a retransmission gets again (RFC 3261 §8.2.7), without a memory of the first. */
static void write_tag(struct buf *b, const struct ua *ua, const struct sip_message *req)
{
	char mem[512];
	struct buf key = buf_on(mem, sizeof(mem));
	uint64_t hash;

	/* as texts: any of them may be what is broken, and then its parsed fields are not set */
	buf_put(&key, slice_head(sip_message_value(req, SIP_HDR_CALL_ID), 150));
	buf_put(&key, slice_head(sip_message_value(req, SIP_HDR_FROM), 150));
	buf_put(&key, slice_head(sip_message_value(req, SIP_HDR_VIA), 150));
	buf_put(&key, slice_head(sip_message_value(req, SIP_HDR_CSEQ), 50));
	hash = tg_siphash(&ua->tag_key, buf_slice(&key));
	buf_hex(b, &hash, sizeof(hash));
}

struct buf ua_reply_begin(struct ua *ua, const struct sip_message *req, const struct tg_flow *flow,
                          uint16_t status)
{
	struct tg_flow to = *flow;
	char mem[16];
	struct buf tag = buf_on(mem, sizeof(mem)), b;

	write_tag(&tag, ua, req);
	to.remote = sip_via_reply_to(&req->via, &flow->remote);
	b = ua->env.net.begin(ua->env.net.ctx, &to);
	sip_write_response(&b, req, &(struct sip_response){ .status = status,
	                                                   .to_tag = buf_slice(&tag),
	                                                   .source = &flow->remote });
	return b;
}

void ua_reply_end(struct ua *ua, struct buf *b)
{
	sip_write_body(b, (struct slice){ 0 }, (struct slice){ 0 });
	ua->env.net.end(ua->env.net.ctx, b);
}

void ua_refuse(struct ua *ua, const struct sip_message *req, const struct tg_flow *flow,
               uint16_t status, const char *rule)
{
	struct buf b = ua_reply_begin(ua, req, flow, status);

	if (status == 405 || status == 501)
		ua_write_allow(&b);
	if (status == 503)
		sip_write_number(&b, SIP_HDR_RETRY_AFTER, 10);
	if (status == 415)
		sip_write_header(&b, SIP_HDR_ACCEPT, SLICE("application/sdp"));
	ua_reply_end(ua, &b);
	log_event(ua->env.log, EV_PACKET_REFUSED, LOG_CAUSE("rule", slice_str(rule)),
	          LOG_ADDR("from", &flow->remote), LOG_U64("status", status),
	          LOG_STR("method", req->method_text), LOG_END);
}

void ua_answer_options(struct ua *ua, const struct tg_flow *flow)
{
	struct buf b = ua_reply_begin(ua, &ua->msg, flow, 200);

	ua_write_allow(&b);
	sip_write_header(&b, SIP_HDR_ACCEPT, SLICE("application/sdp"));
	ua_reply_end(ua, &b);
}

/* ---- a packet up to the role ---- */

static void drop(struct ua *ua, const struct tg_flow *flow, const char *rule)
{
	log_event(ua->env.log, EV_PACKET_REFUSED, LOG_CAUSE("rule", slice_str(rule)),
	          LOG_ADDR("from", &flow->remote), LOG_U64("offset", ua->msg.fault.offset),
	          LOG_END);
}

/** Another worker of our role issued this branch or tag: the packet goes there. */
static void forward_stray(struct ua *ua, unsigned index, const struct tg_flow *flow)
{
	link_msg_init(&ua->out, LINK_STRAY,
	              (struct link_proc){ ua->env.self.role, (uint8_t)index });
	ua->out.stray.flow = *flow;
	if (link_body_set(&ua->out, ua->msg.text) == TG_OK)
		ua_post(ua);
}

static unsigned workers(const struct ua *ua)
{
	return ua->env.self.role == LINK_EDGE ? ua->env.site->edges : ua->env.site->carriers;
}

static void take_response(struct ua *ua, const struct tg_flow *flow)
{
	uint16_t proc;

	if (txn_client_input(ua->txn, &ua->msg, flow) != TXN_NONE)
		return;
	if (txn_branch_owner(ua->msg.via.branch, &proc) && proc >> 8 == ua->env.self.role &&
	    (proc & 0xff) != ua->env.self.index && (proc & 0xff) < workers(ua)) {
		forward_stray(ua, proc & 0xff, flow);
		return;
	}
	if (leg_stray_reply(ua->legs, ua->now_ms, &ua->msg, flow,
	                    ua->hooks.trunk != NULL ? ua->hooks.trunk(ua->hooks.role, flow) : -1))
		return;
	log_event(ua->env.log, EV_STRAY_REPLY, LOG_CAUSE("rule", SLICE("no-transaction")),
	          LOG_ADDR("from", &flow->remote), LOG_U64("status", ua->msg.status), LOG_END);
}

static void take_in_dialog(struct ua *ua, const struct tg_flow *flow)
{
	int owner = leg_tag_owner(ua->msg.to.tag);

	if (leg_request(ua->legs, ua->now_ms, &ua->msg, flow))
		return;
	if (owner >= 0 && owner != ua->env.self.index && (unsigned)owner < workers(ua)) {
		forward_stray(ua, (unsigned)owner, flow);
		return;
	}
	if (ua->msg.method != SIP_ACK)
		ua_refuse(ua, &ua->msg, flow, 481, "no-dialog"); /* B2, C17 */
}

/** D12: a Via of ours on a request that comes in is our own call come back. */
static bool is_loop(const struct ua *ua)
{
	struct sip_each vias = sip_each_of(&ua->msg, SIP_HDR_VIA);
	struct sip_via via;

	while (sip_each_via(&vias, &via) == TG_OK) {
		uint16_t proc;

		if (txn_branch_owner(via.branch, &proc) && proc >> 8 >= LINK_EDGE &&
		    proc >> 8 <= LINK_CARRIER)
			return true;
	}
	return false;
}

/** What every new request must satisfy whatever its method (RFC 3261 §8.2). */
static bool screen(struct ua *ua, const struct tg_flow *flow)
{
	const struct sip_message *m = &ua->msg;
	char mem[256];
	struct buf unsupported = buf_on(mem, sizeof(mem)), b;

	if (m->method == SIP_METHOD_OTHER) {
		ua_refuse(ua, m, flow, 501, "unknown-method");
		return false;
	}
	if (m->method != SIP_OPTIONS && (m->has & SIP_HAS_MAX_FORWARDS) != 0 &&
	    m->max_forwards == 0) {
		ua_refuse(ua, m, flow, 483, "max-forwards");
		return false;
	}
	if (is_loop(ua)) {
		ua_refuse(ua, m, flow, 482, "loop");
		return false;
	}
	if (sip_message_unsupported(m, SIP_HDR_REQUIRE, NULL, 0, &unsupported) == 0 &&
	    sip_message_unsupported(m, SIP_HDR_PROXY_REQUIRE, NULL, 0, &unsupported) == 0)
		return true;
	b = ua_reply_begin(ua, m, flow, 420);
	sip_write_header(&b, SIP_HDR_UNSUPPORTED, buf_slice(&unsupported));
	ua_reply_end(ua, &b);
	drop(ua, flow, "unsupported-extension");
	return false;
}

static enum ua_verdict take_request(struct ua *ua, const struct tg_flow *flow)
{
	const struct sip_message *m = &ua->msg;
	struct txn_ref ref;

	switch (txn_server_find(ua->txn, m, flow, &ref)) {
	case TXN_ABSORBED:
		return UA_DONE;
	case TXN_CANCELS:
		leg_cancel(ua->legs, ua->now_ms, m, flow, &ref);
		return UA_DONE;
	case TXN_ACKS:
		leg_acked(ua->legs, ua->now_ms, m, &ref);
		return UA_DONE;
	case TXN_NONE:
		break;
	}
	if (m->method == SIP_CANCEL) {
		ua_refuse(ua, m, flow, 481, "no-invite");
		return UA_DONE;
	}
	if (m->to.tag.p != NULL) {
		take_in_dialog(ua, flow);
		return UA_DONE;
	}
	if (m->method == SIP_ACK || !screen(ua, flow))
		return UA_DONE;
	return UA_NEW;
}

/** RFC 5626 §3.5.1 and what phones send instead: nothing but line ends, or nothing at all. */
static bool is_keepalive(struct slice in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] != '\r' && in.p[i] != '\n' && in.p[i] != '\0')
			return false;
	}
	return true;
}

enum ua_verdict ua_packet(struct ua *ua, uint64_t now_ms, const struct tg_flow *flow,
                          struct slice in)
{
	struct sip_message *m = &ua->msg;

	ua->now_ms = now_ms;
	txn_set_time(ua->txn, now_ms);
	if (in.len <= 4 && is_keepalive(in))
		return UA_DONE;
	if (sip_message_parse(m, in, SIP_DATAGRAM) != TG_OK ||
	    sip_message_check(m) != TG_OK) {
		if (m->request && m->fault.status != 0 && sip_message_answerable(m))
			ua_refuse(ua, m, flow, m->fault.status, m->fault.rule);
		else
			drop(ua, flow, m->fault.rule);
		return UA_DONE;
	}
	if (!m->request) {
		take_response(ua, flow);
		return UA_DONE;
	}
	return take_request(ua, flow);
}

/* ---- INVITE: its offer ---- */

/** 406: the caller does not take SDP back (RFC 3261 §20.1). */
static bool accepts_sdp(const struct sip_message *m)
{
	struct sip_each each = sip_each_of(m, SIP_HDR_ACCEPT);
	struct slice type, range;
	bool any = false;

	while (sip_each_text(&each, &type) == TG_OK) {
		any = true;
		(void)slice_cut(type, ';', &range);
		range = slice_trim(range);
		if (slice_ieq(range, SLICE("application/sdp")) || slice_ieq(range, SLICE("*/*")) ||
		    slice_ieq(range, SLICE("application/*")))
			return true;
	}
	return !any;
}

bool ua_offer(struct ua *ua, const struct tg_flow *flow, struct slice *sdp)
{
	const struct sip_message *m = &ua->msg;
	struct slice encoding = sip_message_value(m, SIP_HDR_CONTENT_ENCODING);
	struct sip_sdp_fault fault;
	uint8_t line[SDP_OFFERED_LINES];
	struct sip_sdp parsed;

	*sdp = (struct slice){ 0 };
	if (m->body.len > 0 &&
	    ((encoding.len > 0 && !slice_ieq(encoding, SLICE("identity"))) ||
	     sip_multipart_sdp(sdp, sip_message_value(m, SIP_HDR_CONTENT_TYPE), m->body, NULL) !=
	             TG_OK)) {
		ua_refuse(ua, m, flow, 415, "body-type");
		return false;
	}
	if (!accepts_sdp(m)) {
		ua_refuse(ua, m, flow, 406, "sdp-not-accepted");
		return false;
	}
	if (sdp->len == 0)
		return true;
	if (sip_sdp_parse(&parsed, *sdp, &fault) != TG_OK) {
		ua_refuse(ua, m, flow, 488, fault.rule);
		return false;
	}
	if (sip_sdp_relay_lines(line, COUNT(line), &parsed) == 0) {
		ua_refuse(ua, m, flow, 488, "no-audio-offered");
		return false;
	}
	return true;
}

bool ua_user(struct buf *out, const struct sip_uri *uri)
{
	return sip_unescape(out, uri->user, SIP_UNESCAPE_TEXT) == TG_OK && !out->full;
}

/* ---- messages ---- */

/** A grant that led to no INVITE: its money is free again. */
static void unused(struct ua *ua, const struct link_leg *id, uint8_t party, uint16_t status)
{
	if (party == LINK_PARTY_TRUNK && ua->env.self.role == LINK_CARRIER)
		leg_unused(ua->legs, id, status);
}

static void ring(struct ua *ua, const struct link_msg *msg)
{
	struct leg_target target = { .trunk = -1 };
	struct slice rule = SLICE("no-grant");
	struct link_call_grant grant;
	uint16_t status = 481;

	if (!ua_grants_take(ua->grants, ua->now_ms, &msg->head.leg, &grant)) {
		leg_refuse(ua->legs, msg, status, rule);
		return;
	}
	if (grant.asker.role != msg->head.from.role || grant.asker.index != msg->head.from.index ||
	    !ua->hooks.target(ua->hooks.role, &grant, &target, &status, &rule)) {
		leg_refuse(ua->legs, msg, status, rule);
		unused(ua, &msg->head.leg, grant.party, status);
		return;
	}
	target.emergency = grant.emergency;
	target.paid_ms = grant.paid_ms;
	leg_call_out(ua->legs, ua->now_ms, msg, &target);
}

static void take_grant(struct ua *ua, const struct link_msg *msg)
{
	if (!ua_grants_put(ua->grants, ua->now_ms, msg))
		unused(ua, &msg->head.leg, msg->grant.party, 503);
}

/** A gave up before it came to its LEG_INVITE. */
static void cancel_grant(struct ua *ua, const struct link_msg *msg)
{
	struct link_call_grant grant;

	if (ua_grants_take(ua->grants, ua->now_ms, &msg->head.leg, &grant))
		unused(ua, &msg->head.leg, grant.party, 487);
}

bool ua_message(struct ua *ua, uint64_t now_ms, const struct link_msg *msg)
{
	ua->now_ms = now_ms;
	txn_set_time(ua->txn, now_ms);
	switch (msg->head.type) {
	case LINK_CALL_GRANT:
		take_grant(ua, msg);
		return true;
	case LINK_LEG_INVITE:
		ring(ua, msg);
		return true;
	case LINK_STOP:
		ua->stopping = true;
		if (msg->stop.graceful)
			leg_hangup_all(ua->legs, now_ms, SLICE("shutdown"));
		return true;
	case LINK_SIGN_REPLY:
		if (msg->head.leg.call == 0)
			return false; /* a trunk's registration */
		leg_message(ua->legs, now_ms, msg);
		return true;
	case LINK_PEER:
		leg_message(ua->legs, now_ms, msg);
		return false; /* the role may care too */
	case LINK_LEG_CANCEL:
		cancel_grant(ua, msg);
		leg_message(ua->legs, now_ms, msg);
		return true;
	case LINK_CALL_STOP: /* it may be over already */
		(void)!leg_hangup(ua->legs, now_ms, msg->head.leg.call,
		                  link_text(&msg->stop_call.rule));
		return true;
	case LINK_CALL_VERDICT:
	case LINK_CALL_RENEW:
	case LINK_MEDIA_OPENED:
	case LINK_MEDIA_REPORT:
		leg_message(ua->legs, now_ms, msg);
		return true;
	default:
		if (msg->head.type < LINK_LEG_INVITE || msg->head.type > LINK_LEG_REJECT)
			return false;
		leg_message(ua->legs, now_ms, msg);
		return true;
	}
}

void ua_tick(struct ua *ua, uint64_t now_ms)
{
	struct link_leg id;
	uint8_t party;

	ua->now_ms = now_ms;
	txn_tick(ua->txn, now_ms);
	leg_tick(ua->legs, now_ms);
	while (ua_grants_expire(ua->grants, now_ms, &id, &party))
		unused(ua, &id, party, 487);
}

uint64_t ua_next_ms(const struct ua *ua)
{
	uint64_t txn = txn_next_ms(ua->txn), leg = leg_next_ms(ua->legs);
	uint64_t grant = ua_grants_next_ms(ua->grants);

	return TG_MIN(TG_MIN(txn, leg), grant);
}

void ua_hangup(struct ua *ua, struct slice what, struct buf *b)
{
	uint64_t call = 0;
	uint32_t n = 0;

	if (slice_eq(what, SLICE("all"))) {
		n = leg_count(ua->legs);
		leg_hangup_all(ua->legs, ua->now_ms, SLICE("operator"));
	} else if (what.len > 0 && what.len <= 16) {
		for (size_t i = 0; i < what.len; i++)
			call = call << 4 | (uint64_t)(tg_hexval(what.p[i]) & 15);
		n = leg_hangup(ua->legs, ua->now_ms, call, SLICE("operator")) == TG_OK;
	}
	if (n > 0)
		buf_fmt(b, "{\"hung_up\":%u}", n);
}
