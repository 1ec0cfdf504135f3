#include "link/msg.h"

#include <assert.h>

#include "base/hash.h"

static_assert(sizeof(struct link_msg) <= LINK_MSG_MAX, "a message fits into a slot of a ring");

#define PAYLOAD offsetof(struct link_msg, peer)

/* What one field of a payload must be. */
enum rule_kind {
	RULE_TEXT,  /* struct link_text: its length */
	RULE_LONG,  /* struct link_long: its length */
	RULE_U8,    /* min..max */
	RULE_U16,   /* min..max */
	RULE_U16_0, /* 0 or min..max */
	RULE_HEX8,  /* eight hex digits, or eight NULs */
	RULE_PROC,  /* struct link_proc, or none */
	RULE_ADDR,  /* struct tg_addr, canonical, so that equal ones compare equal */
	RULE_FLOW   /* struct tg_flow, likewise */
};

struct rule {
	uint8_t kind; /* enum rule_kind */
	uint8_t count; /* of array elements one after another */
	uint16_t at;   /* in the payload */
	uint16_t min, max;
	const char *why;
};

#define RULE(kind, type, field, min, max) \
	{ kind, 1, offsetof(struct type, field), min, max, #field }
#define TEXT(type, field) RULE(RULE_TEXT, type, field, 0, sizeof(((struct type *)0)->field.s))
#define LONG(type, field) RULE(RULE_LONG, type, field, 0, sizeof(((struct type *)0)->field.s))
#define ENUM(type, field, max) RULE(RULE_U8, type, field, 0, max)
#define FLAG(type, field) RULE(RULE_U8, type, field, 0, 1)
#define FLOW(type, field) RULE(RULE_FLOW, type, field, 0, 0)
#define PROC(type, field) RULE(RULE_PROC, type, field, 0, 0)
#define ADDR(type, field) RULE(RULE_ADDR, type, field, 0, 0)
#define REFUSAL(type, field) RULE(RULE_U16_0, type, field, 400, 699)
#define NO_MORE { 0, 0, 0, 0, 0, NULL }

#define DIGEST(type) \
	FLAG(type, digest.present), ENUM(type, digest.alg, TG_DIGEST_SHA512_256), \
	FLAG(type, digest.qop), RULE(RULE_HEX8, type, digest.nc, 0, 0), \
	TEXT(type, digest.user), TEXT(type, digest.method), TEXT(type, digest.response), \
	LONG(type, digest.nonce), LONG(type, digest.cnonce), LONG(type, digest.uri)

static const struct rule peer_rules[] = {
	PROC(link_peer, proc), FLAG(link_peer, up), NO_MORE
};
static const struct rule stop_rules[] = { FLAG(link_stop, graceful), NO_MORE };
static const struct rule auth_ask_rules[] = { DIGEST(link_auth_ask), NO_MORE };
static const struct rule auth_reply_rules[] = {
	ENUM(link_auth_reply, verdict, LINK_AUTH_LATER), NO_MORE
};
static const struct rule call_ask_rules[] = {
	RULE(RULE_U8, link_call_ask, party, LINK_PARTY_ACCOUNT, LINK_PARTY_TRUNK),
	DIGEST(link_call_ask), FLOW(link_call_ask, flow), TEXT(link_call_ask, dialled),
	TEXT(link_call_ask, caller), TEXT(link_call_ask, name),
	TEXT(link_call_ask, sip_call_id), NO_MORE
};
static const struct rule verdict_rules[] = {
	FLAG(link_call_verdict, allow), ENUM(link_call_verdict, auth, LINK_AUTH_LATER),
	FLAG(link_call_verdict, emergency), ENUM(link_call_verdict, party, LINK_PARTY_TRUNK),
	FLAG(link_call_verdict, more), REFUSAL(link_call_verdict, status),
	PROC(link_call_verdict, target), TEXT(link_call_verdict, rule), NO_MORE
};
static const struct rule grant_rules[] = {
	RULE(RULE_U8, link_call_grant, party, LINK_PARTY_ACCOUNT, LINK_PARTY_TRUNK),
	FLAG(link_call_grant, emergency), PROC(link_call_grant, asker),
	TEXT(link_call_grant, to), TEXT(link_call_grant, caller), TEXT(link_call_grant, name),
	NO_MORE
};
static const struct rule call_next_rules[] = {
	RULE(RULE_U16, link_call_next, status, 300, 699), NO_MORE
};
static const struct rule answered_rules[] = { NO_MORE };
static const struct rule renew_rules[] = {
	FLAG(link_call_renew, final), TEXT(link_call_renew, rule), NO_MORE
};
static const struct rule stop_call_rules[] = { TEXT(link_call_stop, rule), NO_MORE };
static const struct rule bill_rules[] = {
	ENUM(link_call_bill, what, LINK_BILL_UNKNOWN), FLAG(link_call_bill, unconfirmed),
	RULE(RULE_U16_0, link_call_bill, status, 300, 699), NO_MORE
};
static const struct rule call_end_rules[] = {
	ENUM(link_call_end, by, LINK_END_US), RULE(RULE_U16_0, link_call_end, status, 200, 699),
	TEXT(link_call_end, rule), NO_MORE
};
static const struct rule sign_ask_rules[] = {
	ENUM(link_sign_ask, kind, LINK_SIGN_BYE),
	ENUM(link_sign_ask, alg, TG_DIGEST_SHA512_256), FLAG(link_sign_ask, qop),
	FLAG(link_sign_ask, proxy), TEXT(link_sign_ask, method), LONG(link_sign_ask, uri),
	LONG(link_sign_ask, realm), LONG(link_sign_ask, nonce), LONG(link_sign_ask, opaque),
	NO_MORE
};
static const struct rule sign_reply_rules[] = {
	FLAG(link_sign_reply, ok), FLAG(link_sign_reply, proxy), TEXT(link_sign_reply, rule),
	RULE(RULE_U16, link_sign_reply, value_len, 0, sizeof(((struct link_sign_reply *)0)->value)),
	NO_MORE
};
static const struct rule trunk_rules[] = { NO_MORE }; /* the carrier compares it with its own */
static const struct rule binding_rules[] = {
	TEXT(link_binding, user), TEXT(link_binding, instance), TEXT(link_binding, agent),
	LONG(link_binding, contact), TEXT(link_binding, call_id), FLOW(link_binding, flow),
	NO_MORE
};
static const struct rule dialog_rules[] = {
	FLAG(link_dialog, drop), FLAG(link_dialog, early), FLOW(link_dialog, flow),
	TEXT(link_dialog, call_id), TEXT(link_dialog, branch),
	TEXT(link_dialog, local_tag), TEXT(link_dialog, remote_tag),
	LONG(link_dialog, local_uri), LONG(link_dialog, remote_uri), LONG(link_dialog, target),
	RULE(RULE_U16, link_dialog, route_len, 0, sizeof(((struct link_dialog *)0)->route)),
	NO_MORE
};

/* The LEG_* messages differ in the status that they may carry. */
#define LEG_RULES(status_min, status_max) { \
	RULE(RULE_U16, link_leg_body, status, status_min, status_max), \
	ENUM(link_leg_body, flags, LINK_LEG_HAS_BODY | LINK_LEG_EMERGENCY | LINK_LEG_BY_US), \
	FLOW(link_leg_body, flow), TEXT(link_leg_body, reason), NO_MORE }
