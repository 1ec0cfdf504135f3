/* The vault's word on proofs and signatures, asked with hand-made messages: what a taken-over edge
 * or carrier could send. */
#include "role/vault.h"

#include "base/test.h"
#include "policy/book.h"
#include "sip/digest.h"

#include <stdlib.h>

enum { CALL = 77 };

static const struct link_proc an_edge = { LINK_EDGE, 0 };
static const struct link_proc a_carrier = { LINK_CARRIER, 0 };

/* A vault and what it said last. */
struct desk {
	struct vault *vault;
	struct role_site site;
	struct role_routes routes;
	struct policy policy;
	struct tg_zone zone;
	struct judge_rules rules;
	struct judge_trunk trunk[2];
	struct tg_log log;
	struct tg_rng rng;
	struct link_msg msg; /* being written */
	struct link_msg said[LINK_TYPES];
	unsigned count[LINK_TYPES];
	unsigned reopened;
	char hold[1024]; /* the last one on disk */
	size_t hold_len;
	unsigned settled; /* holds that went with their ledgers' totals */
};

static const struct policy_number allowed[] = { { SLICE_INIT("+3491"), true } };

static void on_post(void *ctx, const struct link_msg *msg)
{
	struct desk *d = ctx;

	memcpy(&d->said[msg->head.type], msg, msg->head.len);
	d->count[msg->head.type]++;
}

static void on_log(void *ctx, struct slice line)
{
	(void)ctx;
	(void)line;
}

static uint64_t on_change(void *ctx, const struct vault_change *change)
{
	struct desk *d = ctx;

	d->reopened += change->leg.call == CALL && change->record != NULL && !change->over;
	d->settled += change->hold.p != NULL && change->hold.len == 0 && change->totals > 0;
	if (change->hold.len > 0 && change->hold.len <= sizeof(d->hold)) {
		memcpy(d->hold, change->hold.p, change->hold.len);
		d->hold_len = change->hold.len;
	}
	return 1;
}

static uint64_t on_state(void *ctx, struct slice kind, const struct vault_blob *row)
{
	(void)ctx;
	(void)kind;
	(void)row;
	return 1;
}

static bool on_healthy(void *ctx)
{
	(void)ctx;
	return true;
}

static void add_trunk(struct desk *d, const char *name, uint8_t carrier)
{
	struct role_trunk *t = &d->site.trunk[d->site.trunks++];
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));

	buf_fmt(&b, "%s.example", name);
	link_text_set(&t->name, slice_str(name));
	link_text_set(&t->domain, buf_slice(&b));
	link_text_set(&t->realm, buf_slice(&b));
	link_text_set(&t->user, SLICE("u12345"));
	t->carrier = carrier;
	t->calls_max = 4;
}

static uint16_t portugal(void *ctx, const struct tg_addr *addr)
{
	(void)ctx;
	return addr->ip[0] == 198 ? number_territory_find(SLICE("PT")) : 0;
}

static void make_site(struct desk *d)
{
	struct role_site *s = &d->site;

	link_text_set(&s->domain, SLICE("pbx.example.com"));
	s->edges = s->relays = 1;
	s->carriers = 2;
	s->calls_max = s->registrations_max = 4;
	s->networks = 1;
	s->network[0].prefix = (struct tg_prefix){ { .family = TG_AF_INET }, 0 };
	add_trunk(d, "acme", 0);
	add_trunk(d, "beta", 1);
	d->routes = (struct role_routes){ .trunk = { 0, 1 }, .count = 2 };
	d->policy = (struct policy){ .allow = allowed, .allow_count = COUNT(allowed), .pbx = -1,
		                     .has_trunks = true };
	tg_zone_utc(&d->zone);
	d->trunk[0].name = SLICE("acme");
	d->trunk[1].name = SLICE("beta");
	d->rules = (struct judge_rules){ .policy = &d->policy, .zone = &d->zone,
		                         .trunk = d->trunk, .trunks = 2,
		                         .country = portugal };
}

