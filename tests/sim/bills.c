#include "sim/bills.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/state.h"

enum { BILLS_MAX = 2048, OPEN_MAX = 64, PAYERS_MAX = 16, TRUNKS_MAX = 2, BOUNDS_MAX = 64 };

struct price {
	const char *prefix;
	int64_t per_minute, connect; /* micro */
	int64_t first_s, next_s;
};

static const struct price prices[] = {
	{ "34911", 600000, 50000, 1, 1 },   { "34912", 1200000, 0, 30, 6 },
	{ "34803", 3000000, 500000, 60, 60 }, { "44", 900000, 100000, 60, 1 },
	{ "447", 2400000, 0, 1, 1 },
};

/** What one provider charges for one call. */
struct bill {
	char call_id[64];
	uint64_t call;       /* of the product; 0 = nobody knows */
	const struct price *price;
	uint64_t from_ms, until_ms;  /* the provider's clock; 0 = not */
	uint64_t heard_ms, bye_ms;   /* the carrier heard the 200; it sent its first BYE */
	uint8_t trunk, payer;
};

/** Somebody with limits of his own, and what he is charged for calls that are over. */
struct payer {
	char name[64];
	int64_t charged;
};

/** A limit of somebody whose money providers charge. */
struct bound {
	char name[LEDGER_NAME_MAX + 1];
	int payer, trunk; /* -1 = all */
	int64_t limit;
};

struct bills {
	struct world *w;
	void (*fail)(void *ctx, const char *why);
	void *ctx;
	struct bill bill[BILLS_MAX];
	uint32_t bills;
	uint32_t open[OPEN_MAX], opens;
	struct payer payer[PAYERS_MAX];
	uint32_t payers;
	struct {
		uint64_t call;
		uint8_t payer;
	} call[BILLS_MAX];
	uint32_t calls;
	struct bound bound[BOUNDS_MAX];
	uint32_t bounds;
	bool dirty;
	uint32_t overruns; /* that the vault has told of */
	uint64_t checked_ms;
	int64_t charged, on_trunk[TRUNKS_MAX], excused;
};

static const struct ledger_now never; /* windows are rolled by the calls themselves */

struct bills *bills_new(void (*fail)(void *ctx, const char *why), void *ctx)
{
	struct bills *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->fail = fail;
	b->ctx = ctx;
	b->payers = 1; /* the first one: those without an account */
	return b;
}

void bills_free(struct bills *b)
{
	free(b);
}

void bills_watch(struct bills *b, struct world *w)
{
	b->w = w;
}

static void fail(const struct bills *b, const char *why, const char *who, int64_t is, int64_t limit)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%s: %s: %lld of %lld micro", why, who, (long long)is,
	               (long long)limit);
	b->fail(b->ctx, text);
}

/* ---- prices ---- */

struct deck *bills_deck(void)
{
	static struct deck_mistakes mistakes;
	struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL;
	char text[1024];
	struct buf b = buf_on(text, sizeof(text));

	buf_lit(&b, "prefix,name,rate,connect,interval_1,interval_n\n");
	for (size_t i = 0; i < COUNT(prices); i++) {
		const struct price *p = &prices[i];

		buf_fmt(&b, "%s,x,", p->prefix);
		tg_micro_write(&b, p->per_minute);
		buf_chr(&b, ',');
		tg_micro_write(&b, p->connect);
		buf_fmt(&b, ",%d,%d\n", (int)p->first_s, (int)p->next_s);
	}
	if (deck_parse(&deck, buf_slice(&b), &options, &mistakes) == TG_OK)
		return deck;
	(void)printf("deck: %s\n", mistakes.at[0].text);
	return NULL;
}

static const struct price *price_of(struct slice number)
{
	const struct price *best = NULL;
	size_t len = 0;

	if (slice_starts(number, SLICE("+")))
		number = slice_skip(number, 1);
	for (size_t i = 0; i < COUNT(prices); i++) {
		size_t n = strlen(prices[i].prefix);

		if (n > len && slice_starts(number, slice_str(prices[i].prefix))) {
			best = &prices[i];
			len = n;
		}
	}
	return best;
}