static const struct rule leg_rules[] = LEG_RULES(0, 0);
static const struct rule progress_rules[] = LEG_RULES(101, 199);
static const struct rule refuse_rules[] = LEG_RULES(400, 699);

static const struct rule media_open_rules[] = {
	RULE(RULE_U8, link_media_open, streams, 1, LINK_STREAMS_MAX),
	FLAG(link_media_open, opened), FLAG(link_media_open, emergency),
	FLAG(link_media_open, one_way), NO_MORE
};
static const struct rule media_opened_rules[] = {
	ENUM(link_media_open, streams, LINK_STREAMS_MAX), FLAG(link_media_open, opened),
	FLAG(link_media_open, emergency), FLAG(link_media_open, one_way), NO_MORE
};
static const struct rule media_peer_rules[] = {
	ENUM(link_media_peer, stream, LINK_STREAMS_MAX - 1), FLAG(link_media_peer, side),
	ENUM(link_media_peer, latch, LINK_LATCH_FROM_IP), FLAG(link_media_peer, hold),
	FLAG(link_media_peer, off), FLAG(link_media_peer, rtcp_mux), FLAG(link_media_peer, up),
	ADDR(link_media_peer, rtp), ADDR(link_media_peer, rtcp), ADDR(link_media_peer, latch_ip),
	NO_MORE
};
static const struct rule media_tone_rules[] = {
	FLAG(link_media_tone, side), RULE(RULE_U16, link_media_tone, ms, 20, 1000), NO_MORE
};
static const struct rule media_close_rules[] = { NO_MORE };
static const struct rule media_report_rules[] = {
	ENUM(link_media_report, event, LINK_MEDIA_REFUSED),
	ENUM(link_media_report, stream, LINK_STREAMS_MAX - 1), FLAG(link_media_report, side),
	NO_MORE
};
static const struct rule ctl_rules[] = {
	FLAG(link_ctl, last), FLAG(link_ctl, failed), NO_MORE
};
static const struct rule stray_rules[] = { FLOW(link_stray, flow), NO_MORE };
static const struct rule resolve_rules[] = {
	FLAG(link_resolve, failed), ENUM(link_resolve, count, LINK_ADDRS_MAX),
	ENUM(link_resolve, family, TG_AF_INET6), TEXT(link_resolve, name),
	{ RULE_ADDR, LINK_ADDRS_MAX, offsetof(struct link_resolve, addr), 0, 0, "addr" }, NO_MORE
};

