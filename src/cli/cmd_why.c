/*
 * tollgate why: why a call was let out, refused or ended, and what to do about it (R114): from the
 * records, the newest first, and from what the running tollgate says of the budgets now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control.h"
#include "cli/csv.h"
#include "cli/money_text.h"
#include "cli/why_text.h"
#include "conf/conf.h"
#include "number/bands.h"
#include "number/number.h"
#include "store/records.h"

enum { FOUND_MAX = 50, LAST_DEFAULT = 5 };

struct found {
	struct vault_record record;
	bool over;
};

struct search {
	struct slice word;
	char number[32];  /* the word as one number; empty = it is none */
	struct found *at; /* a ring */
	uint64_t count, last;
};

/* ---- what matches ---- */

static bool is_call(struct slice word, uint64_t call)
{
	char mem[32];

	snprintf(mem, sizeof(mem), "%016llx", (unsigned long long)call);
	return slice_ieq(word, slice_str(mem));
}

/* The address without its port. */
static bool is_address(struct slice word, const struct tg_addr *from)
{
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));
	struct tg_addr addr = *from;

	if (from->family == TG_AF_NONE)
		return false;
	addr.port = 0;
	tg_addr_write(&b, &addr);
	return slice_starts(buf_slice(&b), word) &&
	       (b.len == word.len || mem[word.len] == ':' || mem[word.len] == ']');
}

static bool matches(const struct search *s, const struct vault_record *r)
{
	return is_call(s->word, r->call) || slice_eq(s->word, link_text(&r->account)) ||
	       slice_eq(s->word, link_text(&r->a_peer)) ||
	       slice_eq(s->word, link_text(&r->b_peer)) ||
	       slice_eq(s->word, link_text(&r->source)) ||
	       slice_eq(s->word, link_text(&r->dialled)) ||
	       (s->number[0] != '\0' && slice_eq(slice_str(s->number), link_text(&r->number))) ||
	       is_address(s->word, &r->from);
}

static bool on_record(void *ctx, uint64_t id, const struct vault_record *r, bool over)
{
	struct search *s = ctx;

	(void)id;
	if (matches(s, r))
		s->at[s->count++ % s->last] = (struct found){ *r, over };
	return true;
}

static void read_number(struct search *s, const struct conf *conf)
{
	uint16_t home = number_territory_find(conf->numbers.home);
	struct buf b = buf_on(s->number, sizeof(s->number) - 1);
	struct number_plan plan;
	struct number n;

	if (home != 0 && number_plan_init(&plan, home, conf->numbers.outside_line) == TG_OK &&
	    number_normalise(&n, &plan, s->word, NULL) == TG_OK)
		number_write(&b, &n);
}

/* ---- one call ---- */

static void put_text(struct buf *b, const struct link_text *text)
{
	gate_put_plain(b, link_text(text));
}

static void say_call(struct buf *b, const struct vault_record *r)
{
	csv_time(b, r->start_ms);
	buf_fmt(b, " UTC, call %016llx: ", (unsigned long long)r->call);
	put_text(b, r->a_peer.len > 0 ? &r->a_peer : &r->source);
	if (r->account.len > 0 && !slice_eq(link_text(&r->account), link_text(&r->a_peer))) {
		buf_lit(b, " for ");
		put_text(b, &r->account);
	}
	if (r->from.family != TG_AF_NONE) {
		buf_lit(b, " from ");
		tg_addr_write(b, &r->from);
	}
	buf_lit(b, " dialled ");
	put_text(b, &r->dialled);
	buf_chr(b, '\n');
}

static void say_price(struct buf *b, const struct vault_record *r)
{
	if (r->number.len == 0)
		return;
	buf_lit(b, "  that is ");
	put_text(b, &r->number);
	buf_fmt(b, ", class %s",
	        number_class_name(r->class < NUMBER_CLASSES ? (enum number_class)r->class
	                                                    : NUMBER_CLASS_UNKNOWN));
	if (r->tariff.next_s != 0) {
		buf_lit(b, ", ");
		tg_micro_write(b, r->tariff.per_minute);
		buf_lit(b, " a minute and ");
		tg_micro_write(b, r->tariff.connect);
		buf_fmt(b, " for the connection, by the %s",
		        r->price_source <= PRICE_DEAREST
		                ? price_source_name((enum price_source)r->price_source) : "?");
	}
	buf_chr(b, '\n');
}

