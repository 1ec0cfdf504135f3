/*
 * tollgate replay: what recorded calls would have become, and cost, under another configuration,
 * beside the one in force (R88, R115).  Needs no running tollgate and changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gate.h"
#include "cli/replay.h"
#include "number/class.h"
#include "proc/site_judge.h"

enum {
	SHOWN_MAX = 20,     /* accounts and calls in the text */
	SHOWN_JSON_MAX = 1000,
	SIDES = 2
};

struct options {
	const char *config, *policy;
	bool lenient, utc;
};

struct report {
	struct replay_records records;
	struct replay_side side[SIDES]; /* old, new */
	const char *path;
	uint32_t total;   /* rows that progress counts to; 0 = not known */
	const char *what; /* that is being done */
};

/* ---- JSON of it; the tables are made from that ---- */

static json_t *money_of(tg_micro amount)
{
	char mem[40];
	struct buf b = buf_on(mem, sizeof(mem));

	tg_micro_write(&b, amount);
	return json_stringn(b.p, b.len);
}

static void put_money(json_t *to, const char *key, tg_micro old, tg_micro new)
{
	char mem[64];

	snprintf(mem, sizeof(mem), "old_%s", key);
	json_object_set_new(to, mem, money_of(old));
	snprintf(mem, sizeof(mem), "new_%s", key);
	json_object_set_new(to, mem, money_of(new));
}

static void put_counts(json_t *to, uint64_t old, uint64_t new)
{
	json_object_set_new(to, "old", json_integer((json_int_t)old));
	json_object_set_new(to, "new", json_integer((json_int_t)new));
}

static json_t *totals_of(const struct report *r)
{
	static const char *const names[REPLAY_OUTCOMES] = {
		"incoming, not judged", "inside", "emergency", "let out", "let out, cut short",
		"refused",
	};
	const struct replay_side *old = &r->side[0], *new = &r->side[1];
	json_t *rows = json_array(), *row;

	for (unsigned i = 0; i < REPLAY_OUTCOMES; i++) {
		row = json_pack("{s:s}", "what", names[i]);
		put_counts(row, old->calls[i], new->calls[i]);
		json_array_append_new(rows, row);
	}
	row = json_pack("{s:s}", "what", "talk, minutes");
	put_counts(row, old->talk_s / 60, new->talk_s / 60);
	json_array_append_new(rows, row);
	row = json_pack("{s:s,s:o,s:o}", "what", "cost", "old", money_of(old->cost), "new",
	                money_of(new->cost));
	json_array_append_new(rows, row);
	return rows;
}

static bool judged(const struct replay_result *res)
{
	return res->outcome != REPLAY_INCOMING && res->outcome != REPLAY_INSIDE;
}

static const char *const words[REPLAY_OUTCOMES] = {
	"incoming", "inside", "emergency", "let out", "cut short", "refused",
};

