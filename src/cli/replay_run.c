/*
 * Records under a configuration, on simulated time.
 *
 * Ringing and talk last as long as they were recorded; a hold is renewed so long before its end as
 * the vault does it, and a call whose renewal is refused ends where its money ends.  The book
 * remembers classes of destinations from the first record on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/replay.h"
#include "policy/book.h"
#include "proc/decks.h"
#include "proc/site_judge.h"

enum {
	HOLDS_MAX = 1 << 17,
	RENEW_AHEAD_S = 5 + LEDGER_GUARD_S, /* as the vault does it */
	MINUTE_MS = 60000,
	PROGRESS_CALLS = 1 << 17
};

enum stage { RINGS, TALKS, LAST };

/** A call that is up, in a heap by the time of what comes next. */
struct up {
	uint64_t next_ms;
	uint64_t answer_ms;
	uint32_t call; /* index of the records */
	uint32_t talk_s, paid_s;
	struct tg_handle hold;
	uint16_t trunk;
	uint8_t stage;
	bool metered, cut;
};

struct run {
	struct replay_side *side;
	const struct replay_records *records;
	struct judge_rules *rules;
	struct judge *judge;
	struct book *book;
	struct decks *decks;
	const struct deck *deck[CONF_TRUNKS_MAX + 1]; /* the last: the site's */
	struct ledger_now now;
	uint64_t minute;
	struct up *heap;
	uint32_t ups, cap;
	uint32_t trunk_calls[CONF_TRUNKS_MAX];
	struct judge_case what;
};

/* ---- the moment ---- */

/** Windows begin and end with whole minutes. */
static const struct ledger_now *at(struct run *r, uint64_t ms)
{
	if (ms / MINUTE_MS != r->minute) {
		ledger_now_at(&r->now, r->rules->zone, r->rules->calendar, ms);
		r->minute = ms / MINUTE_MS;
	}
	r->now.ms = ms;
	return &r->now;
}

/* ---- the heap ---- */