/* Sets of roles. */
#define WARDEN (1u << LINK_WARDEN)
#define VAULT (1u << LINK_VAULT)
#define EDGE (1u << LINK_EDGE)
#define CARRIER (1u << LINK_CARRIER)
#define RELAY (1u << LINK_RELAY)
#define RESOLVER (1u << LINK_RESOLVER)
#define CONSOLE (1u << LINK_CONSOLE)
#define SIP (EDGE | CARRIER)
#define CHILDREN (VAULT | SIP | RELAY | RESOLVER | CONSOLE)

struct body {
	uint16_t len_at, at; /* in the payload; at = 0: the type has none */
};
#define NO_BODY { 0, 0 }
#define BODY(type) { offsetof(struct type, body_len), offsetof(struct type, body) }
#define LEG_BODY BODY(link_leg_body)

/*
 * Who may send which type to whom: what a taken-over process can say to others.  An edge has no way
 * to make a grant, to have anything signed, or to speak as the relay.
 */
static const struct row {
	const struct rule *rules;
	uint16_t from, to;
	struct body body;
} rows[LINK_TYPES] = {
	[LINK_PEER] = { peer_rules, WARDEN | CHILDREN, WARDEN | CHILDREN, NO_BODY },
	[LINK_STOP] = { stop_rules, WARDEN, CHILDREN, NO_BODY },
	[LINK_AUTH_ASK] = { auth_ask_rules, EDGE, VAULT, NO_BODY },
	[LINK_AUTH_REPLY] = { auth_reply_rules, VAULT, EDGE, NO_BODY },
	[LINK_CALL_ASK] = { call_ask_rules, SIP, VAULT, NO_BODY },
	[LINK_CALL_VERDICT] = { verdict_rules, VAULT, SIP, NO_BODY },
	[LINK_CALL_GRANT] = { grant_rules, VAULT, SIP, NO_BODY },
	[LINK_CALL_NEXT] = { call_next_rules, SIP, VAULT, NO_BODY },
	[LINK_CALL_ANSWERED] = { answered_rules, SIP, VAULT, NO_BODY },
	[LINK_CALL_RENEW] = { renew_rules, VAULT, CARRIER, NO_BODY },
	[LINK_CALL_BILL] = { bill_rules, CARRIER, VAULT, NO_BODY },
	[LINK_CALL_STOP] = { stop_call_rules, VAULT, SIP, NO_BODY },
	[LINK_CALL_END] = { call_end_rules, SIP, VAULT, NO_BODY },
	[LINK_SIGN_ASK] = { sign_ask_rules, CARRIER, VAULT, NO_BODY },
	[LINK_SIGN_REPLY] = { sign_reply_rules, VAULT, CARRIER, NO_BODY },
	[LINK_BIND_SAVE] = { binding_rules, EDGE, VAULT, NO_BODY },
	[LINK_BIND_LOAD] = { binding_rules, VAULT, EDGE, NO_BODY },
	[LINK_TRUNK_RETRY] = { trunk_rules, VAULT, CARRIER, NO_BODY },
	[LINK_DIALOG_SAVE] = { dialog_rules, CARRIER, VAULT, NO_BODY },
	[LINK_DIALOG_ORPHAN] = { dialog_rules, VAULT, CARRIER, NO_BODY },
	[LINK_LEG_INVITE] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_PROGRESS] = { progress_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_ANSWER] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_REFUSE] = { refuse_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_CANCEL] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_ACK] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_BYE] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_WARN] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_OFFER] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_ACCEPT] = { leg_rules, SIP, SIP, LEG_BODY },
	[LINK_LEG_REJECT] = { refuse_rules, SIP, SIP, LEG_BODY },
	[LINK_MEDIA_OPEN] = { media_open_rules, SIP, RELAY, NO_BODY },
	[LINK_MEDIA_OPENED] = { media_opened_rules, RELAY, SIP, NO_BODY },
	[LINK_MEDIA_PEER] = { media_peer_rules, SIP, RELAY, NO_BODY },
	[LINK_MEDIA_TONE] = { media_tone_rules, SIP, RELAY, NO_BODY },
	[LINK_MEDIA_CLOSE] = { media_close_rules, SIP, RELAY, NO_BODY },
	[LINK_MEDIA_REPORT] = { media_report_rules, RELAY, SIP, NO_BODY },
	[LINK_CTL_ASK] = { ctl_rules, CONSOLE, WARDEN | CHILDREN, BODY(link_ctl) },
	[LINK_CTL_REPLY] = { ctl_rules, WARDEN | CHILDREN, CONSOLE, BODY(link_ctl) },
	[LINK_STRAY] = { stray_rules, SIP, SIP, BODY(link_stray) },
	[LINK_RESOLVE_ASK] = { resolve_rules, WARDEN | VAULT | CARRIER, RESOLVER, NO_BODY },
	[LINK_RESOLVE_REPLY] = { resolve_rules, RESOLVER, WARDEN | VAULT | CARRIER, NO_BODY },
	[LINK_NETWORK_FOUND] = { resolve_rules, VAULT, EDGE, NO_BODY },
};

