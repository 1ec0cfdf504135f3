/*
 * tollgate records: who called whom.  Read from the database beside the running tollgate, by a
 * connection that cannot write; so it works when tollgate does not run, too.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/csv.h"
#include "cli/gate.h"
#include "store/chain.h"
#include "number/class.h"
#include "store/records.h"

enum { LAST_DEFAULT = 20 };

struct show {
	bool csv, raw;
	bool failed; /* no memory, or no room on standard output */
	json_t *rows;
};

/* ---- JSON, and the table made of it ---- */

static json_t *text(struct slice s)
{
	char mem[1024];
	struct buf b = buf_on(mem, sizeof(mem));

	/* buf_json() makes UTF-8 of whatever it is; jansson would refuse it */
	buf_json(&b, s);
	return json_loadb(b.p, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static json_t *when(uint64_t wall_ms)
{
	char mem[CSV_TIME_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	csv_time(&b, wall_ms);
	return b.len > 0 ? text(buf_slice(&b)) : json_null();
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *media_row(const struct link_media_stat *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "packets", number(s->packets));
	json_object_set_new(o, "dropped", number(s->dropped));
	json_object_set_new(o, "lost", number(s->lost));
	json_object_set_new(o, "loss_ppm", number(csv_loss_ppm(s)));
	json_object_set_new(o, "jitter_us", number(s->jitter_us));
	json_object_set_new(o, "silent_ms", number(s->silent_ms));
	return o;
}

static void put_parties(json_t *o, const struct vault_record *r)
{
	json_object_set_new(o, "accountcode", text(link_text(&r->account)));
	json_object_set_new(o, "src", text(link_text(&r->source)));
	json_object_set_new(o, "name", text(link_text(&r->name)));
	json_object_set_new(o, "dst", text(link_text(&r->dialled)));
	json_object_set_new(o, "from_party", text(csv_party(r->a_party)));
	json_object_set_new(o, "from_peer", text(link_text(&r->a_peer)));
	json_object_set_new(o, "to_party", text(csv_party(r->b_party)));
	json_object_set_new(o, "to_peer", text(link_text(&r->b_peer)));
	json_object_set_new(o, "trunk", text(csv_trunk(r)));
}

static void put_money(json_t *o, const struct vault_record *r)
{
	char mem[40];
	struct buf b = buf_on(mem, sizeof(mem));

	json_object_set_new(o, "number", text(link_text(&r->number)));
	json_object_set_new(o, "class", r->number.len > 0 && r->class < NUMBER_CLASSES
	                    ? json_string(number_class_name((enum number_class)r->class))
	                    : json_null());
	tg_micro_write(&b, r->cost);
	json_object_set_new(o, "cost", text(buf_slice(&b)));
}

static json_t *row_of(uint64_t id, const struct vault_record *r, bool over)
{
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));
	json_t *o = json_object();

	buf_fmt(&b, "%016llx", (unsigned long long)r->call);
	json_object_set_new(o, "id", id != 0 ? number(id) : json_null());
	json_object_set_new(o, "call", text(buf_slice(&b)));
	json_object_set_new(o, "over", json_boolean(over));
	put_parties(o, r);
	json_object_set_new(o, "start", when(r->start_ms));
	json_object_set_new(o, "answer", when(r->answer_ms));
	json_object_set_new(o, "end", when(r->end_ms));
	json_object_set_new(o, "duration", number(csv_duration_s(r)));
	json_object_set_new(o, "billsec", number(r->talk_ms / 1000));
	json_object_set_new(o, "disposition", over ? text(csv_disposition(r)) : json_string("UP"));
	json_object_set_new(o, "rule", text(link_text(&r->rule)));
	put_money(o, r);
	json_object_set_new(o, "status", number(r->status));
	json_object_set_new(o, "cause", number(r->cause));
	json_object_set_new(o, "ended_by", text(csv_ended_by(r->by)));
	json_object_set_new(o, "emergency", json_boolean(r->emergency != 0));
	b.len = 0;
	tg_addr_write(&b, &r->from);
	json_object_set_new(o, "from", text(buf_slice(&b)));
	json_object_set_new(o, "one_way", text(csv_one_way(r)));
	json_object_set_new(o, "media_a", media_row(&r->media[0]));
	json_object_set_new(o, "media_b", media_row(&r->media[1]));
	return o;
}

static bool on_record(void *ctx, uint64_t id, const struct vault_record *r, bool over)
{
	struct show *show = ctx;
	char mem[CSV_LINE_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	if (!show->csv) {
		show->failed = json_array_append_new(show->rows, row_of(id, r, over)) != 0;
		return !show->failed;
	}
	if (over)
		csv_record(&b, r, !show->raw);
	show->failed = fwrite(b.p, 1, b.len, stdout) != b.len;
	return !show->failed;
}

static int print(const struct cli *cli, const struct show *show)
{
	static const struct gate_column columns[] = {
		{ "start", "START (UTC)", false }, { "src", "FROM", false },
		{ "dst", "DIALLED", false },       { "to_peer", "TO", false },
		{ "billsec", "S", true },          { "disposition", "RESULT", false },
		{ "rule", "RULE", false },         { "ended_by", "ENDED BY", false },
		{ "one_way", "ONE WAY", false },
	};

	if (show->csv)
		return gate_printed();
	return gate_print(cli, show->rows, columns, COUNT(columns), "no records");
}

/* ---- the chain (C25) ---- */

static void on_finding(void *ctx, const struct chain_finding *f, bool accepted)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", number(f->id));
	json_object_set_new(o, "records", number(f->count));
	json_object_set_new(o, "fault", json_string(chain_fault_name(f->fault)));
	json_object_set_new(o, "accepted", json_boolean(accepted));
	json_array_append_new(ctx, o);
}

static int verify(struct cli *cli, const struct gate *gate, bool accept)
{
	static const struct gate_column columns[] = {
		{ "id", "RECORD", true },
		{ "records", "RECORDS", true },
		{ "fault", "FAULT", false },
		{ "accepted", "ACCEPTED", false },
	};
	json_t *rows = json_array();
	struct chain_report report;
	char error[512], whole[64];
	int status;

	if (store_chain_verify(gate->data, accept, &(struct chain_sink){ rows, on_finding },
	                       &report, error, sizeof(error)) != TG_OK) {
		status = cli_fail(CLI_FAILED, "%s", error);
	} else {
		snprintf(whole, sizeof(whole), "%llu records, none changed, none missing",
		         (unsigned long long)report.checked);
		status = gate_print(cli, rows, columns, COUNT(columns), whole);
		if (status == CLI_DONE && !accept && report.findings > report.accepted)
			status = CLI_FAILED;
	}
	json_decref(rows);
	return status;
}

/* ---- options ---- */

/* "2001-02-03", "2001-02-03T04:05:06" in UTC, or "7d", "12h", "30m" ago. */
static bool parse_since(uint64_t *wall_ms, const char *s)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d" };
	size_t len = strlen(s);
	uint64_t n, unit_s;

	for (size_t i = 0; i < COUNT(formats); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(s, formats[i], &tm);

		if (end != NULL && *end == '\0') {
			*wall_ms = (uint64_t)timegm(&tm) * 1000;
			return tm.tm_year >= 70;
		}
	}
	if (len < 2 || slice_u64(&n, slice_of(s, len - 1), 1000000) != TG_OK)
		return false;
	unit_s = s[len - 1] == 'd' ? 86400 : s[len - 1] == 'h' ? 3600 : s[len - 1] == 'm' ? 60 : 0;
	n = (uint64_t)time(NULL) - TG_MIN(n * unit_s, (uint64_t)time(NULL));
	*wall_ms = n * 1000;
	return unit_s > 0;
}

