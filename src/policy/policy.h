/*
 * Facts in, verdict out: who may call whom, and over what.
 *
 * Knows no SIP and no sockets: the vault gathers the facts, and `tollgate policy explain` can ask
 * the very same function.  Every verdict names the rule that decided (promise 6).
 *
 * The rules, in order; the first that applies decides:
 *   emergency           a known caller dials a listed emergency number: every trunk in turn
 *   source-not-allowed  the account may not call from there (R31)
 *   inbound             a trunk calls a listed number: its account or PBX
 *   no-inbound-number   a trunk calls anything else
 *   account             an account or PBX dials the name of an account
 *   pbx                 an account dials anything else, and there is a PBX: as dialled
 *   outbound            a listed number or prefix: the trunks in order
 *   not-listed          everything else
 */
#ifndef TG_POLICY_POLICY_H
#define TG_POLICY_POLICY_H

#include "number/number.h"

enum policy_party { POLICY_ACCOUNT = 1, POLICY_PBX, POLICY_TRUNK };

/** A configured number or prefix. */
struct policy_number {
	struct slice digits;
	bool prefix;
};

struct policy_inbound {
	struct slice number;
	int trunk;            /* index, or -1: from any */
	struct slice account; /* empty when `pbx` decides */
	int pbx;              /* index, or -1 */
};

/** The configured rules; borrowed, immutable. */
struct policy {
	const struct policy_number *emergency, *allow;
	const struct policy_inbound *inbound;
	uint32_t emergency_count, allow_count, inbound_count;
	int pbx; /* the PBX that takes what accounts dial, or -1 */
	bool has_trunks;
};

struct policy_facts {
	uint8_t party;            /* enum policy_party of the caller */
	uint16_t peer;            /* index of the calling PBX or trunk */
	bool source_allowed;      /* an account: calls from a network of its own */
	bool dialled_is_account;  /* `dialled` names an account */
	struct slice dialled;
};

struct policy_verdict {
	bool allow;
	bool emergency;
	uint8_t party;       /* enum policy_party of the callee, when allowed */
	uint16_t peer;       /* its index when it is a PBX */
	uint16_t status;     /* SIP status of a refusal */
	struct slice to;     /* account, or what to dial: borrows from facts or rules */
	struct slice rule;   /* static text */
};

/** Decide.  Pure, never fails, any thread. */
void policy_decide(struct policy_verdict *out, const struct policy *policy,
                   const struct policy_facts *facts);

#endif
