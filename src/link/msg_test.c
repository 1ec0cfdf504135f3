#include "base/test.h"
#include "link/msg.h"

#define EDGE0 { LINK_EDGE, 0 }
#define CARRIER0 { LINK_CARRIER, 0 }
#define VAULT0 { LINK_VAULT, 0 }
#define RELAY0 { LINK_RELAY, 0 }
#define CONSOLE0 { LINK_CONSOLE, 0 }

/* A sender and a receiver that each type is meant for, and the least that makes it valid. */
static const struct {
	enum link_type type;
	struct link_proc from, to;
	uint8_t first; /* value of the payload's first octet, where 0 is refused */
} valid[] = {
	{ LINK_PEER, { LINK_WARDEN, 0 }, VAULT0, 0 },
	{ LINK_STOP, { LINK_WARDEN, 0 }, EDGE0, 0 },
	{ LINK_AUTH_ASK, EDGE0, VAULT0, 0 },
	{ LINK_AUTH_REPLY, VAULT0, EDGE0, 0 },
	{ LINK_CALL_ASK, EDGE0, VAULT0, LINK_PARTY_ACCOUNT },
	{ LINK_CALL_VERDICT, VAULT0, EDGE0, 0 },
	{ LINK_CALL_GRANT, VAULT0, CARRIER0, LINK_PARTY_TRUNK },
	{ LINK_CALL_NEXT, EDGE0, VAULT0, 0 },
	{ LINK_CALL_ANSWERED, CARRIER0, VAULT0, 0 },
	{ LINK_CALL_RENEW, VAULT0, CARRIER0, 0 },
	{ LINK_CALL_BILL, CARRIER0, VAULT0, 0 },
	{ LINK_CALL_STOP, VAULT0, EDGE0, 0 },
	{ LINK_CALL_END, EDGE0, VAULT0, 0 },
	{ LINK_SIGN_ASK, CARRIER0, VAULT0, 0 },
	{ LINK_SIGN_REPLY, VAULT0, CARRIER0, 0 },
	{ LINK_BIND_SAVE, EDGE0, VAULT0, 0 },
	{ LINK_BIND_LOAD, VAULT0, EDGE0, 0 },
	{ LINK_TRUNK_RETRY, VAULT0, CARRIER0, 0 },
	{ LINK_DIALOG_SAVE, CARRIER0, VAULT0, 0 },
	{ LINK_DIALOG_ORPHAN, VAULT0, CARRIER0, 0 },
	{ LINK_LEG_INVITE, EDGE0, CARRIER0, 0 },
	{ LINK_LEG_PROGRESS, CARRIER0, EDGE0, 0 },
	{ LINK_LEG_ANSWER, CARRIER0, EDGE0, 0 },
	{ LINK_LEG_REFUSE, CARRIER0, EDGE0, 0 },
	{ LINK_LEG_CANCEL, EDGE0, EDGE0, 0 },
	{ LINK_LEG_ACK, EDGE0, CARRIER0, 0 },
	{ LINK_LEG_BYE, EDGE0, CARRIER0, 0 },
	{ LINK_LEG_WARN, CARRIER0, EDGE0, 0 },
	{ LINK_LEG_OFFER, EDGE0, CARRIER0, 0 },
	{ LINK_LEG_ACCEPT, EDGE0, CARRIER0, 0 },
	{ LINK_LEG_REJECT, EDGE0, CARRIER0, 0 },
	{ LINK_MEDIA_OPEN, EDGE0, RELAY0, 1 },
	{ LINK_MEDIA_OPENED, RELAY0, EDGE0, 0 },
	{ LINK_MEDIA_PEER, CARRIER0, RELAY0, 0 },
	{ LINK_MEDIA_TONE, EDGE0, RELAY0, 0 },
	{ LINK_MEDIA_CLOSE, CARRIER0, RELAY0, 0 },
	{ LINK_MEDIA_REPORT, RELAY0, CARRIER0, 0 },
	{ LINK_CTL_ASK, CONSOLE0, VAULT0, 0 },
	{ LINK_CTL_REPLY, VAULT0, CONSOLE0, 0 },
	{ LINK_STRAY, EDGE0, { LINK_EDGE, 1 }, 0 },
	{ LINK_RESOLVE_ASK, CARRIER0, { LINK_RESOLVER, 0 }, 0 },
	{ LINK_RESOLVE_REPLY, { LINK_RESOLVER, 0 }, VAULT0, 0 },
	{ LINK_NETWORK_FOUND, VAULT0, EDGE0, 0 },
};

