/*
 * Money on a running call: B hangs up when the time that the vault paid for ends, and tells it what
 * the provider may charge.
 *
 * OURS: of every attempt on a trunk the vault hears one end, whatever way B takes out of its
 *       tables: leg_tell_bill_end() runs wherever a half-call closes.  While the vault is away B
 *       stays in CLOSING and keeps what it owes, so that no hold waits for a bill that was lost.
 */
#include "leg/act.h"

static const struct slice no_sdp = { NULL, 0 };

static void post(struct leg_layer *l, const struct link_leg *id, const struct link_call_bill *bill)
{
	link_msg_init(&l->out, LINK_CALL_BILL, (struct link_proc){ LINK_VAULT, 0 });
	l->out.head.leg = *id;
	l->out.bill = *bill;
	l->conf.link.post(l->conf.link.ctx, &l->out);
}

void leg_unused(struct leg_layer *l, const struct link_leg *id, uint16_t status)
{
	post(l, id, &(struct link_call_bill){ .what = LINK_BILL_FAILED, .status = status });
}

void leg_unknown(struct leg_layer *l, const struct link_leg *id)
{
	post(l, id, &(struct link_call_bill){ .what = LINK_BILL_OVER, .unconfirmed = 1 });
}

static uint32_t talk_ms(const struct leg *g, uint64_t until_ms)
{
	return g->up_ms != 0 && until_ms > g->up_ms ? (uint32_t)(until_ms - g->up_ms) : 0;
}

void leg_tell_bill(struct leg_layer *l, struct leg *g, enum link_bill what, uint16_t status)
{
	const struct link_call_bill bill = { .what = (uint8_t)what, .status = status };

	if (g->bill == LEG_BILL_NONE)
		return;
	g->bill = what == LINK_BILL_ANSWERED ? LEG_BILL_UP : LEG_BILL_UNSURE;
	post(l, &g->id, &bill);
}

void leg_tell_bill_again(struct leg_layer *l, struct leg *g)
{
	struct link_call_bill bill = { .what = LINK_BILL_ANSWERED };

	if (g->bill == LEG_BILL_UP) {
		bill.talk_ms = talk_ms(g, l->now_ms);
		post(l, &g->id, &bill);
	} else if (g->bill == LEG_BILL_UNSURE) {
		bill.what = LINK_BILL_UNKNOWN;
		post(l, &g->id, &bill);
	} else if (g->bill == LEG_BILL_OWED) {
		post(l, &g->id, &g->owed);
		g->bill = LEG_BILL_NONE;
	}
}

/** A BYE of theirs, or an answer to ours that says that the dialog is gone. */
static bool is_confirmed(const struct leg *g, const struct leg_in *in)
{
	switch (in->event) {
	case LEG_EV_RX_BYE:
	case LEG_EV_RX_2XX:
	case LEG_EV_RX_2XX_OFFER:
		return true;
	case LEG_EV_RX_DEAD:
		return g->bye_ms != 0 || (in->msg != NULL && in->msg->status == 481);
	default:
		return g->bye_ms != 0;
	}
}

void leg_tell_bill_end(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	struct link_call_bill *bill = &g->owed;

	*bill = (struct link_call_bill){ 0 };
	switch (g->bill) {
	case LEG_BILL_UP:
		bill->what = LINK_BILL_OVER;
		bill->unconfirmed = !is_confirmed(g, in);
		bill->talk_ms = talk_ms(g, g->bye_ms != 0 ? g->bye_ms : l->now_ms);
		break;
	case LEG_BILL_OPEN:
		bill->what = in->event == LEG_EV_TIMER_RING || in->event == LEG_EV_TX_TIMEOUT
			? LINK_BILL_UNKNOWN : LINK_BILL_FAILED;
		bill->status = in->msg != NULL && in->msg->status >= 300 ? in->msg->status : 0;
		break;
	default:
		g->bill = LEG_BILL_NONE;
		return;
	}
	g->bill = LEG_BILL_OWED;
	if (!l->vault_away)
		leg_tell_bill_again(l, g);
}

/* ---- paid time ---- */

static void start_paid(struct leg_layer *l, struct leg *g)
{
	if (g->paid_ms != 0)
		tg_wheel_start(l->wheel, &g->timer_max, LEG_EV_TIMER_PAID, g->up_ms + g->paid_ms);
}

void leg_paid_from_now(struct leg_layer *l, struct leg *g)
{
	leg_tell_bill(l, g, LINK_BILL_ANSWERED, 0);
	start_paid(l, g);
}

void leg_renewed(struct leg_layer *l, struct leg *g, const struct link_msg *msg)
{
	const struct link_call_renew *r = &msg->renew;

	if (g->is_a || g->paid_ms == 0 || r->paid_ms == 0 || g->final)
		return;
	g->paid_ms = r->paid_ms;
	g->final = r->final;
	if (r->final && !leg_str_set(g, &g->final_rule, link_text(&r->rule)))
		g->final_rule.len = 0;
	if (g->call != CALL_UP && g->call != CALL_B_ACK_WAIT)
		return;
	start_paid(l, g);
	if (r->final && g->up_ms + g->paid_ms >= l->now_ms + LEG_WARN_MS)
		leg_tell(l, g, LINK_LEG_WARN, 0, no_sdp);
}

void leg_end_bye_unpaid(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	(void)in;
	leg_bye_both(l, g, g->final_rule.len > 0 ? leg_str(g, g->final_rule) : SLICE("unpaid"), 16);
}

void leg_b_unpaid_bye(struct leg_layer *l, struct leg *g, const struct leg_in *in)
{
	leg_send_ack(l, g, no_sdp);
	leg_end_bye_unpaid(l, g, in);
}
