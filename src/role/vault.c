#include "role/vault_priv.h"

#include "sip/digest.h"
#include "sip/uri.h"

#include <assert.h>
#include <stdlib.h>

static struct tg_table *new_table(struct tg_rng *rng, uint32_t cap)
{
	struct tg_key key;

	tg_rng_bytes(rng, &key, sizeof(key));
	return tg_table_new(cap, &key);
}

static bool make_tables(struct vault *v)
{
	const struct role_site *site = v->env.site;
	uint32_t users = site->registrations_max, calls = site->calls_max * 2 + 64;
	struct tg_rng *rng = v->env.rng;

	v->accounts = tg_pool_new("accounts", sizeof(struct vault_user), users, 0);
	v->calls = tg_pool_new("calls", sizeof(struct vault_call), calls, calls / 20);
	v->dialogs = tg_pool_new("trunk dialogs", sizeof(struct vault_dialog), calls, 0);
	v->by_user = new_table(rng, users);
	v->by_call = new_table(rng, calls);
	v->by_dialog = new_table(rng, calls);
	v->wheel = tg_wheel_new(v->env.now_ms);
	return v->accounts != NULL && v->calls != NULL && v->dialogs != NULL &&
	       v->by_user != NULL && v->by_call != NULL && v->by_dialog != NULL &&
	       v->wheel != NULL;
}

static const struct ledger_clock_state *here(struct vault *v)
{
	v->here.ledger_ms = vault_wall_ms(v);
	v->here.mono_ms = v->now_ms;
	return &v->here;
}

static bool make_judge(struct vault *v, const struct vault_conf *conf)
{
	const struct judge_sizes sizes = { v->env.site->registrations_max,
		                           v->env.site->calls_max * 2 + 64 };
	struct tg_key key;

	v->rules = v->given = *conf->rules;
	if (!vault_book_open(v))
		return false;
	memcpy(v->here.boot, conf->boot, sizeof(v->here.boot));
	tg_rng_bytes(v->env.rng, &key, sizeof(key));
	v->wait_cap = sizes.calls * 2;
	v->waits = calloc(v->wait_cap, sizeof(*v->waits));
	v->attempts = tg_pool_new("attempts", sizeof(struct vault_attempt), sizes.calls, 0);
	v->judge = judge_new(&v->rules, &sizes, &key, NULL, here(v));
	return v->waits != NULL && v->attempts != NULL && v->judge != NULL;
}

struct vault *vault_new(const struct role_env *env, const struct vault_conf *conf)
{
	struct vault *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->env = *env;
	v->epoch = conf->epoch;
	v->routes = conf->routes;
	v->store = *conf->store;
	v->now_ms = env->now_ms;
	v->wall_offset_ms = env->wall_ms - env->now_ms;
	tg_rng_bytes(env->rng, &v->dummy, sizeof(v->dummy));
	if (make_tables(v) && make_judge(v, conf))
		return v;
	vault_free(v);
	return NULL;
}

void vault_free(struct vault *v)
{
	if (v == NULL)
		return;
	judge_free(v->judge);
	book_free(v->book);
	tg_pool_free(v->attempts);
	free(v->waits);
	tg_wheel_free(v->wheel);
	tg_table_free(v->by_dialog);
	tg_table_free(v->by_call);
	tg_table_free(v->by_user);
	tg_pool_free(v->dialogs);
	tg_pool_free(v->calls);
	tg_pool_free(v->accounts);
	tg_wipe(v, sizeof(*v));
	free(v);
}

void vault_post(struct vault *v)
{
	v->env.link.post(v->env.link.ctx, &v->out);
}

/* ---- accounts and secrets ---- */

struct vault_user *vault_user_find(const struct vault *v, struct slice user, uint32_t *slot)
{
	uint64_t hash = tg_table_hash(v->by_user, user);
	uint32_t at = 0, value;

	while ((value = tg_table_find(v->by_user, hash, &at)) != 0) {
		struct vault_user *u = tg_pool_at(v->accounts, value);

		assert(u != NULL);
		if (slice_eq(slice_of(u->a.user, u->a.user_len), user)) {
			*slot = value;
			return u;
		}
		if (at == 0)
			break;
	}
	return NULL;
}

const struct vault_account *vault_account_find(const struct vault *v, struct slice user)
{
	uint32_t slot;
	const struct vault_user *u = vault_user_find(v, user, &slot);

	return u != NULL ? &u->a : NULL;
}

struct judge *vault_judge(const struct vault *v)
{
	return v->judge;
}

struct slice vault_realm(const struct vault *v)
{
	return link_text(&v->env.site->domain);
}

static uint16_t group_of(const struct vault *v, const struct vault_account *a)
{
	struct slice name = slice_of(a->group, a->group_len);

	for (uint16_t i = 0; i < v->rules.groups; i++) {
		if (slice_eq(v->rules.group[i], name))
			return i;
	}
	return v->rules.default_group; /* a group that is gone opens nothing of its own */
}

