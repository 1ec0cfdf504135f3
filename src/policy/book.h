/*
 * The book: what changes the rules from day to day, and expires by itself (promise 7).  Approvals
 * of single numbers, travel passes, lockdown, the classes that an account has called before, and
 * who may be called back after an emergency call.
 *
 * The owner asks book_recall() for the facts of each call and writes down what happens; the book
 * says what must be on disk as small rows of text {kind, key, blob}, and takes them back at the
 * start.  Everything sits in fixed pools: a full one refuses what would widen a rule, and leaves
 * narrow what would have been widened by itself.  One thread, its owner's.
 */
#ifndef TG_POLICY_BOOK_H
#define TG_POLICY_BOOK_H

#include "base/hash.h"
#include "policy/policy.h"

enum {
	BOOK_NAME_MAX = 64,      /* octets of an account's name */
	BOOK_NUMBER_MAX = 16,    /* "+34911234567", or a short code */
	BOOK_PLACES_MAX = 16,    /* territories of a pass */
	BOOK_TRIALS_MAX = 16,    /* classes that are new to one account at a time */
	BOOK_CALL_BACK_S = 3600, /* after an emergency call */
	BOOK_KIND_MAX = 16,
	BOOK_KEY_MAX = 96,
	BOOK_BLOB_MAX = 512
};

struct book_name {
	uint8_t len;
	char text[BOOK_NAME_MAX];
};

/** One number that may be called though its territory, type or price is closed (R51). */
struct book_approval {
	struct book_name account; /* empty = everybody */
	uint8_t number_len;
	char number[BOOK_NUMBER_MAX];
	uint64_t until_s;         /* Unix time; UINT64_MAX = until it is removed */
};

/** A travel pass (R52). */
struct book_pass {
	struct book_name account;
	uint16_t places[BOOK_PLACES_MAX]; /* territories */
	uint8_t places_count;
	uint64_t until_s;
};

struct book_lockdown {
	uint8_t level;    /* enum policy_lockdown */
	uint64_t until_s; /* UINT64_MAX = until `tollgate unlock` */
};

struct book_conf {
	uint32_t subjects;   /* accounts and PBXs whose classes are remembered; 64 octets each */
	uint32_t approvals;  /* 160 octets each */
	uint32_t passes;     /* 180 octets each */
	uint32_t call_backs; /* 180 octets each */
	uint32_t trial_s;    /* struct first_use */
	struct tg_key key;   /* random: of the tables */
	void *ctx;
	/** A row must be on disk from now on, or with an empty blob not any more.  Borrowed. */
	void (*save)(void *ctx, struct slice kind, struct slice key, struct slice blob);
};

struct book;

/** NULL without memory. */
struct book *book_new(const struct book_conf *conf);
/** NULL is fine. */
void book_free(struct book *book);

/**
 * Take back a row, at the start; what has expired is dropped.
 *
 * TG_EBAD    no row of ours, or damaged: it says nothing, so that what it opened is closed
 * TG_ENOENT  of a kind that the book does not have
 * TG_ENOMEM  a pool is full
 */
TG_MUST_USE enum tg_err book_load(struct book *book, struct slice kind, struct slice key,
                                  struct slice blob, uint64_t now_s);

/** Drop what has expired; once a minute is often enough, since what has expired is never used. */
void book_tick(struct book *book, uint64_t now_s);

/**
 * Set what the book knows: approved, pass, first_use, lockdown, call_back.  Party, peer, account,
 * dialled and called must be set.  Some hash look-ups, about 100 ns.
 */
void book_recall(const struct book *book, uint64_t now_s, struct policy_facts *facts);

/* ---- what the operator does ---- */

/**
 * Approve a number for an account (empty = everybody); an earlier approval is replaced.
 *
 * number  "+34911234567", or a short code as it is dialled
 *
 * TG_ELIMIT  name or number too long
 * TG_EBAD    empty number
 * TG_ENOMEM  too many
 */
TG_MUST_USE enum tg_err book_approve(struct book *book, struct slice account, struct slice number,
                                     uint64_t until_s);
/** False when there is none. */
bool book_disapprove(struct book *book, struct slice account, struct slice number);

/** Give an account a travel pass in the place of an earlier one.  Errors as above. */
TG_MUST_USE enum tg_err book_pass_give(struct book *book, struct slice account,
                                       const uint16_t *places, uint32_t count,
                                       uint64_t until_s);
bool book_pass_end(struct book *book, struct slice account);

/** POLICY_OPEN unlocks. */
void book_lock(struct book *book, uint8_t level, uint64_t until_s);
struct book_lockdown book_lockdown_at(const struct book *book, uint64_t now_s);

/** An account is gone: so is all that is written about it. */
void book_forget(struct book *book, struct slice account);

/** Walk all: set `*at` to 0, call until it answers NULL. */
const struct book_approval *book_approval_next(const struct book *book, uint32_t *at);
const struct book_pass *book_pass_next(const struct book *book, uint32_t *at);

/* ---- what calls do ---- */

/** A chargeable call with these facts was answered: its class is on trial, then known. */
void book_answered(struct book *book, const struct policy_facts *facts, uint64_t now_s);

/**
 * An emergency call with these facts went out showing `caller`: whoever calls that number back
 * within an hour reaches the phone.
 */
void book_emergency(struct book *book, const struct policy_facts *facts, struct slice caller,
                    uint64_t now_s);

#endif