static const uint16_t payload_sizes[LINK_TYPES] = {
#define X(name, type, field) [LINK_##name] = sizeof(struct type),
	LINK_MSG_TABLE(X)
#undef X
};

static const char *const type_names[LINK_TYPES] = {
	"NONE",
#define X(name, type, field) #name,
	LINK_MSG_TABLE(X)
#undef X
};

static const char *const role_names[LINK_ROLES] = {
	"nobody", "warden", "vault", "edge", "carrier", "relay", "resolver", "console",
};

static char *payload_of(struct link_msg *msg)
{
	return (char *)msg + PAYLOAD;
}

static const char *payload_of_const(const struct link_msg *msg)
{
	return (const char *)msg + PAYLOAD;
}

/* By copy: the payload's fields are read at table offsets, whatever their type. */
static uint16_t read_u16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Octets of the payload that every message of the type has: all but the body. */
static size_t fixed_size(const struct row *row, enum link_type type)
{
	return row->body.at != 0 ? row->body.at : payload_sizes[type];
}

void link_msg_init(struct link_msg *msg, enum link_type type, struct link_proc to)
{
	size_t size;

	assert(type > LINK_NONE && type < LINK_TYPES);
	size = PAYLOAD + fixed_size(&rows[type], type);
	memset(msg, 0, size);
	msg->head.type = (uint16_t)type;
	msg->head.len = (uint16_t)size;
	msg->head.to = to;
}

void link_text_set(struct link_text *to, struct slice from)
{
	struct slice s = slice_head(from, sizeof(to->s));

	if (s.len > 0)
		memcpy(to->s, s.p, s.len);
	to->len = (uint8_t)s.len;
}

void link_long_set(struct link_long *to, struct slice from)
{
	struct slice s = slice_head(from, sizeof(to->s));

	if (s.len > 0)
		memcpy(to->s, s.p, s.len);
	to->len = (uint16_t)s.len;
}

bool link_text_fits(struct slice s)
{
	return s.len <= sizeof(((struct link_text *)0)->s);
}

struct slice link_text(const struct link_text *t)
{
	return slice_of(t->s, t->len);
}

struct slice link_long(const struct link_long *t)
{
	return slice_of(t->s, t->len);
}

enum tg_err link_body_set(struct link_msg *msg, struct slice body)
{
	const struct row *row = &rows[msg->head.type];
	uint16_t len = (uint16_t)body.len;

	assert(row->body.at != 0);
	if (body.len > LINK_BODY_MAX)
		return TG_ELIMIT;
	if (len > 0)
		memcpy(payload_of(msg) + row->body.at, body.p, len);
	memcpy(payload_of(msg) + row->body.len_at, &len, sizeof(len));
	msg->head.len = (uint16_t)(PAYLOAD + row->body.at + len);
	if (len > 0 && row->body.at == offsetof(struct link_leg_body, body) &&
	    msg->head.type >= LINK_LEG_INVITE && msg->head.type <= LINK_LEG_REJECT)
		msg->invite.flags |= LINK_LEG_HAS_BODY;
	return TG_OK;
}

struct slice link_body(const struct link_msg *msg)
{
	const struct row *row = &rows[msg->head.type];
	const char *p = payload_of_const(msg);

	assert(row->body.at != 0);
	return slice_of(p + row->body.at, read_u16(p + row->body.len_at));
}

static bool zeros(const uint8_t *p, size_t n)
{
	while (n > 0)
		if (p[--n] != 0)
			return false;
	return true;
}

