/*
 * The rate decks that were activated: files NAME.deck in the folder `rates` of the data directory.
 *
 * A trunk has the deck that its setting `rates` names, else the one of its own name; the deck
 * called "site" is for all.  `tollgate rates import` writes a file and then asks the vault to take
 * it; the vault reads all of them at its start.  A file that is damaged or in another currency is
 * refused, and the deck that was in force stays.
 */
#ifndef TG_PROC_DECKS_H
#define TG_PROC_DECKS_H

#include "number/deck.h"

struct conf;
struct decks;

enum { DECKS_WHY_MAX = 512, DECKS_NAME_MAX = 64 };

#define DECKS_SITE "site"

/** Told about each deck of a reload. */
struct decks_sink {
	void *ctx;
	void (*taken)(void *ctx, struct slice name, const struct deck *deck);
	void (*refused)(void *ctx, struct slice name, const char *why);
};

/** Nothing loaded yet; NULL without memory.  conf is borrowed for its lifetime. */
struct decks *decks_new(const struct conf *conf);
/** NULL is fine. */
void decks_free(struct decks *decks);

/**
 * Read the files anew.  A file that is gone takes its deck away; one that is refused leaves the one
 * in force.  Pointers from decks_find() are void afterwards.
 *
 * name  only this deck; empty: all
 *
 * Returns how many were refused.
 */
uint32_t decks_reload(struct decks *decks, struct slice name, const struct decks_sink *sink);

/** The deck of a trunk (its index in the configuration), or NULL. */
const struct deck *decks_find(const struct decks *decks, uint32_t trunk);

/** The deck for all trunks, or NULL. */
const struct deck *decks_site(const struct decks *decks);

/* ---- files, for the command line too ---- */

/** Name of the deck of a trunk, whether there is one or not. */
struct slice decks_name(const struct conf *conf, uint32_t trunk);

/**
 * True when it may be a deck's: 1..DECKS_NAME_MAX of a-z, A-Z, 0-9, '-', '_', '.', no dot first.
 */
bool decks_name_right(struct slice name);

/**
 * Read a deck.
 *
 * data  the data directory
 * out   set only on TG_OK; free with deck_free()
 * why   DECKS_WHY_MAX octets; set on failure: a sentence, NUL-terminated
 *
 * TG_ENOENT  there is none
 * TG_EBAD    damaged, or not a deck, or of a name that no deck has
 * TG_ENOMEM  out of memory
 * TG_EIO     it cannot be read, or others may write it
 */
TG_MUST_USE enum tg_err decks_read(struct deck **out, struct slice data, struct slice name,
                                   char *why);

/**
 * Make a deck the active one: written aside, synced, moved over (mode 0600).  The folder is made
 * when it is missing; both belong to the owner of the data directory.
 *
 * TG_EIO  `why` (DECKS_WHY_MAX octets) says what failed; the old file is as it was
 */
TG_MUST_USE enum tg_err decks_write(const struct deck *deck, struct slice data, struct slice name,
                                    char *why);

#endif
