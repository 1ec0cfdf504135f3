/* What the four state machines share: inputs, effects, the form of their tables. */
#ifndef TG_TXN_MACHINE_PRIV_H
#define TG_TXN_MACHINE_PRIV_H

#include "txn/timers.h"

#include <stddef.h>

/* Events of a server see responses as the owner's (TU), those of a client as the network's (RX). */
#define TXN_INPUTS(X)                                                         \
	X(TU_BEGIN, "begin")       /* client: first sending; server: request */ \
	X(TU_1XX, "own 1xx")                                                  \
	X(TU_2XX, "own 2xx")                                                  \
	X(TU_3456, "own 3xx-6xx")                                             \
	X(TU_ACKED, "owner saw ACK")                                          \
	X(TU_CANCEL, "cancel")                                                \
	X(RX_1XX, "1xx")                                                      \
	X(RX_2XX, "2xx")                                                      \
	X(RX_3456, "3xx-6xx")                                                 \
	X(RX_REQUEST, "request again")                                        \
	X(RX_ACK, "ACK")                                                      \
	X(TX_FAIL, "flow is dead")                                            \
	X(TIMER_A, "timer A")                                                 \
	X(TIMER_B, "timer B")                                                 \
	X(TIMER_D, "timer D")                                                 \
	X(TIMER_E, "timer E")                                                 \
	X(TIMER_F, "timer F")                                                 \
	X(TIMER_G, "timer G")                                                 \
	X(TIMER_H, "timer H")                                                 \
	X(TIMER_I, "timer I")                                                 \
	X(TIMER_J, "timer J")                                                 \
	X(TIMER_K, "timer K")                                                 \
	X(TIMER_L, "timer L")                                                 \
	X(TIMER_M, "timer M")                                                 \
	X(TIMER_2XX, "timer 2xx")                                             \
	X(TIMER_CANCEL, "timer cancel")                                       \
	X(TIMER_SILENT, "timer silent")

enum txn_input {
#define X(name, text) EV_##name,
	TXN_INPUTS(X)
#undef X
	TXN_INPUT_COUNT
};

/** One input of a machine. */
struct txn_in {
	enum txn_input event;
	uint32_t to_tag; /* RX_2XX: hash of the To tag: which fork answers */
};

/* What an action asks the layer to do, in this order. */
enum txn_fx {
	FX_SEND,       /* the copy, again */
	FX_SEND_NEW,   /* the message that the owner has just written; it becomes the copy */
	FX_SEND_ACK,   /* write the ACK of this refusal; it becomes the copy */
	FX_SEND_CANCEL,
	FX_QUIET_CANCEL, /* do not send it again */
	FX_DROP_COPY,
	FX_START,      /* timer, after ms */
	FX_STOP,       /* timer */
	FX_PASS,       /* response to the owner */
	FX_PASS_ACK,   /* ACK to the owner */
	FX_CAPPED,     /* a response was not passed up */
	FX_TIMEOUT,    /* tell the owner */
	FX_FAILED,     /* tell the owner */
	FX_UNACKED,    /* tell the owner */
	FX_COUNT_TIMEOUT /* count it, nobody has to know */
};

struct txn_effect {
	enum txn_fx fx;
	enum txn_timer timer; /* FX_START, FX_STOP */
	uint32_t ms;          /* FX_START */
};

enum { TXN_EFFECTS_MAX = 6 };

/** What one input led to. */
struct txn_out {
	struct txn_effect list[TXN_EFFECTS_MAX];
	uint8_t count;
	bool unexpected;  /* an empty cell: nothing else is set */
	uint8_t old, now; /* states */
};

enum { ICT_MAX_FORKS = 4, ICT_MAX_2XX = 64, ICT_MAX_1XX = 128 };

/** One transaction's state, whichever of the four it is; all zero before TU_BEGIN.  28 octets. */
struct txn_machine {
	uint8_t state; /* of the machine's own enum; 0 = not begun; txn_machine_input() writes it */
	bool reliable; /* transport is not UDP */
	bool cancel_wanted; /* ICT: TU_CANCEL came before the first 1xx */
	bool cancelled;     /* ICT: our CANCEL is out */
	bool acked;         /* IST: the owner saw the ACK of its 2xx */
	uint8_t passed_1xx, passed_2xx; /* ICT */
	uint8_t forks;                  /* ICT: entries of fork[] */
	uint32_t fork[ICT_MAX_FORKS];   /* ICT: To tags that answered 2xx */
	uint32_t resend_ms;             /* interval of the RESEND clock that runs now */
};

typedef void txn_action(struct txn_machine *t, const struct txn_in *in, struct txn_out *out);

/* TXN_TO moves or acts, TXN_STAY is legal and idle; what is not written is an empty cell. */
struct txn_cell {
	uint8_t next; /* 0: stays */
	bool legal;
	txn_action *act;
	const char *act_name;
};
#define TXN_TO(next, act) { (next), true, act, #act }
#define TXN_STAY { 0, true, NULL, "" }

/** A machine as data: what runs it, logs it, tests it and prints it for the manual. */
struct txn_table {
	const char *name;  /* "ict" */
	const char *title; /* for the manual */
	const char *const *states; /* names, by state */
	uint8_t state_count;       /* with the 0 of "not begun"; the last is TERMINATED */
	const struct txn_cell (*cells)[TXN_INPUT_COUNT];
};

extern const struct txn_table txn_ict, txn_nict, txn_ist, txn_nist;

/**
 * Run one input.  An empty cell sets out->unexpected and changes nothing.
 *
 * out  filled always
 */
void txn_machine_input(const struct txn_table *table, struct txn_machine *t,
                       const struct txn_in *in, struct txn_out *out);

/** True in the last state: the transaction is to be given back. */
static inline bool txn_machine_over(const struct txn_table *table, const struct txn_machine *t)
{
	return t->state == table->state_count - 1;
}

/** Name of an input for logs and the manual. */
const char *txn_input_name(enum txn_input input);

/** The input that a timer makes when it fires. */
enum txn_input txn_timer_input(enum txn_timer timer);

/* For actions. */
void txn_out_fx(struct txn_out *out, enum txn_fx fx);
/** Start a timer with its first interval, unless it is TXN_UNUSED on this transport. */
void txn_out_start(struct txn_out *out, struct txn_machine *t, enum txn_timer timer);
/** Send the copy and start the timer again, with twice the interval but at most `max_ms`. */
void txn_out_resend(struct txn_out *out, struct txn_machine *t, enum txn_timer timer,
                    uint32_t max_ms);
/** Stop the clock that this timer uses. */
void txn_out_stop(struct txn_out *out, enum txn_timer timer);

#endif
