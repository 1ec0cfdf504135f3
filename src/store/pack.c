/*
 * A record's values as octets: what the row of a running call keeps of it, and what the mark of a
 * closed one covers.
 *
 * For each column whose value is neither 0 nor empty: its place in STORE_RECORD_COLUMNS, a length,
 * the octets.  Numbers: length 1 to 8, lowest octet first; texts: 0x80 + length.
 */
#include "store/store_priv.h"

enum { IS_TEXT = 0x80, TEXT_MAX = 127, INT_MAX_BYTES = 8 };

static size_t put_int(uint8_t *out, uint8_t column, uint64_t value)
{
	uint8_t n = 0;

	if (value == 0)
		return 0;
	for (; value != 0; value >>= 8)
		out[2 + n++] = (uint8_t)value;
	out[0] = column;
	out[1] = n;
	return 2u + n;
}

static size_t put_text(uint8_t *out, uint8_t column, struct slice s)
{
	if (s.len == 0)
		return 0;
	out[0] = column;
	out[1] = (uint8_t)(IS_TEXT | s.len);
	memcpy(out + 2, s.p, s.len);
	return 2 + s.len;
}

static size_t put_addr(uint8_t *out, uint8_t column, const struct tg_addr *addr)
{
	char mem[64];
	struct buf b = buf_on(mem, sizeof(mem));

	tg_addr_write(&b, addr);
	return put_text(out, column, buf_slice(&b));
}

#define PACK_INT(value) put_int(out + len, column, (uint64_t)(value))
#define PACK_TEXT(value) put_text(out + len, column, link_text(&(value)))
#define PACK_ADDR(value) put_addr(out + len, column, &(value))

size_t store_record_pack(uint8_t out[STORE_PACK_MAX], const struct vault_record *r)
{
	uint8_t column = 0;
	size_t len = 0;

#define X(kind, name, field) len += PACK_##kind(r->field), column++;
	STORE_RECORD_COLUMNS(X)
#undef X
	return len;
}

/* ---- from a row, as it stands there and not as we would read it ---- */

static bool row_int(uint8_t *out, size_t *len, uint8_t column, sqlite3_stmt *st, int at)
{
	bool ok = sqlite3_column_type(st, at) == SQLITE_INTEGER;

	*len += put_int(out + *len, column, (uint64_t)sqlite3_column_int64(st, at));
	return ok;
}

static bool row_text(uint8_t *out, size_t *len, uint8_t column, sqlite3_stmt *st, int at)
{
	bool ok = sqlite3_column_type(st, at) == SQLITE_TEXT;
	struct slice s = store_column(st, at);

	if (!ok || s.len > TEXT_MAX)
		return false;
	*len += put_text(out + *len, column, s);
	return true;
}

#define ROW_INT row_int
#define ROW_TEXT row_text
#define ROW_ADDR row_text

bool store_record_pack_row(uint8_t out[STORE_PACK_MAX], size_t *len, sqlite3_stmt *st, int at)
{
	uint8_t column = 0;
	bool ok = true;

	*len = 0;
#define X(kind, name, field) ok = ROW_##kind(out, len, column, st, at + column) && ok, column++;
	STORE_RECORD_COLUMNS(X)
#undef X
	return ok;
}

/* The largest record fits. */
enum { BYTES_INT = 10, BYTES_TEXT = 2 + TEXT_MAX, BYTES_ADDR = 2 + 64 };
#define X(kind, name, field) +BYTES_##kind
_Static_assert(STORE_RECORD_COLUMNS(X) <= STORE_PACK_MAX, "raise STORE_PACK_MAX");
#undef X

/* ---- back ---- */

struct value {
	uint64_t number;
	struct slice text;
};

#define UNPACK_INT(to) (to) = (__typeof__(to))v->number
#define UNPACK_TEXT(to) link_text_set(&(to), v->text)
#define UNPACK_ADDR(to)                                        \
	do {                                                   \
		struct tg_addr addr;                           \
		if (tg_addr_parse(&addr, v->text, 0) == TG_OK) \
			(to) = addr;                           \
	} while (0)

static bool take(struct vault_record *r, uint8_t column, const struct value *v)
{
	int at = 0;

#define X(kind, name, field)           \
	if (column == at++) {          \
		UNPACK_##kind(r->field); \
		return true;           \
	}
	STORE_RECORD_COLUMNS(X)
#undef X
	return false;
}

enum tg_err store_record_unpack(struct vault_record *out, uint64_t call, struct slice packed)
{
	struct vault_record r = { .call = call };

	while (packed.len > 0) {
		struct value v = { 0 };
		uint8_t head, len;

		if (packed.len < 2)
			return TG_EBAD;
		head = (uint8_t)packed.p[1];
		len = head & TEXT_MAX;
		if (packed.len < 2u + len || len == 0 || (head < IS_TEXT && len > INT_MAX_BYTES))
			return TG_EBAD;
		v.text = slice_of(packed.p + 2, len);
		for (uint8_t i = len; head < IS_TEXT && i > 0; i--)
			v.number = v.number << 8 | (uint8_t)v.text.p[i - 1];
		if (!take(&r, (uint8_t)packed.p[0], &v))
			return TG_EBAD;
		packed = slice_skip(packed, 2u + len);
	}
	*out = r;
	return TG_OK;
}
