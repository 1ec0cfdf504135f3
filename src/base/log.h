/* What tollgate tells its operator: named events as logfmt lines, escaped, cut and rate limited. */
#ifndef TG_BASE_LOG_H
#define TG_BASE_LOG_H

#include "base/addr.h"
#include "base/log_events.h"

/*
 * One event is one line, whatever the network put into its values (F3):
 *
 *   ts=2001-02-03T04:05:06.789Z level=warn proc=edge:0 event=call_refused rule=no-route
 *       from=192.0.2.7:5060 to="\"x\"\x1b[2J" suppressed=1200
 *
 * A value is quoted when it holds anything but plain text; inside, controls, DEL, octets that are
 * not UTF-8, and characters that hide or turn text around (bidi controls, zero width, separators of
 * lines) are written as \n, \r, \t, \xNN or \u{N}.  A value is cut after LOG_TEXT_MAX octets, which
 * an ellipsis shows; fields that would make the line longer than LOG_LINE_MAX are left out and the
 * line ends with cut=1.
 */
enum log_level {
	LOG_DEBUG, /* for who reads our code beside it */
	LOG_INFO,  /* normal life: one line for what an operator would count */
	LOG_WARN,  /* something was refused, or works less well; no hand is needed */
	LOG_ERROR, /* an operator should act */
};

enum log_event_id {
#define X(NAME, name, level, limit, fields, help) EV_##NAME,
	LOG_EVENTS(X)
#undef X
	EV_COUNT
};

enum {
	LOG_TEXT_MAX = 128,
	LOG_LINE_MAX = 1024,
	/* Rate limits of BRIEF events: so many lines at once, then one a period (D17). */
	LOG_EVENT_BURST = 20,
	LOG_EVENT_PERIOD_MS = 1000,
	LOG_CAUSE_BURST = 10,
	LOG_CAUSE_PERIOD_MS = 5000,
	LOG_CAUSES = 64,
};

enum log_kind {
	LOG_KIND_END,
	LOG_KIND_TEXT,
	LOG_KIND_CAUSE,
	LOG_KIND_U64,
	LOG_KIND_I64,
	LOG_KIND_ADDR,
};

/** One key and its value; made by the macros below, never by hand. */
struct log_field {
	const char *key; /* a literal, of the event's row */
	enum log_kind kind;
	union {
		struct slice text;
		uint64_t u64;
		int64_t i64;
		const struct tg_addr *addr;
	} value;
};

#define LOG_END { NULL, LOG_KIND_END, { .u64 = 0 } }
/* Text, ours or the network's.  A secret is a struct tg_secret (base/secret.h) and does not fit. */
#define LOG_STR(k, s) { (k), LOG_KIND_TEXT, { .text = (s) } }
/* Text that names the cause: lines of one event and one cause share a rate limit of their own. */
#define LOG_CAUSE(k, s) { (k), LOG_KIND_CAUSE, { .text = (s) } }
#define LOG_U64(k, v) { (k), LOG_KIND_U64, { .u64 = (v) } }
#define LOG_I64(k, v) { (k), LOG_KIND_I64, { .i64 = (v) } }
/* A pointer to a struct tg_addr; NULL or no family is written as "-". */
#define LOG_ADDR(k, a) { (k), LOG_KIND_ADDR, { .addr = (a) } }

/** Lines still allowed, and when the count last grew. */
struct log_bucket {
	uint64_t since_ms;
	uint32_t used;
};

/** One process's log.  Embedded in its owner; 2 KB; no heap.  One thread. */
struct tg_log {
	void (*sink)(void *ctx, struct slice line); /* takes one whole line with its '\n' */
	void *ctx;
	enum log_level level; /* less than this is not written */
	struct slice proc;    /* "edge:0"; lives as long as the log */
	uint64_t now_ms;      /* monotonic */
	uint64_t wall_ms;     /* since 1970, UTC */
	struct log_bucket events[EV_COUNT];
	struct log_bucket causes[LOG_CAUSES];
	uint64_t suppressed[EV_COUNT]; /* since the last line of the event */
	uint64_t count[EV_COUNT];      /* events that happened, written or not */
};

/** A log at level info and time 0.  `proc` is borrowed for good; `sink` may be NULL (drop all). */
void log_init(struct tg_log *log, struct slice proc, void (*sink)(void *ctx, struct slice line),
              void *ctx);

/** Tell the time; called by the owner of the clock before each input that it hands on. */
void log_set_time(struct tg_log *log, uint64_t now_ms, uint64_t wall_ms);

/**
 * Log one event, say
 *
 *   log_event(log, EV_CALL_REFUSED, LOG_CAUSE("rule", rule), LOG_ADDR("from", &a), LOG_END);
 *
 * log     NULL is fine: nothing is logged
 * fields  up to LOG_END; all borrowed for the call only
 */
#define log_event(log, event, ...) \
	log_event_fields((log), (event), (const struct log_field[]){ __VA_ARGS__ })
void log_event_fields(struct tg_log *log, enum log_event_id event, const struct log_field *fields);

/** What a row of LOG_EVENTS says. */
struct log_row {
	const char *name, *fields, *help;
	enum log_level level;
	bool brief; /* rate limited */
};
const struct log_row *log_row(enum log_event_id event);

const char *log_level_name(enum log_level level);

/** Write a value as the log does: quoted and escaped when needed, cut at LOG_TEXT_MAX octets. */
void log_write_value(struct buf *b, struct slice value);

/** A sink: one write(2) to standard error; what the system does not take is lost.  No ctx. */
void log_sink_stderr(void *ctx, struct slice line);

#endif