static void add_account(struct desk *d)
{
	struct vault_account a = { .user = "101", .user_len = 3, .networks = 1 };
	uint8_t ha1[TG_DIGEST_MAX];

	sip_digest_ha1(ha1, TG_DIGEST_SHA256, SLICE("101"), SLICE("pbx.example.com"),
	               SLICE("secret101"));
	memcpy(a.ha1_sha256, ha1, sizeof(a.ha1_sha256));
	CHECK(vault_account_set(d->vault, &a, false) == TG_OK, "room");
	CHECK(vault_secret_set(d->vault, SLICE("trunk/acme"), SLICE("s1"), false) == TG_OK, "acme");
	CHECK(vault_secret_set(d->vault, SLICE("trunk/beta"), SLICE("s2"), false) == TG_OK, "beta");
}

static void make_vault(struct desk *d)
{
	const struct vault_store store = { .ctx = d, .change = on_change, .state = on_state,
		                           .healthy = on_healthy };
	const struct vault_conf conf = { &d->routes, &d->rules, &store, { 1 }, 1 };
	struct role_env env = { .site = &d->site, .self = { LINK_VAULT, 0 }, .log = &d->log,
		                .link = { d, on_post }, .rng = &d->rng, .now_ms = 1000,
		                .wall_ms = 1000000 };

	d->vault = vault_new(&env, &conf);
	CHECK(d->vault != NULL, "memory");
	add_account(d);
}

static void open_desk(struct desk *d)
{
	static const uint8_t seed[32] = { 1 };

	memset(d, 0, sizeof(*d));
	tg_rng_init(&d->rng, seed);
	log_init(&d->log, SLICE("vault"), on_log, NULL);
	make_site(d);
	make_vault(d);
}

static void close_desk(struct desk *d)
{
	vault_free(d->vault);
}

static void tell(struct desk *d, struct link_proc from)
{
	d->msg.head.from = from;
	vault_message(d->vault, 2000, &d->msg);
}

static void begin(struct desk *d, enum link_type type, enum link_side side)
{
	link_msg_init(&d->msg, type, (struct link_proc){ LINK_VAULT, 0 });
	d->msg.head.leg = (struct link_leg){ .call = CALL, .side = (uint8_t)side,
		                             .branch = side == LINK_B };
}

/** What account 101 makes of a challenge when it sends `method` to `uri`. */
static void prove(struct link_digest *to, const char *method, const char *uri)
{
	struct sip_digest_over over = { .alg = TG_DIGEST_SHA256, .qop_auth = true,
		                        .method = slice_str(method), .uri = slice_str(uri),
		                        .nonce = SLICE("n"), .nc = SLICE("00000001"),
		                        .cnonce = SLICE("c") };
	uint8_t ha1[TG_DIGEST_MAX];
	char response[SIP_DIGEST_HEX_MAX];
	size_t len;

	sip_digest_ha1(ha1, over.alg, SLICE("101"), SLICE("pbx.example.com"), SLICE("secret101"));
	len = sip_digest_response(response, ha1, &over);
	to->present = to->qop = 1;
	to->alg = (uint8_t)over.alg;
	memcpy(to->nc, over.nc.p, sizeof(to->nc));
	link_text_set(&to->user, SLICE("101"));
	link_text_set(&to->method, over.method);
	link_text_set(&to->response, slice_of(response, len));
	link_long_set(&to->nonce, over.nonce);
	link_long_set(&to->cnonce, over.cnonce);
	link_long_set(&to->uri, over.uri);
}

static void ask_call(struct desk *d, const char *method, const char *uri, const char *dialled)
{
	begin(d, LINK_CALL_ASK, LINK_A);
	d->msg.call_ask.party = LINK_PARTY_ACCOUNT;
	d->msg.call_ask.flow.remote.family = TG_AF_INET;
	link_text_set(&d->msg.call_ask.dialled, slice_str(dialled));
	prove(&d->msg.call_ask.digest, method, uri);
	tell(d, an_edge);
}

