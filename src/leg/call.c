/*
 * A half-call from INVITE to BYE.
 *
 * RFC:  RFC 3261 §9 (CANCEL), §13 (INVITE), §15 (BYE); RFC 3264 §4 (offers without an answer yet);
 *       RFC 6026 §7 (a 2xx may come again and after a CANCEL).
 * OURS: A asks the vault before anything leaves, and the relay before the offer does. A route that
 *       fails with a timeout, a 5xx or a dead transport makes A ask for the next one. Whatever ends
 *       a call ends both halves: each tells the other, and neither waits for the other.
 *       An INVITE that is given up without a final response is remembered for 64*T1 more, and one
 *       of a process that died is cancelled from its recipe: a 2xx that still comes is ACKed and
 *       hung up, since it costs money (C14, F13).
 */
#include "leg/leg_priv.h"

#include "leg/act.h"

#define TO(next, act) { CALL_##next, leg_##act, true }
#define KEEP(act)     { CALL_NONE, leg_##act, true }
#define GO(next)      { CALL_##next, NULL, true }
#define STAY          { CALL_NONE, NULL, true } /* legal, nothing to do */

/* What every state of A before the 200 does when its caller gives up or the half-call must end. */
#define A_GIVES_UP                                              \
	[LEG_EV_RX_CANCEL] = TO(CLOSING, a_cancelled),          \
	[LEG_EV_HANGUP]    = TO(CLOSING, a_hung_up),            \
	[LEG_EV_PEER_PROGRESS] = STAY, /* of an attempt that was given up */ \
	[LEG_EV_MEDIA_SILENT] = STAY

/* B's INVITE is out and has no final response. */
#define B_MAY_END                                               \
	[LEG_EV_RX_2XX]       = TO(UP, b_answered),             \
	[LEG_EV_RX_2XX_OFFER] = TO(B_ACK_WAIT, b_answered_offer), \
	[LEG_EV_RX_FAIL]      = TO(CLOSING, b_failed),          \
	[LEG_EV_RX_DEAD]      = TO(CLOSING, b_failed),          \
	[LEG_EV_RX_CHALLENGE] = TO(B_SIGNING, ask_signature),   \
	[LEG_EV_RX_TOO_BRIEF] = TO(B_CALLING, b_invite_longer), \
	[LEG_EV_TX_TIMEOUT]   = TO(B_LATE, b_timed_out),        \
	[LEG_EV_PEER_CANCEL]  = TO(B_CANCELLING, b_cancel),     \
	[LEG_EV_PEER_BYE]     = TO(B_CANCELLING, b_cancel),     \
	[LEG_EV_PEER_GONE]    = TO(B_CANCELLING, b_cancel),     \
	[LEG_EV_TIMER_RING]   = TO(B_CANCELLING, b_rang_out),   \
	[LEG_EV_HANGUP]       = TO(B_CANCELLING, b_hung_up)

/* Nobody waits for B's INVITE any more, but it may still be answered. */
#define B_UNHEARD                                               \
	[LEG_EV_RX_1XX]       = STAY,                           \
	[LEG_EV_RX_2XX]       = TO(ENDING, b_too_late),         \
	[LEG_EV_RX_2XX_OFFER] = TO(ENDING, b_too_late),         \
	[LEG_EV_RX_FAIL]      = TO(CLOSING, b_ack_refusal),     \
	[LEG_EV_RX_DEAD]      = TO(CLOSING, b_ack_refusal),     \
	[LEG_EV_RX_CHALLENGE] = TO(CLOSING, b_ack_refusal),     \
	[LEG_EV_RX_TOO_BRIEF] = TO(CLOSING, b_ack_refusal),     \
	[LEG_EV_TIMER_RING]   = GO(CLOSING),                    \
	[LEG_EV_TX_TIMEOUT]   = STAY,                           \
	[LEG_EV_PEER_CANCEL]  = STAY,                           \
	[LEG_EV_PEER_BYE]     = STAY,                           \
	[LEG_EV_PEER_GONE]    = STAY,                           \
	[LEG_EV_HANGUP]       = STAY

