/*
 * Session timers towards trunks: a call whose other end died must not cost for hours (C15).
 *
 * RFC:  RFC 4028 §5 (422 and Min-SE), §7.1 (INVITE), §7.4 (refreshes), §9 (the answering side),
 *       §10 (what a lost refresh means).
 * OURS: we ask for 90 s, the least that the RFC allows, and refresh at half of it, whether or not
 *       the trunk knows session timers: a dialog that is gone answers 481.  A trunk that insists
 *       on refreshing is given the interval and 64*T1 more.  Only B on a trunk takes part; for all
 *       others the relay notices when nobody speaks any more.
 */
#include "leg/act.h"

#include "sip/header.h"
#include "sip/writer.h"

static const struct slice no_sdp = { NULL, 0 };

enum { DAY_S = 86400 };

enum tg_err leg_session_parse(struct slice value, uint32_t *seconds, enum leg_refresher *refresher)
{
	struct slice number, params = slice_cut(value, ';', &number), who;
	enum leg_refresher r = LEG_REFRESHER_NONE;
	uint64_t v;
	enum tg_err err = slice_u64(&v, slice_trim(number), DAY_S);

	if (err != TG_OK)
		return err;
	params = slice_skip(value, value.len - params.len - (params.len > 0));
	if (params.len > 0 && sip_param_find(params, SLICE("refresher"), &who)) {
		if (slice_ieq(who, SLICE("uac")))
			r = LEG_REFRESHER_UAC;
		else if (slice_ieq(who, SLICE("uas")))
			r = LEG_REFRESHER_UAS;
		else
			return TG_EBAD;
	}
	*seconds = (uint32_t)v;
	*refresher = r;
	return TG_OK;
}

/* ---- what we said ---- */

void leg_said_drop(struct leg_layer *l, struct leg *g)
{
	if (g->said != NULL)
		tg_pool_give(l->saids, g->said);
	g->said = NULL;
}

void leg_said_set(struct leg_layer *l, struct leg *g, struct slice sdp)
{
	if (l->saids == NULL || g->is_a || g->trunk < 0)
		return;
	if (sdp.len == 0 || sdp.len > sizeof(g->said->sdp)) {
		leg_said_drop(l, g);
		return;
	}
	if (g->said == NULL)
		g->said = g->emergency ? tg_pool_take_reserved(l->saids) : tg_pool_take(l->saids);
	if (g->said == NULL)
		return;
	memcpy(g->said->sdp, sdp.p, sdp.len);
	g->said->len = (uint16_t)sdp.len;
}

struct slice leg_said(const struct leg *g)
{
	return g->said != NULL ? slice_of(g->said->sdp, g->said->len) : no_sdp;
}

/* ---- headers ---- */

void leg_session_write(struct buf *b, const struct leg *g)
{
	char mem[40];
	struct buf value = buf_on(mem, sizeof(mem));

	if (g->is_a || g->trunk < 0 || (g->said == NULL && !g->delayed))
		return;
	buf_fmt(&value, "%u;refresher=uac", g->session_s);
	sip_write_header(b, SIP_HDR_SUPPORTED, SLICE("timer"));
	sip_write_header(b, SIP_HDR_SESSION_EXPIRES, buf_slice(&value));
	sip_write_number(b, SIP_HDR_MIN_SE, LEG_SESSION_S);
}

void leg_session_write_reply(struct buf *b, const struct leg *g)
{
	char mem[40];
	struct buf value = buf_on(mem, sizeof(mem));

	if (g->asks_session_s == 0)
		return;
	buf_fmt(&value, "%u;refresher=%s", g->asks_session_s,
	        g->asks_refresher_uac ? "uac" : "uas");
	if (g->asks_refresher_uac)
		sip_write_header(b, SIP_HDR_REQUIRE, SLICE("timer")); /* §9 */
	sip_write_header(b, SIP_HDR_SESSION_EXPIRES, buf_slice(&value));
}

/* ---- timers ---- */

static void start(struct leg_layer *l, struct leg *g, enum leg_ev event, uint64_t after_ms)
{
	tg_wheel_start(l->wheel, &g->timer_session, (uint16_t)event, l->now_ms + after_ms);
}

static void we_refresh(struct leg_layer *l, struct leg *g, uint32_t seconds)
{
	if (g->said != NULL)
		start(l, g, LEG_EV_TIMER_REFRESH, (uint64_t)seconds * 500);
	else
		tg_wheel_stop(l->wheel, &g->timer_session);
}

static void they_refresh(struct leg_layer *l, struct leg *g, uint32_t seconds)
{
	start(l, g, LEG_EV_TIMER_EXPIRED, (uint64_t)seconds * 1000 + LEG_GRACE_MS);
}