static const struct {
	const char *why, *method, *uri, *dialled, *rule; /* rule NULL: granted */
} proofs[] = {
	{ "what was proven is what is asked", "INVITE", "sip:+3491000@pbx.example.com", "+3491000",
	  NULL },
	{ "§19.1.4 escapes are undone first", "INVITE", "sip:%2B3491000@pbx.example.com",
	  "+3491000", NULL },
	{ "RFC 3966", "INVITE", "tel:+3491000", "+3491000", NULL },
	{ "an edge uses a proof for another number", "INVITE", "sip:102@pbx.example.com",
	  "+3491000", "proof-for-another-request" },
	{ "a part of the number", "INVITE", "sip:+3491000@pbx.example.com", "+34910009",
	  "proof-for-another-request" },
	{ "a REGISTER's proof, with a URI that fits", "REGISTER", "sip:+3491000@pbx.example.com",
	  "+3491000", "proof-for-another-request" },
	{ "a URI that is none", "INVITE", "+3491000", "+3491000", "proof-for-another-request" },
	{ "another scheme", "INVITE", "http:+3491000", "+3491000", "proof-for-another-request" },
	{ "no user", "INVITE", "sip:pbx.example.com", "+3491000", "proof-for-another-request" },
};

TEST(vault_proof_of_a_call)
{
	static struct desk d;

	for (size_t i = 0; i < COUNT(proofs); i++) {
		const struct link_call_verdict *v = &d.said[LINK_CALL_VERDICT].verdict;

		open_desk(&d);
		ask_call(&d, proofs[i].method, proofs[i].uri, proofs[i].dialled);
		CHECK(d.count[LINK_CALL_VERDICT] == 1, proofs[i].why);
		CHECK(v->allow == (proofs[i].rule == NULL), proofs[i].why);
		CHECK(d.count[LINK_CALL_GRANT] == v->allow, proofs[i].why);
		if (proofs[i].rule != NULL)
			CHECK(slice_eq(link_text(&v->rule), slice_str(proofs[i].rule)),
			      proofs[i].why);
		close_desk(&d);
	}
}

TEST(vault_proof_of_a_register)
{
	static const struct {
		const char *why, *method;
		enum link_auth want;
	} rows[] = {
		{ "RFC 3261 §22.1", "REGISTER", LINK_AUTH_OK },
		{ "an INVITE's proof binds no contact", "INVITE", LINK_AUTH_WRONG },
	};
	static struct desk d;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct link_auth_reply *r = &d.said[LINK_AUTH_REPLY].auth_reply;

		open_desk(&d);
		begin(&d, LINK_AUTH_ASK, LINK_A);
		prove(&d.msg.auth_ask.digest, rows[i].method, "sip:pbx.example.com");
		tell(&d, an_edge);
		CHECK(r->verdict == rows[i].want, rows[i].why);
		CHECK((r->account != 0) == (rows[i].want == LINK_AUTH_OK), rows[i].why);
		close_desk(&d);
	}
}

/* ---- signatures ---- */

/* What a row is done to before it is asked. */
enum scene {
	NO_CALL,
	GRANTED, /* account 101 calls +3491000 over acme */
	TALKING, /* and its dialog was saved */
	LEAVING, /* and it is over, but the trunk has not confirmed the BYE */
	ENDED    /* and that too: the dialog is gone */
};

static void set_scene(struct desk *d, enum scene scene)
{
	if (scene >= GRANTED)
		ask_call(d, "INVITE", "sip:+3491000@pbx.example.com", "+3491000");
	if (scene >= TALKING) {
		begin(d, LINK_DIALOG_SAVE, LINK_B);
		tell(d, a_carrier);
	}
	if (scene >= LEAVING) {
		begin(d, LINK_CALL_END, LINK_A);
		d->msg.call_end.status = 200;
		tell(d, an_edge);
	}
	if (scene == ENDED) {
		begin(d, LINK_DIALOG_SAVE, LINK_B);
		d->msg.dialog.drop = 1;
		tell(d, a_carrier);
	}
}