enum tg_err vault_account_set(struct vault *v, const struct vault_account *account, bool save)
{
	struct slice user = slice_of(account->user, account->user_len);
	uint32_t slot;
	struct vault_user *u = vault_user_find(v, user, &slot);

	if (u == NULL) {
		enum tg_err err;

		u = tg_pool_take(v->accounts);
		if (u == NULL)
			return TG_ENOMEM;
		err = tg_table_add(v->by_user, tg_table_hash(v->by_user, user),
		                   tg_pool_handle(v->accounts, u).slot);
		assert(err == TG_OK); /* as large as the pool */
	}
	u->a = *account;
	u->group = group_of(v, &u->a);
	if (save)
		v->store.account(v->store.ctx, &u->a, false);
	return TG_OK;
}

enum tg_err vault_account_remove(struct vault *v, struct slice user)
{
	uint32_t slot;
	struct vault_user *u = vault_user_find(v, user, &slot);
	bool removed;

	if (u == NULL)
		return TG_ENOENT;
	v->store.account(v->store.ctx, &u->a, true);
	book_forget(v->book, user);
	link_msg_init(&v->out, LINK_BIND_LOAD, role_edge_of(v->env.site, user)); /* none left */
	link_text_set(&v->out.binding_load.user, user);
	vault_post(v);
	removed = tg_table_remove(v->by_user, tg_table_hash(v->by_user, user), slot);
	assert(removed);
	tg_wipe(u, sizeof(*u));
	tg_pool_give(v->accounts, u);
	return TG_OK;
}

enum tg_err vault_secret_set(struct vault *v, struct slice name, struct slice secret, bool save)
{
	struct slice kind, trunk = slice_cut(name, '/', &kind);

	if (!slice_eq(kind, SLICE("trunk")))
		return TG_ENOENT;
	if (secret.len == 0 || secret.len > VAULT_SECRET_MAX)
		return TG_ELIMIT;
	for (unsigned i = 0; i < v->env.site->trunks; i++) {
		if (!slice_eq(link_text(&v->env.site->trunk[i].name), trunk))
			continue;
		tg_wipe(&v->secret[i], sizeof(v->secret[i]));
		memcpy(v->secret[i].text, secret.p, secret.len);
		v->secret[i].len = (uint8_t)secret.len;
		if (save) {
			v->store.secret(v->store.ctx, name, secret, false);
			link_msg_init(&v->out, LINK_TRUNK_RETRY,
			              (struct link_proc){ LINK_CARRIER,
			                                  v->env.site->trunk[i].carrier });
			v->out.trunk_retry.trunk = (uint16_t)i;
			vault_post(v);
		}
		return TG_OK;
	}
	return TG_ENOENT;
}

/* ---- proofs ---- */

enum link_auth vault_prove(const struct vault *v, const struct link_digest *d,
                           const struct vault_account **account, uint32_t *slot)
{
	const struct sip_digest_over over = {
		.alg = d->alg,
		.qop_auth = true,
		.method = link_text(&d->method),
		.uri = link_long(&d->uri),
		.nonce = link_long(&d->nonce),
		.nc = slice_of(d->nc, sizeof(d->nc)),
		.cnonce = link_long(&d->cnonce),
	};
	uint8_t ha1[TG_DIGEST_MAX] = { 0 };
	const struct vault_account *a;
	const struct vault_user *u = vault_user_find(v, link_text(&d->user), slot);
	bool right;

	a = u != NULL ? &u->a : NULL;

	/* B10: a user who does not exist costs the same work */
	if (a == NULL || a->disabled)
		memcpy(ha1, &v->dummy, sizeof(v->dummy));
	else if (d->alg == TG_DIGEST_MD5)
		memcpy(ha1, a->ha1_md5, sizeof(a->ha1_md5));
	else
		memcpy(ha1, a->ha1_sha256, sizeof(a->ha1_sha256));
	right = d->present && d->qop == 1 && sip_digest_verify(ha1, &over, link_text(&d->response));
	tg_wipe(ha1, sizeof(ha1));
	if (!right || a == NULL || a->disabled)
		return LINK_AUTH_WRONG;
	*account = a;
	return LINK_AUTH_OK;
}

bool vault_proof_fits(const struct link_digest *d, struct slice method,
                      const struct link_text *dialled)
{
	char mem[sizeof(dialled->s)];
	struct buf user = buf_on(mem, sizeof(mem));
	struct sip_uri uri;

	if (!slice_eq(link_text(&d->method), method))
		return false;
	if (dialled == NULL)
		return true;
	return sip_uri_parse(&uri, link_long(&d->uri)) == TG_OK && uri.kind != SIP_URI_OTHER &&
	       role_dialled(&user, &uri) && slice_eq(buf_slice(&user), link_text(dialled));
}

