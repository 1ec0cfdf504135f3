#include "conf/first.h"

#include "conf/conf_priv.h"
#include "number/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_MAX = 8 }; /* interfaces; a machine with more has an owner who picks */

static struct slice device_of(const struct conf_first_addr *a)
{
	return slice_of(a->device, strnlen(a->device, sizeof(a->device)));
}

/* Without the bits behind the prefix. */
static struct tg_prefix network_of(const struct conf_first_addr *a)
{
	struct tg_prefix p = { a->addr, (uint8_t)TG_MIN(a->bits, 32) };

	p.addr.port = 0;
	for (unsigned bit = p.bits; bit < 32; bit++)
		p.addr.ip[bit / 8] &= (uint8_t)~(0x80u >> (bit % 8));
	return p;
}

/* A LAN: private, and no point-to-point or absurd prefix. */
static bool is_lan(const struct conf_first_addr *a)
{
	return a->addr.family == TG_AF_INET && tg_addr_class(&a->addr) == TG_ADDR_PRIVATE &&
	       a->bits >= 8 && a->bits <= 30;
}

static bool is_repeat(const struct conf_first_addr *addrs, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (tg_addr_ip_eq(&addrs[i].addr, &addrs[at].addr))
			return true;
	return false;
}

static void name_write(struct buf *b, size_t n)
{
	buf_lit(b, "lan");
	if (n > 0)
		buf_u64(b, n + 1);
}

static void interfaces_write(struct buf *b, const struct conf_first_addr *addrs, size_t count)
{
	size_t n = 0;

	buf_lit(b,
	        "\n# Addresses on which tollgate speaks SIP; inside: only people you know reach it.\n"
	        "interfaces:\n");
	for (size_t i = 0; i < count && n < FIRST_MAX; i++) {
		if (!is_lan(&addrs[i]) || is_repeat(addrs, i))
			continue;
		buf_lit(b, "  - name: ");
		name_write(b, n++);
		buf_fmt(b, " # %.*s\n    listen: ", SLICE_FMT(device_of(&addrs[i])));
		tg_addr_write_ip(b, &addrs[i].addr);
		buf_lit(b, ":5060\n    side: inside\n");
	}
	if (n == 0)
		buf_lit(b,
		        "  # No private address was found, so nobody but this machine is served.\n"
		        "  - name: local\n    listen: 127.0.0.1:5060\n    side: inside\n");
	for (size_t i = 0; i < count; i++) {
		if (addrs[i].addr.family != TG_AF_INET || is_repeat(addrs, i) ||
		    tg_addr_class(&addrs[i].addr) != TG_ADDR_PUBLIC)
			continue;
		buf_lit(b, "  # For a trunk; from then on strangers reach this address:\n"
		           "  # - name: wan\n  #   listen: ");
		tg_addr_write_ip(b, &addrs[i].addr);
		buf_lit(b, ":5060\n  #   side: outside\n");
		break;
	}
}

static void networks_write(struct buf *b, const struct conf_first_addr *addrs, size_t count)
{
	size_t n = 0;

	buf_lit(b, "\n# Where phones may come from: interface and prefix together.\nnetworks:\n");
	for (size_t i = 0; i < count && n < FIRST_MAX; i++) {
		struct tg_prefix p = network_of(&addrs[i]);

		if (!is_lan(&addrs[i]) || is_repeat(addrs, i))
			continue;
		buf_lit(b, "  - name: ");
		name_write(b, n);
		buf_lit(b, "\n    interface: ");
		name_write(b, n++);
		buf_lit(b, "\n    prefix: ");
		tg_prefix_write(b, &p);
		buf_chr(b, '\n');
	}
	if (n == 0)
		buf_lit(b, "  - name: local\n    interface: local\n    prefix: 127.0.0.0/8\n");
	buf_lit(b, "\n# Accounts that name no network of their own come from these.\n"
	           "accounts:\n  default-networks: [");
	for (size_t i = 0; i < n; i++) {
		buf_str(b, i > 0 ? ", " : "");
		name_write(b, i);
	}
	buf_str(b, n == 0 ? "local]\n" : "]\n");
}

/* ---- where ---- */

static bool is_home(struct slice name)
{
	uint16_t territory = number_territory_find(name);
	struct number_plan plan;

	return name.len == 2 && territory != 0 &&
	       number_plan_init(&plan, territory, SLICE("")) == TG_OK;
}