static const struct signing {
	const char *why;
	enum scene scene;
	enum link_sign kind;
	const char *method, *uri;
	const char *realm; /* NULL: acme's */
	uint16_t trunk;
	uint8_t carrier;
	unsigned before;   /* so often it is signed first */
	const char *rule;  /* NULL: signed */
} signings[] = {
	{ "B13: a granted call", GRANTED, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example",
	  NULL, 0, 0, 0, NULL },
	{ "a stale nonce costs a second one", GRANTED, LINK_SIGN_INVITE, "INVITE",
	  "sip:+3491000@acme.example", NULL, 0, 0, 1, NULL },
	{ "but never a third", GRANTED, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example",
	  NULL, 0, 0, 2, "signed-twice" },
	{ "no call at all", NO_CALL, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example", NULL,
	  0, 0, 0, "no-grant" },
	{ "a call that is over", ENDED, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example",
	  NULL, 0, 0, 0, "no-grant" },
	{ "another number", GRANTED, LINK_SIGN_INVITE, "INVITE", "sip:+88210001@acme.example", NULL,
	  0, 0, 0, "another-number" },
	{ "B11: another realm", GRANTED, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example",
	  "evil.example", 0, 0, 0, "another-realm" },
	{ "another trunk of another carrier", GRANTED, LINK_SIGN_INVITE, "INVITE",
	  "sip:+3491000@beta.example", "beta.example", 1, 0, 0, "not-your-trunk" },
	{ "the grant was for acme", GRANTED, LINK_SIGN_INVITE, "INVITE",
	  "sip:+3491000@beta.example", "beta.example", 1, 1, 0, "no-grant" },
	{ "the wrong carrier", GRANTED, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example",
	  NULL, 0, 1, 0, "not-your-trunk" },
	{ "a trunk that is none", GRANTED, LINK_SIGN_INVITE, "INVITE", "sip:+3491000@acme.example",
	  NULL, 9, 0, 0, "not-your-trunk" },
	{ "an INVITE dressed as BYE", GRANTED, LINK_SIGN_BYE, "INVITE",
	  "sip:+88210001@acme.example",
	  NULL, 0, 0, 0, "another-method" },
	{ "a REFER dressed as INVITE", GRANTED, LINK_SIGN_INVITE, "REFER",
	  "sip:+3491000@acme.example", NULL, 0, 0, 0, "another-method" },
	{ "our own REGISTER", NO_CALL, LINK_SIGN_REGISTER, "REGISTER", "sip:acme.example", NULL, 0,
	  0, 0, NULL },
	{ "REGISTER somewhere else", NO_CALL, LINK_SIGN_REGISTER, "REGISTER", "sip:evil.example",
	  NULL, 0, 0, 0, "another-method" },
	{ "REGISTER of a user in the URI", NO_CALL, LINK_SIGN_REGISTER, "REGISTER",
	  "sip:+88210001@acme.example", NULL, 0, 0, 0, "another-method" },
	{ "an INVITE dressed as REGISTER", NO_CALL, LINK_SIGN_REGISTER, "INVITE",
	  "sip:acme.example", NULL, 0, 0, 0, "another-method" },
	{ "re-INVITE to the provider's contact", TALKING, LINK_SIGN_IN_DIALOG, "INVITE",
	  "sip:gw@192.0.2.7", NULL, 0, 0, 0, NULL },
	{ "re-INVITE to the number of the call", TALKING, LINK_SIGN_IN_DIALOG, "INVITE",
	  "sip:+3491000@192.0.2.7", NULL, 0, 0, 0, NULL },
	{ "re-INVITE to another number", TALKING, LINK_SIGN_IN_DIALOG, "INVITE",
	  "sip:+88210001@192.0.2.7", NULL, 0, 0, 0, "another-number" },
	{ "re-INVITE to another number, escaped", TALKING, LINK_SIGN_IN_DIALOG, "INVITE",
	  "sip:%2B88210001@192.0.2.7", NULL, 0, 0, 0, "another-number" },
	{ "re-INVITE without a dialog", GRANTED, LINK_SIGN_IN_DIALOG, "INVITE", "sip:gw@192.0.2.7",
	  NULL, 0, 0, 0, "no-dialog" },
	{ "BYE of a call", TALKING, LINK_SIGN_BYE, "BYE", "sip:gw@192.0.2.7", NULL, 0, 0, 0, NULL },
	{ "BYE after the end: it is challenged late", LEAVING, LINK_SIGN_BYE, "BYE",
	  "sip:gw@192.0.2.7", NULL, 0, 0, 0, NULL },
	{ "BYE once the trunk has confirmed it", ENDED, LINK_SIGN_BYE, "BYE",
	  "sip:gw@192.0.2.7", NULL, 0, 0, 0, "no-dialog" },
	{ "BYE of nothing", NO_CALL, LINK_SIGN_BYE, "BYE", "sip:gw@192.0.2.7", NULL, 0, 0, 0,
	  "no-dialog" },
	{ "BYE of another trunk's call", TALKING, LINK_SIGN_BYE, "BYE", "sip:gw@192.0.2.7",
	  "beta.example", 1, 1, 0, "no-dialog" },
};

