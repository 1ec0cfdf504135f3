/* tollgate rates: what calls cost, by the decks in force and, without them, by the bands. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/csv.h"
#include "cli/rates.h"
#include "conf/conf.h"
#include "number/bands.h"
#include "number/number.h"
#include "proc/decks.h"

static const char *const verbs[] = { "import", "check", "show", "list", "export" };

int rates_deck_name(struct slice *out, const struct gate *gate, const char *trunk)
{
	uint16_t index;

	*out = SLICE(DECKS_SITE);
	if (trunk == NULL)
		return CLI_GO;
	index = conf_trunk_find(gate->conf, slice_str(trunk));
	if (index == CONF_NONE)
		return cli_fail(CLI_FAILED, "no trunk is called \"%s\"", trunk);
	*out = decks_name(gate->conf, index);
	return CLI_GO;
}

struct buf rates_money(char *mem, size_t cap, tg_micro amount)
{
	struct buf b = buf_on(mem, cap);

	tg_micro_write(&b, amount);
	return b;
}

static bool set_money(json_t *to, const char *key, tg_micro amount)
{
	char mem[32];
	struct buf b = rates_money(mem, sizeof(mem), amount);

	return json_object_set_new(to, key, json_stringn(b.p, b.len)) == 0;
}

static bool set_tariff(json_t *to, const struct tg_tariff *t)
{
	return set_money(to, "per_minute", t->per_minute) &&
	       set_money(to, "connect", t->connect) &&
	       json_object_set_new(to, "first_s", json_integer(t->first_s)) == 0 &&
	       json_object_set_new(to, "next_s", json_integer(t->next_s)) == 0;
}

static bool set_time(json_t *to, const char *key, uint64_t s)
{
	char mem[CSV_TIME_MAX];
	struct buf b = buf_on(mem, sizeof(mem));

	csv_time(&b, s * 1000);
	return json_object_set_new(to, key, json_stringn(b.p, b.len)) == 0;
}

json_t *rates_row_json(const struct deck *deck, uint32_t row)
{
	json_t *to = json_object();
	struct deck_row r;

	deck_row_get(deck, row, &r);
	if (json_object_set_new(to, "prefix", json_string(r.prefix)) == 0 &&
	    json_object_set_new(to, "name", json_stringn(r.name.p, r.name.len)) == 0 &&
	    set_tariff(to, &r.tariff) && set_time(to, "valid_from", r.valid_from_s))
		return to;
	json_decref(to);
	return NULL;
}

/* ---- show NUMBER ---- */

struct shown {
	struct number number;
	struct deck *trunk, *site;
	struct tg_tariff tariff;
	enum price_source source;
	uint32_t row;
};

/* NULL when there is none; false after telling that it cannot be read. */
static bool read_deck(struct deck **out, const struct gate *gate, struct slice name)
{
	char why[DECKS_WHY_MAX];
	enum tg_err err = decks_read(out, slice_str(gate->data), name, why);

	if (err != TG_OK && err != TG_ENOENT)
		cli_fail(CLI_FAILED, "%s", why);
	return err == TG_OK || err == TG_ENOENT;
}

/* As dialled at home, or with '+' when no home is configured. */
static int read_number(struct number *out, const struct conf *conf, const char *word)
{
	uint16_t home = number_territory_find(conf->numbers.home);
	const char *why = "write it as +, country code and number";
	struct number_plan plan;
	enum tg_err err;

	if (home != 0 && number_plan_init(&plan, home, conf->numbers.outside_line) == TG_OK) {
		err = number_normalise(out, &plan, slice_str(word), &why);
	} else {
		err = number_parse(out, slice_str(word));
		if (err == TG_OK)
			number_classify(out);
	}
	return err == TG_OK ? CLI_GO : cli_fail(CLI_FAILED, "%s is not a number: %s", word, why);
}

static const struct deck *deciding(const struct shown *s)
{
	return s->source == PRICE_TRUNK ? s->trunk : s->source == PRICE_SITE ? s->site : NULL;
}

