/*
 * The configuration: one YAML file in, plain data out, and the same data back as text.
 *
 * conf_read() reads the file, yaml.c turns its events into a small tree with a position at each
 * value, decode.c fills struct conf by the rows of rows.c, check.c looks for what single rows
 * cannot see (unknown names, clashes, dangerous combinations).  All mistakes are collected; there
 * is a configuration only when there is none.  It is never changed: a reload makes a new one.
 *
 * No secret stands in the file: trunk and account secrets live in the vault.
 * Not thread-safe; a parsed configuration may be read by any thread.
 */
#ifndef TG_CONF_CONF_H
#define TG_CONF_CONF_H

#include "base/log.h"
#include "conf/conf_policy.h"

enum {
	/* octets of the file; what conf_write() writes is always shorter */
	CONF_TEXT_MAX = 1 << 20,
	CONF_INTERFACES_MAX = 16,
	CONF_NETWORKS_MAX = 64, /* a set of them is a 64-bit mask */
	CONF_PBXS_MAX = 16,
	CONF_PBX_NUMBERS_MAX = 256,
	CONF_TRUNKS_MAX = 64,
	CONF_TRUNK_NETWORKS_MAX = 31, /* with its address a set of 32 */
	CONF_TRUNK_SOURCES_MAX = 512, /* addresses and networks of all trunks together */
	CONF_INBOUND_MAX = 4096,
	CONF_EMERGENCY_MAX = 32,
	CONF_ALLOW_MAX = 1024,
	CONF_NAME_MAX = 32
};

struct conf_site {
	struct slice name;   /* this tollgate, in logs and records */
	struct slice domain; /* host part of the accounts' addresses, realm of their digest */
	struct slice data;   /* directory of the database and keys; absolute */
};

enum conf_side { CONF_INSIDE, CONF_OUTSIDE };

/** One address that we listen on; its index is tg_flow.iface. */
struct conf_interface {
	struct slice name;
	struct tg_addr listen;
	uint8_t side;             /* enum conf_side */
	struct tg_addr advertise; /* what we write into messages and SDP; `listen` unless set */
};

/** Where phones may come from: interface and prefix together. */
struct conf_network {
	struct slice name;
	struct conf_ref interface;
	struct tg_prefix prefix; /* family TG_AF_NONE when `host` is set */
	struct slice host;       /* a name that has their address; empty when `prefix` is set */
};

/** A PBX at a fixed address. */
struct conf_pbx {
	struct slice name;
	struct conf_ref interface;
	struct conf_host address; /* always an address, never a name */
	/* host part of the URIs that we send it; its address unless set */
	struct slice domain;
	/* what it may show as caller, beside the inbound numbers that lead to it */
	struct conf_number numbers[CONF_PBX_NUMBERS_MAX];
	uint32_t numbers_count;
};

/** A provider. */
struct conf_trunk {
	struct slice name;
	struct conf_ref interface;
	struct conf_host address;
	/* more addresses that it may send from */
	struct tg_prefix networks[CONF_TRUNK_NETWORKS_MAX];
	uint32_t networks_count;
	/* host part of its AoR and Request-URIs; the address's host unless set */
	struct slice domain;
	struct slice realm;  /* the only realm that is ever signed for; `domain` unless set */
	bool reg;            /* register there */
	struct slice username; /* empty = none: known to the provider by address alone */
	uint32_t expires_s;
	uint32_t calls; /* most at a time */
	uint8_t render;          /* enum conf_render: how numbers are written there */
	struct slice tech_prefix; /* digits before each number; empty = none */
	struct slice caller;     /* shown for callers without a number; empty = username */
	struct slice rates;      /* name of its rate deck; empty = the site's */
};

/** Where calls to one of our numbers go: exactly one of account and pbx is set. */
struct conf_inbound {
	struct conf_number number; /* never a prefix */
	struct conf_ref trunk;     /* CONF_NONE: from any trunk */
	struct slice account;      /* user name; empty when `pbx` is set */
	struct conf_ref pbx;
};

struct conf_outbound {
	struct conf_number emergency[CONF_EMERGENCY_MAX]; /* never prefixes */
	uint32_t emergency_count;
	struct conf_number allow[CONF_ALLOW_MAX];
	uint32_t allow_count;
	struct conf_ref trunks[CONF_TRUNKS_MAX]; /* in the order in which they are tried */
	uint32_t trunks_count;
};

enum conf_digest { CONF_DIGEST_MD5, CONF_DIGEST_BOTH, CONF_DIGEST_SHA256 };

struct conf_accounts {
	uint32_t expires_min_s, expires_max_s;
	uint32_t bindings; /* most per account */
	uint8_t digest;    /* enum conf_digest: what challenges offer */
	/* for accounts that name none */
	struct conf_ref default_networks[CONF_NETWORKS_MAX];
	uint32_t default_networks_count;
	struct conf_ref default_group; /* likewise; CONF_NONE = no group */
};

struct conf_media {
	struct conf_ports ports;
	uint32_t ready;     /* port pairs of each interface that stay open between calls */
	uint32_t silence_s; /* end a call without media after this; 0 = never */
};