static struct link_msg make(enum link_type type)
{
	struct link_msg msg;

	memset(&msg, 0xa5, sizeof(msg)); /* what a message does not set must not matter */
	for (size_t i = 0; i < COUNT(valid); i++) {
		if (valid[i].type != type)
			continue;
		link_msg_init(&msg, type, valid[i].to);
		msg.head.from = valid[i].from;
		*((char *)&msg + offsetof(struct link_msg, peer)) = (char)valid[i].first;
		if (type == LINK_LEG_PROGRESS)
			msg.progress.status = 183;
		if (type == LINK_LEG_REFUSE || type == LINK_LEG_REJECT)
			msg.refuse.status = 486;
		if (type == LINK_CALL_NEXT)
			msg.call_next.status = 503;
		if (type == LINK_MEDIA_TONE)
			msg.media_tone.ms = 300;
		return msg;
	}
	CHECK(false, "every type has a row in this test");
	return msg;
}

static bool ok(const struct link_msg *msg)
{
	const char *why = NULL;

	return link_msg_check(msg, &why) == TG_OK;
}

TEST(link_every_type_is_checked)
{
	CHECK(COUNT(valid) == LINK_TYPES - 1, "a row each");
	for (size_t i = 0; i < COUNT(valid); i++) {
		const char *name = link_type_name(valid[i].type);
		struct link_msg msg = make(valid[i].type);

		CHECK(ok(&msg), name);
		msg.head.len++;
		CHECK(!ok(&msg), name);
		msg.head.len = (uint16_t)(msg.head.len - 2);
		CHECK(!ok(&msg), name);
		msg.head.len = 0;
		CHECK(!ok(&msg), name);
		msg = make(valid[i].type);
		msg.head.leg.side = LINK_B + 1;
		CHECK(!ok(&msg), name);
		msg = make(valid[i].type);
		msg.head.from.role = LINK_NOBODY;
		CHECK(!ok(&msg), name);
		msg.head.from.role = LINK_ROLES;
		CHECK(!ok(&msg), name);
		msg = make(valid[i].type);
		msg.head.to.role = 255;
		CHECK(!ok(&msg), name);
		msg = make(valid[i].type);
		msg.head.type = LINK_TYPES;
		CHECK(!ok(&msg), name);
	}
}