/** Calls by outcome and rule. */
static json_t *rules_of(const struct report *r)
{
	struct tally {
		uint8_t outcome;
		struct slice rule;
		uint64_t calls[SIDES];
	} *list = calloc((size_t)REPLAY_RULES_MAX * REPLAY_OUTCOMES, sizeof(*list));
	json_t *rows = json_array();
	unsigned n = 0;

	for (unsigned s = 0; list != NULL && s < SIDES; s++) {
		for (uint32_t i = 0; i < r->records.count; i++) {
			const struct replay_result *res = &r->side[s].result[i];
			struct slice rule = r->side[s].rule[res->rule];
			unsigned at = 0;

			if (!judged(res))
				continue;
			while (at < n && (list[at].outcome != res->outcome ||
			                  !slice_eq(list[at].rule, rule)))
				at++;
			if (at == n && n < REPLAY_RULES_MAX * REPLAY_OUTCOMES)
				list[n++] = (struct tally){ res->outcome, rule, { 0 } };
			list[at].calls[s]++;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		json_t *row = json_pack("{s:s,s:s%}", "verdict", words[list[i].outcome], "rule",
		                        list[i].rule.p, list[i].rule.len);

		put_counts(row, list[i].calls[0], list[i].calls[1]);
		json_array_append_new(rows, row);
	}
	free(list);
	gate_sort(rows, "rule");
	return rows;
}

/** Of one class or account, on each side. */
struct sum {
	uint64_t calls[SIDES]; /* let out */
	tg_micro cost[SIDES];
	uint32_t key;
};

static bool out(const struct replay_result *res)
{
	return res->outcome == REPLAY_ALLOWED || res->outcome == REPLAY_CUT;
}

static void sum_up(const struct report *r, struct sum *list, bool by_class)
{
	for (unsigned s = 0; s < SIDES; s++) {
		for (uint32_t i = 0; i < r->records.count; i++) {
			const struct replay_result *res = &r->side[s].result[i];
			uint32_t key = by_class ? res->class : r->records.call[i].account;

			list[key].key = key;
			list[key].calls[s] += out(res);
			list[key].cost[s] += res->cost;
		}
	}
}

static int by_cost(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;
	tg_micro p = TG_MAX(x->cost[0], x->cost[1]), q = TG_MAX(y->cost[0], y->cost[1]);

	if (p != q)
		return p > q ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/** The dearest first. */
static json_t *sums_of(const struct report *r, const char *key, bool by_class)
{
	size_t n = by_class ? NUMBER_CLASSES : (size_t)replay_names_count(&r->records) + 1;
	struct sum *list = calloc(n, sizeof(*list));
	json_t *rows = json_array();

	if (list == NULL)
		return rows;
	sum_up(r, list, by_class);
	qsort(list, n, sizeof(*list), by_cost);
	for (size_t i = 0; i < n; i++) {
		struct slice name = by_class ? slice_str(number_class_name(list[i].key))
		                             : replay_name(&r->records, list[i].key);
		json_t *row;

		if (list[i].calls[0] == 0 && list[i].calls[1] == 0)
			continue;
		row = json_pack("{s:o}", key, json_stringn(name.len > 0 ? name.p : "-",
		                                           name.len > 0 ? name.len : 1));
		put_counts(row, list[i].calls[0], list[i].calls[1]);
		put_money(row, "cost", list[i].cost[0], list[i].cost[1]);
		json_array_append_new(rows, row);
	}
	free(list);
	return rows;
}

static json_t *verdict_of(const struct replay_side *s, const struct replay_result *res)
{
	char mem[128];

	snprintf(mem, sizeof(mem), "%s: %.*s", words[res->outcome], SLICE_FMT(s->rule[res->rule]));
	return json_string(res->outcome == REPLAY_INSIDE ? "inside" : mem);
}

/** The calls whose verdict differs, in the order of their start. */
static json_t *differences_of(const struct report *r, uint64_t *count)
{
	json_t *rows = json_array();
	char mem[LEDGER_NAME_MAX + 128];

	*count = 0;
	for (uint32_t i = 0; i < r->records.count; i++) {
		const struct replay_result *old = &r->side[0].result[i];
		const struct replay_result *new = &r->side[1].result[i];
		const struct replay_call *c = &r->records.call[i];
		struct buf b = buf_on(mem, sizeof(mem));
		json_t *row;

		if (old->outcome == new->outcome || (*count)++ >= SHOWN_JSON_MAX)
			continue;
		gate_put_plain(&b, replay_dialled(&r->records, c));
		row = json_pack("{s:i,s:s%,s:o,s:o}", "line", (int)c->line, "dialled", b.p, b.len,
		                "old", verdict_of(&r->side[0], old), "new",
		                verdict_of(&r->side[1], new));
		b.len = 0;
		gate_put_plain(&b, replay_name(&r->records, c->account));
		json_object_set_new(row, "account", json_stringn(b.p, b.len));
		put_money(row, "cost", old->cost, new->cost);
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *report_json(const struct report *r)
{
	uint64_t count;
	json_t *differences = differences_of(r, &count);

	return json_pack("{s:I,s:I,s:s,s:s%,s:o,s:o,s:o,s:o,s:I,s:o}", "records",
	                 (json_int_t)r->records.count, "skipped", (json_int_t)r->records.skipped,
	                 "format", r->records.ours ? "tollgate" : "asterisk", "currency",
	                 r->side[1].conf->money.currency.p, r->side[1].conf->money.currency.len,
	                 "totals", totals_of(r), "rules", rules_of(r), "classes",
	                 sums_of(r, "class", true), "accounts", sums_of(r, "account", false),
	                 "differences", (json_int_t)count, "differ", differences);
}

/* ---- as text ---- */

static json_t *shortened(const json_t *rows)
{
	json_t *head = json_array();

	for (size_t i = 0; i < json_array_size(rows) && i < SHOWN_MAX; i++)
		json_array_append(head, json_array_get(rows, i));
	return head;
}

static void table(const struct cli *cli, const json_t *rows, const struct gate_column *columns,
                  size_t count)
{
	json_t *head = shortened(rows);

	putchar('\n');
	(void)gate_print(cli, head, columns, count, "none");
	if (json_array_size(rows) > SHOWN_MAX)
		printf("... and %zu more; --json prints them\n", json_array_size(rows) - SHOWN_MAX);
	json_decref(head);
}

static int print_report(const struct cli *cli, const struct report *r, const json_t *all)
{
	static const struct gate_column totals[] = {
		{ "what", "CALLS", false }, { "old", "OLD", true }, { "new", "NEW", true },
	};
	static const struct gate_column rules[] = {
		{ "verdict", "VERDICT", false }, { "rule", "RULE", false }, { "old", "OLD", true },
		{ "new", "NEW", true },
	};
	static const struct gate_column sums[] = {
		{ "class", "CLASS", false },       { "old", "LET OUT, OLD", true },
		{ "new", "NEW", true },            { "old_cost", "COST, OLD", true },
		{ "new_cost", "NEW", true },
	};
	static const struct gate_column accounts[] = {
		{ "account", "ACCOUNT", false },   { "old", "LET OUT, OLD", true },
		{ "new", "NEW", true },            { "old_cost", "COST, OLD", true },
		{ "new_cost", "NEW", true },
	};
	static const struct gate_column differ[] = {
		{ "line", "LINE", true },     { "account", "ACCOUNT", false },
		{ "dialled", "DIALLED", false }, { "old", "OLD", false }, { "new", "NEW", false },
		{ "old_cost", "COST, OLD", true }, { "new_cost", "NEW", true },
	};

	printf("%u records%s", r->records.count, r->records.ours ? "" : " of an Asterisk CDR");
	if (r->records.skipped > 0)
		printf(", %u wrong rows skipped", r->records.skipped);
	printf("; money in %.*s\n", SLICE_FMT(r->side[1].conf->money.currency));
	table(cli, json_object_get(all, "totals"), totals, COUNT(totals));
	table(cli, json_object_get(all, "rules"), rules, COUNT(rules));
	table(cli, json_object_get(all, "classes"), sums, COUNT(sums));
	table(cli, json_object_get(all, "accounts"), accounts, COUNT(accounts));
	printf("\n%lld calls would become something else\n",
	       (long long)json_integer_value(json_object_get(all, "differences")));
	if (json_array_size(json_object_get(all, "differ")) > 0)
		table(cli, json_object_get(all, "differ"), differ, COUNT(differ));
	return gate_printed();
}

/* ---- the command ---- */

static void on_wrong(void *ctx, uint32_t line, const char *why)
{
	const struct report *r = ctx;

	fprintf(stderr, "%s:%u: %s\n", r->path, line, why);
}

static void on_progress(void *ctx, uint32_t rows)
{
	const struct report *r = ctx;

	if (r->total > 0)
		fprintf(stderr, "tollgate: %s: %u of %u\n", r->what, rows, r->total);
	else
		fprintf(stderr, "tollgate: %s: %u\n", r->what, rows);
}

static int read_records(struct report *r, const struct options *o)
{
	static struct tg_zone zone;
	struct slice name = r->side[1].conf->money.zone;
	struct replay_reading how = { .path = r->path, .lenient = o->lenient, .utc = o->utc,
		                      .zone = &zone, .ctx = r, .wrong = on_wrong,
		                      .progress = on_progress };
	enum tg_err err;

	if (site_zone_read(&zone, name) != TG_OK)
		return cli_fail(CLI_FAILED, "the time zone %.*s is not installed", SLICE_FMT(name));
	r->what = "read";
	errno = 0;
	err = replay_read(&r->records, &how);
	switch (err) {
	case TG_OK:
		return CLI_GO;
	case TG_EBAD:
		return cli_fail(CLI_FAILED, "%s has wrong rows; --lenient skips and counts them",
		                r->path);
	case TG_EIO:
		return cli_fail(CLI_FAILED, "cannot read %s: %s", r->path, strerror(errno));
	default:
		return cli_fail(CLI_FAILED, "%s", tg_strerror(err));
	}
}

static int decide(struct report *r)
{
	char why[REPLAY_WHY_MAX];

	r->total = r->records.count;
	for (unsigned s = 0; s < SIDES; s++) {
		r->what = s == 0 ? "old" : "new";
		if (replay_run(&r->side[s], &r->records, on_progress, r, why) != TG_OK)
			return cli_fail(CLI_FAILED, "%s: %s", r->what, why);
	}
	return CLI_GO;
}

static int show(const struct cli *cli, const struct report *r)
{
	json_t *all = report_json(r);
	int status;

	if (all == NULL)
		return cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	status = cli->json ? gate_print_json(all) : print_report(cli, r, all);
	json_decref(all);
	return status;
}

static int run(const struct cli *cli, const struct options *o)
{
	struct report r = { .path = cli->words[0] };
	struct conf *old = cli_conf(o->config), *new = old != NULL ? cli_conf(o->policy) : NULL;
	int status = new != NULL ? CLI_GO : CLI_FAILED;
	bool read = false;

	r.side[0].conf = old;
	r.side[1].conf = new;
	if (status == CLI_GO) {
		status = read_records(&r, o);
		read = status == CLI_GO;
	}
	if (status == CLI_GO)
		status = decide(&r);
	if (status == CLI_GO)
		status = show(cli, &r);
	replay_side_free(&r.side[0]);
	replay_side_free(&r.side[1]);
	if (read)
		replay_free(&r.records);
	conf_free(old);
	conf_free(new);
	return status;
}

int cmd_replay(struct cli *cli)
{
	struct options o = { .config = CLI_CONFIG_DEFAULT };
	const struct cli_option options[] = {
		{ "policy", &o.policy, NULL, "FILE: the configuration to try" },
		{ "old", &o.config, NULL, "FILE that it is compared with (default "
		  CLI_CONFIG_DEFAULT ")" },
		{ "lenient", NULL, &o.lenient, "skip wrong rows, and say how many there were" },
		{ "utc", NULL, &o.utc, "the times of an Asterisk CDR are UTC (usegmtime=yes), not "
		  "local" },
	};
	int status = cli_args(cli, options, COUNT(options), 1, 1);

	if (status != CLI_GO)
		return status;
	if (o.policy == NULL)
		return cli_fail(CLI_USAGE, "replay: name the configuration to try: --policy=FILE");
	return run(cli, &o);
}
