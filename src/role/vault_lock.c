/* `tollgate lockdown --running`: calls that are up, and that the lockdown would not let out now. */
#include "role/vault_priv.h"

struct book *vault_book(const struct vault *v)
{
	return v->book;
}

static bool costs(const struct vault_call *c)
{
	return c->b_party == LINK_PARTY_TRUNK && !c->emergency && !c->over;
}

static bool approved(const struct vault *v, const struct vault_call *c, uint64_t now_s)
{
	struct policy_facts facts = {
		.party = c->a_party,
		.peer = c->a_peer,
		.peer_name = link_text(&c->record.a_peer),
		.account.name = link_text(&c->record.account),
		.dialled = link_text(&c->record.dialled),
		.called.digits = slice_of(c->way.number.digits, c->way.number.len),
		.called.territory = c->way.number.territory,
		.called.type = c->way.number.type,
		.called.class = c->way.class,
	};

	book_recall(v->book, now_s, &facts);
	return facts.approved;
}

/** As the rule (policy/rules/lockdown) sees a new call, but that it may be the one that stays. */
static bool goes(const struct vault *v, const struct vault_call *c, uint8_t level, uint64_t now_s)
{
	if (level >= POLICY_EMERGENCY_ONLY)
		return true;
	return level >= POLICY_NO_INTERNATIONAL && v->rules.plan != NULL &&
	       c->way.number.territory != v->rules.plan->home && !approved(v, c, now_s);
}

/** At the second level one call stays: the one that began first. */
static const struct vault_call *oldest(const struct vault *v, uint8_t level, uint64_t now_s)
{
	const struct vault_call *c, *first = NULL;
	uint32_t slot = 0;

	while ((c = tg_pool_next(v->calls, slot + 1, &slot)) != NULL) {
		if (costs(c) && !goes(v, c, level, now_s) &&
		    (first == NULL || c->record.start_ms < first->record.start_ms))
			first = c;
	}
	return first;
}

uint32_t vault_lock_running(struct vault *v)
{
	uint64_t now_s = vault_ledger_s(v);
	uint8_t level = book_lockdown_at(v->book, now_s).level;
	const struct vault_call *c, *stays = NULL;
	uint32_t slot = 0, stopped = 0;

	if (level == POLICY_ONE_CALL)
		stays = oldest(v, level, now_s);
	while ((c = tg_pool_next(v->calls, slot + 1, &slot)) != NULL) {
		if (!costs(c) || c == stays ||
		    (level != POLICY_ONE_CALL && !goes(v, c, level, now_s)))
			continue;
		vault_call_stop(v, c, SLICE("lockdown"));
		stopped++;
	}
	return stopped;
}