static json_t *shown_json(const struct shown *s)
{
	char mem[32];
	struct buf b = buf_on(mem, sizeof(mem));
	const struct deck *deck = deciding(s);
	json_t *to = json_object(), *row = deck != NULL ? rates_row_json(deck, s->row) : NULL;
	bool ok;

	number_write(&b, &s->number);
	ok = json_object_set_new(to, "number", json_stringn(b.p, b.len)) == 0 &&
	     json_object_set_new(to, "territory",
	                         json_string(number_territory_name(s->number.territory))) == 0 &&
	     json_object_set_new(to, "type", json_string(number_type_name(
	                         (enum number_type)s->number.type))) == 0 &&
	     set_tariff(to, &s->tariff) &&
	     json_object_set_new(to, "by", json_string(price_source_name(s->source))) == 0 &&
	     (row == NULL || json_object_set(to, "row", row) == 0);
	json_decref(row);
	if (ok)
		return to;
	json_decref(to);
	return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

static void print_shown(const struct gate *gate, const struct shown *s, const json_t *shown)
{
	const struct deck *deck = deciding(s);
	const json_t *row = json_object_get(shown, "row");
	struct slice currency = deck != NULL ? deck_currency(deck) : gate->conf->money.currency;
	char mem[DECK_NAME_MAX * 3];
	struct buf name = buf_on(mem, sizeof(mem));

	printf("%s (%s, %s)\n  %s a minute", text_of(shown, "number"), text_of(shown, "territory"),
	       text_of(shown, "type"), text_of(shown, "per_minute"));
	printf(", %s for the connection, increments %u/%u s%s%.*s\n", text_of(shown, "connect"),
	       s->tariff.first_s, s->tariff.next_s, currency.len > 0 ? ", in " : "",
	       SLICE_FMT(currency));
	printf("  by the %s", text_of(shown, "by"));
	if (row != NULL) {
		gate_put_plain(&name, slice_str(text_of(row, "name")));
		printf(": prefix %s \"%.*s\"%s%s", text_of(row, "prefix"),
		       SLICE_FMT(buf_slice(&name)),
		       text_of(row, "valid_from")[0] != '\0' ? ", valid from " : "",
		       text_of(row, "valid_from"));
	}
	putchar('\n');
}

static int show(const struct cli *cli, const struct gate *gate, const struct rates_options *o)
{
	struct shown s = { 0 };
	struct slice name;
	json_t *shown;
	int status = rates_deck_name(&name, gate, o->trunk);

	if (status == CLI_GO)
		status = read_number(&s.number, gate->conf, cli->words[1]);
	if (status != CLI_GO)
		return status;
	if (!read_deck(&s.site, gate, SLICE(DECKS_SITE)) ||
	    (o->trunk != NULL && !read_deck(&s.trunk, gate, name))) {
		deck_free(s.site);
		return CLI_FAILED;
	}
	s.source = number_price(s.trunk, s.site, &s.number, (uint64_t)time(NULL), &s.tariff,
	                        &s.row);
	shown = shown_json(&s);
	if (shown == NULL)
		status = cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	else if (cli->json)
		status = gate_print_json(shown);
	else
		print_shown(gate, &s, shown);
	json_decref(shown);
	deck_free(s.site);
	deck_free(s.trunk);
	return status == CLI_GO ? gate_printed() : status;
}

/* ---- list ---- */

/* Names of the trunks that have this deck. */
static json_t *users_of(const struct conf *conf, struct slice name)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < conf->trunks_count; i++) {
		struct slice t = conf->trunks[i].name;

		if (slice_eq(decks_name(conf, i), name) &&
		    json_array_append_new(list, json_stringn(t.p, t.len)) != 0)
			break; /* no memory: fewer are shown */
	}
	if (slice_eq(name, SLICE(DECKS_SITE)) &&
	    json_array_append_new(list, json_string("all")) != 0)
		return list;
	return list;
}

static void add_listed(json_t *rows, const struct gate *gate, const char *folder,
                       const char *file)
{
	struct slice name = slice_head(slice_str(file), strlen(file) - strlen(".deck"));
	char why[DECKS_WHY_MAX], path[2048];
	struct deck *deck = NULL;
	struct stat st = { 0 };
	json_t *row;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (stat(path, &st) != 0 || !decks_name_right(name))
		return;
	row = json_pack("{s:s%,s:o}", "deck", name.p, name.len, "for",
	                users_of(gate->conf, name));
	if (decks_read(&deck, slice_str(gate->data), name, why) == TG_OK) {
		json_object_set_new(row, "rows", json_integer(deck_rows(deck)));
		json_object_set_new(row, "currency", json_stringn(deck_currency(deck).p, 3));
	} else {
		json_object_set_new(row, "error", json_string(why));
	}
	set_time(row, "imported", (uint64_t)st.st_mtime);
	json_array_append_new(rows, row);
	deck_free(deck);
}