static bool addr_ok(const char *p)
{
	struct tg_addr a;

	memcpy(&a, p, sizeof(a));
	switch (a.family) {
	case TG_AF_NONE:
		return a.zero == 0 && a.port == 0 && zeros(a.ip, sizeof(a.ip));
	case TG_AF_INET:
		return a.zero == 0 && zeros(a.ip + 4, sizeof(a.ip) - 4);
	case TG_AF_INET6:
		return a.zero == 0;
	default:
		return false;
	}
}

static bool flow_ok(const char *p)
{
	struct tg_flow f;

	memcpy(&f, p, sizeof(f));
	return addr_ok(p + offsetof(struct tg_flow, remote)) && f.zero == 0 &&
	       f.proto <= TG_PROTO_TLS;
}

static bool hex8_ok(const char *p)
{
	for (size_t i = 0; i < 8; i++)
		if (tg_hexval(p[i]) < 0)
			return zeros((const uint8_t *)p, 8);
	return true;
}

static bool proc_ok(const char *p)
{
	struct link_proc proc;

	memcpy(&proc, p, sizeof(proc));
	return proc.role < LINK_ROLES && (proc.role != LINK_NOBODY || proc.index == 0);
}

static bool in_range(unsigned v, const struct rule *rule)
{
	return v >= rule->min && v <= rule->max;
}

static bool rule_ok(const struct rule *rule, const char *p)
{
	switch ((enum rule_kind)rule->kind) {
	case RULE_TEXT:
	case RULE_U8:
		return in_range((uint8_t)*p, rule);
	case RULE_LONG:
	case RULE_U16:
		return in_range(read_u16(p), rule);
	case RULE_U16_0:
		return read_u16(p) == 0 || in_range(read_u16(p), rule);
	case RULE_HEX8:
		return hex8_ok(p);
	case RULE_PROC:
		return proc_ok(p);
	case RULE_ADDR:
		for (size_t i = 0; i < rule->count; i++)
			if (!addr_ok(p + i * sizeof(struct tg_addr)))
				return false;
		return true;
	case RULE_FLOW:
		return flow_ok(p);
	}
	return false;
}

/* NULL, or what is wrong with the head. */
static const char *check_head(const struct link_head *h)
{
	const struct row *row;

	if (h->type == LINK_NONE || h->type >= LINK_TYPES)
		return "type";
	row = &rows[h->type];
	if (h->from.role >= LINK_ROLES || (row->from >> h->from.role & 1) == 0)
		return "from";
	if (h->to.role >= LINK_ROLES || (row->to >> h->to.role & 1) == 0)
		return "to";
	/* a packet is handed to a worker of the same role only */
	if (h->type == LINK_STRAY && h->from.role != h->to.role)
		return "to";
	/* only the warden says who is up; a process tells it that it is */
	if (h->type == LINK_PEER && h->from.role != LINK_WARDEN && h->to.role != LINK_WARDEN)
		return "to";
	if (h->leg.side > LINK_B)
		return "side";
	return NULL;
}

/* NULL, or what is wrong with the length and the body. */
static const char *check_size(const struct link_msg *msg, const struct row *row)
{
	size_t size = PAYLOAD + fixed_size(row, (enum link_type)msg->head.type);

	if (row->body.at != 0) {
		uint16_t len = msg->head.len < size ?
			0 : read_u16(payload_of_const(msg) + row->body.len_at);

		if (len > LINK_BODY_MAX)
			return "body_len";
		size += len;
		if (len > 0 && row->rules != ctl_rules && row->rules != stray_rules &&
		    (msg->invite.flags & LINK_LEG_HAS_BODY) == 0)
			return "flags";
	}
	return msg->head.len == size ? NULL : "len";
}

enum tg_err link_msg_check(const struct link_msg *msg, const char **why)
{
	const char *bad = check_head(&msg->head);
	const struct row *row;

	if (bad == NULL)
		bad = check_size(msg, &rows[msg->head.type]);
	if (bad != NULL) {
		*why = bad;
		return TG_EBAD;
	}
	row = &rows[msg->head.type];
	for (const struct rule *r = row->rules; r->why != NULL; r++) {
		if (!rule_ok(r, payload_of_const(msg) + r->at)) {
			*why = r->why;
			return TG_EBAD;
		}
	}
	return TG_OK;
}

const char *link_type_name(enum link_type type)
{
	return (unsigned)type < LINK_TYPES ? type_names[type] : "?";
}

const char *link_role_name(enum link_role role)
{
	return (unsigned)role < LINK_ROLES ? role_names[role] : "?";
}