static void ask_signature(struct desk *d, const struct signing *row)
{
	struct link_sign_ask *ask = &d->msg.sign_ask;

	begin(d, LINK_SIGN_ASK, LINK_B);
	ask->kind = (uint8_t)row->kind;
	ask->alg = TG_DIGEST_SHA256;
	ask->qop = 1;
	ask->trunk = row->trunk;
	link_text_set(&ask->method, slice_str(row->method));
	link_long_set(&ask->uri, slice_str(row->uri));
	link_long_set(&ask->realm, row->realm != NULL ? slice_str(row->realm)
	                                              : SLICE("acme.example"));
	link_long_set(&ask->nonce, SLICE("n"));
	tell(d, (struct link_proc){ LINK_CARRIER, row->carrier });
}

TEST(vault_signs)
{
	static struct desk d;

	for (size_t i = 0; i < COUNT(signings); i++) {
		const struct signing *row = &signings[i];
		const struct link_sign_reply *r = &d.said[LINK_SIGN_REPLY].sign_reply;

		open_desk(&d);
		set_scene(&d, row->scene);
		for (unsigned n = 0; n < row->before; n++) {
			ask_signature(&d, row);
			CHECK(r->ok, row->why);
		}
		ask_signature(&d, row);
		CHECK(d.count[LINK_SIGN_REPLY] == row->before + 1, row->why);
		CHECK(r->ok == (row->rule == NULL), row->why);
		CHECK(slice_eq(link_text(&r->rule), slice_str(row->rule != NULL ? row->rule : "")),
		      row->why);
		CHECK((r->value_len > 0) == r->ok, row->why);
		close_desk(&d);
	}
}

/* ---- calls of a vault that died ---- */

TEST(vault_call_claimed)
{
	static const struct {
		const char *why;
		struct link_proc who;
		bool trunk_calls; /* the call came in over acme */
		bool may;
	} rows[] = {
		{ "an edge has a phone's call", { LINK_EDGE, 0 }, false, true },
		{ "a carrier has none", { LINK_CARRIER, 0 }, false, false },
		{ "acme's carrier", { LINK_CARRIER, 0 }, true, true },
		{ "beta's carrier", { LINK_CARRIER, 1 }, true, false },
		{ "an edge has no provider's call", { LINK_EDGE, 0 }, true, false },
	};
	static struct desk d;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vault_record r = { .call = CALL, .answer_ms = 1 };

		open_desk(&d);
		r.a_party = rows[i].trunk_calls ? LINK_PARTY_TRUNK : LINK_PARTY_ACCOUNT;
		r.b_party = LINK_PARTY_ACCOUNT;
		link_text_set(&r.a_peer, SLICE("acme"));
		vault_call_load(d.vault, &r);
		begin(&d, LINK_CALL_ANSWERED, LINK_A);
		tell(&d, rows[i].who);
		CHECK(d.reopened == rows[i].may, rows[i].why);
		tell(&d, rows[i].who);
		CHECK(d.reopened == rows[i].may, "once");
		close_desk(&d);
	}
}

/* ---- from where ---- */

static const struct {
	const char *why;
	const char *rule; /* NULL: granted */
	const char *open; /* country that may call */
	uint8_t from;     /* first octet of the caller's address */
	uint8_t proto, bits; /* of the account's network */
	bool tls_only;
} places[] = {
	{ "a country that is listed", NULL, "PT", 198, TG_PROTO_UDP, 0, false },
	{ "R41: one that is not", "source-country", "ES", 198, TG_PROTO_UDP, 0, false },
	{ "of an unknown one the other checks hold", NULL, "ES", 203, TG_PROTO_UDP, 0, false },
	{ "a network of its own has no country", NULL, "ES", 198, TG_PROTO_UDP, 8, false },
	{ "elsewhere: the country opens nothing", "source-not-allowed", "PT", 203, TG_PROTO_UDP, 8,
	  false },
	{ "an account for TLS, by UDP", "source-not-tls", "PT", 198, TG_PROTO_UDP, 0, true },
	{ "by TLS", NULL, "PT", 198, TG_PROTO_TLS, 0, true },
};

