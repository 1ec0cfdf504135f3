/* SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966): parsed without a copy, written, compared. */
#ifndef TG_SIP_URI_H
#define TG_SIP_URI_H

#include "base/addr.h"
#include "base/buf.h"

enum {
	SIP_URI_MAX = 2048,       /* octets of one URI; longer is refused (414 in a Request-URI) */
	SIP_URI_PARAMS_MAX = 32   /* parameters of one URI */
};

enum sip_uri_kind {
	SIP_URI_NONE,
	SIP_URI_SIP,
	SIP_URI_SIPS,
	SIP_URI_TEL,  /* RFC 3966: `user` is the number as written, `host` is empty */
	/* any other scheme: only `scheme` and `text` are set; a Request-URI gets 416 */
	SIP_URI_OTHER
};

/** Parts of a URI.  Every slice borrows from the parsed text; what is absent has p == NULL. */
struct sip_uri {
	struct slice text;     /* all of it, as written */
	struct slice scheme;   /* as written, any case */
	struct slice user;     /* p == NULL if there is no '@'; still escaped */
	struct slice password; /* parsed only so that it can be dropped */
	struct slice host;     /* IPv6 without the brackets; name or IPv4 otherwise */
	struct slice params;   /* from the first ';' (included) to '?' or the end */
	struct slice headers;  /* behind '?': never acted upon (C8) */
	uint16_t port;         /* host order; 0 = not given */
	uint8_t kind;          /* enum sip_uri_kind */
	bool host_is_v6;       /* write `host` in brackets */
};

/**
 * Parse one URI.
 *
 * in    text without angle brackets, at most SIP_URI_MAX octets
 * out   filled only on TG_OK; its slices live as long as `in`
 *
 * TG_EBAD    anything that §25.1 or RFC 3966 §3 does not allow; accepted beyond it: '#' in a user
 *            part (phones dial it unescaped) and '_' in a host name
 * TG_ELIMIT  longer than SIP_URI_MAX, or more than SIP_URI_PARAMS_MAX parameters
 *
 * Never allocates, linear.  Any thread.
 */
TG_MUST_USE enum tg_err sip_uri_parse(struct sip_uri *out, struct slice in);

/**
 * Find a URI parameter by name (any case; RFC 3261 §19.1.4); of equal ones the first.
 *
 * params  sip_uri.params
 * value   set when found; p == NULL for a parameter without '='; still escaped; may be NULL
 *
 * Returns whether it is there.  Linear, no allocation.
 */
bool sip_uri_param(struct slice params, struct slice name, struct slice *value);

enum sip_unescape {
	SIP_UNESCAPE_ANY,  /* any octet may come out, NUL included */
	SIP_UNESCAPE_TEXT  /* %00..%1F and %7F are refused: for names that we store or log */
};

/**
 * Replace each %HH by its octet (RFC 3261 §19.1.2), once: "%2540" becomes "%40".
 *
 * dst   appended to; untouched unless TG_OK
 * in    a user part, parameter value or the like
 *
 * TG_EBAD    '%' without two hex digits, or an octet that `mode` refuses
 * TG_ELIMIT  no room in `dst` (its `full` is not set)
 */
TG_MUST_USE enum tg_err sip_unescape(struct buf *dst, struct slice in, enum sip_unescape mode);

/**
 * True when both user parts name the same user: octet for octet after unescaping, case-sensitive
 * (RFC 3261 §19.1.4).  An escaped delimiter or NUL is an octet like any other, so "a%00b" equals
 * neither "a" nor "ab" (A13).  A broken escape equals nothing.
 */
bool sip_user_eq(struct slice a, struct slice b);

/** Write `host[:port]` with brackets where needed; port 0 is left out. */
void sip_uri_write_hostport(struct buf *b, const struct sip_uri *uri);

/**
 * Write the URI from its parts: scheme in lower case, user, host, port, params.  Password and
 * headers are left out on purpose.  SIP_URI_OTHER is written as it came.
 */
void sip_uri_write(struct buf *b, const struct sip_uri *uri);

/**
 * Append `text` as a user part: octets that a user part may not hold are escaped (RFC 3261 §25.1),
 * '%' included, so that any text comes back from sip_unescape() unchanged.
 */
void sip_user_write(struct buf *b, struct slice text);

#endif