static void say_end(struct buf *b, const struct found *f)
{
	const struct vault_record *r = &f->record;
	const struct why_rule *why = why_rule_find(link_text(&r->rule));
	bool refused = r->answer_ms == 0 && r->by == LINK_END_US && r->status >= 300;

	if (r->b_peer.len > 0) {
		buf_lit(b, "  it went to ");
		put_text(b, &r->b_peer);
		buf_str(b, r->sent.len > 0 ? " as " : "");
		put_text(b, &r->sent);
		buf_chr(b, '\n');
	}
	if (!f->over)
		buf_lit(b, "  it is not over");
	else if (refused)
		buf_fmt(b, "  refused with status %u", r->status);
	else
		buf_fmt(b, "  %.*s, %u s of talk, ended by %.*s", SLICE_FMT(csv_disposition(r)),
		        r->talk_ms / 1000, SLICE_FMT(csv_ended_by(r->by)));
	if (r->cost > 0) {
		buf_lit(b, ", cost ");
		tg_micro_write(b, r->cost);
	}
	buf_lit(b, "\n  rule ");
	put_text(b, &r->rule);
	buf_fmt(b, ": %s\n", why->means);
	if (why->todo[0] != '\0')
		buf_fmt(b, "  what to do: %s\n", why->todo);
}

static void print_found(const struct found *f)
{
	char mem[4096];
	struct buf b = buf_on(mem, sizeof(mem));

	say_call(&b, &f->record);
	say_price(&b, &f->record);
	say_end(&b, f);
	fwrite(b.p, 1, b.len, stdout);
	putchar('\n');
}

static json_t *text_json(struct slice s)
{
	char mem[1024];
	struct buf b = buf_on(mem, sizeof(mem));

	buf_json(&b, s);
	return json_loadb(b.p, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static json_t *found_json(const struct found *f)
{
	const struct vault_record *r = &f->record;
	const struct why_rule *why = why_rule_find(link_text(&r->rule));
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));
	json_t *o = json_object();

	buf_fmt(&b, "%016llx", (unsigned long long)r->call);
	json_object_set_new(o, "call", text_json(buf_slice(&b)));
	b.len = 0;
	csv_time(&b, r->start_ms);
	json_object_set_new(o, "start", text_json(buf_slice(&b)));
	json_object_set_new(o, "account", text_json(link_text(&r->account)));
	json_object_set_new(o, "from_peer", text_json(link_text(&r->a_peer)));
	json_object_set_new(o, "dialled", text_json(link_text(&r->dialled)));
	json_object_set_new(o, "number", text_json(link_text(&r->number)));
	json_object_set_new(o, "to_peer", text_json(link_text(&r->b_peer)));
	json_object_set_new(o, "status", json_integer(r->status));
	json_object_set_new(o, "over", json_boolean(f->over));
	b.len = 0;
	tg_micro_write(&b, r->cost);
	json_object_set_new(o, "cost", text_json(buf_slice(&b)));
	json_object_set_new(o, "rule", text_json(link_text(&r->rule)));
	json_object_set_new(o, "means", json_string(why->means));
	json_object_set_new(o, "todo", json_string(why->todo));
	return o;
}

/* ---- now ---- */

static void on_line(void *ctx, struct slice line)
{
	json_t *row = json_loadb(line.p, line.len, JSON_ALLOW_NUL, NULL);

	if (row != NULL && json_array_append_new(ctx, row) != 0)
		return; /* no memory: fewer are shown */
}

/* Without a word when nothing runs: the records are told all the same. */
static json_t *ask(const struct gate *gate, const char *verb, struct slice word)
{
	json_t *rows = json_array();
	char mem[256], error[256];
	struct buf words = buf_on(mem, sizeof(mem));

	buf_str(&words, verb);
	buf_put(&words, word);
	if (rows == NULL || words.full || slice_find(word, ' ') < word.len ||
	    slice_find(word, '\n') < word.len)
		return rows;
	if (control_ask(gate->data, buf_slice(&words), (struct control_sink){ rows, on_line },
	                error, sizeof(error)) != TG_OK)
		json_array_clear(rows);
	return rows;
}

