/* tollgate check: the mistakes of a configuration, or what it opens. */
#include "cli/cli.h"
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char mem[128 * 1024];

static int check_json(const char *path)
{
	static struct conf_mistakes mistakes;
	struct buf b = buf_on(mem, sizeof(mem));
	struct conf *conf = NULL;
	enum tg_err err = conf_read(&conf, path, &mistakes);

	if (err != TG_OK && mistakes.count == 0) /* not the text, the file */
		return cli_conf(path) == NULL ? CLI_FAILED : CLI_DONE;
	buf_fmt(&b, "{\"ok\":%s,\"file\":", err == TG_OK ? "true" : "false");
	buf_json(&b, slice_str(path));
	buf_lit(&b, ",\"mistakes\":[");
	for (uint32_t i = 0; i < mistakes.count; i++) {
		buf_fmt(&b, "%s{\"line\":%u,\"column\":%u,\"text\":", i > 0 ? "," : "",
		        mistakes.at[i].line, mistakes.at[i].column);
		buf_json(&b, slice_str(mistakes.at[i].text));
		buf_chr(&b, '}');
	}
	buf_fmt(&b, "],\"more\":%u}\n", mistakes.dropped);
	conf_free(conf);
	return cli_print(&b) && err == TG_OK ? CLI_DONE : CLI_FAILED;
}

int cmd_check(struct cli *cli)
{
	const char *path = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = {
		{ "config", &path, NULL, "file to check (default " CLI_CONFIG_DEFAULT ")" },
	};
	struct buf b = buf_on(mem, sizeof(mem));
	struct conf *conf;
	int status = cli_args(cli, options, COUNT(options), 0, 1);

	if (status != CLI_GO)
		return status;
	if (cli->words_count == 1)
		path = cli->words[0];
	if (cli->json)
		return check_json(path);
	conf = cli_conf(path);
	if (conf == NULL)
		return CLI_FAILED;
	buf_fmt(&b, "%s has no mistakes. What it opens:\n\n", path);
	conf_open_write(&b, conf);
	conf_free(conf);
	return cli_print(&b) ? CLI_DONE : CLI_FAILED;
}