static int run(struct cli *cli, const struct gate *gate, const struct records_query *query,
               struct show *show)
{
	char heading[1024], error[512];
	struct buf b = buf_on(heading, sizeof(heading));
	enum tg_err err;
	int status;

	show->rows = json_array();
	if (show->csv) {
		csv_heading(&b);
		fwrite(b.p, 1, b.len, stdout);
	}
	err = records_each(gate->data, query, &(struct records_sink){ show, on_record }, error,
	                   sizeof(error));
	if (err != TG_OK)
		status = cli_fail(CLI_FAILED, "%s", error);
	else if (show->failed && !show->csv)
		status = cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	else
		status = print(cli, show);
	json_decref(show->rows);
	return status;
}

int cmd_records(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT, *since = NULL, *last = NULL;
	struct records_query query = { 0 };
	struct show show = { 0 };
	bool check = false, accept = false;
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "last", &last, NULL, "NUMBER of records, the newest (default 20; all with --csv, "
		  "--json or --since)" },
		{ "since", &since, NULL,
		  "DATE as 2001-02-03 or 2001-02-03T04:05:06 (UTC), or 7d, 12h, 30m ago" },
		{ "csv", NULL, &show.csv, "RFC 4180; the first 18 columns are those of Asterisk" },
		{ "raw", NULL, &show.raw,
		  "with --csv: leave cells that begin with = + - @ as they are, "
		  "for programs, not for spreadsheets" },
		{ "verify", NULL, &check, "check that no record was changed, removed or added; "
		  "finding one is exit status 1" },
		{ "accept", NULL, &accept, "the same, and take what is there as it is: the event "
		  "ledger_damaged ends" },
	};
	int status = cli_args(cli, options, COUNT(options), 0, 0);
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (last == NULL && since == NULL && !show.csv && !cli->json)
		query.last = LAST_DEFAULT;
	if (last != NULL && (slice_u64(&query.last, slice_str(last), UINT32_MAX) != TG_OK ||
	                     query.last == 0))
		return cli_fail(CLI_USAGE, "records: --last is a number from 1");
	if (since != NULL && !parse_since(&query.since_ms, since))
		return cli_fail(CLI_USAGE, "records: --since is a date as 2001-02-03 or "
		                "2001-02-03T04:05:06, or 7d, 12h, 30m");
	if ((check || accept) && (show.csv || last != NULL || since != NULL))
		return cli_fail(CLI_USAGE, "records: --verify and --accept look at all records");
	if (show.csv && cli->json)
		return cli_fail(CLI_USAGE, "records: either --csv or --json");
	if (show.raw && !show.csv)
		return cli_fail(CLI_USAGE, "records: --raw goes with --csv");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	status = check || accept ? verify(cli, &gate, accept) : run(cli, &gate, &query, &show);
	gate_close(&gate);
	return status;
}
