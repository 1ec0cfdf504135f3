#include "proc/geo.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "conf/conf.h"
#include "number/number.h"

static char path_mem[512], why[GEO_WHY_MAX];

static struct slice vector(const char *name)
{
	snprintf(path_mem, sizeof(path_mem), "%s/vectors/geo/%s", test_data_dir(), name);
	return slice_str(path_mem);
}

static struct geo *open_vector(const char *name)
{
	struct geo *geo = NULL;
	enum tg_err err = geo_open(&geo, vector(name), why);

	CHECK(err == TG_OK, why);
	return geo;
}

static uint16_t look_up(const struct geo *geo, const char *text)
{
	struct tg_addr addr = { 0 };

	if (tg_addr_parse_ip(&addr, slice_str(text)) != TG_OK)
		return 0;
	return geo_country(geo, &addr);
}

static const struct {
	const char *why, *addr, *country; /* NULL: not known */
} rows[] = {
	{ "country.iso_code", "198.51.100.7", "PT" },
	{ "the last one of the prefix", "198.51.100.255", "PT" },
	{ "country_code", "203.0.113.7", "ES" },
	{ "country as text", "192.0.2.1", "DE" },
	{ "IPv6", "2001:db8:1::7", "FR" },
	{ "an IPv6 address that is not listed", "2001:db9::7", NULL },
	{ "not listed", "198.51.101.0", NULL },
	{ "a code that is no territory", "233.252.0.1", NULL },
	{ "a record without a country", "100.64.0.1", NULL },
	{ "a private address", "192.168.1.7", NULL },
	{ "no address", "", NULL },
};

TEST(countries_of_addresses)
{
	struct geo *geo = open_vector("countries.mmdb");
	const char *bad = NULL;

	for (size_t i = 0; i < COUNT(rows) && bad == NULL; i++) {
		uint16_t want = rows[i].country == NULL ? 0 :
			number_territory_find(slice_str(rows[i].country));

		if (look_up(geo, rows[i].addr) != want)
			bad = rows[i].why;
	}
	geo_free(geo);
	CHECK(bad == NULL, bad);
}

TEST(a_database_of_ipv4_alone)
{
	struct geo *geo = open_vector("ipv4.mmdb");
	bool right = look_up(geo, "203.0.113.7") == number_territory_find(SLICE("ES")) &&
	             look_up(geo, "2001:db8::7") == 0;

	geo_free(geo);
	CHECK(right, "an IPv6 address is not known there");
}

static void check_refused(struct slice path, enum tg_err want, const char *text)
{
	struct geo *geo = NULL;
	enum tg_err err = geo_open(&geo, path, why);

	geo_free(geo);
	CHECK(err == want, text);
	CHECK(strstr(why, "rules.source.database") != NULL, text);
}

TEST(what_is_no_database)
{
	check_refused(SLICE("/nowhere/at/all"), TG_ENOENT, "missing");
	check_refused(vector(""), TG_EBAD, "a folder");
	check_refused(vector("make.py"), TG_EBAD, "a text");
	check_refused(vector("asn.mmdb"), TG_EBAD, "no countries in it");
}

/* Every octet changed and the file cut at many places: refused, or some answer. */
static bool try_damaged(int fd, char *bytes, size_t len, const char *path)
{
	struct geo *geo = NULL;
	enum tg_err err;

	if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		return false;
	err = geo_open(&geo, slice_str(path), why);
	if (err == TG_OK) {
		char mem[256];
		struct buf b = buf_on(mem, sizeof(mem));

		for (size_t i = 0; i < COUNT(rows); i++)
			(void)look_up(geo, rows[i].addr);
		geo_write(&b, geo, UINT64_C(2000000000));
	}
	geo_free(geo);
	return true;
}

TEST(damaged_files)
{
	struct slice good = test_file(vector("countries.mmdb").p);
	char path[] = "/tmp/tg_geo_XXXXXX";
	int fd = mkstemp(path);
	char *bytes = malloc(good.len);
	bool ok = fd >= 0 && bytes != NULL;

	for (size_t i = 0; ok && i < good.len; i++) {
		memcpy(bytes, good.p, good.len);
		bytes[i] ^= (char)(1 + i % 255);
		ok = try_damaged(fd, bytes, good.len, path);
	}
	for (size_t cut = 0; ok && cut < good.len; cut += 7) {
		memcpy(bytes, good.p, good.len);
		ok = try_damaged(fd, bytes, cut, path);
	}
	free(bytes);
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	CHECK(ok, "a file of our own");
}

TEST(what_check_says)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	char mem[1024];
	struct buf b = buf_on(mem, sizeof(mem));
	bool none, good, bad;

	CHECK(conf != NULL, "memory");
	none = geo_open_write(&b, conf, 0) && b.len == 0;
	conf->rules.source.database = vector("countries.mmdb");
	good = geo_open_write(&b, conf, 1767225600 + 31 * 86400) &&
	       slice_eq(buf_slice(&b), SLICE("Countries of callers are guessed by Test-Country of "
	                                     "2026-01-01, 31 days old.\n"));
	conf->rules.source.database = SLICE("/nowhere");
	conf->rules.source.countries_count = 1;
	bad = !geo_open_write(&b, conf, 0);
	free(conf);
	CHECK(none, "nothing is configured");
	CHECK(good, "its age is shown");
	CHECK(bad, "a missing one is a mistake");
}
