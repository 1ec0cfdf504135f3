#include "proc/decks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "conf/conf.h"

/* A site with two trunks, of which one names its deck. */
static struct {
	char dir[64], why[DECKS_WHY_MAX];
	struct conf *conf;
	struct decks *decks;
	struct deck *cheap, *dear, *dollars;
	unsigned taken, refused;
	char last[DECKS_WHY_MAX];
} site;

static struct deck *parse(struct slice text, struct slice currency)
{
	static struct deck_mistakes mistakes;
	const struct deck_options options = { .currency = currency };
	struct deck *deck = NULL;

	return deck_parse(&deck, text, &options, &mistakes) == TG_OK ? deck : NULL;
}

static void on_taken(void *ctx, struct slice name, const struct deck *deck)
{
	(void)ctx;
	(void)name;
	(void)deck;
	site.taken++;
}

static void on_refused(void *ctx, struct slice name, const char *why)
{
	(void)ctx;
	(void)name;
	site.refused++;
	snprintf(site.last, sizeof(site.last), "%s", why);
}

static void close_site(void)
{
	static const char *const names[] = { "site", "acme", "shared" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/rates/%s.deck", site.dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/rates", site.dir);
	rmdir(path);
	rmdir(site.dir);
	decks_free(site.decks);
	deck_free(site.cheap);
	deck_free(site.dear);
	deck_free(site.dollars);
	free(site.conf);
}

static void open_site(void)
{
	memset(&site, 0, sizeof(site));
	snprintf(site.dir, sizeof(site.dir), "/tmp/tg_decks_XXXXXX");
	CHECK(mkdtemp(site.dir) != NULL, "a directory of our own");
	site.conf = calloc(1, sizeof(*site.conf));
	if (site.conf != NULL) {
		site.conf->site.data = slice_str(site.dir);
		site.conf->money.currency = SLICE("EUR");
		site.conf->trunks_count = 2;
		site.conf->trunks[0].name = SLICE("acme");
		site.conf->trunks[1].name = SLICE("other");
		site.conf->trunks[1].rates = SLICE("shared");
		site.decks = decks_new(site.conf);
	}
	site.cheap = parse(SLICE("prefix,rate\n34,0.01\n"), SLICE("EUR"));
	site.dear = parse(SLICE("prefix,rate\n34,0.09\n"), SLICE("EUR"));
	site.dollars = parse(SLICE("prefix,rate\n34,0.05\n"), SLICE("USD"));
	if (site.decks == NULL || site.cheap == NULL || site.dear == NULL || site.dollars == NULL) {
		close_site();
		CHECK(false, "no memory");
	}
}

/* A check that cleans up when it fails. */
static void check(bool ok, const char *why)
{
	if (ok)
		return;
	close_site();
	CHECK(false, why);
}

static void put(const struct deck *deck, const char *name)
{
	check(decks_write(deck, slice_str(site.dir), slice_str(name), site.why) == TG_OK,
	      "written");
}

static uint32_t reload(struct slice name)
{
	const struct decks_sink sink = { NULL, on_taken, on_refused };

	site.taken = site.refused = 0;
	return decks_reload(site.decks, name, &sink);
}

static tg_micro price(const struct deck *deck)
{
	return deck == NULL ? -1 : deck_tariff(deck, 0)->per_minute;
}

TEST(decks_each_trunk_has_its_own)
{
	open_site();
	check(reload(SLICE("")) == 1 && decks_site(site.decks) == NULL,
	      "a deck that is named must be");
	put(site.cheap, "site");
	put(site.dear, "shared");
	check(reload(SLICE("")) == 0 && site.taken == 2, "both are taken");
	check(price(decks_site(site.decks)) == 10000, "the site's");
	check(decks_find(site.decks, 0) == NULL, "no deck of its own: the site's is asked");
	check(price(decks_find(site.decks, 1)) == 90000, "the one that it names");
	put(site.dear, "acme");
	check(reload(SLICE("acme")) == 0 && site.taken == 1, "only the named one is read");
	check(price(decks_find(site.decks, 0)) == 90000, "the one of its name");
	check(decks_find(site.decks, 99) == NULL, "no such trunk");
	close_site();
}

static void spoil(const char *name, off_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/rates/%s.deck", site.dir, name);
	check(truncate(path, len) == 0, "truncated");
}

TEST(decks_that_are_refused_leave_the_old_one)
{
	char path[128];

	open_site();
	put(site.dear, "shared");
	put(site.cheap, "site");
	check(reload(SLICE("")) == 0, "taken");
	spoil("site", 200);
	check(reload(SLICE("")) == 1 && price(decks_site(site.decks)) == 10000, "damaged");
	check(strstr(site.last, "damaged") != NULL, "and it is said");
	spoil("site", 0);
	check(reload(SLICE("")) == 1 && price(decks_site(site.decks)) == 10000, "empty");
	put(site.dollars, "site");
	check(reload(SLICE("")) == 1 && price(decks_site(site.decks)) == 10000, "another currency");
	check(strstr(site.last, "in USD, but money.currency is EUR") != NULL, "and it is said");
	put(site.dear, "site");
	snprintf(path, sizeof(path), "%s/rates/site.deck", site.dir);
	check(chmod(path, 0622) == 0 && reload(SLICE("")) == 1 &&
	      price(decks_site(site.decks)) == 10000, "others may write it");
	check(chmod(path, 0600) == 0 && reload(SLICE("")) == 0 &&
	      price(decks_site(site.decks)) == 90000, "all is well");
	check(unlink(path) == 0 && reload(SLICE("")) == 0 && decks_site(site.decks) == NULL,
	      "a deck that is gone is gone");
	close_site();
}

TEST(decks_files_are_ours_alone)
{
	struct deck *deck = NULL;
	char path[128];
	struct stat st;

	open_site();
	put(site.cheap, "site");
	snprintf(path, sizeof(path), "%s/rates/site.deck", site.dir);
	check(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode 0600");
	check(decks_write(site.cheap, slice_str(site.dir), SLICE("../x"), site.why) == TG_EIO,
	      "a name that leaves the folder");
	check(decks_read(&deck, slice_str(site.dir), SLICE(".."), site.why) == TG_EBAD,
	      "the same when read");
	check(decks_write(site.cheap, SLICE("/nowhere/at/all"), SLICE("site"), site.why) ==
	                      TG_EIO &&
	              strstr(site.why, "no data directory") != NULL,
	      "no data directory is made");
	check(unlink(path) == 0 && symlink("/etc/passwd", path) == 0 &&
	      decks_read(&deck, slice_str(site.dir), SLICE("site"), site.why) == TG_EIO,
	      "a link is not followed");
	close_site();
}