static void sift_up(struct up *h, uint32_t i)
{
	struct up x = h[i];

	while (i > 0 && h[(i - 1) / 2].next_ms > x.next_ms) {
		h[i] = h[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h[i] = x;
}

static void sift_down(struct up *h, uint32_t n)
{
	struct up x = h[0];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < n) {
		child += child + 1 < n && h[child + 1].next_ms < h[child].next_ms;
		if (h[child].next_ms >= x.next_ms)
			break;
		h[i] = h[child];
		i = child;
	}
	h[i] = x;
}

static bool push(struct run *r, const struct up *u)
{
	if (r->ups == r->cap) {
		uint32_t cap = r->cap > 0 ? r->cap * 2 : 1024;
		struct up *more = realloc(r->heap, cap * sizeof(*more));

		if (more == NULL)
			return false;
		r->heap = more;
		r->cap = cap;
	}
	r->heap[r->ups] = *u;
	sift_up(r->heap, r->ups++);
	return true;
}

/* ---- what calls do ---- */

static uint8_t rule_index(struct replay_side *s, struct slice rule)
{
	for (unsigned i = 0; i < s->rules; i++) {
		if (slice_eq(s->rule[i], rule))
			return (uint8_t)i;
	}
	if (s->rules == REPLAY_RULES_MAX)
		return REPLAY_RULES_MAX - 1;
	s->rule[s->rules] = rule;
	return (uint8_t)s->rules++;
}

/** When its next thing happens: its end, or the renewal before the paid talk ends. */
static void plan(struct up *u, uint64_t now_ms)
{
	uint64_t at_s = u->talk_s;

	u->stage = LAST;
	if (u->metered && u->talk_s > u->paid_s) {
		u->stage = TALKS;
		at_s = u->paid_s > RENEW_AHEAD_S ? u->paid_s - RENEW_AHEAD_S : 0;
	}
	u->next_ms = TG_MAX(u->answer_ms + at_s * 1000, now_ms);
}

static void answered(struct run *r, struct up *u)
{
	u->answer_ms = u->next_ms;
	if (u->metered && ledger_answered(judge_ledger(r->judge), at(r, u->next_ms),
	                                  u->hold) != TG_OK)
		u->metered = false;
	plan(u, u->next_ms);
}

static void renew(struct run *r, struct up *u)
{
	struct ledger_answer a;
	enum tg_err err = ledger_renew(judge_ledger(r->judge), at(r, u->next_ms), u->hold,
	                               r->rules->renew_s, &a);
	uint32_t cut_s = u->paid_s > LEDGER_GUARD_S ? u->paid_s - LEDGER_GUARD_S : 0;

	if (err == TG_OK) {
		u->paid_s = a.paid_s;
	} else {
		u->cut = true;
		u->talk_s = TG_MIN(u->talk_s, cut_s);
		r->side->result[u->call].rule = rule_index(r->side, judge_block_rule(&a.block));
	}
	plan(u, u->next_ms);
}

static void over(struct run *r, const struct up *u)
{
	struct replay_result *res = &r->side->result[u->call];
	const struct ledger_now *now = at(r, u->next_ms);
	tg_micro cost = 0;
	enum tg_err err = TG_OK;

	r->trunk_calls[u->trunk]--;
	if (u->metered)
		err = u->answer_ms != 0
		              ? ledger_settle(judge_ledger(r->judge), now, u->hold,
		                              (uint64_t)u->talk_s * 1000, &cost)
		              : ledger_release(judge_ledger(r->judge), now, u->hold);
	res->cost = err == TG_OK ? cost : 0;
	res->talk_s = u->answer_ms != 0 ? u->talk_s : 0;
	if (u->cut && res->outcome == REPLAY_ALLOWED)
		res->outcome = REPLAY_CUT;
}

/** One step of the call whose time has come. */
static void step(struct run *r)
{
	struct up *u = &r->heap[0];

	if (u->stage == RINGS && r->records->call[u->call].answered) {
		answered(r, u);
	} else if (u->stage == TALKS) {
		renew(r, u);
	} else {
		over(r, u);
		*u = r->heap[--r->ups];
	}
	if (r->ups > 0)
		sift_down(r->heap, r->ups);
}

/* ---- a new call ---- */

static void set_ask(const struct run *r, const struct replay_call *c, struct judge_ask *ask)
{
	const struct conf *conf = r->side->conf;
	struct slice peer = replay_name(r->records, c->peer);
	uint16_t pbx = peer.len > 0 ? conf_pbx_find(conf, peer) : 0;

	*ask = (struct judge_ask){
		.party = c->party,
		.account = { .name = replay_name(r->records, c->account),
		             .group = conf->accounts.default_group.index },
		.source.allowed = true,
		.source.tls = true,
		.dialled = replay_dialled(r->records, c),
		.claimed = replay_name(r->records, c->account),
	};
	ask->dialled_is_account = c->inside;
	if (c->party != POLICY_PBX)
		return;
	if (conf->pbxs_count == 0) { /* without a PBX its phones are accounts of ours */
		ask->party = POLICY_ACCOUNT;
		return;
	}
	ask->peer = pbx != CONF_NONE ? pbx : 0;
	ask->peer_name = conf->pbxs[ask->peer].name;
}

/** The next trunk may do what this one did not. */
static bool other_may(const struct run *r, enum tg_err err, const struct judge_attempt *a)
{
	return err != TG_ELIMIT ||
	       (a->answer.block.ledger != 0 &&
	        a->answer.block.ledger == ledger_find(judge_ledger(r->judge), LEDGER_TRUNK,
	                                              r->rules->trunk[a->trunk].name));
}

static bool hold(struct run *r, const struct ledger_now *now, uint32_t call,
                 struct judge_attempt *a, struct slice *rule)
{
	const struct conf *conf = r->side->conf;

	*rule = SLICE("trunks-full");
	for (uint32_t i = 0; i < conf->outbound.trunks_count; i++) {
		uint16_t trunk = conf->outbound.trunks[i].index;
		enum tg_err err;

		if (!r->what.route.emergency && r->trunk_calls[trunk] >= conf->trunks[trunk].calls)
			continue;
		*a = (struct judge_attempt){ .trunk = trunk, .call = call + 1,
			                     .dialled = r->what.facts.dialled };
		err = judge_hold(r->judge, now, &r->what.route, a, rule);
		if (err == TG_OK)
			return true;
		if (!other_may(r, err, a))
			return false;
	}
	return false;
}

static bool let_out(struct run *r, const struct ledger_now *now, uint32_t index,
                    struct replay_result *res)
{
	const struct replay_call *c = &r->records->call[index];
	struct judge_attempt a;
	struct slice rule;
	struct up u = { .call = index, .talk_s = c->talk_s, .stage = RINGS };

	if (!hold(r, now, index, &a, &rule)) {
		res->outcome = REPLAY_REFUSED;
		res->rule = rule_index(r->side, rule);
		return true;
	}
	if (c->answered && r->book != NULL && !r->what.route.emergency)
		book_answered(r->book, &r->what.facts, now->ms / 1000);
	res->outcome = r->what.route.emergency ? REPLAY_EMERGENCY : REPLAY_ALLOWED;
	u.trunk = a.trunk;
	u.hold = a.answer.hold;
	u.metered = a.metered;
	u.paid_s = a.answer.paid_s;
	u.next_ms = c->start_ms + (uint64_t)c->ring_s * 1000;
	if (a.longest_s != 0 && a.longest_s < c->talk_s) {
		u.talk_s = a.longest_s;
		u.cut = true;
	}
	r->trunk_calls[a.trunk]++;
	return push(r, &u);
}

static bool begin(struct run *r, uint32_t index)
{
	const struct replay_call *c = &r->records->call[index];
	struct replay_result *res = &r->side->result[index];
	const struct ledger_now *now = at(r, c->start_ms);
	struct judge_ask ask;

	if (c->party == POLICY_TRUNK) {
		res->outcome = REPLAY_INCOMING;
		return true;
	}
	set_ask(r, c, &ask);
	judge_call(r->judge, now, &ask, &r->what);
	res->class = r->what.route.class;
	res->rule = rule_index(r->side, r->what.verdict.rule);
	if (r->what.verdict.allow && r->what.verdict.party == POLICY_TRUNK)
		return let_out(r, now, index, res);
	res->outcome = r->what.verdict.allow ? REPLAY_INSIDE : REPLAY_REFUSED;
	return true;
}

static bool simulate(struct run *r, void (*progress)(void *, uint32_t), void *ctx)
{
	for (uint32_t i = 0; i < r->records->count; i++) {
		while (r->ups > 0 && r->heap[0].next_ms <= r->records->call[i].start_ms)
			step(r);
		if (!begin(r, i))
			return false;
		if ((i + 1) % PROGRESS_CALLS == 0 && progress != NULL)
			progress(ctx, i + 1);
	}
	while (r->ups > 0)
		step(r);
	return true;
}

/* ---- around it ---- */

static void count(struct replay_side *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		s->calls[s->result[i].outcome]++;
		s->talk_s += s->result[i].talk_s;
		s->cost += s->result[i].cost;
	}
}

