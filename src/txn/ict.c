/*
 * INVITE client transaction.
 *
 * RFC:  RFC 3261 §17.1.1.2 figure 5, with the Accepted state of RFC 6026 §7.2.
 * OURS: a CANCEL asked for before the first 1xx waits for it (§9.1 says so of the client, we say it
 *       of the transaction); 64*T1 after the CANCEL the INVITE counts as not answered (§9.1);
 *       a CANCEL is not sent again once the INVITE has its final answer: it could do nothing more;
 *       2xx of more than ICT_MAX_FORKS To tags are not passed up, so that a hostile callee cannot
 *       make us hold more legs by forking; nor more than ICT_MAX_2XX or ICT_MAX_1XX in all (D13);
 *       a dead connection ends the ringing too.
 */
#include "txn/machine_priv.h"

enum ict_state {
	ICT_NONE, ICT_CALLING, ICT_PROCEEDING, ICT_ACCEPTED, ICT_COMPLETED, ICT_TERMINATED,
	ICT_STATES,
};

static const char *const ict_states[ICT_STATES] = {
	"-", "calling", "proceeding", "accepted", "completed", "terminated",
};

#define TO(next, act) TXN_TO(ICT_##next, act)
#define STAY          TXN_STAY

static void start_a_b(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
	txn_out_start(out, t, TXN_TIMER_A);
	txn_out_start(out, t, TXN_TIMER_B);
}

static void resend_double_a(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_resend(out, t, TXN_TIMER_A, TXN_64T1_MS);
}

static void remember_cancel(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	(void)out;
	t->cancel_wanted = true;
}

static void send_cancel(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	if (t->cancelled)
		return; /* asked twice */
	t->cancelled = true;
	txn_out_fx(out, FX_SEND_CANCEL);
	txn_out_start(out, t, TXN_TIMER_CANCEL);
}

static void pass_up_1xx(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	if (t->passed_1xx == ICT_MAX_1XX) {
		txn_out_fx(out, FX_CAPPED);
		return;
	}
	t->passed_1xx++;
	txn_out_fx(out, FX_PASS);
}

static void stop_a_b_pass_up(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	txn_out_stop(out, TXN_TIMER_A);
	txn_out_stop(out, TXN_TIMER_B);
	if (t->cancel_wanted)
		send_cancel(t, in, out);
	pass_up_1xx(t, in, out);
}

static void pass_up_2xx(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	uint8_t i = 0;

	while (i < t->forks && t->fork[i] != in->to_tag)
		i++;
	if (i == ICT_MAX_FORKS || t->passed_2xx == ICT_MAX_2XX) {
		txn_out_fx(out, FX_CAPPED);
		return;
	}
	if (i == t->forks)
		t->fork[t->forks++] = in->to_tag;
	t->passed_2xx++;
	txn_out_fx(out, FX_PASS);
}

static void start_m_pass_up(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	txn_out_stop(out, TXN_TIMER_A);
	txn_out_fx(out, FX_QUIET_CANCEL);
	txn_out_fx(out, FX_DROP_COPY); /* nothing is sent from here any more */
	txn_out_start(out, t, TXN_TIMER_M);
	pass_up_2xx(t, in, out);
}

static void ack_start_d_pass_up(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_stop(out, TXN_TIMER_A);
	txn_out_fx(out, FX_QUIET_CANCEL);
	txn_out_fx(out, FX_SEND_ACK);
	txn_out_start(out, t, TXN_TIMER_D);
	txn_out_fx(out, FX_PASS);
}

static void resend_ack(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_SEND);
}

static void report_timeout(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_TIMEOUT);
}

static void report_failure(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_FAILED);
}

/* An empty cell is our bug or their attack: counted, logged, state kept. */
static const struct txn_cell ict_table[ICT_STATES][TXN_INPUT_COUNT] = {
	[ICT_NONE] = {
		[EV_TU_BEGIN]     = TO(CALLING,    start_a_b),
	},
	[ICT_CALLING] = {
		[EV_TU_CANCEL]    = TO(CALLING,    remember_cancel),
		[EV_RX_1XX]       = TO(PROCEEDING, stop_a_b_pass_up),
		[EV_RX_2XX]       = TO(ACCEPTED,   start_m_pass_up),
		[EV_RX_3456]      = TO(COMPLETED,  ack_start_d_pass_up),
		[EV_TIMER_A]      = TO(CALLING,    resend_double_a),
		[EV_TIMER_B]      = TO(TERMINATED, report_timeout),
		[EV_TX_FAIL]      = TO(TERMINATED, report_failure),
	},
	[ICT_PROCEEDING] = {
		[EV_TU_CANCEL]    = TO(PROCEEDING, send_cancel),
		[EV_RX_1XX]       = TO(PROCEEDING, pass_up_1xx),
		[EV_RX_2XX]       = TO(ACCEPTED,   start_m_pass_up),
		[EV_RX_3456]      = TO(COMPLETED,  ack_start_d_pass_up),
		[EV_TIMER_CANCEL] = TO(TERMINATED, report_timeout),
		[EV_TX_FAIL]      = TO(TERMINATED, report_failure),
	},
	[ICT_ACCEPTED] = {
		[EV_RX_1XX]       = STAY,
		[EV_RX_2XX]       = TO(ACCEPTED,   pass_up_2xx),
		[EV_TIMER_M]      = TO(TERMINATED, NULL),
		[EV_TX_FAIL]      = STAY,
	},
	[ICT_COMPLETED] = {
		[EV_RX_1XX]       = STAY,
		[EV_RX_3456]      = TO(COMPLETED,  resend_ack),
		[EV_TIMER_D]      = TO(TERMINATED, NULL),
		[EV_TX_FAIL]      = TO(TERMINATED, NULL), /* the owner has its answer */
	},
};

const struct txn_table txn_ict = {
	"ict", "INVITE client transaction", ict_states, ICT_STATES, ict_table,
};
