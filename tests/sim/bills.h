/*
 * The bills of the simulated providers, each by its own clock: from its first 200 until a BYE of
 * either side, in whole increments, with the fee for the connection.  Nothing of the product is
 * asked what a call costs: the prices are a table of their own, and the sum is another formula.
 *
 * bills_check() is asked after every event and says whether anybody could now be charged more than
 * a limit allows; bills_end() compares what was charged with what the records and ledgers say.
 */
#ifndef TG_TESTS_SIM_BILLS_H
#define TG_TESTS_SIM_BILLS_H

#include "number/deck.h"
#include "sim/world.h"

struct bills;

/** `fail` as in peers.h.  NULL without memory. */
struct bills *bills_new(void (*fail)(void *ctx, const char *why), void *ctx);
void bills_free(struct bills *b);
void bills_watch(struct bills *b, struct world *w);

/** The prices as a deck for world_new(); free with deck_free(). */
struct deck *bills_deck(void);

/** A message between roles: which call and whose, and when the answer was heard. */
void bills_message(struct bills *b, const struct link_msg *msg);
/**
 * The vault logs that a call was confirmed over after what was paid: its ledgers may be above a
 * limit from now on.
 */
void bills_overrun(struct bills *b);
/** A carrier sends something to a provider. */
void bills_sent(struct bills *b, struct slice octets);

/* What a provider's clock sees.  `trunk` counts the providers. */
void bills_answered(struct bills *b, struct slice call_id, struct slice number, unsigned trunk);
void bills_over(struct bills *b, struct slice call_id);

void bills_check(struct bills *b);

struct bills_count {
	uint32_t calls;    /* that providers charge for */
	uint32_t above;    /* whose record says more than the provider */
	uint32_t overruns;
	uint32_t late;     /* whose answer and BYE together took longer than the guard */
	int64_t charged, recorded; /* micro */
	int64_t excused;   /* the most that late ones put above a limit at any time */
};

/** After the run, with a vault that is up.  False: a promise is broken, and `fail` was told. */
bool bills_end(struct bills *b, struct bills_count *out);

#endif
