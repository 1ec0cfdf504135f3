#include "promises/money/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/chain.h"
#include "store/records.h"

/* Two calls at a time of one account, one of another; every fourth is tried on a second trunk. */
enum { CALLS = 8, BRANCHES = 2, LEDGERS = 4 };

/* NEXT: on another trunk, while the first is still held; LEAVE: the first is given up. */
enum act { GRANT, RENEW, NEXT, LEAVE, ANSWER, SETTLE, PASS, NO_PASS };

static const struct {
	enum act act;
	uint8_t call;
	bool pause; /* wait for the disk before the next */
} jobs[] = {
	{ GRANT, 1, true },   { GRANT, 2, false },  { RENEW, 1, false },   { PASS, 1, true },
	{ ANSWER, 1, true },  { GRANT, 3, false },  { GRANT, 4, true },    { NEXT, 4, false },
	{ LEAVE, 4, false },  { RENEW, 1, false },  { SETTLE, 2, true },   { ANSWER, 4, false },
	{ SETTLE, 1, false }, { SETTLE, 3, true },  { GRANT, 5, true },    { RENEW, 4, false },
	{ NO_PASS, 1, false }, { GRANT, 6, true },  { ANSWER, 5, false },  { ANSWER, 6, false },
	{ SETTLE, 4, true },  { SETTLE, 5, true },  { GRANT, 7, false },   { SETTLE, 6, false },
	{ PASS, 2, true },    { ANSWER, 7, true },  { GRANT, 8, false },   { RENEW, 7, false },
	{ NEXT, 8, true },    { LEAVE, 8, true },   { RENEW, 8, true },    { SETTLE, 7, false },
	{ PASS, 2, true },
};

unsigned script_jobs(void)
{
	return COUNT(jobs);
}

bool script_pauses(unsigned i)
{
	return jobs[i].pause;
}

/* ---- the model ---- */

struct model {
	struct {
		unsigned hold[BRANCHES + 1]; /* version by branch, 0 = none */
		unsigned branch;
		bool up, answered;
	} call[CALLS + 1];
	unsigned closed[CALLS], closed_count; /* calls in the order of their closing */
	uint64_t spent[LEDGERS];
	unsigned pass[3];
};

static const char *const ledger_names[LEDGERS] = { "site/", "account/101", "account/102",
	                                           "trunk/acme" };

static uint64_t cost_of(unsigned call)
{
	return 1000 + call * 17;
}

/* Which ledgers are above a call: the site, its account, the trunk. */
static bool is_above(unsigned ledger, unsigned call)
{
	return ledger == 0 || ledger == 3 || ledger == 1 + call % 2;
}

static void model_job(struct model *m, unsigned i)
{
	unsigned c = jobs[i].call;

	switch (jobs[i].act) {
	case GRANT:
		m->call[c].up = true;
		m->call[c].hold[1] = m->call[c].branch = 1;
		break;
	case RENEW:
		m->call[c].hold[m->call[c].branch]++;
		break;
	case NEXT:
		m->call[c].hold[m->call[c].branch = 2] = 1;
		break;
	case LEAVE:
		m->call[c].hold[1] = 0;
		break;
	case ANSWER:
		m->call[c].answered = true;
		m->call[c].hold[m->call[c].branch]++;
		break;
	case SETTLE:
		m->call[c].up = false;
		m->call[c].hold[m->call[c].branch] = 0;
		m->closed[m->closed_count++] = c;
		for (unsigned l = 0; l < LEDGERS; l++)
			m->spent[l] += is_above(l, c) ? cost_of(c) : 0;
		break;
	case PASS:
		m->pass[c]++;
		break;
	case NO_PASS:
		m->pass[c] = 0;
		break;
	}
}

static void model_at(struct model *m, unsigned count)
{
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < count; i++)
		model_job(m, i);
}

