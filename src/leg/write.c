/* The SIP messages of a half-call: all headers are made here, from the dialog's own values. */
#include "leg/leg_priv.h"

#include "sip/status.h"
#include "sip/writer.h"

#include <assert.h>

#define SDP_TYPE SLICE("application/sdp")

static const struct tg_addr *us(const struct leg_layer *l, const struct leg *g)
{
	return &l->conf.iface[g->flow.iface].advertise;
}

static void write_contact(struct buf *b, const struct leg_layer *l, const struct leg *g)
{
	char mem[256];
	struct buf uri = buf_on(mem, sizeof(mem));

	buf_lit(&uri, "sip:");
	if (g->contact_user.len > 0) {
		sip_user_write(&uri, leg_str(g, g->contact_user));
		buf_chr(&uri, '@');
	}
	tg_addr_write(&uri, us(l, g));
	if (uri.full)
		b->full = true;
	sip_write_addr(b, SIP_HDR_CONTACT, &(struct sip_write_addr){ .uri = buf_slice(&uri) });
}

/* The manual's list of what tollgate says of itself. */
static void write_allow(struct buf *b)
{
	sip_write_header(b, SIP_HDR_ALLOW, SLICE("INVITE, ACK, CANCEL, BYE, OPTIONS"));
}

static void end_response(struct leg_layer *l, struct leg *g, struct buf *b, struct slice sdp)
{
	write_contact(b, l, g);
	write_allow(b);
	sip_write_body(b, sdp.len > 0 ? SDP_TYPE : (struct slice){ 0 }, sdp);
}

void leg_reply_invite(struct leg_layer *l, struct leg *g, uint16_t status, struct slice sdp)
{
	struct buf b = txn_server_write(l->conf.txn, g->invite);

	if (g->keep == NULL)
		return; /* answered finally before */
	sip_write_status(&b, status, (struct slice){ 0 });
	buf_put(&b, slice_of(g->keep->head, g->keep->head_len));
	if (status == 401)
		l->conf.challenge(l->conf.ctx, &b, &g->flow, g->used_up);
	if (status == 500 || status == 503)
		sip_write_number(&b, SIP_HDR_RETRY_AFTER, status == 500 ? 2 : 10);
	if (status >= 200 && status < 300 && g->confirmed)
		leg_session_write_reply(&b, g);
	if (status > 100 && status < 300)
		end_response(l, g, &b, sdp);
	else
		sip_write_body(&b, (struct slice){ 0 }, (struct slice){ 0 });
	if (txn_server_reply(l->conf.txn, g->invite, status, &b) != TG_OK)
		log_event(l->conf.log, EV_SEND_FAILED, LOG_STR("why", SLICE("response too long")),
		          LOG_ADDR("to", &g->flow.remote), LOG_END);
}

void leg_reply(struct leg_layer *l, struct leg *g, const struct leg_in *in, uint16_t status)
{
	const struct sip_response how = {
		.status = status,
		.to_tag = leg_str(g, g->local_tag),
		.source = &g->flow.remote,
	};
	struct buf b = txn_server_write(l->conf.txn, in->txn);

	sip_write_response(&b, in->msg, &how);
	if (status == 500)
		sip_write_number(&b, SIP_HDR_RETRY_AFTER, tg_rng_below(l->conf.rng, 11));
	if (status == 405 || in->msg->method == SIP_OPTIONS)
		write_allow(&b);
	if (status == 200 && in->msg->method == SIP_OPTIONS)
		sip_write_header(&b, SIP_HDR_ACCEPT, SDP_TYPE);
	sip_write_body(&b, (struct slice){ 0 }, (struct slice){ 0 });
	if (txn_server_reply(l->conf.txn, in->txn, status, &b) != TG_OK)
		log_event(l->conf.log, EV_SEND_FAILED, LOG_STR("why", SLICE("response too long")),
		          LOG_ADDR("to", &g->flow.remote), LOG_END);
}

/** Request line to CSeq of a request in the dialog; the caller goes on. */
static void begin_request(struct leg_layer *l, struct leg *g, struct buf *b, struct slice method,
                          struct slice branch, uint32_t cseq)
{
	sip_write_request(b, method, leg_str(g, g->target));
	sip_write_via(b, g->flow.proto, us(l, g), branch, true);
	sip_write_number(b, SIP_HDR_MAX_FORWARDS, g->is_a || g->confirmed ? 70 : g->hops);
	if (g->route.len > 0)
		sip_write_header(b, SIP_HDR_ROUTE, leg_str(g, g->route));
	sip_write_header(b, SIP_HDR_FROM, leg_str(g, g->local_uri));
	sip_write_header(b, SIP_HDR_TO, leg_str(g, g->remote_uri));
	sip_write_header(b, SIP_HDR_CALL_ID, leg_str(g, g->call_id));
	sip_write_cseq(b, cseq, method);
}

