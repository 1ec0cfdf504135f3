/* tollgate check: the mistakes of a configuration, or what it opens. */
#include "cli/cli.h"
#include "conf/conf.h"
#include "proc/geo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char mem[128 * 1024];

static int check_json(const char *path)
{
	static struct conf_mistakes mistakes;
	char text[1024];
	struct buf b = buf_on(mem, sizeof(mem)), database = buf_on(text, sizeof(text));
	struct conf *conf = NULL;
	enum tg_err err = conf_read(&conf, path, &mistakes);
	bool ok = err == TG_OK && geo_open_write(&database, conf, (uint64_t)time(NULL));

	if (err != TG_OK && mistakes.count == 0) /* not the text, the file */
		return cli_conf(path) == NULL ? CLI_FAILED : CLI_DONE;
	buf_fmt(&b, "{\"ok\":%s,\"file\":", ok ? "true" : "false");
	buf_json(&b, slice_str(path));
	buf_lit(&b, ",\"database\":");
	buf_json(&b, slice_head(buf_slice(&database), database.len > 0 ? database.len - 1 : 0));
	buf_lit(&b, ",\"mistakes\":[");
	for (uint32_t i = 0; i < mistakes.count; i++) {
		buf_fmt(&b, "%s{\"line\":%u,\"column\":%u,\"text\":", i > 0 ? "," : "",
		        mistakes.at[i].line, mistakes.at[i].column);
		buf_json(&b, slice_str(mistakes.at[i].text));
		buf_chr(&b, '}');
	}
	buf_fmt(&b, "],\"more\":%u}\n", mistakes.dropped);
	conf_free(conf);
	return cli_print(&b) && ok ? CLI_DONE : CLI_FAILED;
}

int cmd_check(struct cli *cli)
{
	const char *path = CLI_CONFIG_DEFAULT;
	const struct cli_option options[] = {
		{ "config", &path, NULL, "file to check (default " CLI_CONFIG_DEFAULT ")" },
	};
	struct buf b = buf_on(mem, sizeof(mem));
	struct conf *conf;
	bool ok;
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
	ok = geo_open_write(&b, conf, (uint64_t)time(NULL));
	conf_free(conf);
	return cli_print(&b) && ok ? CLI_DONE : CLI_FAILED;
}
