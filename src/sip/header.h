/*
 * Header names, and the grammar of header values: addresses, Via, parameters, lists, quoted
 * strings.
 */
#ifndef TG_SIP_HEADER_H
#define TG_SIP_HEADER_H

#include "base/flow.h"
#include "sip/header_table.h"
#include "sip/method.h"
#include "sip/uri.h"

enum {
	SIP_PARAMS_MAX = 64,  /* parameters of one value (A15) */
	SIP_VALUES_MAX = 128  /* values of one list header that tollgate looks into */
};

/** The header that `name` names, in any case or compact form; SIP_HDR_OTHER for all others. */
enum sip_hdr sip_hdr_of(struct slice name);

/** Name as tollgate writes it; empty for SIP_HDR_OTHER. */
struct slice sip_hdr_name(enum sip_hdr id);

/** True when more than one value of the header in a message is refused with 400 (A10). */
bool sip_hdr_single(enum sip_hdr id);

/* ---- parameters: *( SEMI name [ EQUAL value ] ), with LWS and folds between the parts ---- */

struct sip_param {
	struct slice name;
	struct slice value; /* p == NULL without '='; quoted strings keep their quotes */
};

/**
 * Take the next parameter off `*rest`, which starts at a ';' (LWS before it is skipped).
 *
 * TG_ENOENT  nothing left, or a ',' stands next; *rest then starts there
 * TG_EBAD    not a parameter
 */
TG_MUST_USE enum tg_err sip_param_next(struct slice *rest, struct sip_param *out);

/**
 * Find a parameter by name (any case); the first of equal ones.  `value` may be NULL.
 *
 * params  as in sip_addr.params: from the first ';'
 */
bool sip_param_find(struct slice params, struct slice name, struct slice *value);

/* ---- addresses: name-addr or addr-spec, with parameters (RFC 3261 §20.10, 20.20, …) ---- */

struct sip_addr {
	struct slice display; /* as written, with its quotes if it has any; p == NULL without one */
	struct sip_uri uri;
	struct slice params;  /* from the first ';' behind the address; may hold folds */
	struct slice tag;     /* its tag parameter; p == NULL without one */
	bool star;            /* Contact: *  (nothing else is set) */
};

/**
 * Take the next address off the comma list `*rest`.  An addr-spec without <> gets no URI
 * parameters: they are the header's (RFC 3261 §20), and one that holds '?' is refused (regbadct).
 *
 * TG_ENOENT  nothing left
 * TG_EBAD    malformed; two tags; more than SIP_PARAMS_MAX parameters; *rest is then undefined
 */
TG_MUST_USE enum tg_err sip_addr_next(struct slice *rest, struct sip_addr *out);

/**
 * Exactly one address (From, To, Refer-To).  TG_EBAD also for an empty value or a ',' behind it.
 */
TG_MUST_USE enum tg_err sip_addr_parse(struct sip_addr *out, struct slice in);

/**
 * Append the display name as plain text: quotes and quoted-pairs undone, folds as one SP, control
 * octets left out (so the text is fit for sip_write_addr(), records and logs).
 */
void sip_display_text(struct buf *dst, struct slice display);

/* ---- Via (RFC 3261 §20.42, RFC 3581) ---- */

struct sip_via {
	struct slice text;      /* this value, as written, without the comma */
	struct slice transport; /* "UDP", "TCP", …; unknown ones are kept */
	struct slice host;      /* sent-by; IPv6 without the brackets */
	struct slice params;    /* from the first ';' */
	struct slice branch;    /* p == NULL without one; may be empty or the bare cookie */
	struct slice received;  /* as written, brackets included */
	struct slice maddr;
	uint16_t port;          /* of sent-by; 0 = not given */
	uint16_t rport;         /* value of rport; 0 when it has none */
	bool has_rport;
	bool host_is_v6;
	bool version_ok;        /* SIP/2.0 */
	bool broken;            /* the parameters are malformed; those that were read are set */
	uint8_t proto;          /* enum tg_proto of `transport`; TG_PROTO_NONE for others */
};

/**
 * Take the next Via off the comma list `*rest`.  TG_ENOENT and TG_EBAD as sip_addr_next().  When
 * only the parameters are broken, `out` is filled up to them all the same and TG_EBAD returned:
 * enough to answer with (out->broken is then true).
 */
TG_MUST_USE enum tg_err sip_via_next(struct slice *rest, struct sip_via *out);

/** True when the branch is RFC 3261's: the cookie "z9hG4bK" and something behind it. */
bool sip_via_has_cookie(const struct sip_via *via);

/**
 * Where a reply to a UDP request goes: always the packet's source address; its source port when the
 * top Via has rport, else the port of sent-by or 5060 (RFC 3581 §4, D4: received, maddr and the
 * host of sent-by are never followed).
 */
struct tg_addr sip_via_reply_to(const struct sip_via *via, const struct tg_addr *source);

/* ---- small values ---- */

struct sip_cseq {
	uint32_t number;
	uint8_t method;          /* enum sip_method */
	struct slice method_text;
};

/** "number LWS method" (RFC 3261 §20.16).  TG_EBAD, also above 2^32-1 (scalar02). */
TG_MUST_USE enum tg_err sip_cseq_parse(struct sip_cseq *out, struct slice in);

/**
 * Take the next element off a comma list of tokens or of any text: what stands between the commas,
 * trimmed; commas in quoted strings and in <> do not count; empty elements are skipped.
 *
 * TG_ENOENT  nothing left
 * TG_EBAD    a quoted string without its end
 */
TG_MUST_USE enum tg_err sip_list_next(struct slice *rest, struct slice *out);

/** True for one or more token characters (RFC 3261 §25.1). */
bool sip_is_token(struct slice s);

/**
 * A quoted string at the start of `*rest`: *out is what stands between the quotes, still with its
 * quoted-pairs; *rest what follows.  Both set only on TG_OK.  TG_EBAD: no quote, no end, or a
 * quoted CR or LF.
 */
TG_MUST_USE enum tg_err sip_quoted_next(struct slice *rest, struct slice *out);

/** Append the text of a quoted string's inside: quoted-pairs undone, each fold as one SP. */
void sip_quoted_text(struct buf *dst, struct slice inside);

#endif
