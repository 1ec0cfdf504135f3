/* tollgate show: the whole configuration as it counts, and what every setting means. */
#include "cli/cli.h"
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

static const char *const subjects[] = { "config", "options" };

static int show_config(const struct cli *cli, const char *path)
{
	struct conf *conf = cli_conf(path);
	char *mem = malloc(CONF_TEXT_MAX);
	int status = CLI_FAILED;

	if (conf != NULL && mem == NULL)
		cli_fail(CLI_FAILED, "%s", tg_strerror(TG_ENOMEM));
	if (conf != NULL && mem != NULL) {
		struct buf b = buf_on(mem, CONF_TEXT_MAX);

		if (cli->json)
			conf_write_json(&b, conf);
		else
			conf_write(&b, conf);
		status = cli_print(&b) ? CLI_DONE : CLI_FAILED;
	}
	free(mem);
	conf_free(conf);
	return status;
}

int cmd_show(struct cli *cli)
{
	static char mem[65536];
	const char *path = CLI_CONFIG_DEFAULT, *near;
	const struct cli_option options[] = {
		{ "config", &path, NULL, "file to show (default " CLI_CONFIG_DEFAULT ")" },
	};
	struct buf b = buf_on(mem, sizeof(mem));
	int status = cli_args(cli, options, COUNT(options), 1, 1);

	if (status != CLI_GO)
		return status;
	if (strcmp(cli->words[0], "config") == 0)
		return show_config(cli, path);
	if (strcmp(cli->words[0], "options") == 0) {
		if (cli->json)
			conf_help_write_json(&b);
		else
			conf_help_write(&b);
		return cli_print(&b) ? CLI_DONE : CLI_FAILED;
	}
	near = cli_nearest(cli->words[0], subjects, COUNT(subjects));
	return cli_fail(CLI_USAGE, "show: there is no \"%s\"; allowed: config, options%s%s%s",
	                cli->words[0], near != NULL ? "; did you mean " : "",
	                near != NULL ? near : "", near != NULL ? "?" : "");
}
