/* Money in words: what can be lost at most, and what is not limited. */
#ifndef TG_CLI_MONEY_TEXT_H
#define TG_CLI_MONEY_TEXT_H

#include "cli/gate.h"

/** The text of a key, "" when there is none. */
const char *json_text_of(const json_t *object, const char *key);

/** The part "Money" of `tollgate status`, lines of text made from the vault's answer to "money". */
void money_text(struct buf *b, const json_t *money);

#endif