/** Fee, first increment, and every later one that has begun; rounded up once. */
static int64_t cost(const struct price *p, uint64_t ms)
{
	int64_t seconds = p->first_s;

	while (seconds * 1000 < (int64_t)ms)
		seconds += p->next_s;
	return p->connect + (seconds * p->per_minute + 59) / 60;
}

static uint64_t charged_ms(const struct bills *b, const struct bill *i)
{
	return (i->until_ms != 0 ? i->until_ms : world_now_ms(b->w)) - i->from_ms;
}

/**
 * How long the 200 and the BYE were on their way together, beyond the guard that is paid for.
 * Nobody but the provider knows of that time.
 */
static uint64_t late_ms(const struct bills *b, const struct bill *i)
{
	uint64_t now = world_now_ms(b->w), end = i->until_ms != 0 ? i->until_ms : now;
	uint64_t heard = i->heard_ms != 0 ? i->heard_ms : end, ms = heard - i->from_ms;

	if (i->bye_ms != 0 && i->bye_ms < end)
		ms += end - i->bye_ms;
	ms = TG_MIN(ms, end - i->from_ms);
	return ms > LEDGER_GUARD_S * 1000 ? ms - LEDGER_GUARD_S * 1000 : 0;
}

static int64_t excuse(const struct bills *b, const struct bill *i)
{
	uint64_t ms = charged_ms(b, i), late = late_ms(b, i);

	return late == 0 ? 0 : cost(i->price, ms) - (late < ms ? cost(i->price, ms - late) : 0);
}

/* ---- what is heard ---- */

static uint8_t payer_of(struct bills *b, struct slice name)
{
	if (name.len == 0)
		return 0;
	for (uint8_t i = 1; i < b->payers; i++) {
		if (slice_eq(name, slice_str(b->payer[i].name)))
			return i;
	}
	assert(b->payers < PAYERS_MAX && name.len < sizeof(b->payer[0].name));
	memcpy(b->payer[b->payers].name, name.p, name.len);
	return (uint8_t)b->payers++;
}

static struct bill *find(struct bills *b, struct slice call_id)
{
	for (uint32_t i = b->bills; i-- > 0;) {
		if (slice_eq(call_id, slice_str(b->bill[i].call_id)))
			return &b->bill[i];
	}
	return NULL;
}

/** The bill of this Call-ID, made when it is new. */
static struct bill *bill_of(struct bills *b, struct slice call_id)
{
	struct bill *i = find(b, call_id);

	if (i != NULL)
		return i;
	assert(b->bills < BILLS_MAX && call_id.len < sizeof(i->call_id));
	i = &b->bill[b->bills++];
	memcpy(i->call_id, call_id.p, call_id.len);
	return i;
}

static uint8_t payer_of_call(const struct bills *b, uint64_t call)
{
	for (uint32_t i = b->calls; i-- > 0;) {
		if (b->call[i].call == call)
			return b->call[i].payer;
	}
	return 0;
}

void bills_message(struct bills *b, const struct link_msg *m)
{
	struct bill *i;

	b->dirty = b->dirty || m->head.from.role == LINK_VAULT || m->head.to.role == LINK_VAULT;
	switch (m->head.type) {
	case LINK_CALL_ASK:
		assert(b->calls < BILLS_MAX);
		b->call[b->calls].call = m->head.leg.call;
		b->call[b->calls++].payer = payer_of(b, link_text(&m->call_ask.digest.user));
		return;
	case LINK_DIALOG_SAVE:
		if (m->dialog.drop)
			return;
		i = bill_of(b, link_text(&m->dialog.call_id));
		i->call = m->head.leg.call;
		i->payer = payer_of_call(b, i->call);
		if (!m->dialog.early && i->heard_ms == 0)
			i->heard_ms = world_now_ms(b->w);
		return;
	default:
		return;
	}
}

void bills_overrun(struct bills *b)
{
	b->overruns++;
}