static void write_model(struct buf *b, const struct model *m)
{
	for (unsigned c = 1; c <= CALLS; c++) {
		if (m->call[c].up)
			buf_fmt(b, "call %u answered %d", c, m->call[c].answered);
		for (unsigned i = 1; i <= BRANCHES; i++) {
			if (m->call[c].hold[i] != 0)
				buf_fmt(b, " hold %u.%u version %u", c, i, m->call[c].hold[i]);
		}
		buf_chr(b, '\n');
	}
	for (unsigned i = 0; i < m->closed_count; i++)
		buf_fmt(b, "record %u call %u\n", i + 1, m->closed[i]);
	for (unsigned l = 0; l < LEDGERS; l++) {
		if (m->spent[l] > 0)
			buf_fmt(b, "total %s %llu\n", ledger_names[l],
			        (unsigned long long)m->spent[l]);
	}
	for (unsigned p = 1; p < COUNT(m->pass); p++) {
		if (m->pass[p] > 0)
			buf_fmt(b, "pass %u %u\n", p, m->pass[p]);
	}
	b->p[b->len] = '\0';
}

void script_expect(char out[SCRIPT_TEXT], unsigned count)
{
	struct buf b = buf_on(out, SCRIPT_TEXT - 1);
	struct model m;

	model_at(&m, count);
	write_model(&b, &m);
}

/* ---- the same by jobs ---- */

/* Large ones, so that a row has more than a sector. */
struct blob {
	uint32_t version, size;
	uint8_t fill[900];
};

static struct slice blob(struct blob *b, unsigned version)
{
	memset(b, (int)version, sizeof(*b));
	b->version = version;
	b->size = (uint32_t)sizeof(*b);
	return slice_of((const char *)b, sizeof(*b));
}

static struct vault_record record(const struct model *m, unsigned c)
{
	struct vault_record r = { .call = c, .start_ms = 1000 + c, .status = 200 };

	r.answer_ms = m->call[c].answered ? 2000 + c : 0;
	r.talk_ms = (uint32_t)cost_of(c); /* stands for the cost, which the store does not know */
	link_text_set(&r.account, c % 2 == 0 ? SLICE("101") : SLICE("102"));
	link_text_set(&r.dialled, SLICE("+34911234567"));
	return r;
}

static uint64_t settle(struct store *s, const struct model *m, const struct link_leg *leg)
{
	unsigned c = (unsigned)leg->call;
	struct vault_record r = record(m, c);
	struct store_total total[LEDGERS];
	uint32_t n = 0;

	for (unsigned l = 0; l < LEDGERS; l++) {
		if (is_above(l, c))
			total[n++] = (struct store_total){
				slice_str(ledger_names[l]),
				slice_of((const char *)&m->spent[l], sizeof(m->spent[l]))
			};
	}
	return store_settle(s, &(struct store_change){ .leg = *leg, .record = &r, .over = true,
	                                               .total = total, .totals = n });
}

uint64_t script_queue(struct store *s, unsigned i)
{
	unsigned c = jobs[i].call, version;
	const char key[2] = { (char)('0' + c), 0 };
	struct store_change change;
	struct blob hold, recipe;
	struct vault_record r;
	struct model m;

	model_at(&m, i + 1);
	r = record(&m, c);
	version = m.call[c].hold[m.call[c].branch];
	change = (struct store_change){ .leg = { .call = c, .side = LINK_B,
		                                 .branch = (uint8_t)m.call[c].branch },
		                        .hold = blob(&hold, version),
		                        .recipe = blob(&recipe, version),
		                        .record = &r };
	switch (jobs[i].act) {
	case SETTLE:
		return settle(s, &m, &change.leg);
	case LEAVE:
		change.leg.branch = 1;
		return store_settle(s, &(struct store_change){ .leg = change.leg });
	case PASS:
		return store_state_put(s, SLICE("pass"), slice_str(key),
		                       slice_of((char *)&m.pass[c], sizeof(m.pass[c])));
	case NO_PASS:
		return store_state_drop(s, SLICE("pass"), slice_str(key));
	default:
		return store_change(s, &change);
	}
}

/* ---- what is there ---- */

static struct {
	struct model m;
	unsigned recipe[CALLS + 1][BRANCHES + 1];
	uint64_t sum[LEDGERS];
	const char *wrong;
	struct buf b;
} found;

static void wrong(const char *why)
{
	if (found.wrong == NULL)
		found.wrong = why;
}