/* An empty cell is our bug or their attack: counted, logged, state kept. */
const struct leg_cell leg_call_table[CALL_STATES_N][LEG_EVS] = {
	[CALL_A_ASKING] = {
		A_GIVES_UP,
		[LEG_EV_ALLOWED]    = TO(A_OPENING, a_open_media),
		[LEG_EV_REFUSED]    = TO(CLOSING, a_refused),
		[LEG_EV_UNPROVEN]   = TO(CLOSING, a_challenge),
		[LEG_EV_VAULT_GONE] = TO(CLOSING, a_no_vault),
		[LEG_EV_TIMER_ASK]  = TO(CLOSING, a_no_vault),
	},
	[CALL_A_OPENING] = {
		A_GIVES_UP,
		[LEG_EV_MEDIA_OPEN] = TO(A_CALLING, a_invite),
		[LEG_EV_MEDIA_NONE] = TO(CLOSING, a_no_media),
		[LEG_EV_TIMER_ASK]  = TO(CLOSING, a_no_media),
		[LEG_EV_PEER_GONE]  = TO(CLOSING, a_no_peer),
	},
	[CALL_A_CALLING] = {
		[LEG_EV_RX_CANCEL]     = TO(CLOSING, a_cancelled),
		[LEG_EV_HANGUP]        = TO(CLOSING, a_hung_up),
		[LEG_EV_MEDIA_SILENT]  = STAY, /* nobody has to speak while it rings */
		[LEG_EV_MEDIA_OPEN]    = STAY, /* the relay is back and has our ports again */
		[LEG_EV_MEDIA_NONE]    = TO(CLOSING, a_hung_up),
		[LEG_EV_PEER_PROGRESS] = KEEP(a_progress),
		[LEG_EV_PEER_ANSWER]   = TO(A_ACCEPTED, a_accept),
		[LEG_EV_PEER_REFUSE]   = TO(CLOSING, a_failed),
		[LEG_EV_PEER_RETRY]    = TO(A_NEXT, a_ask_next),
		[LEG_EV_PEER_BYE]      = TO(CLOSING, a_failed),
		[LEG_EV_PEER_GONE]     = TO(CLOSING, a_no_peer),
		[LEG_EV_TIMER_RING]    = TO(CLOSING, a_rang_out),
		[LEG_EV_TIMER_AGAIN]   = KEEP(a_again),
	},
	[CALL_A_NEXT] = {
		A_GIVES_UP,
		[LEG_EV_ALLOWED]    = TO(A_OPENING, a_open_media),
		[LEG_EV_REFUSED]    = TO(CLOSING, a_no_route),
		[LEG_EV_VAULT_GONE] = TO(CLOSING, a_no_route),
		[LEG_EV_TIMER_ASK]  = TO(CLOSING, a_no_route),
		[LEG_EV_PEER_REFUSE] = STAY,
		[LEG_EV_PEER_GONE]  = STAY,
		[LEG_EV_MEDIA_OPEN] = STAY,
		[LEG_EV_MEDIA_NONE] = STAY, /* the next route opens anew */
	},
	[CALL_A_ACCEPTED] = {
		[LEG_EV_UNUSABLE]     = TO(CLOSING, a_unusable),
		[LEG_EV_RX_ACK]       = TO(UP, a_confirmed),
		[LEG_EV_RX_CANCEL]    = STAY, /* too late: RFC 3261 §9.2 */
		[LEG_EV_RX_BYE]       = TO(CLOSING, end_by_peer), /* D15: BYE before ACK */
		[LEG_EV_TIMER_ACK]    = TO(ENDING, end_no_ack), /* RFC 3261 §13.3.1.4 */
		[LEG_EV_TX_TIMEOUT]   = STAY,
		[LEG_EV_PEER_PROGRESS] = STAY,
		[LEG_EV_PEER_WARN]    = KEEP(a_warn),
		[LEG_EV_PEER_BYE]     = TO(A_LEAVING, end_noted),
		/* the ACK of the first is not here yet */
		[LEG_EV_PEER_OFFER]   = KEEP(o_glare_peer),
		[LEG_EV_PEER_GONE]    = TO(A_LEAVING, end_peer_gone),
		[LEG_EV_HANGUP]       = TO(A_LEAVING, end_tell_hangup),
		[LEG_EV_MEDIA_SILENT] = TO(A_LEAVING, end_tell_silent),
		[LEG_EV_MEDIA_NONE]   = TO(A_LEAVING, end_tell_silent),
		[LEG_EV_MEDIA_OPEN]   = STAY,
	},
	[CALL_A_LEAVING] = {
		[LEG_EV_RX_ACK]    = TO(ENDING, end_send_bye),
		[LEG_EV_TIMER_ACK] = TO(ENDING, end_send_bye),
		[LEG_EV_RX_BYE]    = TO(CLOSING, end_reply_bye),
		[LEG_EV_RX_CANCEL] = STAY,
		[LEG_EV_TX_TIMEOUT] = STAY,
		[LEG_EV_PEER_BYE]  = STAY,
		[LEG_EV_PEER_WARN] = STAY,
		[LEG_EV_PEER_OFFER] = KEEP(o_glare_peer),
		[LEG_EV_PEER_GONE] = STAY,
		[LEG_EV_HANGUP]    = STAY,
		[LEG_EV_MEDIA_SILENT] = STAY,
		[LEG_EV_MEDIA_OPEN] = STAY,
		[LEG_EV_MEDIA_NONE] = STAY,
	},
	[CALL_B_CALLING] = {
		B_MAY_END,
		[LEG_EV_RX_1XX] = TO(B_RINGING, b_progress),
		[LEG_EV_TIMER_ASK] = TO(B_CANCELLING, b_silent),
	},
	[CALL_B_RINGING] = {
		B_MAY_END,
		[LEG_EV_RX_1XX] = KEEP(b_progress),
	},
	[CALL_B_SIGNING] = {
		[LEG_EV_SIGNED]      = TO(B_CALLING, b_invite_signed),
		[LEG_EV_UNSIGNED]    = TO(CLOSING, b_failed),
		[LEG_EV_TIMER_ASK]   = TO(CLOSING, b_failed),
		[LEG_EV_VAULT_GONE]  = TO(CLOSING, b_failed),
		[LEG_EV_TX_TIMEOUT]  = STAY, /* of the INVITE that was challenged */
		[LEG_EV_PEER_CANCEL] = GO(CLOSING), /* nothing is out that could be cancelled */
		[LEG_EV_PEER_BYE]    = GO(CLOSING),
		[LEG_EV_PEER_GONE]   = GO(CLOSING),
		[LEG_EV_HANGUP]      = TO(CLOSING, b_failed),
	},
	[CALL_B_CANCELLING] = {
		[LEG_EV_RX_1XX]       = STAY,
		/* C14: the 200 crossed our CANCEL */
		[LEG_EV_RX_2XX]       = TO(ENDING, b_too_late),
		[LEG_EV_RX_2XX_OFFER] = TO(ENDING, b_too_late),
		[LEG_EV_RX_FAIL]      = GO(CLOSING),
		[LEG_EV_RX_DEAD]      = GO(CLOSING),
		[LEG_EV_RX_CHALLENGE] = GO(CLOSING),
		[LEG_EV_RX_TOO_BRIEF] = GO(CLOSING),
		[LEG_EV_TX_TIMEOUT]   = TO(B_LATE, b_given_up),
		/* RFC 3261 §9.1: 64*T1 after CANCEL */
		[LEG_EV_TIMER_RING]   = TO(B_LATE, b_given_up),
		[LEG_EV_PEER_CANCEL]  = STAY,
		[LEG_EV_PEER_BYE]     = STAY,
		[LEG_EV_PEER_GONE]    = STAY,
		[LEG_EV_HANGUP]       = STAY,
	},
	[CALL_B_LATE] = {
		B_UNHEARD,
	},
	[CALL_B_LOST] = {
		B_UNHEARD,
		[LEG_EV_TIMER_AGAIN]  = KEEP(b_cancel_again),
		[LEG_EV_RX_CANCELLED] = KEEP(b_cancelled),
	},
	[CALL_B_ACK_WAIT] = {
		[LEG_EV_PEER_ACK]   = TO(UP, b_ack),
		[LEG_EV_PEER_BYE]   = TO(ENDING, b_ack_and_bye),
		[LEG_EV_PEER_GONE]  = TO(ENDING, b_ack_and_bye),
		[LEG_EV_TIMER_ACK]  = TO(ENDING, b_ack_and_bye),
		[LEG_EV_TIMER_PAID] = TO(ENDING, b_unpaid_bye),
		[LEG_EV_HANGUP]     = TO(ENDING, b_ack_and_bye),
		[LEG_EV_RX_BYE]     = TO(CLOSING, end_by_peer),
		[LEG_EV_RX_2XX]     = STAY,
		[LEG_EV_RX_2XX_OFFER] = STAY,
		[LEG_EV_TX_TIMEOUT] = STAY,
	},
	[CALL_UP] = {
		[LEG_EV_RX_BYE]       = TO(CLOSING, end_by_peer),
		[LEG_EV_RX_DEAD]      = TO(ENDING, end_dead),   /* RFC 3261 §12.2.1.2 */
		[LEG_EV_PEER_BYE]     = TO(ENDING, end_bye),
		[LEG_EV_PEER_GONE]    = TO(ENDING, end_bye_gone),
		[LEG_EV_MEDIA_SILENT] = TO(ENDING, end_bye_silent),
		[LEG_EV_MEDIA_NONE]   = TO(ENDING, end_bye_silent),
		[LEG_EV_TIMER_MAX]    = TO(ENDING, end_bye_max),
		/* a vault that is away renews nothing: it fails closed */
		[LEG_EV_TIMER_PAID]   = TO(ENDING, end_bye_unpaid),
		[LEG_EV_TIMER_EXPIRED] = TO(ENDING, end_bye_expired), /* C15 */
		[LEG_EV_TIMER_ACK]    = TO(ENDING, end_no_ack), /* of a re-INVITE */
		[LEG_EV_HANGUP]       = TO(ENDING, end_bye_hangup),
		[LEG_EV_RX_ACK]       = STAY, /* again */
		[LEG_EV_RX_CANCEL]    = STAY,
		[LEG_EV_RX_1XX]       = STAY,
		[LEG_EV_RX_2XX]       = KEEP(b_ack_again), /* the ACK was lost */
		[LEG_EV_RX_2XX_OFFER] = KEEP(b_ack_again),
		[LEG_EV_TX_TIMEOUT]   = STAY, /* the INVITE's transaction ends by itself */
		[LEG_EV_PEER_ACK]     = STAY,
		[LEG_EV_PEER_PROGRESS] = STAY,
		[LEG_EV_PEER_WARN]    = KEEP(a_warn),
		[LEG_EV_VAULT_GONE]   = STAY,
		[LEG_EV_MEDIA_OPEN]   = STAY, /* the relay is back and has our ports again */
	},
	[CALL_ENDING] = {
		[LEG_EV_RX_2XX]       = GO(CLOSING),
		[LEG_EV_RX_2XX_OFFER] = GO(CLOSING),
		[LEG_EV_RX_FAIL]      = GO(CLOSING),
		[LEG_EV_RX_DEAD]      = GO(CLOSING),
		[LEG_EV_TX_TIMEOUT]   = GO(CLOSING),
		[LEG_EV_RX_CHALLENGE] = KEEP(ask_signature),
		[LEG_EV_SIGNED]       = KEEP(end_bye_signed),
		[LEG_EV_UNSIGNED]     = GO(CLOSING),
		/* the vault was away: no signature came */
		[LEG_EV_TIMER_ASK]    = KEEP(end_bye_again),
		[LEG_EV_VAULT_GONE]   = STAY,
		[LEG_EV_RX_BYE]       = KEEP(end_reply_bye), /* both hung up at once */
		[LEG_EV_RX_1XX]       = STAY,
		[LEG_EV_RX_ACK]       = STAY,
		[LEG_EV_RX_CANCEL]    = STAY,
		[LEG_EV_RX_REINVITE]  = KEEP(end_reply_gone),
		[LEG_EV_PEER_BYE]     = STAY,
		[LEG_EV_PEER_ACK]     = STAY,
		[LEG_EV_PEER_CANCEL]  = STAY,
		[LEG_EV_PEER_GONE]    = STAY,
		[LEG_EV_PEER_OFFER]   = STAY,
		[LEG_EV_PEER_ACCEPT]  = STAY,
		[LEG_EV_PEER_REJECT]  = STAY,
		[LEG_EV_PEER_PROGRESS] = STAY,
		[LEG_EV_PEER_WARN]    = STAY,
		[LEG_EV_MEDIA_SILENT] = STAY,
		[LEG_EV_MEDIA_OPEN]   = STAY,
		[LEG_EV_MEDIA_NONE]   = STAY,
		[LEG_EV_MEDIA_REPORT] = KEEP(keep_report),
		[LEG_EV_HANGUP]       = STAY,
	},
	/* SIP is done; A waits for the relay's last figures before the record is written. */
	[CALL_CLOSING] = {
		[LEG_EV_MEDIA_REPORT] = TO(DONE, keep_report),
		[LEG_EV_CLOSED]       = GO(DONE),
		[LEG_EV_TIMER_ASK]    = GO(DONE),
		[LEG_EV_RX_1XX]       = STAY,
		[LEG_EV_RX_2XX]       = STAY,
		[LEG_EV_RX_2XX_OFFER] = STAY,
		[LEG_EV_RX_FAIL]      = STAY,
		[LEG_EV_RX_DEAD]      = STAY,
		[LEG_EV_RX_CHALLENGE] = STAY,
		[LEG_EV_RX_TOO_BRIEF] = STAY,
		[LEG_EV_RX_ACK]       = STAY,
		[LEG_EV_RX_BYE]       = KEEP(end_reply_bye),
		[LEG_EV_RX_CANCEL]    = STAY,
		[LEG_EV_RX_REINVITE]  = KEEP(end_reply_gone),
		[LEG_EV_TX_TIMEOUT]   = STAY,
		[LEG_EV_ALLOWED]      = STAY,
		[LEG_EV_REFUSED]      = STAY,
		[LEG_EV_UNPROVEN]     = STAY,
		[LEG_EV_SIGNED]       = STAY,
		[LEG_EV_UNSIGNED]     = STAY,
		[LEG_EV_MEDIA_OPEN]   = STAY,
		[LEG_EV_MEDIA_NONE]   = STAY,
		[LEG_EV_MEDIA_SILENT] = STAY,
		[LEG_EV_PEER_PROGRESS] = STAY,
		[LEG_EV_PEER_ANSWER]  = STAY,
		[LEG_EV_PEER_REFUSE]  = STAY,
		[LEG_EV_PEER_RETRY]   = STAY,
		[LEG_EV_PEER_CANCEL]  = STAY,
		[LEG_EV_PEER_ACK]     = STAY,
		[LEG_EV_PEER_BYE]     = STAY,
		[LEG_EV_PEER_WARN]    = STAY,
		[LEG_EV_PEER_OFFER]   = STAY,
		[LEG_EV_PEER_ACCEPT]  = STAY,
		[LEG_EV_PEER_REJECT]  = STAY,
		[LEG_EV_PEER_GONE]    = STAY,
		[LEG_EV_VAULT_GONE]   = STAY,
		[LEG_EV_HANGUP]       = STAY,
	},
};
