/*
 * tollgate account and secret.  Secrets of accounts are made here and shown once; they and those of
 * trunks leave this process only sealed for the vault.
 */
#include <stdio.h>
#include <string.h>

#include "cli/gate.h"
#include "cli/secret_input.h"
#include "store/seal.h"

static const char *const verbs[] = { "list", "add", "rotate", "remove" };

struct account_options {
	const char *config, *network, *number, *bindings, *group;
	bool tls_only;
};

static int list(const struct cli *cli, const struct gate *gate)
{
	static const struct gate_column columns[] = {
		{ "account", "ACCOUNT", false },   { "number", "NUMBER", false },
		{ "networks", "NETWORKS", false }, { "bindings_max", "PHONES", true },
		{ "disabled", "DISABLED", false },
	};
	json_t *rows = NULL;
	int status = gate_ask(gate, SLICE("accounts"), &rows);

	if (status == CLI_GO) {
		gate_sort(rows, "account");
		status = gate_print(cli, rows, columns, COUNT(columns),
		                    "no accounts; `tollgate account add NAME` makes one");
	}
	json_decref(rows);
	return status;
}

static void print_added(json_t *row, const struct tg_secret *secret)
{
	const json_t *networks = json_object_get(row, "networks"), *name;
	struct slice s = tg_secret_reveal(secret);
	size_t i;

	printf("Account %s %s. Its secret is shown only this once:\n\n"
	       "  user      %s\n  secret    %.*s\n  domain    %s\n  networks ",
	       json_string_value(json_object_get(row, "account")),
	       json_string_value(json_object_get(row, "done")),
	       json_string_value(json_object_get(row, "account")), SLICE_FMT(s),
	       json_string_value(json_object_get(row, "realm")));
	json_array_foreach((json_t *)(uintptr_t)networks, i, name)
		printf(" %s", json_string_value(name));
	puts(json_array_size(networks) == 0
	     ? " none: it cannot register; set accounts.default-networks or --network" : "");
}

static int report(const struct cli *cli, json_t *rows, const struct tg_secret *secret)
{
	json_t *row = json_array_get(rows, 0);
	struct slice s = tg_secret_reveal(secret);

	if (row == NULL)
		return cli_fail(CLI_FAILED, "tollgate gave no answer");
	if (s.len > 0 && cli->json &&
	    json_object_set_new(row, "secret", json_stringn(s.p, s.len)) != 0)
		return cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	if (cli->json)
		return gate_print_json(row);
	if (s.len > 0)
		print_added(row, secret);
	else
		printf("%s %s\n", json_string_value(json_object_get(row, "done")),
		       json_string_value(json_object_get(row, "account")));
	return gate_printed();
}

static void put_option(struct buf *b, const char *key, const char *value)
{
	if (value == NULL)
		return;
	buf_chr(b, ' ');
	buf_str(b, key);
	buf_chr(b, '=');
	buf_str(b, value);
}

/* "account VERB USER [SEALED [options]]" */
static bool put_words(struct buf *b, const struct cli *cli, const struct gate *gate,
                      const struct account_options *o, const struct tg_secret *secret)
{
	char mem[SEAL_NAME_MAX + 1], sealed[SEAL_WORD_MAX];
	struct buf name = buf_on(mem, sizeof(mem)), word = buf_on(sealed, sizeof(sealed));

	buf_fmt(b, "account %s %s", cli->words[0], cli->words[1]);
	buf_fmt(&name, "account/%s", cli->words[1]);
	if (tg_secret_reveal(secret).len > 0) {
		if (!secret_seal(&word, gate->data, buf_slice(&name), secret))
			return false;
		buf_chr(b, ' ');
		buf_put(b, buf_slice(&word));
	}
	put_option(b, "networks", o->network);
	put_option(b, "number", o->number);
	put_option(b, "bindings", o->bindings);
	put_option(b, "group", o->group);
	if (o->tls_only)
		put_option(b, "tls", "only");
	if (b->full || name.full)
		cli_fail(CLI_FAILED, "account: the name or an option is too long");
	return !b->full && !name.full;
}

static int change(const struct cli *cli, const struct gate *gate, const struct account_options *o)
{
	char mem[4000];
	struct buf words = buf_on(mem, sizeof(mem));
	struct tg_secret secret = { 0 };
	json_t *rows = NULL;
	int status = CLI_FAILED;

	if (strcmp(cli->words[0], "remove") != 0)
		secret_make(&secret);
	if (put_words(&words, cli, gate, o, &secret))
		status = gate_ask(gate, buf_slice(&words), &rows);
	if (status == CLI_GO)
		status = report(cli, rows, &secret);
	tg_secret_wipe(&secret);
	json_decref(rows);
	return status;
}

/* One word on the line that is sent. */
static bool is_plain(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s == 0x7f)
			return false;
	return true;
}

