/*
 * What the files of `tollgate replay` share: recorded calls in, what would have become of them out.
 *
 * replay_read() reads the records, replay_run() has a judge decide all of them again on simulated
 * time: each call is judged when it began, its cost is held, renewed and settled as the vault does
 * it, so that calls that were up together use the same budgets.
 */
#ifndef TG_CLI_REPLAY_H
#define TG_CLI_REPLAY_H

#include "base/zone.h"
#include "conf/conf.h"
#include "role/judge.h"

enum { REPLAY_WHY_MAX = 512, REPLAY_RULES_MAX = 255 };

/** One recorded call. */
struct replay_call {
	uint64_t start_ms; /* UTC */
	uint32_t ring_s, talk_s;
	uint32_t line;     /* of the file */
	uint32_t account, peer; /* names; 0 = none */
	uint32_t dialled;  /* where its text begins */
	uint8_t dialled_len;
	uint8_t party;     /* enum policy_party of the caller */
	bool answered;
	bool inside;       /* what was dialled is no number, or somebody who calls */
};

struct replay_records {
	struct replay_call *call; /* by the time of their start */
	uint32_t count, skipped;
	struct replay_names *names;
	char *text;               /* what was dialled */
	size_t text_len, text_cap;
	bool ours;                /* tollgate's columns, not just Asterisk's */
};

struct replay_reading {
	const char *path;
	bool lenient;     /* skip wrong rows, and count them */
	bool utc;         /* Asterisk's times are UTC (usegmtime=yes), not local */
	const struct tg_zone *zone;
	void *ctx;
	/** Told about each wrong row, at most 100 times. */
	void (*wrong)(void *ctx, uint32_t line, const char *why);
	/** Told from time to time; optional. */
	void (*progress)(void *ctx, uint32_t rows);
};

/**
 * Read all of a file.
 *
 * out  set only on TG_OK; give it back with replay_free()
 *
 * TG_EBAD    wrong rows, told about
 * TG_ELIMIT  more than can be counted
 * TG_ENOMEM  out of memory
 * TG_EIO     it cannot be read: errno says why
 */
TG_MUST_USE enum tg_err replay_read(struct replay_records *out, const struct replay_reading *how);
void replay_free(struct replay_records *records);

/** Name number `n`; empty for 0.  Borrowed. */
struct slice replay_name(const struct replay_records *records, uint32_t n);
uint32_t replay_names_count(const struct replay_records *records);
struct slice replay_dialled(const struct replay_records *records, const struct replay_call *call);
/** True when somebody of this name calls in the records. */
bool replay_is_caller(const struct replay_records *records, struct slice name);

enum replay_outcome {
	REPLAY_INCOMING, /* from a trunk: not judged */
	REPLAY_INSIDE,   /* it never leaves over a trunk */
	REPLAY_EMERGENCY,
	REPLAY_ALLOWED,
	REPLAY_CUT,      /* let out, and ended before its end by a limit */
	REPLAY_REFUSED,
	REPLAY_OUTCOMES
};

/** What becomes of one call. */
struct replay_result {
	tg_micro cost;
	uint32_t talk_s;
	uint8_t outcome; /* enum replay_outcome */
	uint8_t rule;    /* index of the side's rules */
	uint8_t class;   /* enum number_class */
};

/** All calls under one configuration. */
struct replay_side {
	const struct conf *conf;
	struct replay_result *result; /* by index of the records */
	struct slice rule[REPLAY_RULES_MAX];
	unsigned rules;
	uint64_t calls[REPLAY_OUTCOMES];
	uint64_t talk_s;
	tg_micro cost;
};

/**
 * Decide all records by a configuration.
 *
 * side      conf is set, the rest zero; replay_side_free() afterwards, whatever comes back
 * progress  optional
 * why       REPLAY_WHY_MAX octets, set on failure: a sentence
 *
 * TG_EBAD    the configuration names a zone that the system does not have, or a damaged deck
 * TG_ENOMEM  out of memory
 */
TG_MUST_USE enum tg_err replay_run(struct replay_side *side, const struct replay_records *records,
                                   void (*progress)(void *ctx, uint32_t rows), void *ctx,
                                   char *why);
void replay_side_free(struct replay_side *side);

#endif
