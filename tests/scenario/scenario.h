/* What the files of the scenario runner share; the format of a scenario stands in README.md. */
#ifndef TG_TESTS_SCENARIO_SCENARIO_H
#define TG_TESTS_SCENARIO_SCENARIO_H

#include "number/deck.h"
#include "sim/talk.h"
#include "sim/world.h"

#include <setjmp.h>

enum {
	SCENARIO_WORDS_MAX = 40,
	SCENARIO_ACTORS_MAX = 24,
	SCENARIO_TALKS_MAX = 200,
	SCENARIO_LINES_MAX = 2000,
	SCENARIO_DEPTH_MAX = 8
};

/** A line of the file, or of one that it includes. */
struct line {
	const char *file; /* owned by the scenario */
	int number;
	char *text;       /* owned; indentation kept, no newline */
};

/** A packet that crossed the network. */
struct packet {
	struct packet *next;
	uint64_t at_ms;
	bool in; /* into tollgate */
	int actor;
	size_t len;
	char text[];
};

struct actor {
	char name[32], user[64];
	struct tg_addr addr;
	uint16_t iface;
	uint16_t rtp_port;
	struct packet *seen;   /* all that came, newest first; owned */
	const struct packet *inbox[512]; /* not yet expected */
	int waiting;
	bool ignore;
	bool auto_register; /* answers REGISTERs with 200 by itself */
	uint32_t repeats;   /* packets that were copies of earlier ones */
};

struct named_talk {
	char name[32];
	struct talk talk;
	int owner; /* actor */
};

struct scenario {
	jmp_buf failed;
	bool made; /* the world exists */
	struct line *line;
	int lines, at; /* `at`: the line being done */
	char *files[64];
	int file_count;
	struct conf *conf;
	struct conf_mistakes *mistakes;
	char yaml[65536];
	struct world_account account[64];
	size_t account_count;
	struct scenario_deck {
		int trunk; /* index, or -1: of the site */
		struct deck *deck; /* owned */
	} deck[4];
	size_t decks;
	struct world_secret secret[16];
	size_t secret_count;
	char *words_kept[512]; /* owned texts of accounts and secrets */
	int kept;
	struct world_net net;
	uint64_t seed;
	struct world *world;
	uint64_t start_ms;
	struct actor actor[SCENARIO_ACTORS_MAX];
	int actors;
	struct named_talk talk[SCENARIO_TALKS_MAX];
	int talks;
	uint64_t talk_number;
	char *log; /* owned; all lines */
	size_t log_len, log_cap;
	struct packet *last[16]; /* of all actors, for the report; borrowed or sent ones */
	unsigned last_at;
	struct packet *sent; /* owned; what actors sent, newest first */
	bool expects_unexpected;
	int tones;                 /* MEDIA_TONE */
	bool hears_both;           /* before the answer, the last MEDIA_OPEN said */
	uint32_t paid_ms;          /* every grant of a trunk is paid for so long; 0 = as it is */
	struct link_leg granted;   /* the last B on a trunk, and where it lives */
	struct link_proc carrier;
	struct {
		struct link_leg leg;
		struct link_call_bill bill;
	} bill[64]; /* every CALL_BILL */
	int bills;
	bool trace;
	char word_text[8192];
	char *word[SCENARIO_WORDS_MAX];
	int words;
	struct sip_message msg;  /* the packet at hand */
	char packet[TALK_PACKET_MAX];
	char body[TALK_PACKET_MAX];
};

/** Print where and why, the last packets, and leave the scenario. */
void scenario_fail(struct scenario *s, const char *fmt, ...) TG_PRINTF(2, 3)
	__attribute__((noreturn));

/** Cut the line into words; "quoted words" may hold blanks; # begins a comment. */
void scenario_words(struct scenario *s, const char *text);
/** Index of the word, or -1. */
int scenario_word(const struct scenario *s, const char *word);
/** The word behind `word`, or NULL. */
const char *scenario_value(const struct scenario *s, const char *word);
double scenario_number(struct scenario *s, const char *text);
/** The next line begins with this mark behind blanks: its text, and the line is taken. */
const char *scenario_more(struct scenario *s, const char *mark);

struct actor *scenario_actor(struct scenario *s, const char *name);
struct named_talk *scenario_talk(struct scenario *s, const char *name);
struct named_talk *scenario_talk_new(struct scenario *s, const char *name, int owner);

/* world.c: configuration, actors and what they see */
bool scenario_config(struct scenario *s);
void scenario_world(struct scenario *s);
void scenario_send(struct scenario *s, struct actor *a, struct slice octets);
/** Wait until a packet stands in the inbox; false at the time limit. */
bool scenario_wait(struct scenario *s, struct actor *a, uint64_t ms);

/* operate.c: what the operator does */
void scenario_rates(struct scenario *s);
const struct deck *scenario_deck(void *ctx, int trunk);
void scenario_decks_free(struct scenario *s);
void scenario_ask(struct scenario *s);
void scenario_operate(struct scenario *s);

/* send.c, expect.c, check.c: kinds of steps */
void scenario_say(struct scenario *s, struct actor *a);
void scenario_expect(struct scenario *s, struct actor *a);
void scenario_check(struct scenario *s);

#endif