static const struct deck *deck_of(void *ctx, int trunk)
{
	const struct run *r = ctx;

	return r->deck[trunk < 0 ? CONF_TRUNKS_MAX : trunk];
}

static void recall(void *ctx, uint64_t ledger_ms, struct policy_facts *facts)
{
	const struct run *r = ctx;

	book_recall(r->book, ledger_ms / 1000, facts);
}

static void not_saved(void *ctx, struct slice kind, struct slice key, struct slice blob)
{
	(void)ctx;
	(void)kind;
	(void)key;
	(void)blob;
}

static void deck_taken(void *ctx, struct slice name, const struct deck *deck)
{
	(void)ctx;
	(void)name;
	(void)deck;
}

static void deck_refused(void *ctx, struct slice name, const char *why)
{
	(void)name;
	snprintf(ctx, REPLAY_WHY_MAX, "%s", why);
}

static enum tg_err open_decks(struct run *r, char *why)
{
	const struct decks_sink sink = { why, deck_taken, deck_refused };

	r->decks = decks_new(r->side->conf);
	if (r->decks == NULL)
		return TG_ENOMEM;
	if (decks_reload(r->decks, SLICE(""), &sink) > 0)
		return TG_EBAD;
	for (uint32_t i = 0; i < r->side->conf->trunks_count; i++)
		r->deck[i] = decks_find(r->decks, i);
	r->deck[CONF_TRUNKS_MAX] = decks_site(r->decks);
	return TG_OK;
}

static enum tg_err open_judge(struct run *r, char *why)
{
	static const struct tg_key key = { "replay ledgers" };
	const uint64_t first_ms = r->records->count > 0 ? r->records->call[0].start_ms : 0;
	const struct ledger_clock_state here = { .ledger_ms = first_ms };
	struct judge_sizes sizes = { .accounts = replay_names_count(r->records) + 16,
		                     .calls = TG_MIN(r->records->count + 16, (uint32_t)HOLDS_MAX) };
	struct book_conf book = { .subjects = sizes.accounts, .approvals = 1, .passes = 1,
		                  .call_backs = 1, .key = key, .save = not_saved };

	r->rules = site_judge_new(r->side->conf, first_ms, why);
	if (r->rules == NULL)
		return TG_EBAD;
	sizes.accounts += r->rules->budgets;
	book.trial_s = r->rules->policy->first_use.trial_s;
	r->book = book_new(&book);
	r->rules->ctx = r;
	r->rules->deck = deck_of;
	r->rules->recall = r->book != NULL ? recall : NULL;
	r->judge = judge_new(r->rules, &sizes, &key, NULL, &here);
	r->side->result = calloc((size_t)r->records->count + 1, sizeof(*r->side->result));
	return r->book != NULL && r->judge != NULL && r->side->result != NULL ? TG_OK : TG_ENOMEM;
}

enum tg_err replay_run(struct replay_side *side, const struct replay_records *records,
                       void (*progress)(void *ctx, uint32_t rows), void *ctx, char *why)
{
	struct run *r = calloc(1, sizeof(*r));
	enum tg_err err = TG_ENOMEM;

	snprintf(why, REPLAY_WHY_MAX, "%s", tg_strerror(TG_ENOMEM));
	if (r == NULL)
		return TG_ENOMEM;
	r->side = side;
	r->records = records;
	err = open_decks(r, why);
	if (err == TG_OK)
		err = open_judge(r, why);
	if (err == TG_OK && !simulate(r, progress, ctx))
		err = TG_ENOMEM;
	if (err == TG_OK)
		count(side, records->count);
	judge_free(r->judge);
	book_free(r->book);
	site_judge_free(r->rules);
	decks_free(r->decks);
	free(r->heap);
	free(r);
	return err;
}

void replay_side_free(struct replay_side *side)
{
	free(side->result);
}