static void write_auth(struct buf *b, const struct link_sign_reply *auth)
{
	if (auth == NULL)
		return;
	sip_write_header(b, auth->proxy ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION,
	                 slice_of(auth->value, auth->value_len));
}

static bool begin_client(struct leg_layer *l, struct leg *g, struct slice method,
                         struct txn_draft *draft)
{
	const struct txn_client what = {
		.owner = leg_cookie(l, g),
		.flow = g->flow,
		.method = method,
		.call_id = leg_str(g, g->call_id),
		.cseq = ++g->cseq_local,
		.emergency = g->emergency,
	};

	if (g->saved && g->confirmed && g->cseq_local - g->cseq_saved >= LEG_CSEQ_AHEAD)
		leg_tell_dialog(l, g, false);
	if (txn_client_begin(l->conf.txn, &what, draft) != TG_OK)
		return false;
	begin_request(l, g, &draft->out, method, slice_str(draft->branch), g->cseq_local);
	return true;
}

bool leg_send_invite(struct leg_layer *l, struct leg *g, struct slice sdp,
                     const struct link_sign_reply *auth)
{
	struct txn_draft draft;

	if (!begin_client(l, g, SLICE("INVITE"), &draft))
		return false;
	write_auth(&draft.out, auth);
	leg_session_write(&draft.out, g);
	end_response(l, g, &draft.out, sdp);
	g->invite = draft.txn;
	g->cseq_invite = g->cseq_local;
	if (g->trunk >= 0 && !g->is_a && !g->confirmed &&
	    leg_str_set(g, &g->branch, slice_str(draft.branch)))
		leg_tell_dialog(l, g, false); /* ahead of the packet: F13 */
	return txn_client_send(l->conf.txn, &draft) == TG_OK;
}

bool leg_send_bye(struct leg_layer *l, struct leg *g, const struct link_sign_reply *auth)
{
	struct txn_draft draft;

	if (!begin_client(l, g, SLICE("BYE"), &draft))
		return false;
	write_auth(&draft.out, auth);
	if (g->cause != 0) {
		char mem[32];
		struct buf reason = buf_on(mem, sizeof(mem));

		buf_lit(&reason, "Q.850;cause=");
		buf_u64(&reason, g->cause);
		sip_write_header(&draft.out, SIP_HDR_REASON, buf_slice(&reason)); /* RFC 3326 */
	}
	sip_write_body(&draft.out, (struct slice){ 0 }, (struct slice){ 0 });
	g->other = draft.txn;
	return txn_client_send(l->conf.txn, &draft) == TG_OK;
}

void leg_send_alone(struct leg_layer *l, struct leg *g, struct slice method, struct slice to)
{
	struct buf b = l->conf.net.begin(l->conf.net.ctx, &g->flow);

	sip_write_request(&b, method, leg_str(g, g->target));
	sip_write_via(&b, g->flow.proto, us(l, g), leg_str(g, g->branch), true);
	sip_write_number(&b, SIP_HDR_MAX_FORWARDS, 70);
	sip_write_header(&b, SIP_HDR_FROM, leg_str(g, g->local_uri));
	sip_write_header(&b, SIP_HDR_TO, to.len > 0 ? to : leg_str(g, g->remote_uri));
	sip_write_header(&b, SIP_HDR_CALL_ID, leg_str(g, g->call_id));
	sip_write_cseq(&b, g->cseq_invite, method);
	sip_write_body(&b, (struct slice){ 0 }, (struct slice){ 0 });
	l->conf.net.end(l->conf.net.ctx, &b);
}

void leg_send_ack(struct leg_layer *l, struct leg *g, struct slice sdp)
{
	struct buf b = l->conf.net.begin(l->conf.net.ctx, &g->flow);
	char mem[TXN_BRANCH_LEN + 1];
	struct buf branch = buf_on(mem, sizeof(mem));

	txn_branch_write(l->conf.txn, &branch);
	begin_request(l, g, &b, SLICE("ACK"), buf_slice(&branch), g->cseq_invite);
	sip_write_body(&b, sdp.len > 0 ? SDP_TYPE : (struct slice){ 0 }, sdp);
	l->conf.net.end(l->conf.net.ctx, &b);
}