/* "ES", tab, position, tab, "Europe/Madrid", maybe a tab and a remark. */
static struct slice country_of(struct slice zone_tab, struct slice zone)
{
	while (zone_tab.len > 0) {
		struct slice line, country, word;

		zone_tab = slice_cut(zone_tab, '\n', &line);
		line = slice_cut(line, '\t', &country);
		line = slice_cut(line, '\t', &word);
		(void)slice_cut(line, '\t', &word);
		if (slice_eq(word, zone) && zone.len > 0)
			return country;
	}
	return SLICE("");
}

static void keep(char *to, size_t cap, struct slice from)
{
	if (from.len >= cap)
		return;
	memcpy(to, from.p, from.len);
	to[from.len] = '\0';
}

void conf_first_guess(struct conf_first_place *out, struct slice zone, struct slice zone_tab,
                      struct slice language)
{
	struct slice mark = SLICE("zoneinfo/"), rest, country;

	memset(out, 0, sizeof(*out));
	for (rest = zone; rest.len > 0; rest = slice_skip(rest, 1))
		if (slice_starts(rest, mark))
			zone = slice_skip(rest, mark.len);
	if (zone.len > 0 && conf_text_zone(zone) == NULL)
		keep(out->zone, sizeof(out->zone), zone);
	country = country_of(zone_tab, slice_str(out->zone));
	out->by_zone = is_home(country);
	if (!out->by_zone)
		country = slice_head(slice_cut(language, '_', &rest), 2);
	if (is_home(country))
		keep(out->home, sizeof(out->home), country);
}

static void place_write(struct buf *b, const struct conf_first_place *place)
{
	buf_lit(b,
	        "\n# The country in which people dial here.  With it, what is dialled becomes one\n"
	        "# whole number and is priced before it goes out; its fixed, mobile and free\n"
	        "# numbers are open, all others closed, and the site may spend 50.00 a day.\n");
	if (place->home[0] != '\0')
		buf_fmt(b, "numbers:\n  home: %s # a guess by %s: correct it when it is wrong\n",
		        place->home, place->by_zone ? "the time zone" : "the language");
	else
		buf_lit(b, "#numbers:\n#  home: ES # put in your own, and take the # away\n");
	buf_lit(b, "\n# Days and months of budgets begin at midnight there.\nmoney:\n");
	buf_fmt(b, "  currency: EUR\n  zone: %s\n",
	        place->zone[0] != '\0' ? place->zone :
	                                 "UTC # put in your own, such as Europe/Madrid");
}

void conf_first_write(struct buf *b, const struct conf_first_addr *addrs, size_t count,
                      struct slice data, const struct conf_first_place *place)
{
	buf_lit(b,
	        "# tollgate's first configuration: closed.  Phones of the networks below may register\n"
	        "# and call each other once they have an account; nobody else is answered, and no\n"
	        "# call can cost money, because there is no trunk and no number is allowed.\n"
	        "# `tollgate show options` explains every setting, `tollgate check` tries a change.\n"
	        "\nsite:\n  data: \"");
	buf_put(b, data);
	buf_lit(b, "\"\n");
	interfaces_write(b, addrs, count);
	networks_write(b, addrs, count);
	place_write(b, place);
	buf_lit(b,
	        "\n# Your provider.  Its secret is set with `tollgate secret set trunk/acme`.\n"
	        "trunks: []\n"
	        "#  - name: acme\n#    interface: wan\n#    address: sip.acme.example\n"
	        "#    username: u12345\n"
	        "\n# What may be called besides: whole numbers such as +34911234567, or prefixes with a\n"
	        "# final *.  Emergency numbers always go out, past every limit, as soon as there is a\n"
	        "# trunk.\n"
	        "outbound:\n  emergency: [\"112\"]\n  allow: []\n  trunks: []\n");
}

/* The directory entry is durable only when the directory is. */
static bool sync_directory(const char *path)
{
	char dir[4096] = ".";
	const char *slash = strrchr(path, '/');
	int fd;
	bool ok;

	if (slash != NULL) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);

		if (n >= sizeof(dir)) {
			errno = ENAMETOOLONG;
			return false;
		}
		memcpy(dir, path, n);
		dir[n] = '\0';
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

static bool write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.p, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text = slice_skip(text, (size_t)n);
	}
	return true;
}

enum tg_err conf_first_create(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;
	int saved;

	if (fd < 0)
		return errno == EEXIST ? TG_EEXIST : TG_EIO;
	ok = write_all(fd, text) && fsync(fd) == 0;
	saved = errno;
	if (close(fd) != 0 && ok) {
		saved = errno;
		ok = false;
	}
	if (ok && sync_directory(path))
		return TG_OK;
	errno = ok ? errno : saved;
	saved = errno;
	unlink(path);
	errno = saved;
	return TG_EIO;
}
