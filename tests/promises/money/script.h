/*
 * What a vault does to its store, step by step, and what must be on disk after each job: an
 * independent model of holds, records and totals, compared as text.
 */
#ifndef TG_TESTS_PROMISES_MONEY_SCRIPT_H
#define TG_TESTS_PROMISES_MONEY_SCRIPT_H

#include "store/store.h"

enum { SCRIPT_TEXT = 16384 };

/** How many jobs the script has. */
unsigned script_jobs(void);
/** Hand job `i` (from 0) to the store.  Its number, 0 = full. */
uint64_t script_queue(struct store *store, unsigned i);
/** Does a step end after this job?  Then the script waits for the disk. */
bool script_pauses(unsigned i);

/** What must be there after the first `jobs` jobs. */
void script_expect(char out[SCRIPT_TEXT], unsigned jobs);

/**
 * What is there.  NULL, or what makes no sense in itself: a call with a hold and a record, a cost
 * that is in no total.
 */
const char *script_found(char out[SCRIPT_TEXT], struct store *store, const char *dir);

#endif