struct conf_limits {
	uint32_t calls, registrations;
	uint32_t edges, carriers, relays; /* processes */
	uint32_t max_call_s;
};

struct conf_log {
	uint8_t level; /* enum log_level: this one and the graver ones are written */
};

/**
 * All of it: about 1 MB, of which only the used pages cost memory.  Slices borrow from `text`.
 * Made by conf_parse(), freed by conf_free(); read only in between.
 */
struct conf {
	struct conf_site site;
	struct conf_interface interfaces[CONF_INTERFACES_MAX];
	uint32_t interfaces_count; /* ≥ 1 */
	struct conf_network networks[CONF_NETWORKS_MAX];
	uint32_t networks_count;
	struct conf_pbx pbxs[CONF_PBXS_MAX];
	uint32_t pbxs_count;
	struct conf_trunk trunks[CONF_TRUNKS_MAX];
	uint32_t trunks_count;
	struct conf_inbound inbound[CONF_INBOUND_MAX];
	uint32_t inbound_count;
	struct conf_outbound outbound;
	struct conf_accounts accounts;
	struct conf_media media;
	struct conf_limits limits;
	struct conf_log log;
	struct conf_numbers numbers;
	struct conf_money money;
	struct conf_hours hours[CONF_HOURS_MAX];
	uint32_t hours_count;
	struct conf_group groups[CONF_GROUPS_MAX];
	uint32_t groups_count;
	struct conf_budget budgets[CONF_BUDGETS_MAX];
	uint32_t budgets_count;
	struct policy_rows rules;
	struct conf_arena *text; /* owns every slice above */
};

enum { CONF_MISTAKES_MAX = 100, CONF_MISTAKE_TEXT_MAX = 512 };

struct conf_mistake {
	uint32_t line, column; /* from 1; 0 when the file as a whole is meant */
	/* what is wrong, what is allowed; NUL-terminated, escaped */
	char text[CONF_MISTAKE_TEXT_MAX];
};

struct conf_mistakes {
	uint32_t count;
	uint32_t dropped; /* found beyond CONF_MISTAKES_MAX */
	struct conf_mistake at[CONF_MISTAKES_MAX];
};

/**
 * Parse and check a whole file.
 *
 * out       set only on TG_OK; free with conf_free()
 * mistakes  emptied first; in the order of the file
 *
 * TG_EBAD    mistakes->count ≥ 1
 * TG_ENOMEM  out of memory
 */
TG_MUST_USE enum tg_err conf_parse(struct conf **out, struct slice text,
                                   struct conf_mistakes *mistakes);

/**
 * Read all of an open file from its start (a memfd, too) and parse it.
 *
 * As conf_parse(), and TG_EIO: it cannot be read; TG_ELIMIT: it is longer than CONF_TEXT_MAX.
 */
TG_MUST_USE enum tg_err conf_read_fd(struct conf **out, int fd, struct conf_mistakes *mistakes);

/** As conf_read_fd() from a path; TG_ENOENT: no such file; TG_EIO leaves errno as it was. */
TG_MUST_USE enum tg_err conf_read(struct conf **out, const char *path,
                                  struct conf_mistakes *mistakes);

/** NULL is fine. */
void conf_free(struct conf *conf);

/** Write all of it, defaults included, as text that parses to the same; < CONF_TEXT_MAX octets. */
void conf_write(struct buf *b, const struct conf *conf);

/** The same as one JSON object. */
void conf_write_json(struct buf *b, const struct conf *conf);

/** Write "file:line:column: text\n". */
void conf_mistake_write(struct buf *b, struct slice file, const struct conf_mistake *mistake);

/** Write what it opens, to whom and why, in words for its owner (R106). */
void conf_open_write(struct buf *b, const struct conf *conf);

/** Write every section and row with its help, range and default, as plain text for the manual. */
void conf_help_write(struct buf *b);
/** The same as one JSON array of {section, name, type, min, max, default, unit, help}. */
void conf_help_write_json(struct buf *b);

/** The best guess at what a misspelt word was meant to be. */
struct conf_guess {
	struct slice in, best; /* best is empty when none is near */
	uint32_t distance;
};

/** Start guessing what `in` was meant to be; no guess is made for more than a third of errors. */
struct conf_guess conf_guess(struct slice in);
/** Offer one word; it is borrowed as long as the guess. */
void conf_guess_offer(struct conf_guess *guess, struct slice candidate);

/** Index of the interface, trunk, ... of that name, or CONF_NONE. */
uint16_t conf_interface_find(const struct conf *conf, struct slice name);
uint16_t conf_network_find(const struct conf *conf, struct slice name);
uint16_t conf_pbx_find(const struct conf *conf, struct slice name);
uint16_t conf_trunk_find(const struct conf *conf, struct slice name);
uint16_t conf_group_find(const struct conf *conf, struct slice name);
uint16_t conf_hours_find(const struct conf *conf, struct slice name);

/** True when the dialled text is the number, or begins with it when it is a prefix. */
bool conf_number_matches(const struct conf_number *number, struct slice dialled);

#endif
