/* The vault's book: approvals, passes, lockdown and habits (policy/book.h), and calls cut short. */
#include "role/vault_priv.h"

enum {
	APPROVALS_MAX = 4096,
	PASSES_MAX = 4096,
	CALL_BACKS_MAX = 1024,
	TICK_MS = 60000
};

static void on_save(void *ctx, struct slice kind, struct slice key, struct slice blob)
{
	struct vault *v = ctx;
	const struct vault_blob row = { key, blob };

	(void)v->store.state(v->store.ctx, kind, &row);
}

static void on_recall(void *ctx, uint64_t ledger_ms, struct policy_facts *facts)
{
	const struct vault *v = ctx;

	book_recall(v->book, ledger_ms / 1000, facts);
}

static const struct deck *on_deck(void *ctx, int trunk)
{
	const struct vault *v = ctx;

	return v->given.deck != NULL ? v->given.deck(v->given.ctx, trunk) : NULL;
}

bool vault_book_open(struct vault *v)
{
	struct book_conf conf = {
		.subjects = v->env.site->registrations_max + ROLE_PBXS_MAX,
		.approvals = APPROVALS_MAX,
		.passes = PASSES_MAX,
		.call_backs = CALL_BACKS_MAX,
		.trial_s = v->rules.policy->first_use.trial_s,
		.ctx = v,
		.save = on_save,
	};

	tg_rng_bytes(v->env.rng, &conf.key, sizeof(conf.key));
	v->book = book_new(&conf);
	v->rules.ctx = v;
	v->rules.recall = on_recall;
	v->rules.deck = on_deck;
	return v->book != NULL;
}

uint64_t vault_ledger_s(struct vault *v)
{
	return judge_time(v->judge, v->now_ms, vault_wall_ms(v))->ms / 1000;
}

void vault_book_tick(struct vault *v)
{
	if (v->now_ms < v->book_ms)
		return;
	v->book_ms = v->now_ms + TICK_MS;
	book_tick(v->book, vault_ledger_s(v));
}

static struct policy_facts facts_of(const struct vault_call *c)
{
	return (struct policy_facts){
		.party = c->a_party,
		.peer = c->a_peer,
		.peer_name = link_text(&c->record.a_peer),
		.account = { .name = link_text(&c->record.account) },
		.dialled = link_text(&c->record.dialled),
		.called = { .digits = slice_of(c->way.number.digits, c->way.number.len),
		            .territory = c->way.number.territory,
		            .type = c->way.number.type,
		            .class = c->way.class,
		            .known = c->way.number.known },
	};
}

void vault_book_answered(struct vault *v, const struct vault_call *c)
{
	const struct policy_facts facts = facts_of(c);

	book_answered(v->book, &facts, vault_ledger_s(v));
}

void vault_book_emergency(struct vault *v, const struct vault_call *c, struct slice shown)
{
	const struct policy_facts facts = facts_of(c);

	log_event(v->env.log, EV_EMERGENCY_CALL, LOG_U64("call", c->id),
	          LOG_ADDR("from", &c->record.from),
	          LOG_STR("account", link_text(&c->record.account)),
	          LOG_STR("to", link_text(&c->record.dialled)),
	          LOG_STR("peer", link_text(&c->record.b_peer)), LOG_END);
	if (shown.len > 0)
		book_emergency(v->book, &facts, shown, vault_ledger_s(v));
}

/* ---- calls that give way ---- */

void vault_call_stop(struct vault *v, const struct vault_call *c, struct slice rule)
{
	link_msg_init(&v->out, LINK_CALL_STOP, c->asker);
	v->out.head.leg = (struct link_leg){ .call = c->id, .side = LINK_A };
	link_text_set(&v->out.stop_call.rule, rule);
	vault_post(v);
}

void vault_give_way(struct vault *v, uint16_t trunk)
{
	const struct vault_call *c, *youngest = NULL;
	uint32_t slot = 0;

	while ((c = tg_pool_next(v->calls, slot + 1, &slot)) != NULL) {
		if (c->holds_trunk && c->b_peer == trunk && !c->emergency && !c->over &&
		    (youngest == NULL || c->record.start_ms >= youngest->record.start_ms))
			youngest = c;
	}
	if (youngest != NULL)
		vault_call_stop(v, youngest, SLICE("emergency-needs-the-line"));
}
