#include "base/test.h"
#include "conf/conf.h"
#include "conf/first.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct conf_mistakes mistakes;

static struct conf_first_addr addr(const char *device, const char *ip, uint8_t bits)
{
	struct conf_first_addr a = { .bits = bits };

	snprintf(a.device, sizeof(a.device), "%s", device);
	CHECK(tg_addr_parse_ip(&a.addr, slice_str(ip)) == TG_OK, ip);
	return a;
}

static struct conf *first(const struct conf_first_addr *addrs, size_t count)
{
	static char mem[16384];
	struct buf b = buf_on(mem, sizeof(mem));
	struct conf_first_place place;
	struct conf *c = NULL;

	conf_first_guess(&place, SLICE("/usr/share/zoneinfo/Europe/Madrid"), SLICE(""), SLICE(""));
	conf_first_write(&b, addrs, count, SLICE("/var/lib/tollgate"), &place);
	CHECK(!b.full, "room");
	CHECK(conf_parse(&c, buf_slice(&b), &mistakes) == TG_OK, mistakes.at[0].text);
	CHECK(c->trunks_count == 0 && c->pbxs_count == 0 && c->outbound.allow_count == 0,
	      "R34: nothing can cost money");
	for (uint32_t i = 0; i < c->interfaces_count; i++)
		CHECK(c->interfaces[i].side == CONF_INSIDE &&
		      tg_addr_class(&c->interfaces[i].listen) != TG_ADDR_PUBLIC, "R103: LAN only");
	CHECK(c->accounts.default_networks_count == c->networks_count,
	      "phones of the LAN may register");
	return c;
}

TEST(first_is_closed_on_every_machine)
{
	const struct conf_first_addr many[] = {
		addr("lo", "127.0.0.1", 8),          addr("eth0", "203.0.113.7", 24),
		addr("eth1", "192.168.1.2", 24),     addr("eth1:1", "192.168.1.2", 24),
		addr("eth2", "10.1.2.3", 20),        addr("tun0", "10.8.0.1", 32),
		addr("eth1", "fe80::1", 64),         addr("wlan0", "169.254.3.4", 16),
		addr("odd", "172.16.0.1", 0),
	};
	struct conf *c = first(many, COUNT(many));

	CHECK(c->interfaces_count == 2, "two LANs");
	CHECK(c->networks[1].prefix.bits == 20 && c->networks[1].prefix.addr.ip[2] == 0, "prefix");
	conf_free(c);
	c = first(many, 2);
	CHECK(c->interfaces_count == 1, "only a public address");
	CHECK(tg_addr_class(&c->interfaces[0].listen) == TG_ADDR_LOOPBACK, "then nobody is served");
	conf_free(c);
	conf_free(first(NULL, 0));
}

TEST(first_never_overwrites)
{
	char dir[] = "/tmp/tg_first_XXXXXX", path[64];
	struct stat st;

	CHECK(mkdtemp(dir) != NULL, "own");
	snprintf(path, sizeof(path), "%s/a.yaml", dir);
	umask(0);
	CHECK(conf_first_create(path, SLICE("a\n")) == TG_OK, "new");
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "mode 0600 whatever the umask");
	CHECK(conf_first_create(path, SLICE("other\n")) == TG_EEXIST, "there already");
	CHECK(stat(path, &st) == 0 && st.st_size == 2, "untouched");
	unlink(path);
	CHECK(symlink("/tmp/tg_nowhere", path) == 0, "own");
	CHECK(conf_first_create(path, SLICE("x\n")) == TG_EEXIST, "a link is not followed");
	unlink(path);
	rmdir(dir);
	CHECK(conf_first_create(path, SLICE("x\n")) == TG_EIO, "no directory");
}

#define TAB                                                                      \
	"# comment\n"                                                            \
	"ES\t+4024-00341\tEurope/Madrid\tSpain (mainland)\n"                      \
	"JM\t+1758-07647\tAmerica/Jamaica\n"                                     \
	"XX\t+0000+00000\tEurope/Nowhere\n"

static const struct {
	const char *why;
	const char *zone, *language;
	const char *want_zone, *want_home;
} guesses[] = {
	{ "by zone", "/usr/share/zoneinfo/Europe/Madrid", "de_DE.UTF-8", "Europe/Madrid", "ES" },
	{ "a link within the system", "../usr/share/zoneinfo/America/Jamaica", "",
	  "America/Jamaica", "JM" },
	{ "by language", "/usr/share/zoneinfo/Etc/UTC", "de_AT.UTF-8", "Etc/UTC", "AT" },
	{ "by neither", "/usr/share/zoneinfo/Etc/UTC", "C.UTF-8", "Etc/UTC", "" },
	{ "a country that nobody dials in", "/usr/share/zoneinfo/Europe/Nowhere", "C",
	  "Europe/Nowhere", "" },
	{ "no link", "", "", "", "" },
	{ "a zone that would leave its folder", "zoneinfo/../../etc/passwd", "", "", "" },
	{ "half a language", "", "es_", "", "" },
};

TEST(first_guesses_where_it_stands)
{
	for (size_t i = 0; i < COUNT(guesses); i++) {
		static char mem[16384];
		struct buf b = buf_on(mem, sizeof(mem));
		struct conf_first_place place;
		struct conf *c = NULL;

		conf_first_guess(&place, test_guarded(slice_str(guesses[i].zone)),
		                 test_guarded(SLICE(TAB)),
		                 test_guarded(slice_str(guesses[i].language)));
		CHECK(strcmp(place.zone, guesses[i].want_zone) == 0, guesses[i].why);
		CHECK(strcmp(place.home, guesses[i].want_home) == 0, guesses[i].why);
		conf_first_write(&b, NULL, 0, SLICE("/var/lib/tollgate"), &place);
		CHECK(conf_parse(&c, buf_slice(&b), &mistakes) == TG_OK, mistakes.at[0].text);
		CHECK(slice_eq(c->numbers.home, slice_str(guesses[i].want_home)), guesses[i].why);
		CHECK((c->budgets_count > 0) == (place.home[0] != '\0'), "budgets with a home");
		conf_free(c);
	}
}
