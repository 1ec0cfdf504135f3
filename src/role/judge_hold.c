/* From a verdict to money: one hold for each attempt over a trunk. */
#include "role/judge_priv.h"

#include <assert.h>

static uint64_t destination_of(const struct number *n)
{
	static const struct tg_key fixed = { { 1 } }; /* the store keeps the hashes */

	return tg_siphash(&fixed, slice_of(n->digits, n->len));
}

/** What the trunk is sent: the number that is priced, as this trunk writes it. */
static bool render(const struct judge *j, const struct judge_route *c, struct judge_attempt *a)
{
	struct buf b = buf_on(a->sent, sizeof(a->sent));

	if (c->emergency || j->rules.plan == NULL)
		buf_put(&b, a->dialled);
	else if (c->number.len == 0 ||
	         number_render(&b, &j->rules.trunk[a->trunk].rendering, &c->number) != TG_OK)
		return false;
	a->sent_len = (uint8_t)b.len;
	return !b.full;
}

static uint32_t shorter(uint32_t a, uint32_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

uint32_t judge_above(const struct judge *j, const struct judge_route *c, uint16_t trunk,
                     uint32_t above[LEDGER_ABOVE_MAX])
{
	memcpy(above, c->above, sizeof(c->above));
	above[c->aboves] = j->trunk[trunk];
	return c->aboves + 1u;
}

static struct ledger_ask ask_of(const struct judge *j, const struct judge_route *c,
                                const struct judge_attempt *a)
{
	struct ledger_ask ask = {
		.tariff = a->tariff,
		.call = a->call,
		.destination = destination_of(&c->number),
		.want_s = j->rules.renew_s,
		.again = a->again,
		.emergency = c->emergency,
	};

	(void)judge_above(j, c, a->trunk, ask.above);
	if (a->longest_s != 0)
		ask.want_s = TG_MIN(ask.want_s, a->longest_s);
	return ask;
}

static enum tg_err hold(struct judge *j, const struct ledger_now *now, const struct judge_route *c,
                        struct judge_attempt *a)
{
	const struct ledger_ask ask = ask_of(j, c, a);
	enum tg_err err = ledger_hold(j->ledger, now, &ask, &a->answer);

	if (err != TG_OK)
		return err;
	a->metered = !c->emergency;
	if (a->answer.max_s != LEDGER_NO_COUNT)
		a->longest_s = shorter(a->longest_s, a->answer.max_s);
	return TG_OK;
}

enum tg_err judge_hold(struct judge *j, const struct ledger_now *now, const struct judge_route *c,
                       struct judge_attempt *a, struct slice *rule)
{
	assert(a->trunk < j->rules.trunks);
	*a = (struct judge_attempt){ .trunk = a->trunk, .again = a->again, .call = a->call,
	                             .dialled = a->dialled, .longest_s = c->longest_s };
	if (!render(j, c, a)) {
		*rule = SLICE("where-number");
		return TG_EBAD;
	}
	if (j->rules.plan == NULL)
		return TG_OK;
	a->price_source = (uint8_t)judge_price(j, a->trunk, &c->number, now->ms / 1000,
	                                       &a->tariff);
	if (c->per_minute_max != 0 && a->tariff.per_minute > c->per_minute_max && !c->emergency) {
		*rule = SLICE("where-price");
		return TG_EDENIED;
	}
	a->answer.block.what = LEDGER_LIMIT_FULL;
	/* what cannot be counted is not called */
	if (c->no_ledger ? c->emergency : hold(j, now, c, a) == TG_OK)
		return TG_OK;
	*rule = judge_block_rule(&a->answer.block);
	return TG_ELIMIT;
}

/* ---- words ---- */

struct slice judge_block_rule(const struct ledger_block *block)
{
	static const char *const rules[LEDGER_LIMITS] = {
		[LEDGER_HOUR] = "limit-hour",
		[LEDGER_DAY] = "limit-day",
		[LEDGER_WEEK] = "limit-week",
		[LEDGER_MONTH] = "limit-month",
		[LEDGER_OFF_HOURS] = "limit-off-hours",
		[LEDGER_LIMIT_CALL] = "limit-call",
		[LEDGER_LIMIT_CALLS] = "limit-calls",
		[LEDGER_LIMIT_CALLS_MINUTE] = "limit-calls-minute",
		[LEDGER_LIMIT_CALLS_HOUR] = "limit-calls-hour",
		[LEDGER_LIMIT_DESTINATIONS] = "limit-destinations",
		[LEDGER_LIMIT_LENGTH] = "limit-longest",
		[LEDGER_LIMIT_FULL] = "ledger-full",
	};

	return slice_str(block->what < LEDGER_LIMITS ? rules[block->what] : "limit");
}

static bool is_money(unsigned what)
{
	return what <= (unsigned)LEDGER_LIMIT_CALL;
}

static void amount(struct buf *b, const struct judge *j, unsigned what, int64_t n)
{
	if (!is_money(what)) {
		buf_fmt(b, "%lld", (long long)n);
		return;
	}
	tg_micro_write(b, n);
	buf_chr(b, ' ');
	buf_put(b, j->rules.currency);
}

void judge_block_write(struct buf *b, const struct judge *j, const struct ledger_block *block)
{
	static const struct ledger_now never; /* only names are asked for */
	struct ledger_view v;

	if (block->ledger == 0 || ledger_view(j->ledger, &never, block->ledger, &v) != TG_OK) {
		buf_lit(b, "no room in the ledger: raise limits.calls or limits.registrations");
		return;
	}
	buf_fmt(b, "%s", ledger_kind_name(v.kind));
	if (v.kind != LEDGER_SITE) {
		buf_chr(b, ' ');
		buf_put(b, v.name);
	}
	buf_fmt(b, "%s: %s limit ", block->override ? " in lockdown" : "",
	        ledger_limit_name(block->what));
	amount(b, j, block->what, block->limit);
	buf_lit(b, ", used ");
	amount(b, j, block->what, block->used);
	buf_lit(b, ", the call needs ");
	amount(b, j, block->what, block->asked);
}
