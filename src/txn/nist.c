/*
 * Non-INVITE server transaction.
 *
 * RFC:  RFC 3261 §17.2.2 figure 8.
 * OURS: after 64*T1 without a final response of the owner it ends: the asker's timer F has fired,
 *       an answer would be of no use, and a silent process must not fill the pool (D14);
 *       what a dead flow does to Completed is nothing: timer J ends it.
 */
#include "txn/machine_priv.h"

enum nist_state {
	NIST_NONE, NIST_TRYING, NIST_PROCEEDING, NIST_COMPLETED, NIST_TERMINATED, NIST_STATES,
};

static const char *const nist_states[NIST_STATES] = {
	"-", "trying", "proceeding", "completed", "terminated",
};

#define TO(next, act) TXN_TO(NIST_##next, act)
#define STAY          TXN_STAY

static void start_silent(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_start(out, t, TXN_TIMER_SILENT);
}

static void send_response(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)t;
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
}

static void send_start_j(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
{
	(void)in;
	txn_out_fx(out, FX_SEND_NEW);
	txn_out_start(out, t, TXN_TIMER_J);
}

static void resend(struct txn_machine *t, const struct txn_in *in, struct txn_out *out)
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

/* An empty cell is our bug or their attack: counted, logged, state kept. */
static const struct txn_cell nist_table[NIST_STATES][TXN_INPUT_COUNT] = {
	[NIST_NONE] = {
		[EV_TU_BEGIN]     = TO(TRYING,     start_silent),
	},
	[NIST_TRYING] = {
		[EV_TU_1XX]       = TO(PROCEEDING, send_response),
		[EV_TU_2XX]       = TO(COMPLETED,  send_start_j),
		[EV_TU_3456]      = TO(COMPLETED,  send_start_j),
		[EV_RX_REQUEST]   = STAY,
		[EV_TIMER_SILENT] = TO(TERMINATED, report_timeout),
		[EV_TX_FAIL]      = STAY,
	},
	[NIST_PROCEEDING] = {
		[EV_TU_1XX]       = TO(PROCEEDING, send_response),
		[EV_TU_2XX]       = TO(COMPLETED,  send_start_j),
		[EV_TU_3456]      = TO(COMPLETED,  send_start_j),
		[EV_RX_REQUEST]   = TO(PROCEEDING, resend),
		[EV_TIMER_SILENT] = TO(TERMINATED, report_timeout),
		[EV_TX_FAIL]      = STAY,
	},
	[NIST_COMPLETED] = {
		[EV_RX_REQUEST]   = TO(COMPLETED,  resend),
		[EV_TIMER_J]      = TO(TERMINATED, NULL),
		[EV_TX_FAIL]      = STAY,
	},
};

const struct txn_table txn_nist = {
	"nist", "Non-INVITE server transaction", nist_states, NIST_STATES, nist_table,
};