static int check_usage(const struct cli *cli, const struct account_options *o)
{
	bool is_list = strcmp(cli->words[0], "list") == 0;
	bool is_add = strcmp(cli->words[0], "add") == 0;
	const char *near;
	size_t i = 0;

	while (i < COUNT(verbs) && strcmp(cli->words[0], verbs[i]) != 0)
		i++;
	near = cli_nearest(cli->words[0], verbs, COUNT(verbs));
	if (i == COUNT(verbs))
		return cli_fail(CLI_USAGE, "account: there is no \"%s\"; allowed: list, add, "
		                "rotate, remove%s%s%s", cli->words[0],
		                near != NULL ? "; did you mean " : "", near != NULL ? near : "",
		                near != NULL ? "?" : "");
	if (is_list != (cli->words_count == 1))
		return cli_fail(CLI_USAGE, is_list ? "account list takes no name"
		                                   : "account %s: name the account",
		                cli->words[0]);
	if (!is_add && (o->network != NULL || o->number != NULL || o->bindings != NULL ||
	                o->group != NULL || o->tls_only))
		return cli_fail(CLI_USAGE, "account: --network, --number, --bindings, --group and "
		                "--tls-only go with add");
	if (!is_plain(cli->words[1]) || !is_plain(o->network) || !is_plain(o->number) ||
	    !is_plain(o->bindings) || !is_plain(o->group))
		return cli_fail(CLI_USAGE, "account: names and values hold no blanks");
	return CLI_GO;
}

int cmd_account(struct cli *cli)
{
	struct account_options o = { .config = CLI_CONFIG_DEFAULT };
	const struct cli_option options[] = {
		CLI_CONFIG_OPTION(&o.config),
		{ "network", &o.network, NULL, "NAME,... of networks that it may come from "
		  "(default accounts.default-networks)" },
		{ "number", &o.number, NULL, "NUMBER,... that trunks may see as the caller" },
		{ "bindings", &o.bindings, NULL, "most phones at a time (default accounts.bindings)" },
		{ "group", &o.group, NULL, "NAME of its group (default accounts.default-group)" },
		{ "tls-only", NULL, &o.tls_only, "it may register and call over TLS alone" },
	};
	int status = cli_args(cli, options, COUNT(options), 1, 2);
	struct gate gate;

	if (status == CLI_GO && cli->words_count == 1)
		cli->words[1] = NULL;
	if (status != CLI_GO || (status = check_usage(cli, &o)) != CLI_GO ||
	    (status = gate_open(&gate, o.config)) != CLI_GO)
		return status;
	status = strcmp(cli->words[0], "list") == 0 ? list(cli, &gate) : change(cli, &gate, &o);
	gate_close(&gate);
	return status;
}

/* ---- secret set trunk/NAME ---- */

static int set(const struct cli *cli, const struct gate *gate)
{
	char mem[1024], sealed[SEAL_WORD_MAX];
	struct buf words = buf_on(mem, sizeof(mem)), word = buf_on(sealed, sizeof(sealed));
	struct tg_secret secret = { 0 };
	json_t *rows = NULL;
	int status = CLI_FAILED;
	enum tg_err err = secret_read(&secret, "Secret");

	if (err != TG_OK)
		return cli_fail(CLI_FAILED, "the secret is %s",
		                err == TG_ELIMIT ? "longer than 127 octets" : "empty");
	if (secret_seal(&word, gate->data, slice_str(cli->words[1]), &secret)) {
		buf_fmt(&words, "secret set %s ", cli->words[1]);
		buf_put(&words, buf_slice(&word));
		status = gate_ask(gate, buf_slice(&words), &rows);
	}
	tg_secret_wipe(&secret);
	if (status == CLI_GO && cli->json)
		status = gate_print_json(json_array_get(rows, 0));
	else if (status == CLI_GO)
		printf("set %s\n", cli->words[1]);
	json_decref(rows);
	return status == CLI_GO ? gate_printed() : status;
}

int cmd_secret(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = { CLI_CONFIG_OPTION(&config) };
	int status = cli_args(cli, options, COUNT(options), 2, 2);
	struct gate gate;

	if (status != CLI_GO)
		return status;
	if (strcmp(cli->words[0], "set") != 0)
		return cli_fail(CLI_USAGE, "secret: there is no \"%s\"; allowed: set",
		                cli->words[0]);
	if (strncmp(cli->words[1], "trunk/", 6) != 0 || !is_plain(cli->words[1]) ||
	    strlen(cli->words[1]) > SEAL_NAME_MAX)
		return cli_fail(CLI_USAGE, "secret: name it trunk/NAME");
	status = gate_open(&gate, config);
	if (status != CLI_GO)
		return status;
	status = set(cli, &gate);
	gate_close(&gate);
	return status;
}
