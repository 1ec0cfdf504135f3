/* `tollgate run`: the warden; started by it with --role, one of its children. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "proc/warden.h"

/* `run --role NAME:INDEX --fd N`: internal; what stands behind N decides, the name is for ps. */
static int run_role(const struct cli *cli)
{
	uint64_t fd;

	if (cli->argc != 4 || strcmp(cli->argv[2], "--fd") != 0 ||
	    slice_u64(&fd, slice_str(cli->argv[3]), 65535) != TG_OK)
		return cli_fail(CLI_USAGE, "--role is for tollgate itself");
	return worker_main(proc_app_product(), (int)fd);
}

int cmd_run(struct cli *cli)
{
	const char *config = CLI_CONFIG_DEFAULT, *user = NULL;
	const struct cli_option options[] = {
		{ "config", &config, NULL, "FILE to read (default " CLI_CONFIG_DEFAULT ")" },
		{ "user", &user, NULL, "NAME of the user that all processes but the first run as" },
	};
	struct warden_options warden;
	int status;

	if (cli->argc > 0 && strcmp(cli->argv[0], "--role") == 0)
		return run_role(cli);
	status = cli_args(cli, options, COUNT(options), 0, 0);
	if (status != CLI_GO)
		return status;
	warden = (struct warden_options){ config, user, proc_app_product() };
	return warden_main(&warden) == 0 ? CLI_DONE : CLI_FAILED;
}
