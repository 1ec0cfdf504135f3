/* What the vault has on disk of attempts, dialogs and habits: octets that only it reads. */
#ifndef TG_ROLE_VAULT_ROWS_PRIV_H
#define TG_ROLE_VAULT_ROWS_PRIV_H

#include "ledger/state.h"
#include "link/msg.h"

enum { VAULT_HOLD_VERSION = 1, VAULT_RECIPE_VERSION = 1 };

/** An attempt on disk. */
struct vault_hold_row {
	uint32_t version;
	uint32_t longest_s;
	struct ledger_hold_state ledger;
	struct link_text trunk; /* by name: its number changes with the configuration */
	struct link_text account; /* whose ledger is above it */
};

/** A trunk dialog's recipe for a BYE, or an INVITE's for a CANCEL; texts are packed. */
struct vault_dialog {
	struct link_leg leg;
	struct link_proc owner;
	uint32_t epoch; /* of the owner when it made it */
	struct tg_flow flow;
	uint32_t cseq;
	uint16_t trunk;
	bool early; /* for a CANCEL */
	bool on_disk;
	/* call_id, local_tag, remote_tag, local_uri, remote_uri, target, route, branch */
	uint16_t len[8];
	char text[1200];
};

/** A recipe on disk. */
struct vault_recipe_row {
	uint32_t version;
	struct vault_dialog dialog;
	struct link_text trunk; /* by name: its number changes with the configuration */
};

/** Whom a ledger has called today, on disk. */
struct vault_destinations {
	uint32_t minute, count;
	uint64_t hash[LEDGER_DESTINATIONS_MAX];
};
#define VAULT_DESTINATIONS SLICE("destinations")

#endif
