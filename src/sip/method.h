/* SIP methods: the ones that tollgate knows by name, from one table. */
#ifndef TG_SIP_METHOD_H
#define TG_SIP_METHOD_H

#include "base/slice.h"

/* name as on the wire (case-sensitive, RFC 3261 §7.1), source */
#define SIP_METHOD_TABLE(X)                                            \
	X(ACK)       /* RFC 3261 */                                    \
	X(BYE)                                                         \
	X(CANCEL)                                                      \
	X(INVITE)                                                      \
	X(OPTIONS)                                                     \
	X(REGISTER)                                                    \
	X(INFO)      /* RFC 6086 */                                    \
	X(MESSAGE)   /* RFC 3428 */                                    \
	X(NOTIFY)    /* RFC 6665 */                                    \
	X(SUBSCRIBE)                                                   \
	X(PRACK)     /* RFC 3262 */                                    \
	X(PUBLISH)   /* RFC 3903 */                                    \
	X(REFER)     /* RFC 3515 */                                    \
	X(UPDATE)    /* RFC 3311 */

enum sip_method {
	SIP_METHOD_NONE,  /* no method parsed */
	SIP_METHOD_OTHER, /* a token that the table does not have: 501 (RFC 3261 §8.2.1) */
#define X(name) SIP_##name,
	SIP_METHOD_TABLE(X)
#undef X
	SIP_METHODS
};

/** The method that `token` names exactly; SIP_METHOD_OTHER for any other text.  Any thread. */
enum sip_method sip_method_of(struct slice token);

/** Name on the wire; empty for SIP_METHOD_NONE and SIP_METHOD_OTHER.  Any thread. */
struct slice sip_method_name(enum sip_method method);

#endif