void leg_session_agreed(struct leg_layer *l, struct leg *g, const struct sip_message *msg)
{
	struct slice value = sip_message_value(msg, SIP_HDR_SESSION_EXPIRES);
	enum leg_refresher refresher = LEG_REFRESHER_UAC;
	uint32_t seconds = g->session_s;

	if (g->is_a || g->trunk < 0 || l->saids == NULL)
		return;
	if (value.len > 0 && leg_session_parse(value, &seconds, &refresher) != TG_OK)
		seconds = g->session_s;
	/* it may only have made our interval shorter, and not below what we said is the least */
	seconds = TG_MAX(TG_MIN(seconds, (uint32_t)g->session_s), (uint32_t)LEG_SESSION_S);
	if (refresher == LEG_REFRESHER_UAS)
		they_refresh(l, g, seconds);
	else
		we_refresh(l, g, seconds);
}

void leg_session_asked(struct leg *g, const struct sip_message *msg)
{
	struct slice value = sip_message_value(msg, SIP_HDR_SESSION_EXPIRES);
	enum leg_refresher refresher = LEG_REFRESHER_NONE;
	uint32_t seconds = 0;

	g->asks_session_s = 0;
	if (g->is_a || g->trunk < 0 || value.len == 0 ||
	    leg_session_parse(value, &seconds, &refresher) != TG_OK || seconds == 0)
		return;
	if (refresher == LEG_REFRESHER_UAS && (g->said == NULL || seconds < LEG_SESSION_S))
		return; /* as if we knew no session timers: §9 lets us */
	g->asks_session_s = (uint16_t)TG_MIN(seconds, (uint32_t)LEG_SESSION_MAX_S);
	g->asks_refresher_uac = refresher != LEG_REFRESHER_UAS;
}

void leg_session_answered(struct leg_layer *l, struct leg *g)
{
	if (g->is_a || g->trunk < 0)
		return;
	if (g->asks_session_s != 0 && g->asks_refresher_uac)
		they_refresh(l, g, g->asks_session_s);
	else
		we_refresh(l, g, g->asks_session_s != 0 ? g->asks_session_s : g->session_s);
	g->asks_session_s = 0;
}

bool leg_session_longer(const struct leg *g, const struct sip_message *msg, uint32_t *seconds)
{
	struct slice value = sip_message_value(msg, SIP_HDR_MIN_SE);
	enum leg_refresher refresher;
	uint32_t v;

	if (msg->cseq.method != SIP_INVITE || g->is_a || g->trunk < 0 || g->brief ||
	    leg_session_parse(value, &v, &refresher) != TG_OK || v <= g->session_s ||
	    v > LEG_SESSION_MAX_S)
		return false;
	*seconds = v;
	return true;
}

/* ---- our refresh ---- */

/** The longer interval of a 422 (§6); a second one is a refusal. */
static void take_longer(struct leg *g, const struct leg_in *in)
{
	uint32_t seconds;

	if (leg_session_longer(g, in->msg, &seconds))
		g->session_s = (uint16_t)seconds;
	g->brief = true;
}

void leg_b_invite_longer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	take_longer(g, in);
	if (!leg_send_invite(l, g, leg_kept_sdp(g), NULL))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

void leg_o_send_longer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	take_longer(g, in);
	if (!leg_send_invite(l, g, leg_kept_sdp(g), NULL))
		leg_raise(l, LEG_EV_TX_TIMEOUT);
}

static void send_refresh(struct leg_layer *l, struct leg *g, const struct link_sign_reply *auth)
{
	g->delayed = false;
	if (!leg_send_invite(l, g, leg_said(g), auth))
		leg_raise(l, LEG_EV_UNSIGNED);
}

void leg_r_send(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	g->sign_tries = 0;
	send_refresh(l, g, NULL);
}

void leg_r_send_signed(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_timer_stop(l, g);
	send_refresh(l, g, &in->link->sign_reply);
}

void leg_r_send_longer(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	take_longer(g, in);
	send_refresh(l, g, NULL);
}

void leg_r_later(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	start(l, g, LEG_EV_TIMER_REFRESH, LEG_LATER_MS);
}

void leg_r_unsigned(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_timer_stop(l, g);
	leg_r_later(l, g, in);
}

void leg_r_done(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_refresh_target(l, g, in->msg);
	leg_send_ack(l, g, no_sdp);
	leg_session_agreed(l, g, in->msg);
}

/** RFC 3261 §14.1: after 491 the owner of the Call-ID waits 2.1 to 4 s. */
void leg_r_refused(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	uint64_t after_ms = (uint64_t)g->session_s * 250;

	if (in->msg->status == 491)
		after_ms = 2100 + tg_rng_below(l->conf.rng, 1900);
	start(l, g, LEG_EV_TIMER_REFRESH, after_ms);
}

void leg_r_timed_out(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)g;
	(void)in;
	leg_raise(l, LEG_EV_RX_DEAD);
}

void leg_end_bye_expired(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_bye_both(l, g, SLICE("session-expired"), 41);
}
