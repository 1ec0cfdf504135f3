/* tollgate status: in words what is open, to whom and why (R106), and how it goes right now. */
#include <jansson.h>
#include <stdio.h>

#include "cli/answer.h"
#include "cli/cli.h"
#include "conf/conf.h"

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static void say_processes(const json_t *list)
{
	printf("\nProcesses:\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);

		if (json_object_get(o, "process") == NULL)
			continue;
		printf("  %-12s %-9s pid %lld, for %lld s%s\n", text(o, "process"),
		       text(o, "state"), number(o, "pid"), number(o, "for_s"),
		       number(o, "starts") > 1 ? ", was started again" : "");
	}
}

static void say_now(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const json_t *missing = json_object_get(o, "trunks_without_secret");

		if (json_object_get(o, "accounts") == NULL)
			continue;
		printf("\nNow: %lld accounts, %lld calls; since the start %lld calls granted, "
		       "%lld refused, %lld wrong proofs.\n", number(o, "accounts"),
		       number(o, "calls"), number(o, "granted"), number(o, "refused"),
		       number(o, "wrong_proofs"));
		for (size_t k = 0; k < json_array_size(missing); k++) {
			const char *name = json_string_value(json_array_get(missing, k));

			printf("Trunk %s has no secret; set it: tollgate secret set trunk/%s\n",
			       name, name);
		}
	}
}

static void say_trunks(const char *config)
{
	struct cli_objects o;

	if (!cli_objects_ask(&o, config, "trunks"))
		return;
	for (size_t i = 0; i < json_array_size((json_t *)o.list); i++) {
		const json_t *t = json_array_get((json_t *)o.list, i);

		if (!json_is_true(json_object_get(t, "registers")))
			printf("Trunk %s knows us by our address.\n", text(t, "trunk"));
		else if (json_is_true(json_object_get(t, "usable")))
			printf("Trunk %s: registered for %lld s more.\n", text(t, "trunk"),
			       number(t, "holds_s"));
		else
			printf("Trunk %s: NOT registered (last answer %lld); calls pass it by.\n",
			       text(t, "trunk"), number(t, "last_status"));
	}
	cli_objects_free(&o);
}

int cmd_status(struct cli *cli)
{
	static char mem[128 * 1024];
	struct cli_question q = { .config = CLI_CONFIG_DEFAULT, .words = "status", .none = "" };
	const struct cli_option options[] = {
		{ "config", &q.config, NULL,
		  "configuration of the running tollgate (default " CLI_CONFIG_DEFAULT ")" },
	};
	struct buf b = buf_on(mem, sizeof(mem));
	struct cli_objects o;
	struct conf *conf;
	int status = cli_args(cli, options, COUNT(options), 0, 0);

	if (status != CLI_GO)
		return status;
	if (cli->json)
		return cli_answer(cli, &q);
	if (!cli_objects_ask(&o, q.config, q.words))
		return CLI_FAILED;
	conf = cli_conf(q.config);
	if (conf != NULL) {
		conf_open_write(&b, conf);
		conf_free(conf);
	}
	if (!cli_print(&b))
		return CLI_FAILED;
	say_processes((json_t *)o.list);
	say_now((json_t *)o.list);
	say_trunks(q.config);
	status = o.failed > 0 ? cli_fail(CLI_FAILED, "not all of tollgate answered: %s", o.why)
	                      : CLI_DONE;
	cli_objects_free(&o);
	return status;
}