TEST(calls_and_where_they_come_from)
{
	static struct desk d;

	for (size_t i = 0; i < COUNT(places); i++) {
		const struct link_call_verdict *v = &d.said[LINK_CALL_VERDICT].verdict;
		struct vault_account a;

		open_desk(&d);
		d.site.network[0].prefix.bits = places[i].bits;
		d.site.network[0].prefix.addr.ip[0] = places[i].bits > 0 ? 198 : 0;
		d.policy.source.by_country = true;
		places_add(&d.policy.source.countries,
		           number_territory_find(slice_str(places[i].open)));
		a = *vault_account_find(d.vault, SLICE("101"));
		a.tls_only = places[i].tls_only;
		CHECK(vault_account_set(d.vault, &a, false) == TG_OK, "room");
		begin(&d, LINK_CALL_ASK, LINK_A);
		d.msg.call_ask.party = LINK_PARTY_ACCOUNT;
		d.msg.call_ask.flow.proto = places[i].proto;
		d.msg.call_ask.flow.remote.family = TG_AF_INET;
		d.msg.call_ask.flow.remote.ip[0] = places[i].from;
		link_text_set(&d.msg.call_ask.dialled, SLICE("+3491000"));
		prove(&d.msg.call_ask.digest, "INVITE", "sip:+3491000@pbx.example.com");
		tell(&d, an_edge);
		CHECK(v->allow == (places[i].rule == NULL), places[i].why);
		if (places[i].rule != NULL)
			CHECK(slice_eq(link_text(&v->rule), slice_str(places[i].rule)),
			      places[i].why);
		close_desk(&d);
	}
}

TEST(refused_calls_leave_room)
{
	static struct desk d;

	open_desk(&d);
	for (unsigned i = 0; i < 4096; i++) { /* far more than the calls that the vault can hold */
		begin(&d, LINK_CALL_ASK, LINK_A);
		d.msg.head.leg.call = 1000 + i;
		d.msg.call_ask.party = LINK_PARTY_ACCOUNT;
		d.msg.call_ask.flow.remote.family = TG_AF_INET;
		link_text_set(&d.msg.call_ask.dialled, SLICE("+88210001"));
		prove(&d.msg.call_ask.digest, "INVITE", "sip:+88210001@pbx.example.com");
		tell(&d, an_edge);
		CHECK(d.said[LINK_CALL_VERDICT].verdict.status == 403, "a dialler is refused");
	}
	ask_call(&d, "INVITE", "sip:+3491000@pbx.example.com", "+3491000");
	CHECK(d.said[LINK_CALL_VERDICT].verdict.allow == 1, "and takes nobody else's place");
	close_desk(&d);
}

/* ---- money ---- */

/** The same desk with a home, so that calls over trunks are priced and held. */
static void open_priced(struct desk *d)
{
	static struct number_plan plan;

	open_desk(d);
	vault_free(d->vault);
	CHECK(number_plan_init(&plan, number_territory_find(SLICE("ES")), SLICE("")) == TG_OK,
	      "ES");
	d->policy.home = plan.home;
	d->rules.plan = &plan;
	d->rules.renew_s = 60;
	for (int i = 0; i < 2; i++)
		d->trunk[i].rendering = (struct number_rendering){ &plan, NUMBER_RENDER_PLUS,
			                                           SLICE("") };
	make_vault(d);
}

static tg_micro held(const struct desk *d)
{
	struct ledger_stat stat;

	ledger_stat(judge_ledger(vault_judge(d->vault)), &stat);
	return stat.held;
}

static void ask_next(struct desk *d)
{
	begin(d, LINK_CALL_NEXT, LINK_A);
	d->msg.call_next.status = 503;
	tell(d, an_edge);
}

static void bill(struct desk *d, enum link_bill what, uint32_t talk_ms)
{
	begin(d, LINK_CALL_BILL, LINK_B);
	d->msg.bill.what = (uint8_t)what;
	d->msg.bill.talk_ms = talk_ms;
	tell(d, a_carrier);
}

