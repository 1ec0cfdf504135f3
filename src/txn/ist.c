/*
 * INVITE server transaction.
 *
 * RFC:  RFC 3261 §17.2.1 figure 7, with the Accepted state of RFC 6026 §7.1.
 * OURS: the owner sends the 100 itself, at once (§17.2.1 asks for one within 200 ms);
 *       the 2xx is sent again by this machine, which has the copy, instead of by the UAS core
 *       (§13.3.1.4), until the owner saw the ACK; when timer L ends first the owner is told (C14);
 *       INVITEs that come after the ACK of a refusal are absorbed (a late duplicate, D13).
 */
#include "txn/machine_priv.h"

enum ist_state {
	IST_NONE, IST_PROCEEDING, IST_ACCEPTED, IST_COMPLETED, IST_CONFIRMED, IST_TERMINATED,
	IST_STATES,
};

static const char *const ist_states[IST_STATES] = {
	"-", "proceeding", "accepted", "completed", "confirmed", "terminated",
};

#define TO(next, act) TXN_TO(IST_##next, act)
#define STAY          TXN_STAY

static void send_response(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
}

static void send_start_2xx_l(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
	txn_out_start(out, t, TXN_TIMER_2XX);
	txn_out_start(out, t, TXN_TIMER_L);
}

static void send_start_g_h(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
	txn_out_start(out, t, TXN_TIMER_G);
	txn_out_start(out, t, TXN_TIMER_H);
}

static void resend(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_SEND);
}

static void resend_double_2xx(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_resend(out, t, TXN_TIMER_2XX, TXN_T2_MS);
}

static void resend_double_g(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_resend(out, t, TXN_TIMER_G, TXN_T2_MS);
}

static void stop_2xx(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	t->acked = true;
	txn_out_stop(out, TXN_TIMER_2XX);
	txn_out_fx(out, FX_DROP_COPY);
}

static void pass_up_ack(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_PASS_ACK);
}

static void stop_g_start_i(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_stop(out, TXN_TIMER_G);
	txn_out_fx(out, FX_DROP_COPY);
	txn_out_start(out, t, TXN_TIMER_I);
}

static void report_unacked(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	if (!t->acked)
		txn_out_fx(out, FX_UNACKED);
}

static void count_timeout(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_COUNT_TIMEOUT);
}

/* An empty cell is our bug or their attack: counted, logged, state kept. */
static const struct txn_cell ist_table[IST_STATES][TXN_INPUT_COUNT] = {
	[IST_NONE] = {
		[EV_TU_BEGIN]   = TO(PROCEEDING, NULL),
	},
	[IST_PROCEEDING] = {
		[EV_TU_1XX]     = TO(PROCEEDING, send_response),
		[EV_TU_2XX]     = TO(ACCEPTED,   send_start_2xx_l),
		[EV_TU_3456]    = TO(COMPLETED,  send_start_g_h),
		[EV_RX_REQUEST] = TO(PROCEEDING, resend),
		[EV_TX_FAIL]    = STAY, /* RFC 6026 §8.8: the owner's timers decide */
	},
	[IST_ACCEPTED] = {
		[EV_TU_ACKED]   = TO(ACCEPTED,   stop_2xx),
		[EV_RX_REQUEST] = STAY,
		[EV_RX_ACK]     = TO(ACCEPTED,   pass_up_ack),
		[EV_TIMER_2XX]  = TO(ACCEPTED,   resend_double_2xx),
		[EV_TIMER_L]    = TO(TERMINATED, report_unacked),
		[EV_TX_FAIL]    = STAY,
	},
	[IST_COMPLETED] = {
		[EV_RX_REQUEST] = TO(COMPLETED,  resend),
		[EV_RX_ACK]     = TO(CONFIRMED,  stop_g_start_i),
		[EV_TIMER_G]    = TO(COMPLETED,  resend_double_g),
		[EV_TIMER_H]    = TO(TERMINATED, count_timeout),
		[EV_TX_FAIL]    = STAY,
	},
	[IST_CONFIRMED] = {
		[EV_RX_REQUEST] = STAY,
		[EV_RX_ACK]     = STAY,
		[EV_TIMER_I]    = TO(TERMINATED, NULL),
		[EV_TX_FAIL]    = STAY,
	},
};

const struct txn_table txn_ist = {
	"ist", "INVITE server transaction", ist_states, IST_STATES, ist_table,
};
