/*
 * Non-INVITE client transaction.
 *
 * RFC:  RFC 3261 §17.1.2.2 figure 6.
 * OURS: nothing.
 */
#include "txn/machine_priv.h"

enum nict_state {
	NICT_NONE, NICT_TRYING, NICT_PROCEEDING, NICT_COMPLETED, NICT_TERMINATED, NICT_STATES,
};

static const char *const nict_states[NICT_STATES] = {
	"-", "trying", "proceeding", "completed", "terminated",
};

#define TO(next, act) TXN_TO(NICT_##next, act)
#define STAY          TXN_STAY

static void start_e_f(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
	txn_out_start(out, t, TXN_TIMER_E);
	txn_out_start(out, t, TXN_TIMER_F);
}

static void resend_double_e(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_resend(out, t, TXN_TIMER_E, TXN_T2_MS);
}

static void resend_e_after_t2(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	t->resend_ms = TXN_T2_MS;
	txn_out_resend(out, t, TXN_TIMER_E, TXN_T2_MS);
}

static void pass_up(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_PASS);
}

static void start_k_pass_up(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_stop(out, TXN_TIMER_E);
	txn_out_fx(out, FX_DROP_COPY);
	txn_out_start(out, t, TXN_TIMER_K);
	txn_out_fx(out, FX_PASS);
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
static const struct txn_cell nict_table[NICT_STATES][TXN_INPUT_COUNT] = {
	[NICT_NONE] = {
		[EV_TU_BEGIN] = TO(TRYING,     start_e_f),
	},
	[NICT_TRYING] = {
		[EV_RX_1XX]   = TO(PROCEEDING, pass_up),
		[EV_RX_2XX]   = TO(COMPLETED,  start_k_pass_up),
		[EV_RX_3456]  = TO(COMPLETED,  start_k_pass_up),
		[EV_TIMER_E]  = TO(TRYING,     resend_double_e),
		[EV_TIMER_F]  = TO(TERMINATED, report_timeout),
		[EV_TX_FAIL]  = TO(TERMINATED, report_failure),
	},
	[NICT_PROCEEDING] = {
		[EV_RX_1XX]   = TO(PROCEEDING, pass_up),
		[EV_RX_2XX]   = TO(COMPLETED,  start_k_pass_up),
		[EV_RX_3456]  = TO(COMPLETED,  start_k_pass_up),
		[EV_TIMER_E]  = TO(PROCEEDING, resend_e_after_t2),
		[EV_TIMER_F]  = TO(TERMINATED, report_timeout),
		[EV_TX_FAIL]  = TO(TERMINATED, report_failure),
	},
	[NICT_COMPLETED] = {
		[EV_RX_1XX]   = STAY,
		[EV_RX_2XX]   = STAY,
		[EV_RX_3456]  = STAY,
		[EV_TIMER_K]  = TO(TERMINATED, NULL),
		[EV_TX_FAIL]  = STAY,
	},
};

const struct txn_table txn_nict = {
	"nict", "Non-INVITE client transaction", nict_states, NICT_STATES, nict_table,
};
