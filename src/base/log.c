#include "base/log.h"

#include <assert.h>

enum { TAIL_BYTES = sizeof(" suppressed=18446744073709551615 cut=1\n") };

#define FREE false
#define BRIEF true
static const struct log_row event_rows[EV_COUNT] = {
#define X(NAME, name, level, limit, fields, help) \
	[EV_##NAME] = { #name, fields, help, LOG_##level, limit },
	LOG_EVENTS(X)
#undef X
};
#undef FREE
#undef BRIEF

const struct log_row *log_row(enum log_event_id event)
{
	assert((unsigned)event < EV_COUNT);
	return &event_rows[event];
}

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	return (unsigned)level < COUNT(names) ? names[level] : "unknown";
}

void log_init(struct tg_log *log, struct slice proc, void (*sink)(void *ctx, struct slice line),
              void *ctx)
{
	*log = (struct tg_log){ .sink = sink, .ctx = ctx, .level = LOG_INFO, .proc = proc };
}

void log_set_time(struct tg_log *log, uint64_t now_ms, uint64_t wall_ms)
{
	log->now_ms = now_ms;
	log->wall_ms = wall_ms;
}

/** Take one token; false when the bucket is empty. */
static bool allow(struct log_bucket *b, uint32_t burst, uint32_t period_ms, uint64_t now_ms)
{
	uint64_t back = now_ms > b->since_ms ? (now_ms - b->since_ms) / period_ms : 0;

	if (back >= b->used) {
		b->used = 0;
		b->since_ms = now_ms;
	} else {
		b->used -= (uint32_t)back;
		b->since_ms += back * period_ms;
	}
	if (b->used >= burst)
		return false;
	b->used++;
	return true;
}

/**
 * The bucket of an event's cause.  Causes that meet in one bucket only share its limit, so the hash
 * (FNV-1a) needs no key.
 */
static struct log_bucket *cause_bucket(struct tg_log *log, enum log_event_id event,
                                       struct slice cause)
{
	uint32_t h = 2166136261u ^ (uint32_t)event;

	for (size_t i = 0; i < cause.len && i < LOG_TEXT_MAX; i++)
		h = (h ^ (uint8_t)cause.p[i]) * 16777619u;
	return &log->causes[(h ^ h >> 16) % LOG_CAUSES];
}

/**
 * The cause's bucket comes first: a noisy cause empties its own and leaves most of the event's
 * lines to the others, while the event's bounds them all together.
 */
static bool within_limits(struct tg_log *log, enum log_event_id event,
                          const struct log_field *fields)
{
	if (!event_rows[event].brief)
		return true;
	for (const struct log_field *f = fields; f->kind != LOG_KIND_END; f++) {
		if (f->kind == LOG_KIND_CAUSE &&
		    !allow(cause_bucket(log, event, f->value.text), LOG_CAUSE_BURST,
		           LOG_CAUSE_PERIOD_MS, log->now_ms))
			return false;
	}
	return allow(&log->events[event], LOG_EVENT_BURST, LOG_EVENT_PERIOD_MS, log->now_ms);
}

/** Days since 1970 to year, month, day in the Gregorian calendar; years begin in March inside. */
static void write_date(struct buf *b, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
	uint64_t year = yoe + era * 400 + (month <= 2);

	buf_fmt(b, "%04u-%02u-%02u", (unsigned)year, (unsigned)month, (unsigned)day);
}

static void write_time(struct buf *b, uint64_t wall_ms)
{
	uint64_t s = wall_ms / 1000;

	write_date(b, s / 86400);
	buf_fmt(b, "T%02u:%02u:%02u.%03uZ", (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
	        (unsigned)(s % 60), (unsigned)(wall_ms % 1000));
}

/** The code point of a well-formed sequence of `n` octets. */
static uint32_t code_point(const char *p, size_t n)
{
	static const uint8_t first_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t cp = (uint8_t)p[0] & first_mask[n];

	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | ((uint8_t)p[i] & 0x3f);
	return cp;
}

/* What a terminal or an editor obeys instead of showing it. */
static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x00, 0x1f },     /* C0 controls, ESC and NUL among them */
	{ 0x7f, 0x9f },     /* DEL, C1 controls */
	{ 0xad, 0xad },     /* soft hyphen */
	{ 0x61c, 0x61c },   /* Arabic letter mark */
	{ 0x180e, 0x180e }, /* Mongolian vowel separator */
	{ 0x200b, 0x200f }, /* zero width, direction marks */
	{ 0x2028, 0x202e }, /* line and paragraph separators, bidi embeddings and overrides */
	{ 0x2060, 0x206f }, /* word joiner, bidi isolates, deprecated format characters */
	{ 0xfeff, 0xfeff }, /* byte order mark */
	{ 0xfff9, 0xfffb }, /* interlinear annotation */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
};

