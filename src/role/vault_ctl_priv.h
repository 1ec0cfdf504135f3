/* What the files share in which the vault answers its operator. */
#ifndef TG_ROLE_VAULT_CTL_PRIV_H
#define TG_ROLE_VAULT_CTL_PRIV_H

#include "role/vault_priv.h"

enum {
	VAULT_CTL_OBJECT_MAX = 2048, /* octets of one object of an answer */
	/* our session timer on trunks (90 s), and 64*T1 until the provider gives up its own BYE */
	VAULT_HOST_DEATH_S = 90 + 32
};

/** JSON objects, put into as many pages as they need. */
struct vault_ctl_pages {
	struct vault *vault;
	const struct link_msg *ask;
	struct buf b;
	char mem[LINK_BODY_MAX];
};

void vault_ctl_begin(struct vault_ctl_pages *pages, struct vault *v, const struct link_msg *ask);
void vault_ctl_add(struct vault_ctl_pages *pages, struct slice object);
void vault_ctl_end(struct vault_ctl_pages *pages);

/** One page.  failed: `b` is a sentence, not JSON. */
void vault_ctl_page(struct vault *v, const struct link_msg *ask, const struct buf *b, bool last,
                    bool failed);

/** ,"key":"1.50"; null when there is no limit. */
void vault_ctl_micro(struct buf *b, const char *key, tg_micro amount);
/** A ledger as one object, less than VAULT_CTL_OBJECT_MAX octets. */
void vault_ctl_ledger(struct buf *b, const struct ledger_view *view);

/** vault_ctl_explain.c */
void vault_ctl_explain(struct vault *v, const struct link_msg *ask, struct slice words);
/** limits, money, explain.  False: another word. */
bool vault_ctl_money(struct vault *v, const struct link_msg *ask, struct slice verb,
                     struct slice words);

#endif
