/* What the files of `tollgate rates` share. */
#ifndef TG_CLI_RATES_H
#define TG_CLI_RATES_H

#include "cli/gate.h"
#include "number/deck.h"

struct rates_options {
	const char *config;   /* NULL unless given */
	const char *trunk;    /* whose deck; NULL: the one for all */
	const char *currency; /* of a file that names none */
	const char *dates;    /* "dmy" or "mdy": what dates with slashes are */
	bool dry_run;
};

/** Name of the deck that is meant; CLI_GO, or the status after telling that there is no trunk. */
TG_MUST_USE int rates_deck_name(struct slice *out, const struct gate *gate, const char *trunk);

/** "0.0125" */
struct buf rates_money(char *mem, size_t cap, tg_micro amount);

/** A row as {"prefix", "name", "per_minute", ...}; NULL without memory. */
json_t *rates_row_json(const struct deck *deck, uint32_t row);

/** Read a provider's file and say what is wrong with it, or that nothing is. */
int rates_check(const struct cli *cli, const struct rates_options *o);

/** Read it, show what changes, and put it in force unless it is a dry run. */
int rates_import(const struct cli *cli, const struct gate *gate, const struct rates_options *o);

#endif