static bool is_hidden(uint32_t cp)
{
	for (size_t i = 0; i < COUNT(hidden); i++) {
		if (cp >= hidden[i].from && cp <= hidden[i].to)
			return true;
	}
	return false;
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\' ||
		    s.p[i] == '=')
			return false;
	}
	return s.len > 0 && s.len <= LOG_TEXT_MAX;
}

static void write_hidden(struct buf *b, uint32_t cp)
{
	if (cp == '\n')
		buf_lit(b, "\\n");
	else if (cp == '\r')
		buf_lit(b, "\\r");
	else if (cp == '\t')
		buf_lit(b, "\\t");
	else if (cp < 0x80)
		buf_fmt(b, "\\x%02x", (unsigned)cp);
	else
		buf_fmt(b, "\\u{%x}", (unsigned)cp);
}

void log_write_value(struct buf *b, struct slice value)
{
	const char *stop = value.p + value.len;

	if (is_plain(value)) {
		buf_put(b, value);
		return;
	}
	if (value.len > LOG_TEXT_MAX)
		stop = value.p + LOG_TEXT_MAX;
	buf_chr(b, '"');
	while (value.len > 0 && value.p < stop) {
		size_t n = slice_utf8_len(value);
		uint32_t cp;

		if (n > (size_t)(stop - value.p))
			break; /* the cut does not split a character */
		cp = n > 0 ? code_point(value.p, n) : 0;
		if (n == 0) {
			buf_fmt(b, "\\x%02x", (unsigned)(uint8_t)value.p[0]);
			n = 1;
		} else if (is_hidden(cp)) {
			write_hidden(b, cp);
		} else {
			if (cp == '"' || cp == '\\')
				buf_chr(b, '\\');
			buf_put(b, slice_head(value, n));
		}
		value = slice_skip(value, n);
	}
	buf_str(b, value.len > 0 ? "…\"" : "\"");
}

static void write_field(struct buf *b, const struct log_field *f)
{
	buf_chr(b, ' ');
	buf_str(b, f->key);
	buf_chr(b, '=');
	switch (f->kind) {
	case LOG_KIND_TEXT:
	case LOG_KIND_CAUSE:
		log_write_value(b, f->value.text);
		break;
	case LOG_KIND_U64:
		buf_u64(b, f->value.u64);
		break;
	case LOG_KIND_I64:
		if (f->value.i64 < 0)
			buf_chr(b, '-');
		buf_u64(b, f->value.i64 < 0 ? 0 - (uint64_t)f->value.i64 : (uint64_t)f->value.i64);
		break;
	case LOG_KIND_ADDR:
		if (f->value.addr == NULL || f->value.addr->family == TG_AF_NONE)
			buf_chr(b, '-');
		else
			tg_addr_write(b, f->value.addr);
		break;
	case LOG_KIND_END:
		break;
	}
}

/** All but the tail; true when a field was left out. */
static bool write_line(struct buf *b, const struct tg_log *log, enum log_event_id event,
                       const struct log_field *fields)
{
	bool cut = false;

	buf_lit(b, "ts=");
	write_time(b, log->wall_ms);
	buf_lit(b, " level=");
	buf_str(b, log_level_name(event_rows[event].level));
	buf_lit(b, " proc=");
	log_write_value(b, log->proc);
	buf_lit(b, " event=");
	buf_str(b, event_rows[event].name);
	for (; fields->kind != LOG_KIND_END; fields++) {
		size_t before = b->len;

		write_field(b, fields);
		if (b->full) {
			b->len = before;
			b->full = false;
			cut = true;
		}
	}
	return cut;
}

void log_event_fields(struct tg_log *log, enum log_event_id event, const struct log_field *fields)
{
	char line[LOG_LINE_MAX];
	struct buf b = buf_on(line, sizeof(line) - TAIL_BYTES);
	bool cut;

	assert((unsigned)event < EV_COUNT);
	if (log == NULL)
		return;
	log->count[event]++;
	if (log->sink == NULL || event_rows[event].level < log->level)
		return;
	if (!within_limits(log, event, fields)) {
		log->suppressed[event]++;
		return;
	}
	cut = write_line(&b, log, event, fields);
	b.cap = sizeof(line);
	if (log->suppressed[event] > 0) {
		buf_lit(&b, " suppressed=");
		buf_u64(&b, log->suppressed[event]);
		log->suppressed[event] = 0;
	}
	buf_str(&b, cut ? " cut=1\n" : "\n");
	log->sink(log->ctx, buf_slice(&b));
}