static unsigned version_of(struct slice s)
{
	struct blob have, want;

	if (s.len != sizeof(have)) {
		wrong("a blob of another length");
		return 0;
	}
	memcpy(&have, s.p, sizeof(have));
	blob(&want, have.version);
	if (memcmp(&have, &want, sizeof(have)) != 0)
		wrong("a torn blob");
	return have.version;
}

static void on_record(void *ctx, const struct vault_record *r)
{
	(void)ctx;
	if (r->call < 1 || r->call > CALLS) {
		wrong("a record of no call");
		return;
	}
	found.m.call[r->call].up = true;
	found.m.call[r->call].answered = r->answer_ms != 0;
}

static void on_hold(void *ctx, const struct link_leg *leg, struct slice hold)
{
	(void)ctx;
	found.m.call[leg->call].hold[leg->branch] = version_of(hold);
}

static void on_recipe(void *ctx, const struct link_leg *leg, struct slice recipe)
{
	(void)ctx;
	found.recipe[leg->call][leg->branch] = version_of(recipe);
}

static void on_total(void *ctx, struct slice key, struct slice total)
{
	(void)ctx;
	for (unsigned l = 0; l < LEDGERS; l++) {
		if (slice_eq(key, slice_str(ledger_names[l])) && total.len == sizeof(uint64_t))
			memcpy(&found.m.spent[l], total.p, total.len);
	}
}

static void on_state(void *ctx, struct slice kind, struct slice key, struct slice value)
{
	(void)ctx;
	if (!slice_eq(kind, SLICE("pass")) || key.len != 1 || value.len != sizeof(unsigned))
		wrong("a state row that nobody wrote");
	else
		memcpy(&found.m.pass[key.p[0] - '0'], value.p, value.len);
}

static bool on_closed(void *ctx, uint64_t id, const struct vault_record *r, bool over)
{
	(void)ctx;
	(void)over;
	if (id == 0)
		return true; /* a call that was up */
	if (id != found.m.closed_count + 1 || id > CALLS)
		wrong("records are not numbered one by one");
	else
		found.m.closed[found.m.closed_count++] = (unsigned)r->call;
	for (unsigned l = 0; l < LEDGERS; l++)
		found.sum[l] += is_above(l, (unsigned)r->call) ? r->talk_ms : 0;
	return true;
}

static bool is_held(unsigned call)
{
	return found.m.call[call].hold[1] != 0 || found.m.call[call].hold[2] != 0;
}

/* Money: each call is held or settled, never both; every cost is in its totals, once. */
static void check_money(void)
{
	for (unsigned l = 0; l < LEDGERS; l++) {
		if (found.sum[l] != found.m.spent[l])
			wrong("the totals are not the sum of the records");
	}
	for (unsigned i = 0; i < found.m.closed_count; i++) {
		if (is_held(found.m.closed[i]) || found.m.call[found.m.closed[i]].up)
			wrong("a call is held and settled");
	}
	for (unsigned c = 1; c <= CALLS; c++) {
		if (found.m.call[c].up != is_held(c))
			wrong("a call that runs without a hold, or a hold without a call");
		if (memcmp(found.recipe[c], found.m.call[c].hold, sizeof(found.recipe[c])) != 0)
			wrong("a hold without its recipe");
	}
}

const char *script_found(char out[SCRIPT_TEXT], struct store *s, const char *dir)
{
	const struct store_sink sink = { .record = on_record, .hold = on_hold, .recipe = on_recipe,
		                         .total = on_total, .state = on_state };
	const struct records_query all = { 0 };
	struct chain_report chain;
	struct buf b = buf_on(out, SCRIPT_TEXT - 1);
	char error[256];

	memset(&found, 0, sizeof(found));
	if (store_load(s, &sink) != TG_OK ||
	    records_each(dir, &all, &(struct records_sink){ NULL, on_closed }, error,
	                 sizeof(error)) != TG_OK)
		return "it does not load";
	if (store_chain_verify(dir, false, NULL, &chain, error, sizeof(error)) != TG_OK ||
	    chain.findings != 0)
		return "the chain of records is broken";
	check_money();
	write_model(&b, &found.m);
	return found.wrong;
}
