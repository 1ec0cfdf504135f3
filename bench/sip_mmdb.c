/*
 * The smallest database that geoip2 reads: one network, SIP_PHONES_IP's /24, in Spain.
 *
 * MaxMind DB file format 2.0: a node is two 24-bit records, one for each value of the next bit; a
 * record is the next node, "nothing" (the count of nodes), or 16 behind that plus an offset into
 * the data.  Every look-up walks 24 nodes, as in a real one.
 */
#include "bench/sip.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { BITS = 24, NOTHING = BITS, FOUND = BITS + 16 };

static void put_record(struct buf *b, uint32_t to)
{
	buf_chr(b, (char)(to >> 16));
	buf_chr(b, (char)(to >> 8));
	buf_chr(b, (char)to);
}

static void put_tree(struct buf *b)
{
	uint32_t ip = ntohl(inet_addr(SIP_PHONES_IP));

	for (uint32_t node = 0; node < BITS; node++) {
		uint32_t next = node + 1 < BITS ? node + 1 : FOUND;
		bool one = (ip >> (31 - node) & 1) != 0;

		put_record(b, one ? NOTHING : next);
		put_record(b, one ? next : NOTHING);
	}
}

/* A control octet: type in the upper three bits (2 text, 5 uint16, 6 uint32, 7 map), then size. */
static void put_text(struct buf *b, const char *text)
{
	buf_chr(b, (char)(2 << 5 | (uint8_t)strlen(text)));
	buf_str(b, text);
}

static void put_map(struct buf *b, unsigned pairs)
{
	buf_chr(b, (char)(7 << 5 | pairs));
}

static void put_u16(struct buf *b, const char *key, uint16_t value)
{
	put_text(b, key);
	buf_lit(b, "\xa2");
	buf_chr(b, (char)(value >> 8));
	buf_chr(b, (char)value);
}

static void put_u32(struct buf *b, const char *key, uint32_t value)
{
	put_text(b, key);
	buf_lit(b, "\xc4");
	put_record(b, value >> 8);
	buf_chr(b, (char)value);
}

bool sip_mmdb_write(const char *path)
{
	char mem[1024];
	struct buf b = buf_on(mem, sizeof(mem));
	FILE *f = fopen(path, "we");
	bool ok;

	put_tree(&b);
	buf_put(&b, slice_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	put_map(&b, 1);
	put_text(&b, "country");
	put_map(&b, 1);
	put_text(&b, "iso_code");
	put_text(&b, "ES");
	buf_lit(&b, "\xab\xcd\xefMaxMind.com");
	put_map(&b, 9);
	put_u16(&b, "binary_format_major_version", 2);
	put_u16(&b, "binary_format_minor_version", 0);
	put_u16(&b, "ip_version", 4);
	put_u16(&b, "record_size", 24);
	put_u32(&b, "node_count", BITS);
	put_text(&b, "database_type");
	put_text(&b, "bench-Country");
	put_text(&b, "languages");
	buf_put(&b, slice_of("\x00\x04", 2)); /* extended type 11: an empty list */
	put_text(&b, "build_epoch");
	buf_put(&b, slice_of("\x01\x02\x01", 3)); /* extended type 9: uint64 in one octet */
	put_text(&b, "description");
	put_map(&b, 0);
	ok = f != NULL && !b.full && fwrite(b.p, 1, b.len, f) == b.len;
	return f != NULL && fclose(f) == 0 && ok;
}
