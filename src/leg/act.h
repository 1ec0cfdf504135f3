/* The actions of the tables in call.c and offer.c.  None of them changes a state. */
#ifndef TG_LEG_ACT_H
#define TG_LEG_ACT_H

#include "leg/leg_priv.h"

#define LEG_ACTIONS(X)                                                                  \
	/* half_a.c: until the ACK of the 200 */                                        \
	X(a_open_media) X(a_refused) X(a_challenge) X(a_no_vault) X(a_invite)           \
	X(a_no_media) X(a_no_peer) X(a_cancelled) X(a_hung_up) X(a_progress)            \
	X(a_accept) X(a_failed) X(a_ask_next) X(a_no_route) X(a_rang_out) X(a_again)    \
	X(a_confirmed) X(a_unusable) X(a_warn)                                                    \
	/* half_b.c: until the ACK of the 200 */                                        \
	X(b_answered) X(b_answered_offer) X(b_failed) X(b_timed_out) X(b_cancel)        \
	X(b_rang_out) X(b_silent) X(b_hung_up) X(b_progress) X(b_invite_signed)         \
	X(b_too_late) X(b_ack) X(b_ack_and_bye) X(b_ack_again) X(ask_signature)         \
	X(b_given_up) X(b_invite_longer)                                                \
	/* session.c */                                                                 \
	X(r_send) X(r_send_signed) X(r_send_longer) X(r_later) X(r_unsigned) X(r_done)  \
	X(r_refused) X(r_timed_out) X(end_bye_expired)                                  \
	/* bill.c */                                                                    \
	X(b_unpaid_bye) X(end_bye_unpaid)                                               \
	/* orphan.c */                                                                  \
	X(b_cancel_again) X(b_cancelled) X(b_ack_refusal)                               \
	/* end.c */                                                                     \
	X(end_by_peer) X(end_no_ack) X(end_noted) X(end_peer_gone)                      \
	X(end_tell_hangup) X(end_tell_silent) X(end_send_bye) X(end_reply_bye)          \
	X(end_dead) X(end_bye) X(end_bye_gone) X(end_bye_silent) X(end_bye_max)         \
	X(end_bye_hangup) X(end_bye_signed) X(end_bye_again) X(end_reply_gone)          \
	X(keep_report)                                                                  \
	/* reoffer.c */                                                                 \
	X(o_tell_offer) X(o_send_offer) X(o_reply_accept) X(o_reply_reject)             \
	X(o_glare_peer) X(o_glare_phone) X(o_reply_busy) X(o_reply_timeout)             \
	X(o_confirmed) X(o_accepted) X(o_accepted_offer) X(o_rejected)                  \
	X(o_timed_out) X(o_send_longer) X(o_send_signed) X(o_unsigned) X(o_ack)

#define X(name) leg_action leg_##name;
LEG_ACTIONS(X)
#undef X

#endif
