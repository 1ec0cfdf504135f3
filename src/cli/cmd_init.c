/* tollgate init: a first configuration for this machine, and in words what it opens. */
#include "cli/cli.h"
#include "conf/conf.h"
#include "conf/first.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ADDRS_MAX = 64 };

/* IPv4 addresses of devices that are up, without loopback. */
static size_t enumerate(struct conf_first_addr *out, size_t cap)
{
	struct ifaddrs *all = NULL;
	size_t n = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i != NULL && n < cap; i = i->ifa_next) {
		struct sockaddr_in in, mask;

		if (i->ifa_addr == NULL || i->ifa_netmask == NULL ||
		    i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_UP) == 0 ||
		    (i->ifa_flags & IFF_LOOPBACK) != 0)
			continue;
		memcpy(&in, i->ifa_addr, sizeof(in));
		memcpy(&mask, i->ifa_netmask, sizeof(mask));
		out[n] = (struct conf_first_addr){ .addr = { .family = TG_AF_INET } };
		snprintf(out[n].device, sizeof(out[n].device), "%s", i->ifa_name);
		memcpy(out[n].addr.ip, &in.sin_addr, 4);
		for (uint32_t m = ntohl(mask.sin_addr.s_addr); m != 0; m <<= 1)
			out[n].bits++;
		n++;
	}
	freeifaddrs(all);
	return n;
}

/* What the system knows about its place; what is missing stays empty. */
static void guess_place(struct conf_first_place *out)
{
	static char tab[65536];
	char zone[256];
	const char *language = getenv("LANG");
	ssize_t n = readlink("/etc/localtime", zone, sizeof(zone));
	FILE *f = fopen("/usr/share/zoneinfo/zone.tab", "re");
	size_t len = f != NULL ? fread(tab, 1, sizeof(tab), f) : 0;

	if (f != NULL)
		fclose(f);
	conf_first_guess(out, slice_of(zone, n > 0 ? (size_t)n : 0), slice_of(tab, len),
	                 slice_str(language));
}

/* The directory of the file, when only the last part of its path is missing. */
static void make_directory(const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof(dir))
		return;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	(void)mkdir(dir, 0755); /* when it fails, creating the file says why */
}

static int report(const struct cli *cli, const char *path, struct slice text)
{
	static struct conf_mistakes mistakes;
	static char mem[65536];
	struct buf b = buf_on(mem, sizeof(mem));
	struct conf *conf = NULL;
	bool ok;

	if (conf_parse(&conf, text, &mistakes) != TG_OK)
		return cli_fail(CLI_FAILED, "out of memory");
	if (cli->json) {
		buf_lit(&b, "{\"file\":");
		buf_json(&b, slice_str(path));
		buf_lit(&b, ",\"config\":");
		conf_write_json(&b, conf);
		b.len -= b.len > 0 ? 1 : 0; /* its newline */
		buf_lit(&b, "}\n");
	} else {
		buf_fmt(&b, "Wrote %s; only you may read and change it. What it opens:\n\n", path);
		conf_open_write(&b, conf);
	}
	ok = cli_print(&b);
	conf_free(conf);
	return ok ? CLI_DONE : CLI_FAILED;
}

/* What came in by --data could break the text: see whether it parses before it is written. */
static bool is_right(struct slice text, const char *data)
{
	static struct conf_mistakes mistakes;
	struct conf *conf = NULL;
	enum tg_err err = conf_parse(&conf, text, &mistakes);
	bool same = err == TG_OK && slice_eq(conf->site.data, slice_str(data));

	conf_free(conf);
	if (err != TG_OK || !same)
		cli_fail(CLI_USAGE, "init: %s",
		         err == TG_EBAD ? mistakes.at[0].text :
		         err != TG_OK   ? tg_strerror(err) :
		                          "--data: characters that a path must not have");
	return same;
}

int cmd_init(struct cli *cli)
{
	static struct conf_first_addr addrs[ADDRS_MAX];
	static char mem[32768];
	const char *path = CLI_CONFIG_DEFAULT, *data = CLI_DATA_DEFAULT;
	const struct cli_option options[] = {
		{ "config", &path, NULL, "file to write (default " CLI_CONFIG_DEFAULT ")" },
		{ "data", &data, NULL, "directory of the database (default " CLI_DATA_DEFAULT ")" },
	};
	struct buf b = buf_on(mem, sizeof(mem));
	struct conf_first_place place;
	int status = cli_args(cli, options, COUNT(options), 0, 0);
	enum tg_err err;

	if (status != CLI_GO)
		return status;
	guess_place(&place);
	conf_first_write(&b, addrs, enumerate(addrs, COUNT(addrs)), slice_str(data), &place);
	if (b.full || !is_right(buf_slice(&b), data))
		return CLI_USAGE;
	make_directory(path);
	err = conf_first_create(path, buf_slice(&b));
	if (err == TG_EEXIST)
		return cli_fail(CLI_FAILED,
		                "%s is there already and was not touched; `tollgate check` "
		                "looks at it",
		                path);
	if (err != TG_OK)
		return cli_fail(CLI_FAILED, "cannot write %s: %s", path, strerror(errno));
	return report(cli, path, buf_slice(&b));
}