static int list(const struct cli *cli, const struct gate *gate)
{
	static const struct gate_column columns[] = {
		{ "deck", "DECK", false },         { "for", "FOR", false },
		{ "rows", "ROWS", true },          { "currency", "CURRENCY", false },
		{ "imported", "IMPORTED", false }, { "error", "ERROR", false },
	};
	char folder[sizeof(gate->data) + 8];
	json_t *rows = json_array();
	const struct dirent *e;
	DIR *dir;
	int status;

	snprintf(folder, sizeof(folder), "%s/rates", gate->data);
	dir = opendir(folder);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len > 5 && strcmp(e->d_name + len - 5, ".deck") == 0)
			add_listed(rows, gate, folder, e->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	gate_sort(rows, "deck");
	status = gate_print(cli, rows, columns, COUNT(columns),
	                    "no rates were imported: calls are priced by the worst-case bands");
	json_decref(rows);
	return status;
}

/* ---- export ---- */

static int export(const struct gate *gate, const struct rates_options *o)
{
	static char mem[64 * 1024];
	struct buf b = buf_on(mem, sizeof(mem));
	struct deck *deck = NULL;
	char why[DECKS_WHY_MAX];
	struct slice name;
	bool ok = true;
	int status = rates_deck_name(&name, gate, o->trunk);

	if (status != CLI_GO)
		return status;
	if (decks_read(&deck, slice_str(gate->data), name, why) != TG_OK)
		return cli_fail(CLI_FAILED, "%s", why);
	deck_csv_head(&b, deck);
	for (uint32_t i = 0; ok && i < deck_rows(deck); i++) {
		if (b.cap - b.len < DECK_CSV_LINE_MAX) {
			ok = cli_print(&b);
			b.len = 0;
		}
		deck_csv_row(&b, deck, i);
	}
	ok = ok && cli_print(&b);
	deck_free(deck);
	return ok ? CLI_DONE : CLI_FAILED;
}

/* ---- the command ---- */

static int check_usage(const struct cli *cli, const struct rates_options *o)
{
	const char *verb = cli->words[0], *near;
	bool with_word;
	size_t i = 0;

	while (i < COUNT(verbs) && strcmp(verb, verbs[i]) != 0)
		i++;
	near = cli_nearest(verb, verbs, COUNT(verbs));
	if (i == COUNT(verbs))
		return cli_fail(CLI_USAGE, "rates: there is no \"%s\"; allowed: import, check, "
		                "show, list, export%s%s%s", verb,
		                near != NULL ? "; did you mean " : "", near != NULL ? near : "",
		                near != NULL ? "?" : "");
	with_word = i < 3;
	if (with_word != (cli->words_count == 2))
		return cli_fail(CLI_USAGE, with_word ? "rates %s: name the %s"
		                                     : "rates %s takes no other word",
		                verb, i == 2 ? "number" : "file");
	if (o->dates != NULL && strcmp(o->dates, "dmy") != 0 && strcmp(o->dates, "mdy") != 0)
		return cli_fail(CLI_USAGE, "rates: --dates is dmy or mdy");
	return CLI_GO;
}

int cmd_rates(struct cli *cli)
{
	struct rates_options o = { 0 };
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&o.config),
		{ "trunk", &o.trunk, NULL, "NAME of the trunk whose deck is meant (default: the "
		  "deck for all)" },
		{ "currency", &o.currency, NULL, "CODE of a file that names none, as EUR" },
		{ "dates", &o.dates, NULL, "dmy or mdy: what dates with slashes are" },
		{ "dry-run", NULL, &o.dry_run, "import: show what would change, and change nothing" },
	};
	int status = cli_args(cli, options, COUNT(options), 1, 2);
	struct gate gate;

	if (status != CLI_GO || (status = check_usage(cli, &o)) != CLI_GO)
		return status;
	if (strcmp(cli->words[0], "check") == 0)
		return rates_check(cli, &o);
	status = gate_open(&gate, o.config != NULL ? o.config : CLI_CONFIG_DEFAULT);
	if (status != CLI_GO)
		return status;
	if (strcmp(cli->words[0], "import") == 0)
		status = rates_import(cli, &gate, &o);
	else if (strcmp(cli->words[0], "show") == 0)
		status = show(cli, &gate, &o);
	else
		status = strcmp(cli->words[0], "list") == 0 ? list(cli, &gate) : export(&gate, &o);
	gate_close(&gate);
	return status;
}
