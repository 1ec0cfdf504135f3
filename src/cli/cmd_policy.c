/* tollgate policy explain: what would become of a call, and why, without calling. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/money_text.h"
#include "cli/until.h"
#include "conf/conf.h"
#include "proc/site_judge.h"

static const char *const verbs[] = { "explain" };

/* ---- in words ---- */

static void put_plain(struct buf *b, const json_t *object, const char *key)
{
	gate_put_plain(b, slice_str(json_text_of(object, key)));
}

static void say_number(struct buf *b, const json_t *row)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
		                            "Saturday", "Sunday" };
	json_int_t date = json_integer_value(json_object_get(row, "date"));
	json_int_t minute = json_integer_value(json_object_get(row, "minute"));
	json_int_t day = json_integer_value(json_object_get(row, "weekday"));

	put_plain(b, row, "dialled");
	if (json_text_of(row, "number")[0] == '\0') {
		buf_lit(b, " is no number");
		buf_str(b, json_object_get(row, "no_number") != NULL ? ": " : "");
		put_plain(b, row, "no_number");
		buf_chr(b, '\n');
	} else {
		buf_fmt(b,
		        " is %s: %s, %s, class %s\n  %s a minute and %s for the connection, by the "
		        "%s\n",
		        json_text_of(row, "number"), json_text_of(row, "territory"),
		        json_text_of(row, "type"), json_text_of(row, "class"),
		        json_text_of(row, "per_minute"), json_text_of(row, "connect"),
		        json_text_of(row, "price_by"));
	}
	buf_fmt(b, "  on %s %04lld-%02lld-%02lld at %02lld:%02lld, with %lld calls of the caller "
	        "up, %lld of the site\n", days[day >= 0 && day < 7 ? day : 0],
	        (long long)(date / 10000), (long long)(date / 100 % 100), (long long)(date % 100),
	        (long long)(minute / 60), (long long)(minute % 60),
	        (long long)json_integer_value(json_object_get(row, "calls_own")),
	        (long long)json_integer_value(json_object_get(row, "calls_site")));
}

static void say_verdict(struct buf *b, const json_t *row)
{
	long long longest = json_integer_value(json_object_get(row, "longest_s"));

	if (strcmp(json_text_of(row, "verdict"), "allow") != 0) {
		buf_fmt(b, "\nRefused by %s, with status %lld. ", json_text_of(row, "by"),
		        (long long)json_integer_value(json_object_get(row, "status")));
		put_plain(b, row, "reason");
		buf_chr(b, '\n');
		return;
	}
	buf_fmt(b, "\nAllowed by %s%s", json_text_of(row, "by"),
	        json_is_true(json_object_get(row, "out")) ? ", over a trunk"
	                                                  : "; it stays inside and costs nothing");
	if (longest > 0)
		buf_fmt(b, ", for at most %lld s", longest);
	if (json_is_string(json_object_get(row, "ceiling")))
		buf_fmt(b, ", for at most %s a minute", json_text_of(row, "ceiling"));
	buf_lit(b, ".\n");
}

static void say_ledger(struct buf *b, const json_t *row)
{
	const json_t *money = json_object_get(row, "money"), *p;
	size_t i;

	buf_fmt(b, "  %s%s", json_text_of(row, "ledger"),
	        json_text_of(row, "name")[0] != '\0' ? " " : "");
	put_plain(b, row, "name");
	buf_fmt(b, ": %lld calls up",
	        (long long)json_integer_value(json_object_get(row, "calls")));
	json_array_foreach((json_t *)(uintptr_t)money, i, p) {
		if (json_is_string(json_object_get(p, "limit")))
			buf_fmt(b, "; %s: %s of %s left", json_text_of(p, "period"),
			        json_text_of(p, "remaining"), json_text_of(p, "limit"));
	}
	buf_chr(b, '\n');
}