static void say_now(const json_t *rows, const char *currency)
{
	const json_t *row, *p;
	size_t i, n;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		json_array_foreach(json_object_get(row, "money"), n, p) {
			char mem[256];
			struct buf b = buf_on(mem, sizeof(mem));

			if (!json_is_string(json_object_get(p, "limit")))
				continue;
			buf_fmt(&b, "  %s%s", json_text_of(row, "ledger"),
			        json_text_of(row, "name")[0] != '\0' ? " " : "");
			gate_put_plain(&b, slice_str(json_text_of(row, "name")));
			buf_fmt(&b, ": %s of %s %s left for the %s\n", json_text_of(p, "remaining"),
			        json_text_of(p, "limit"), currency, json_text_of(p, "period"));
			fwrite(b.p, 1, b.len, stdout);
		}
	}
}

static void print_now(const struct gate *gate, const struct search *s)
{
	json_t *own = ask(gate, "limits account ", s->word);
	json_t *site = ask(gate, "limits site", SLICE("")), *book = ask(gate, "passes", SLICE(""));
	const json_t *first = json_array_get(book, 0);
	char currency[8];

	snprintf(currency, sizeof(currency), "%.*s", SLICE_FMT(gate->conf->money.currency));
	if (json_array_size(site) > 0)
		puts("Now");
	say_now(own, currency);
	say_now(site, currency);
	if (strcmp(json_text_of(first, "what"), "lockdown") == 0)
		printf("  LOCKED DOWN, level %lld; `tollgate unlock` ends it\n",
		       (long long)json_integer_value(json_object_get(first, "level")));
	json_decref(own);
	json_decref(site);
	json_decref(book);
}

/* ---- the command ---- */

static int show(const struct cli *cli, const struct gate *gate, const struct search *s)
{
	uint64_t shown = TG_MIN(s->count, s->last);
	json_t *rows = json_array();
	int status;

	for (uint64_t i = 0; i < shown; i++) {
		const struct found *f = &s->at[(s->count - 1 - i) % s->last];

		if (cli->json)
			json_array_append_new(rows, found_json(f));
		else
			print_found(f);
	}
	if (cli->json) {
		status = gate_print_json(rows);
	} else {
		if (s->count == 0)
			puts("no record has this call, number, account or address");
		else if (s->count > shown)
			printf("and %llu older ones; --last=N shows more\n\n",
			       (unsigned long long)(s->count - shown));
		print_now(gate, s);
		status = gate_printed();
	}
	json_decref(rows);
	return status == CLI_DONE && s->count == 0 ? CLI_FAILED : status;
}

int cmd_why(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT, *last = NULL;
	const struct records_query all = { 0 };
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "last", &last, NULL, "NUMBER of records, at most 50 (default 5)" },
	};
	int status = cli_args(cli, options, COUNT(options), 1, 1);
	struct search s = { .last = LAST_DEFAULT };
	struct gate gate;
	char error[512];

	if (status != CLI_GO)
		return status;
	if (last != NULL &&
	    (slice_u64(&s.last, slice_str(last), FOUND_MAX) != TG_OK || s.last == 0))
		return cli_fail(CLI_USAGE, "why: --last is a number from 1 to 50");
	s.word = slice_str(cli->words[0]);
	if (s.word.len == 0)
		return cli_fail(CLI_USAGE, "why: name a call, number, account or address");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	read_number(&s, gate.conf);
	s.at = calloc(FOUND_MAX, sizeof(*s.at));
	if (s.at == NULL)
		status = cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	else if (records_each(gate.data, &all, &(struct records_sink){ &s, on_record }, error,
	                      sizeof(error)) != TG_OK)
		status = cli_fail(CLI_FAILED, "%s", error);
	else
		status = show(cli, &gate, &s);
	free(s.at);
	gate_close(&gate);
	return status;
}