void bills_sent(struct bills *b, struct slice octets)
{
	static const char name[] = "\r\nCall-ID: ";
	bool ack = slice_starts(octets, SLICE("ACK "));
	const char *at;
	struct slice rest;
	struct bill *i;

	if (!ack && !slice_starts(octets, SLICE("BYE ")))
		return;
	at = memmem(octets.p, octets.len, name, sizeof(name) - 1);
	if (at == NULL)
		return;
	rest = slice_skip(octets, (size_t)(at - octets.p) + sizeof(name) - 1);
	i = find(b, slice_head(rest, slice_find(rest, '\r')));
	if (i == NULL || i->from_ms == 0)
		return;
	if (i->heard_ms == 0)
		i->heard_ms = world_now_ms(b->w);
	if (!ack && i->bye_ms == 0)
		i->bye_ms = world_now_ms(b->w);
}

void bills_answered(struct bills *b, struct slice call_id, struct slice number, unsigned trunk)
{
	const struct price *p = price_of(number);
	struct bill *i;

	if (p == NULL) {
		if (!slice_eq(number, SLICE("112")))
			b->fail(b->ctx, "a provider got a number that has no price");
		return;
	}
	i = bill_of(b, call_id);
	if (i->from_ms != 0)
		return;
	i->price = p;
	i->trunk = (uint8_t)trunk;
	i->from_ms = world_now_ms(b->w);
	assert(b->opens < OPEN_MAX);
	b->open[b->opens++] = (uint32_t)(i - b->bill);
	if (i->call == 0)
		b->fail(b->ctx, "a provider got a call that the vault knows no recipe of");
}

void bills_over(struct bills *b, struct slice call_id)
{
	struct bill *i = find(b, call_id);
	int64_t amount;

	if (i == NULL || i->from_ms == 0 || i->until_ms != 0)
		return;
	i->until_ms = world_now_ms(b->w);
	amount = cost(i->price, i->until_ms - i->from_ms);
	b->charged += amount;
	b->payer[i->payer].charged += amount;
	b->on_trunk[i->trunk] += amount;
	for (uint32_t k = 0; k < b->opens; k++) {
		if (b->open[k] == (uint32_t)(i - b->bill))
			b->open[k] = b->open[--b->opens];
	}
}

/* ---- what must hold ---- */

/** What the bills of some payer, or on some trunk, are above our clock's reach. */
static int64_t excuses(const struct bills *b, int payer, int trunk)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < b->bills; i++) {
		const struct bill *k = &b->bill[i];

		if (k->from_ms != 0 && (payer < 0 || k->payer == payer) &&
		    (trunk < 0 || k->trunk == trunk))
			sum += excuse(b, k);
	}
	return sum;
}

/** Sum of what open calls would cost if they were hung up now. */
static int64_t open_cost(const struct bills *b, int payer, int trunk)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < b->opens; i++) {
		const struct bill *k = &b->bill[b->open[i]];

		if ((payer < 0 || k->payer == payer) && (trunk < 0 || k->trunk == trunk))
			sum += cost(k->price, charged_ms(b, k));
	}
	return sum;
}


/** The providers' money against one limit. */
static void check_bound(struct bills *b, const struct bound *n)
{
	int64_t charged, above, excused;

	charged = n->payer >= 0 ? b->payer[n->payer].charged
	        : n->trunk >= 0 ? b->on_trunk[n->trunk] : b->charged;
	above = charged + open_cost(b, n->payer, n->trunk) - n->limit;
	if (above <= 0)
		return;
	excused = excuses(b, n->payer, n->trunk);
	b->excused = TG_MAX(b->excused, above);
	if (above > excused)
		fail(b, "providers charge more than a limit allows", n->name, n->limit + above,
		     n->limit);
}