static void say_trunk(struct buf *b, const json_t *row)
{
	buf_lit(b, "  over ");
	put_plain(b, row, "trunk");
	if (json_object_get(row, "refused") == NULL) {
		buf_lit(b, " as ");
		put_plain(b, row, "sent");
		buf_fmt(b, ": %s held before it rings, for %lld s of talk\n",
		        json_text_of(row, "held"),
		        (long long)json_integer_value(json_object_get(row, "paid_s")));
		return;
	}
	buf_fmt(b, ": refused by %s", json_text_of(row, "refused"));
	buf_str(b, json_text_of(row, "why")[0] != '\0' ? ": " : "");
	put_plain(b, row, "why");
	buf_chr(b, '\n');
}

static int print_words(const json_t *rows)
{
	static char mem[65536];
	struct buf b = buf_on(mem, sizeof(mem));
	const json_t *row;
	bool first_ledger = true;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		if (json_object_get(row, "verdict") != NULL) {
			say_verdict(&b, row);
		} else if (json_object_get(row, "ledger") != NULL) {
			buf_str(&b, first_ledger ? "\nBudgets before the call\n" : "");
			first_ledger = false;
			say_ledger(&b, row);
		} else if (json_object_get(row, "trunk") != NULL) {
			say_trunk(&b, row);
		} else if (json_object_get(row, "rule") != NULL) {
			buf_fmt(&b, "  %-13s %s\n", json_text_of(row, "rule"),
			        json_text_of(row, "word"));
		} else if (json_object_get(row, "number") != NULL) {
			say_number(&b, row);
			buf_lit(&b, "\nRules, in their order\n");
		}
	}
	fwrite(b.p, 1, b.len, stdout);
	return gate_printed();
}

/* ---- the command ---- */

static bool is_plain(const char *word)
{
	return word[0] != '\0' && strpbrk(word, " \t\r\n") == NULL;
}

static int put_at(struct buf *words, const struct gate *gate, const char *at)
{
	static struct tg_zone zone;
	uint64_t s;

	if (at == NULL) {
		buf_lit(words, " -");
		return CLI_GO;
	}
	if (site_zone_read(&zone, gate->conf->money.zone) != TG_OK)
		return cli_fail(CLI_FAILED, "the time zone of the configuration is not installed");
	if (until_parse(&s, slice_str(at), &zone, (uint64_t)time(NULL), false) != TG_OK)
		return cli_fail(CLI_USAGE,
		                "policy explain: --at is 2031-01-31T18:30, or 30m, 12h, 7d "
		                "from now");
	buf_chr(words, ' ');
	buf_u64(words, s);
	return CLI_GO;
}

int cmd_policy(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT, *as = NULL, *at = NULL, *over = "-";
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&config),
		{ "as", &as, NULL, "ACCOUNT, or pbx:NAME, that calls" },
		{ "at", &at, NULL,
		  "TIME of the call, as 2031-01-31T18:30, or 12h from now (default: "
		  "now)" },
		{ "over", &over, NULL,
		  "TRUNK alone (default: all, in the order of outbound.trunks)" },
	};
	int status = cli_args(cli, options, COUNT(options), 2, 2);
	char mem[512];
	struct buf words = buf_on(mem, sizeof(mem));
	json_t *rows = NULL;
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (strcmp(cli->words[0], verbs[0]) != 0)
		return cli_fail(CLI_USAGE, "policy: there is no \"%s\"; allowed: explain",
		                cli->words[0]);
	if (as == NULL)
		return cli_fail(CLI_USAGE,
		                "policy explain: who calls? --as=ACCOUNT or --as=pbx:NAME");
	if (!is_plain(as) || !is_plain(over) || strpbrk(cli->words[1], "\r\n") != NULL)
		return cli_fail(CLI_USAGE, "policy explain: names hold no blanks");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	buf_fmt(&words, "explain %s", as);
	status = put_at(&words, &gate, at);
	buf_fmt(&words, " %s %s", over, cli->words[1]);
	if (status == CLI_GO && words.full)
		status = cli_fail(CLI_USAGE, "policy explain: too long");
	if (status == CLI_GO)
		status = gate_ask(&gate, buf_slice(&words), &rows);
	if (status == CLI_GO)
		status = cli->json ? gate_print_json(rows) : print_words(rows);
	json_decref(rows);
	gate_close(&gate);
	return status;
}
