/* tollgate status: in words what is open, to whom and why (R106), and how it goes. */
#include <stdio.h>

#include "cli/money_text.h"

static const json_t *find(const json_t *rows, const char *key)
{
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row)
		if (json_object_get(row, key) != NULL)
			return row;
	return NULL;
}

static long long count_of(const json_t *row, const char *key)
{
	return (long long)json_integer_value(json_object_get(row, key));
}

static void print_text(const json_t *value)
{
	char mem[1024];
	struct buf b = buf_on(mem, sizeof(mem));

	gate_put_plain(&b, slice_of(json_string_value(value), json_string_length(value)));
	fwrite(b.p, 1, b.len, stdout);
}

/* "3 h 20 min" */
static void print_time(long long s)
{
	if (s >= 86400)
		printf("%lld d %lld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		printf("%lld h %lld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		printf("%lld min %lld s", s / 60, s % 60);
	else
		printf("%lld s", s);
}

static void print_trunks(const json_t *trunks, const json_t *vault)
{
	const json_t *without = json_object_get(vault, "trunks_without_secret"), *row;
	size_t i;

	if (json_array_size(trunks) > 0)
		puts("\nTrunks");
	json_array_foreach((json_t *)(uintptr_t)trunks, i, row) {
		fputs("  ", stdout);
		print_text(json_object_get(row, "trunk"));
		fputs(" at ", stdout);
		print_text(json_object_get(row, "address"));
		if (json_is_false(json_object_get(row, "registers")))
			fputs(": knows us by our address", stdout);
		else if (json_is_true(json_object_get(row, "usable")))
			printf(": registered for %lld s more", count_of(row, "holds_s"));
		else
			printf(": NOT registered, so no call goes out over it (last answer %lld)",
			       count_of(row, "last_status"));
		printf(", %lld calls out\n", count_of(row, "calls_out"));
	}
	json_array_foreach((json_t *)(uintptr_t)without, i, row) {
		fputs("  ", stdout);
		print_text(row);
		fputs(" has no secret: `tollgate secret set trunk/", stdout);
		print_text(row);
		puts("`");
	}
}

static void print_processes(const json_t *rows)
{
	unsigned up = 0, all = 0;
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
		const json_t *state = json_object_get(row, "state");
		const char *word = json_string_value(state);

		if (json_object_get(row, "process") == NULL)
			continue;
		all++;
		if (word != NULL && strcmp(word, "up") == 0) {
			up++;
			continue;
		}
		fputs("  ", stdout);
		print_text(json_object_get(row, "process"));
		fputs(" is ", stdout);
		print_text(state);
		putchar('\n');
	}
	printf("  %u of %u processes are up\n", up, all);
}

struct status {
	json_t *processes, *open, *trunks, *registrations, *money;
};

static void print_money(const json_t *money)
{
	static char mem[16384];
	struct buf b = buf_on(mem, sizeof(mem));

	puts("\nMoney");
	money_text(&b, money);
	fwrite(b.p, 1, b.len, stdout);
}

static int print_words(const struct status *s)
{
	const json_t *site = find(s->processes, "site"), *vault = find(s->processes, "accounts");
	const json_t *row;
	size_t i;

	fputs("tollgate ", stdout);
	print_text(json_object_get(site, "site"));
	fputs(" is up for ", stdout);
	print_time(count_of(site, "up_s"));
	puts(".\n\nOpen");
	json_array_foreach(s->open, i, row) {
		fputs("  ", stdout);
		print_text(json_object_get(row, "line"));
		putchar('\n');
	}
	print_money(json_array_get(s->money, 0));
	print_trunks(s->trunks, vault);
	printf("\nNow\n  %lld calls; %lld accounts, %zu phones registered\n"
	       "  since the start %lld calls granted, %lld refused, %lld wrong proofs\n",
	       count_of(vault, "calls"), count_of(vault, "accounts"),
	       json_array_size(s->registrations), count_of(vault, "granted"),
	       count_of(vault, "refused"), count_of(vault, "wrong_proofs"));
	print_processes(s->processes);
	return gate_printed();
}

static int print_json(const struct status *s)
{
	json_t *all = json_object(), *lines = json_array(), *processes = json_array();
	const json_t *site = find(s->processes, "site"), *vault = find(s->processes, "accounts");
	json_t *row;
	size_t i;
	int status;

	json_array_foreach(s->open, i, row)
		json_array_append(lines, json_object_get(row, "line"));
	json_array_foreach(s->processes, i, row)
		if (json_object_get(row, "process") != NULL)
			json_array_append(processes, row);
	json_object_update(all, (json_t *)(uintptr_t)site);
	json_object_update(all, (json_t *)(uintptr_t)vault);
	json_object_set_new(all, "open", lines);
	json_object_set(all, "money", json_array_get(s->money, 0));
	json_object_set(all, "trunks", s->trunks);
	json_object_set_new(all, "registrations",
	                    json_integer((json_int_t)json_array_size(s->registrations)));
	json_object_set_new(all, "processes", processes);
	status = gate_print_json(all);
	json_decref(all);
	return status;
}

int cmd_status(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = { CLI_CONFIG_OPTION(&config) };
	int status = cli_args(cli, options, COUNT(options), 0, 0);
	struct status s = { 0 };
	struct gate gate;

	if (status != CLI_GO || (status = gate_open(&gate, config)) != CLI_GO)
		return status;
	status = gate_ask(&gate, SLICE("status"), &s.processes);
	if (status == CLI_GO)
		status = gate_ask(&gate, SLICE("open"), &s.open);
	if (status == CLI_GO)
		status = gate_ask(&gate, SLICE("money"), &s.money);
	if (status == CLI_GO)
		status = gate_ask(&gate, SLICE("trunks"), &s.trunks);
	if (status == CLI_GO)
		status = gate_ask(&gate, SLICE("registrations"), &s.registrations);
	if (status == CLI_GO)
		status = cli->json ? print_json(&s) : print_words(&s);
	json_decref(s.processes);
	json_decref(s.open);
	json_decref(s.money);
	json_decref(s.trunks);
	json_decref(s.registrations);
	gate_close(&gate);
	return status;
}
