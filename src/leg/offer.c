/*
 * A re-INVITE while the call is up: hold, codecs, moved media.
 *
 * RFC:  RFC 3261 §14; RFC 3264 §8; RFC 6141 §3 (a refused re-INVITE changes nothing).
 * OURS: an offer crosses to the other half and waits there for its peer, so both halves may hold
 * one at
 *       the same time; then each refuses the other's with 491 and both phones come again after the
 *       random time that RFC 3261 §14.1 tells them to wait.
 *       Towards a trunk we refresh the session timer (RFC 4028) by a re-INVITE that repeats our SDP
 *       and that the other half never hears of.  Any final answer but 408 and 481 shows that the
 *       trunk still has the call.
 */
#include "leg/leg_priv.h"

#include "leg/act.h"

#define TO(next, act) { OFFER_##next, leg_##act, true }
#define KEEP(act)     { OFFER_NONE, leg_##act, true }
#define STAY          { OFFER_NONE, NULL, true }

/* Cells that are empty here fall through to the call's table (leg_step). */
const struct leg_cell leg_offer_table[OFFER_STATES_N][LEG_EVS] = {
	[OFFER_IDLE] = {
		[LEG_EV_RX_REINVITE] = TO(IN, o_tell_offer),
		[LEG_EV_PEER_OFFER]  = TO(OUT, o_send_offer),
		[LEG_EV_PEER_ACCEPT] = STAY, /* the other half's answer to what we gave up */
		[LEG_EV_PEER_REJECT] = STAY,
		[LEG_EV_TIMER_REFRESH] = TO(REFRESH, r_send),
	},
	[OFFER_IN] = {
		[LEG_EV_PEER_ACCEPT] = TO(IN_ACK, o_reply_accept),
		[LEG_EV_PEER_REJECT] = TO(IDLE, o_reply_reject),
		[LEG_EV_PEER_OFFER]  = KEEP(o_glare_peer),
		[LEG_EV_RX_REINVITE] = KEEP(o_reply_busy), /* RFC 3261 §14.2: 500, Retry-After */
		[LEG_EV_RX_ACK]      = STAY,
		[LEG_EV_TIMER_RING]  = TO(IDLE, o_reply_timeout),
		[LEG_EV_TIMER_REFRESH] = KEEP(r_later),
	},
	[OFFER_IN_ACK] = {
		[LEG_EV_RX_ACK]      = TO(IDLE, o_confirmed),
		[LEG_EV_PEER_OFFER]  = KEEP(o_glare_peer),
		[LEG_EV_RX_REINVITE] = KEEP(o_reply_busy),
		[LEG_EV_PEER_ACCEPT] = STAY,
		[LEG_EV_PEER_REJECT] = STAY,
		[LEG_EV_TIMER_REFRESH] = KEEP(r_later),
	},
	[OFFER_OUT] = {
		[LEG_EV_RX_1XX]       = STAY,
		[LEG_EV_RX_2XX]       = TO(IDLE, o_accepted),
		[LEG_EV_RX_2XX_OFFER] = TO(OUT_ACK, o_accepted_offer),
		[LEG_EV_RX_FAIL]      = TO(IDLE, o_rejected),
		[LEG_EV_RX_CHALLENGE] = TO(OUT_SIGN, ask_signature),
		[LEG_EV_RX_TOO_BRIEF] = KEEP(o_send_longer),
		[LEG_EV_TIMER_REFRESH] = KEEP(r_later),
		[LEG_EV_TX_TIMEOUT]   = TO(IDLE, o_timed_out),
		[LEG_EV_RX_REINVITE]  = KEEP(o_glare_phone),
		[LEG_EV_PEER_OFFER]   = KEEP(o_glare_peer),
	},
	[OFFER_OUT_SIGN] = {
		[LEG_EV_SIGNED]      = TO(OUT, o_send_signed),
		[LEG_EV_TIMER_REFRESH] = KEEP(r_later),
		[LEG_EV_UNSIGNED]    = TO(IDLE, o_unsigned),
		[LEG_EV_TIMER_ASK]   = TO(IDLE, o_unsigned),
		[LEG_EV_VAULT_GONE]  = TO(IDLE, o_unsigned),
		[LEG_EV_RX_REINVITE] = KEEP(o_glare_phone),
		[LEG_EV_PEER_OFFER]  = KEEP(o_glare_peer),
	},
	[OFFER_OUT_ACK] = {
		[LEG_EV_PEER_ACK]    = TO(IDLE, o_ack),
		[LEG_EV_TIMER_REFRESH] = KEEP(r_later),
		[LEG_EV_RX_2XX]      = STAY,
		[LEG_EV_RX_2XX_OFFER] = STAY,
		[LEG_EV_RX_REINVITE] = KEEP(o_glare_phone),
		[LEG_EV_PEER_OFFER]  = KEEP(o_glare_peer),
	},
	[OFFER_REFRESH] = {
		[LEG_EV_RX_1XX]       = STAY,
		[LEG_EV_RX_2XX]       = TO(IDLE, r_done),
		[LEG_EV_RX_FAIL]      = TO(IDLE, r_refused),
		[LEG_EV_RX_CHALLENGE] = TO(REFRESH_SIGN, ask_signature),
		[LEG_EV_RX_TOO_BRIEF] = KEEP(r_send_longer),
		[LEG_EV_TX_TIMEOUT]   = TO(IDLE, r_timed_out),
		[LEG_EV_UNSIGNED]     = TO(IDLE, r_later), /* it could not be sent */
		[LEG_EV_RX_REINVITE]  = KEEP(o_glare_phone),
		[LEG_EV_PEER_OFFER]   = KEEP(o_glare_peer),
		[LEG_EV_PEER_ACCEPT]  = STAY,
		[LEG_EV_PEER_REJECT]  = STAY,
	},
	[OFFER_REFRESH_SIGN] = {
		[LEG_EV_SIGNED]      = TO(REFRESH, r_send_signed),
		[LEG_EV_UNSIGNED]    = TO(IDLE, r_unsigned),
		[LEG_EV_TIMER_ASK]   = TO(IDLE, r_unsigned),
		[LEG_EV_VAULT_GONE]  = TO(IDLE, r_unsigned),
		[LEG_EV_RX_REINVITE] = KEEP(o_glare_phone),
		[LEG_EV_PEER_OFFER]  = KEEP(o_glare_peer),
		[LEG_EV_PEER_ACCEPT] = STAY,
		[LEG_EV_PEER_REJECT] = STAY,
	},
};