TEST(no_next_route_before_its_time)
{
	static struct desk d;
	const struct link_call_verdict *v = &d.said[LINK_CALL_VERDICT].verdict;

	open_priced(&d);
	ask_call(&d, "INVITE", "sip:+34911234567@pbx.example.com", "+34911234567");
	CHECK(d.count[LINK_CALL_GRANT] == 0 && held(&d) > 0, "the hold is not on disk yet");
	ask_next(&d);
	CHECK(d.count[LINK_CALL_VERDICT] == 1 && v->status == 503, "so nothing has failed yet");
	begin(&d, LINK_CALL_ANSWERED, LINK_A);
	d.msg.answered.branch = 9;
	tell(&d, an_edge);
	vault_stored(d.vault, 2001, 1);
	CHECK(d.count[LINK_CALL_GRANT] == 1 && d.said[LINK_CALL_GRANT].grant.peer == 0 &&
	      d.said[LINK_CALL_GRANT].head.leg.branch == 1,
	      "what was priced is granted, under the name that is billed");
	bill(&d, LINK_BILL_OVER, 1000);
	CHECK(held(&d) == 0, "and its bill is found");
	close_desk(&d);

	open_priced(&d);
	ask_call(&d, "INVITE", "sip:+34911234567@pbx.example.com", "+34911234567");
	vault_stored(d.vault, 2001, 1);
	bill(&d, LINK_BILL_ANSWERED, 0);
	ask_next(&d);
	vault_stored(d.vault, 2002, 1);
	CHECK(v->status == 503 && d.count[LINK_CALL_GRANT] == 1,
	      "its carrier says it is up: an edge makes no second call of it");
	bill(&d, LINK_BILL_OVER, 1000);
	CHECK(held(&d) == 0, "settled");
	close_desk(&d);
}

TEST(a_hold_whose_call_is_gone_is_spent)
{
	static struct desk d;
	struct ledger_view view;
	tg_micro before;
	uint32_t id;

	open_priced(&d);
	ask_call(&d, "INVITE", "sip:+34911234567@pbx.example.com", "+34911234567");
	vault_stored(d.vault, 2001, 1);
	before = held(&d);
	CHECK(before > 0 && d.hold_len > 0 && d.settled == 0, "it is on disk");
	vault_free(d.vault);

	/* its PBX or trunk is not configured any more: its record was not taken */
	make_vault(&d);
	CHECK(vault_hold_load(d.vault, &(struct link_leg){ CALL, LINK_B, 1 },
	                      slice_of(d.hold, d.hold_len)), "taken");
	id = ledger_find(judge_ledger(vault_judge(d.vault)), LEDGER_ACCOUNT, SLICE("101"));
	CHECK(id != 0 && ledger_view(judge_ledger(vault_judge(d.vault)),
	                             judge_now(vault_judge(d.vault)), id, &view) == TG_OK,
	      "101");
	CHECK(held(&d) == 0 && view.calls == 0 && view.money[LEDGER_DAY].spent == before,
	      "the money may be gone, so it counts");
	CHECK(d.settled == 1, "on disk as well, once");
	close_desk(&d);
}

TEST(a_loaded_call_is_known_to_a_lockdown)
{
	static const struct {
		const char *number;
		unsigned stopped;
	} rows[] = { { "+34911234567", 0 }, { "+33140000000", 1 }, { "118118", 0 } };
	static struct desk d;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vault_record r = { .call = CALL, .answer_ms = 1,
			                  .a_party = LINK_PARTY_ACCOUNT,
			                  .b_party = LINK_PARTY_TRUNK };

		open_priced(&d);
		link_text_set(&r.b_peer, SLICE("acme"));
		link_text_set(&r.number, slice_str(rows[i].number));
		vault_call_load(d.vault, &r);
		begin(&d, LINK_CALL_ANSWERED, LINK_A);
		tell(&d, an_edge);
		book_lock(vault_book(d.vault), POLICY_NO_INTERNATIONAL, UINT64_MAX);
		CHECK(vault_lock_running(d.vault) == rows[i].stopped, rows[i].number);
		close_desk(&d);
	}
}