static void auth_ask(struct vault *v, const struct link_msg *msg)
{
	const struct link_digest *d = &msg->auth_ask.digest;
	const struct vault_account *a = NULL;
	uint32_t slot = 0;
	enum link_auth verdict = vault_prove(v, d, &a, &slot);
	struct link_auth_reply *r = &v->out.auth_reply;

	if (verdict == LINK_AUTH_OK && !vault_proof_fits(d, SLICE("REGISTER"), NULL)) {
		log_event(v->env.log, EV_REGISTER_REFUSED,
		          LOG_CAUSE("rule", SLICE("proof-for-another-request")),
		          LOG_STR("account", link_text(&d->user)), LOG_END);
		verdict = LINK_AUTH_WRONG;
		a = NULL;
	}
	link_msg_init(&v->out, LINK_AUTH_REPLY, msg->head.from);
	v->out.head.ref = msg->head.ref;
	r->verdict = (uint8_t)verdict;
	if (a != NULL) {
		r->account = slot;
		r->max_bindings = a->max_bindings != 0 ? a->max_bindings
		                                       : v->env.site->bindings_max;
		r->networks = a->networks;
	} else {
		v->wrong++;
	}
	vault_post(v);
}

/* ---- messages ---- */

static void peer(struct vault *v, const struct link_peer *p)
{
	if (p->proc.role == LINK_CARRIER)
		v->carrier_down[p->proc.index] = p->up == 0;
	if (!p->up) {
		if (p->proc.role == LINK_EDGE || p->proc.role == LINK_CARRIER)
			vault_calls_lost(v, p->proc);
		if (p->proc.role == LINK_CARRIER)
			vault_carrier_lost(v, p->proc);
		return;
	}
	if (p->proc.role == LINK_EDGE)
		v->store.load_bindings(v->store.ctx, p->proc);
	if (p->proc.role == LINK_CARRIER)
		vault_dialogs_orphan(v, p->proc, p->epoch);
}

void vault_message(struct vault *v, uint64_t now_ms, const struct link_msg *msg)
{
	v->now_ms = now_ms;
	switch (msg->head.type) {
	case LINK_AUTH_ASK:
		auth_ask(v, msg);
		return;
	case LINK_CALL_ASK:
		vault_call_ask(v, msg);
		return;
	case LINK_CALL_NEXT:
		vault_call_next(v, msg);
		return;
	case LINK_CALL_ANSWERED:
		vault_call_answered(v, msg);
		return;
	case LINK_CALL_END:
		vault_call_end(v, msg);
		return;
	case LINK_CALL_BILL:
		vault_bill(v, msg);
		return;
	case LINK_SIGN_ASK:
		vault_sign(v, msg);
		return;
	case LINK_BIND_SAVE:
		vault_bind_save(v, msg);
		return;
	case LINK_DIALOG_SAVE:
		vault_dialog_save(v, msg);
		return;
	case LINK_PEER:
		peer(v, &msg->peer);
		return;
	case LINK_CTL_ASK:
		vault_ctl(v, msg);
		return;
	default:
		return;
	}
}

/* ---- time ---- */

enum { CLOCK_SAVE_MS = 30000 };

void vault_wall(struct vault *v, uint64_t now_ms, uint64_t wall_ms)
{
	struct vault_blob row = { .key = SLICE("ledger") };

	v->now_ms = now_ms;
	v->wall_offset_ms = wall_ms - now_ms;
	(void)judge_time(v->judge, now_ms, wall_ms);
	vault_book_tick(v);
	if (v->clock_saved_ms != 0 && now_ms - v->clock_saved_ms < CLOCK_SAVE_MS)
		return;
	v->clock_saved_ms = now_ms;
	row.octets = slice_of(judge_clock(v->judge), sizeof(struct ledger_clock_state));
	(void)v->store.state(v->store.ctx, SLICE("clock"), &row);
}

bool vault_state_load(struct vault *v, struct slice kind, const struct vault_blob *row)
{
	struct ledger_clock_state saved;

	if (slice_eq(kind, VAULT_DESTINATIONS))
		return vault_destinations_load(v, row);
	if (!slice_eq(kind, SLICE("clock")))
		/* by the wall clock: asking the ledgers' own would begin it too early */
		return book_load(v->book, kind, row->key, row->octets,
		                 vault_wall_ms(v) / 1000) == TG_OK;
	if (row->octets.len != sizeof(saved))
		return false;
	memcpy(&saved, row->octets.p, sizeof(saved));
	judge_set_clock(v->judge, &saved, here(v));
	return true;
}

void vault_tick(struct vault *v, uint64_t now_ms)
{
	struct tg_timer *t;

	v->now_ms = now_ms;
	while ((t = tg_wheel_expire(v->wheel, now_ms)) != NULL) {
		if (t->kind == VAULT_T_CLAIM)
			vault_call_unclaimed(v, TG_CONTAINER(t, struct vault_call, timer));
		else
			vault_attempt_fire(v, t);
	}
}

uint64_t vault_next_ms(const struct vault *v)
{
	return tg_wheel_next_ms(v->wheel);
}