/** Whose money a ledger counts.  False: of nobody whom the providers know. */
static bool bound_of(const struct bills *b, const struct ledger_view *v, struct bound *n)
{
	static const char *const trunks[TRUNKS_MAX] = { "acme", "beta" };

	n->payer = n->trunk = -1;
	for (int i = 1; v->kind == LEDGER_ACCOUNT && i < (int)b->payers; i++) {
		if (slice_eq(v->name, slice_str(b->payer[i].name)))
			n->payer = i;
	}
	for (int i = 0; v->kind == LEDGER_TRUNK && i < TRUNKS_MAX; i++) {
		if (slice_eq(v->name, slice_str(trunks[i])))
			n->trunk = i;
	}
	return v->kind == LEDGER_SITE || n->payer >= 0 || n->trunk >= 0;
}

static void check_view(struct bills *b, const struct ledger_view *v)
{
	struct bound n = { .limit = LEDGER_NO_MONEY };
	bool known = bound_of(b, v, &n);

	memcpy(n.name, v->name.p, TG_MIN(v->name.len, sizeof(n.name) - 1));
	for (unsigned p = 0; p < LEDGER_PERIODS; p++) {
		const struct ledger_money *m = &v->money[p];

		if (!m->limited)
			continue;
		n.limit = TG_MIN(n.limit, m->limit);
		if (m->spent + m->held > m->limit && b->overruns == 0)
			fail(b, "spent and held pass a limit", n.name, m->spent + m->held,
			     m->limit);
	}
	if (!known || n.limit == LEDGER_NO_MONEY)
		return;
	assert(b->bounds < BOUNDS_MAX);
	b->bound[b->bounds++] = n;
}

/** The ledgers, when the vault may have changed them. */
static void check_ledgers(struct bills *b)
{
	struct judge *judge = world_judge(b->w);
	struct ledger *l;
	struct ledger_view v;

	if (judge == NULL)
		return;
	b->dirty = false;
	b->bounds = 0;
	l = judge_ledger(judge);
	for (uint32_t id = ledger_next(l, 0, 0); id != 0; id = ledger_next(l, 0, id)) {
		if (ledger_view(l, &never, id, &v) == TG_OK)
			check_view(b, &v);
	}
}

void bills_check(struct bills *b)
{
	if (b->dirty)
		check_ledgers(b);
	if (b->opens == 0 || b->checked_ms == world_now_ms(b->w))
		return;
	b->checked_ms = world_now_ms(b->w);
	for (uint32_t i = 0; i < b->bounds; i++)
		check_bound(b, &b->bound[i]);
}

/* ---- at the end ---- */

static void check_record(struct bills *b, const struct vault_record *r, struct bills_count *out)
{
	int64_t charged = 0, excused = 0;
	char name[32];

	for (uint32_t i = 0; i < b->bills; i++) {
		const struct bill *k = &b->bill[i];

		if (k->call != r->call || k->from_ms == 0)
			continue;
		charged += cost(k->price, charged_ms(b, k));
		excused += excuse(b, k);
	}
	out->recorded += r->cost;
	out->above += r->cost > charged;
	(void)snprintf(name, sizeof(name), "call %016llx", (unsigned long long)r->call);
	if (r->cost + excused < charged)
		fail(b, "a record says less than the provider", name, r->cost, charged);
}

bool bills_end(struct bills *b, struct bills_count *out)
{
	struct ledger *l = judge_ledger(world_judge(b->w));
	struct ledger_stat stat;
	struct ledger_view v;

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < b->bills; i++) {
		const struct bill *k = &b->bill[i];

		out->calls += k->from_ms != 0;
		out->late += k->from_ms != 0 && late_ms(b, k) > 0;
	}
	out->charged = b->charged;
	out->overruns = b->overruns;
	out->excused = b->excused;
	for (uint32_t i = 0; world_record(b->w, i) != NULL; i++)
		check_record(b, world_record(b->w, i), out);
	ledger_stat(l, &stat);
	if (stat.holds > 0 || stat.held != 0)
		fail(b, "holds are left", "all", stat.held, stat.holds);
	if (ledger_view(l, &never, ledger_next(l, LEDGER_SITE, 0), &v) == TG_OK &&
	    v.money[LEDGER_DAY].spent != out->recorded)
		fail(b, "the site's ledger and the records differ", "day",
		     v.money[LEDGER_DAY].spent, out->recorded);
	return b->opens == 0;
}
