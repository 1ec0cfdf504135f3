#include "proc/geo.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/zone.h"
#include "conf/conf.h"
#include "number/number.h"

enum {
	FILE_MAX = 256 << 20,
	DEPTH_MAX = 128,      /* bits of an IPv6 address */
	NODES_LOOKED_AT = 100000
};

struct geo {
	MMDB_s db;
};

/* ---- one record ---- */

static bool text_at(MMDB_entry_s *entry, const char *const *path, struct slice *out)
{
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return false;
	*out = slice_of(data.utf8_string, data.data_size);
	return true;
}

/* GeoLite2 and DB-IP, the geo-whois-asn lists, IPinfo: each has its own place for it. */
static uint16_t country_of(MMDB_entry_s *entry)
{
	static const char *const places[][3] = { { "country", "iso_code", NULL },
		                                 { "country_code", NULL },
		                                 { "country", NULL } };
	struct slice code;

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_at(entry, places[i], &code))
			return number_territory_find(code);
	return 0;
}

uint16_t geo_country(const struct geo *geo, const struct tg_addr *addr)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = { 0 };
	MMDB_lookup_result_s found;
	int err = MMDB_SUCCESS;

	if (addr->family == TG_AF_INET) {
		to.v4.sin_family = AF_INET;
		memcpy(&to.v4.sin_addr, addr->ip, 4);
	} else if (addr->family == TG_AF_INET6) {
		to.v6.sin6_family = AF_INET6;
		memcpy(&to.v6.sin6_addr, addr->ip, 16);
	} else {
		return 0;
	}
	found = MMDB_lookup_sockaddr(&geo->db, &to.any, &err);
	return err == MMDB_SUCCESS && found.found_entry ? country_of(&found.entry) : 0;
}

/* ---- the file ---- */

static bool copy(int from, int to, off_t size)
{
	char mem[65536];

	while (size > 0) {
		ssize_t n = read(from, mem, sizeof(mem));

		if (n <= 0 || write(to, mem, (size_t)n) != n)
			return false;
		size -= n;
	}
	return true;
}

/*
 * The library maps files, and a mapped file that somebody cuts short kills who reads it: the vault
 * reads a copy that has no name.
 */
static enum tg_err open_copy(struct geo *g, int fd, const char **what)
{
	struct stat st;
	char path[64];
	int mem, err = MMDB_IO_ERROR;

	*what = "not a file of a sensible size";
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return TG_EBAD;
	*what = "it cannot be read";
	mem = memfd_create("tollgate-geo", MFD_CLOEXEC);
	if (mem < 0)
		return TG_ENOMEM;
	if (copy(fd, mem, st.st_size)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", mem);
		err = MMDB_open(path, MMDB_MODE_MMAP, &g->db);
		*what = MMDB_strerror(err);
	}
	close(mem);
	if (err == MMDB_SUCCESS)
		return TG_OK;
	return err == MMDB_OUT_OF_MEMORY_ERROR ? TG_ENOMEM :
	       err == MMDB_IO_ERROR            ? TG_EIO : TG_EBAD;
}

/* Walk the tree, left first, until a record names a country that we know. */
static bool has_countries(const struct geo *g)
{
	uint32_t right[DEPTH_MAX + 1];
	uint32_t node = 0, waiting = 0;

	for (uint32_t n = 0; n < NODES_LOOKED_AT; n++) {
		MMDB_search_node_s s;
		uint64_t next[2];
		uint8_t type[2];
		bool deeper = false;

		if (MMDB_read_node(&g->db, node, &s) != MMDB_SUCCESS)
			return false;
		next[0] = s.left_record;
		next[1] = s.right_record;
		type[0] = s.left_record_type;
		type[1] = s.right_record_type;
		if ((type[0] == MMDB_RECORD_TYPE_DATA && country_of(&s.left_record_entry) != 0) ||
		    (type[1] == MMDB_RECORD_TYPE_DATA && country_of(&s.right_record_entry) != 0))
			return true;
		for (int side = 1; side >= 0; side--) {
			if (type[side] != MMDB_RECORD_TYPE_SEARCH_NODE)
				continue;
			if (waiting == COUNT(right))
				return false; /* deeper than any address: a damaged tree */
			right[waiting++] = (uint32_t)next[side];
			deeper = true;
		}
		if (!deeper && waiting == 0)
			return false;
		node = right[--waiting];
	}
	return false;
}

static enum tg_err refuse(char *why, enum tg_err err, const char *path, const char *what)
{
	snprintf(why, GEO_WHY_MAX,
	         "rules.source.database: %s: %s; put a country database in MMDB format there, "
	         "readable for tollgate, or take the setting out",
	         path, what);
	return err;
}

enum tg_err geo_open(struct geo **out, struct slice path, char *why)
{
	char name[256];
	const char *what = "no memory";
	struct geo *g;
	enum tg_err err;
	int fd;

	snprintf(name, sizeof(name), "%.*s", SLICE_FMT(path));
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return refuse(why, errno == ENOENT ? TG_ENOENT : TG_EIO, name, strerror(errno));
	g = calloc(1, sizeof(*g));
	err = g != NULL ? open_copy(g, fd, &what) : TG_ENOMEM;
	close(fd);
	if (err == TG_OK && !has_countries(g)) {
		MMDB_close(&g->db);
		what = "no record in it names a country";
		err = TG_EBAD;
	}
	if (err == TG_OK) {
		*out = g;
		return TG_OK;
	}
	free(g);
	return refuse(why, err, name, what);
}

void geo_free(struct geo *geo)
{
	if (geo == NULL)
		return;
	MMDB_close(&geo->db);
	free(geo);
}

/* ---- in words ---- */

void geo_write(struct buf *b, const struct geo *geo, uint64_t now_s)
{
	uint64_t made_s = TG_MIN(geo->db.metadata.build_epoch, (uint64_t)TG_ZONE_UTC_MAX);
	struct tg_zone utc;
	struct tg_local day;

	tg_zone_utc(&utc);
	tg_zone_local(&utc, (int64_t)made_s, &day);
	for (const char *p = geo->db.metadata.database_type; *p >= ' ' && *p < 0x7f; p++)
		buf_chr(b, *p); /* it goes to a terminal */
	buf_fmt(b, " of %d-%02u-%02u, %llu days old", day.year, day.month, day.mday,
	        (unsigned long long)(now_s > made_s ? (now_s - made_s) / 86400 : 0));
}

bool geo_open_write(struct buf *b, const struct conf *conf, uint64_t now_s)
{
	const struct source_rows *rule = &conf->rules.source;
	char why[GEO_WHY_MAX];
	struct geo *geo = NULL;

	if (rule->database.len == 0)
		return true;
	if (geo_open(&geo, rule->database, why) != TG_OK) {
		buf_fmt(b, "%s.%s\n", why,
		        rule->countries_count > 0 && rule->mode == POLICY_ENFORCE ?
		        "\nUntil then phones behind a network of all addresses call nobody." : "");
		return false;
	}
	buf_lit(b, "Countries of callers are guessed by ");
	geo_write(b, geo, now_s);
	buf_lit(b, ".\n");
	geo_free(geo);
	return true;
}