TEST(link_who_may_say_what)
{
	static const struct {
		const char *why;
		enum link_type type;
		struct link_proc from, to;
	} rows[] = {
		{ "an edge grants itself a call", LINK_CALL_GRANT, EDGE0, CARRIER0 },
		{ "an edge has a trunk's challenge signed", LINK_SIGN_ASK, EDGE0, VAULT0 },
		{ "an edge speaks as the relay", LINK_MEDIA_OPENED, EDGE0, CARRIER0 },
		{ "an edge declares the vault dead", LINK_PEER, EDGE0, CARRIER0 },
		{ "an edge stops another", LINK_STOP, EDGE0, CARRIER0 },
		{ "an edge orders as the operator", LINK_CTL_ASK, EDGE0, VAULT0 },
		{ "a carrier plants a binding", LINK_BIND_LOAD, CARRIER0, EDGE0 },
		{ "a carrier gets an account's password tried", LINK_AUTH_ASK, CARRIER0, VAULT0 },
		{ "a stranger's packet enters through a trunk", LINK_STRAY, EDGE0, CARRIER0 },
		{ "an edge makes a paid call free", LINK_CALL_BILL, EDGE0, VAULT0 },
		{ "an edge pays for its own call", LINK_CALL_RENEW, EDGE0, CARRIER0 },
		{ "a carrier pays for another's call", LINK_CALL_RENEW, CARRIER0,
		  { LINK_CARRIER, 1 } },
		{ "a carrier admits phones", LINK_NETWORK_FOUND, CARRIER0, EDGE0 },
		{ "the resolver admits phones by itself", LINK_NETWORK_FOUND, { LINK_RESOLVER, 0 },
		  EDGE0 },
		{ "the relay says how a call ended", LINK_CALL_END, RELAY0, VAULT0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct link_msg msg = make(rows[i].type);

		msg.head.from = rows[i].from;
		msg.head.to = rows[i].to;
		CHECK(!ok(&msg), rows[i].why);
	}
}

#define AT(field, v) offsetof(struct link_msg, field), sizeof(((struct link_msg *)0)->field), v

TEST(link_fields_out_of_range)
{
	static const struct {
		const char *why;
		enum link_type type;
		size_t at, size;
		uint64_t value;
		bool good;
	} rows[] = {
		{ "role", LINK_PEER, AT(peer.proc.role, LINK_ROLES), false },
		{ "up", LINK_PEER, AT(peer.up, 2), false },
		{ "graceful", LINK_STOP, AT(stop.graceful, 255), false },
		{ "128 octets in 127", LINK_AUTH_ASK, AT(auth_ask.digest.user.len, 128), false },
		{ "127 octets", LINK_AUTH_ASK, AT(auth_ask.digest.user.len, 127), true },
		{ "1023 octets", LINK_AUTH_ASK, AT(auth_ask.digest.nonce.len, 1023), false },
		{ "1022 octets", LINK_AUTH_ASK, AT(auth_ask.digest.nonce.len, 1022), true },
		{ "algorithm", LINK_AUTH_ASK, AT(auth_ask.digest.alg, 3), false },
		{ "nc is hex", LINK_AUTH_ASK, AT(auth_ask.digest.nc[3], 'g'), false },
		{ "verdict", LINK_AUTH_REPLY, AT(auth_reply.verdict, 3), false },
		{ "nobody calls", LINK_CALL_ASK, AT(call_ask.party, LINK_PARTY_NONE), false },
		{ "party", LINK_CALL_ASK, AT(call_ask.party, 4), false },
		{ "dialled", LINK_CALL_ASK, AT(call_ask.dialled.len, 200), false },
		{ "uri", LINK_CALL_ASK, AT(call_ask.digest.uri.len, 60000), false },
		{ "family", LINK_CALL_ASK, AT(call_ask.flow.remote.family, 5), false },
		{ "family none has no port", LINK_CALL_ASK, AT(call_ask.flow.remote.port, 1),
		  false },
		{ "hole in the flow", LINK_CALL_ASK, AT(call_ask.flow.zero, 1), false },
		{ "protocol", LINK_CALL_ASK, AT(call_ask.flow.proto, 4), false },
		{ "refusal is no 200", LINK_CALL_VERDICT, AT(verdict.status, 200), false },
		{ "refusal", LINK_CALL_VERDICT, AT(verdict.status, 403), true },
		{ "target", LINK_CALL_VERDICT, AT(verdict.target.role, 99), false },
		{ "party", LINK_CALL_GRANT, AT(grant.party, 0), false },
		{ "caller", LINK_CALL_GRANT, AT(grant.caller.len, 128), false },
		{ "status", LINK_CALL_NEXT, AT(call_next.status, 200), false },
		{ "final", LINK_CALL_RENEW, AT(renew.final, 2), false },
		{ "rule", LINK_CALL_RENEW, AT(renew.rule.len, 128), false },
		{ "what", LINK_CALL_BILL, AT(bill.what, 4), false },
		{ "unconfirmed", LINK_CALL_BILL, AT(bill.unconfirmed, 2), false },
		{ "failed with a 200", LINK_CALL_BILL, AT(bill.status, 200), false },
		{ "rule", LINK_CALL_STOP, AT(stop_call.rule.len, 128), false },
		{ "by", LINK_CALL_END, AT(call_end.by, 4), false },
		{ "status", LINK_CALL_END, AT(call_end.status, 700), false },
		{ "kind", LINK_SIGN_ASK, AT(sign_ask.kind, 5), false },
		{ "realm", LINK_SIGN_ASK, AT(sign_ask.realm.len, 1023), false },
		{ "value", LINK_SIGN_REPLY, AT(sign_reply.value_len, 3073), false },
		{ "value", LINK_SIGN_REPLY, AT(sign_reply.value_len, 3072), true },
		{ "contact", LINK_BIND_SAVE, AT(binding.contact.len, 2000), false },
		{ "early", LINK_DIALOG_SAVE, AT(dialog.early, 2), false },
		{ "branch", LINK_DIALOG_ORPHAN, AT(orphan.branch.len, 128), false },
		{ "route", LINK_DIALOG_SAVE, AT(dialog.route_len, 2049), false },
		{ "100 Trying goes nowhere", LINK_LEG_PROGRESS, AT(progress.status, 100), false },
		{ "final", LINK_LEG_PROGRESS, AT(progress.status, 200), false },
		{ "no refusal", LINK_LEG_REFUSE, AT(refuse.status, 302), false },
		{ "status of an ACK", LINK_LEG_ACK, AT(ack.status, 200), false },
		{ "unknown flag", LINK_LEG_BYE, AT(bye.flags, 8), false },
		{ "body beyond len", LINK_LEG_OFFER, AT(offer.body_len, 1), false },
		{ "body beyond all", LINK_LEG_OFFER, AT(offer.body_len, 65535), false },
		{ "no stream", LINK_MEDIA_OPEN, AT(media_open.streams, 0), false },
		{ "five streams", LINK_MEDIA_OPEN, AT(media_open.streams, 5), false },
		{ "a tone of a minute", LINK_MEDIA_TONE, AT(media_tone.ms, 60000), false },
		{ "no tone", LINK_MEDIA_TONE, AT(media_tone.ms, 0), false },
		{ "stream", LINK_MEDIA_PEER, AT(media_peer.stream, 4), false },
		{ "side", LINK_MEDIA_PEER, AT(media_peer.side, 2), false },
		{ "latch", LINK_MEDIA_PEER, AT(media_peer.latch, 2), false },
		{ "address", LINK_MEDIA_PEER, AT(media_peer.rtp.family, 1), false },
		{ "event", LINK_MEDIA_REPORT, AT(media_report.event, 5), false },
		{ "last", LINK_CTL_REPLY, AT(ctl_reply.last, 2), false },
		{ "count", LINK_RESOLVE_REPLY, AT(resolve_reply.count, 9), false },
		{ "8th address", LINK_RESOLVE_REPLY, AT(resolve_reply.addr[7].zero, 1), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct link_msg msg = make(rows[i].type);

		memcpy((char *)&msg + rows[i].at, &rows[i].value, rows[i].size);
		CHECK(ok(&msg) == rows[i].good, rows[i].why);
	}
}

TEST(link_bodies)
{
	static char big[LINK_BODY_MAX + 1];
	struct link_msg msg = make(LINK_LEG_INVITE);

	memset(big, 'x', sizeof(big));
	CHECK(link_body(&msg).len == 0, "none at first");
	CHECK(link_body_set(&msg, SLICE("v=0\r\n")) == TG_OK, "fits");
	CHECK(ok(&msg), "with its flag and length");
	CHECK(slice_eq(link_body(&msg), SLICE("v=0\r\n")), "as it was");
	msg.invite.flags = 0;
	CHECK(!ok(&msg), "a body without its flag");
	CHECK(link_body_set(&msg, slice_of(big, LINK_BODY_MAX)) == TG_OK, "the largest");
	CHECK(ok(&msg), "the largest");
	CHECK(link_body_set(&msg, slice_of(big, sizeof(big))) == TG_ELIMIT, "one more");
	CHECK(ok(&msg), "unchanged by the refusal");

	msg = make(LINK_STRAY);
	CHECK(link_body_set(&msg, SLICE("OPTIONS")) == TG_OK && ok(&msg), "no flag needed");
	msg.head.len = (uint16_t)(msg.head.len - 1);
	CHECK(!ok(&msg), "body longer than the message");
}

TEST(link_texts)
{
	static char big[2000];
	struct link_text t = { 0 };
	struct link_long l = { 0 };

	memset(big, 'x', sizeof(big));
	link_text_set(&t, SLICE("alice"));
	CHECK(slice_eq(link_text(&t), SLICE("alice")), "as it was");
	link_text_set(&t, slice_of(big, sizeof(big)));
	CHECK(link_text(&t).len == 127, "cut");
	link_long_set(&l, slice_of(big, sizeof(big)));
	CHECK(link_long(&l).len == 1022, "cut");
	link_long_set(&l, slice_of(NULL, 0));
	CHECK(link_long(&l).len == 0, "empty");
	CHECK(link_text_fits(slice_of(big, 127)) && !link_text_fits(slice_of(big, 128)), "fits");
	CHECK(strcmp(link_type_name(LINK_STRAY), "STRAY") == 0, "name");
	CHECK(strcmp(link_type_name(LINK_TYPES), "?") == 0, "no such");
	CHECK(strcmp(link_role_name(LINK_CONSOLE), "console") == 0, "name");
	CHECK(strcmp(link_role_name(LINK_ROLES), "?") == 0, "no such");
}
