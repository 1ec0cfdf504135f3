/*
 * The one step of all four state machines.
 *
 * The machines differ in their tables only; the step that reads a cell and writes the state stands
 * here once instead of in each file.
 */
#include "txn/machine_priv.h"

#include <assert.h>

static const struct {
	const char *name, *meaning;
	uint32_t udp_ms, tcp_ms;
	enum { RESEND, LIFE } clock;
	enum txn_input input;
} timers[TXN_TIMER_COUNT] = {
#define X(name, udp, tcp, clock, meaning) \
	[TXN_TIMER_##name] = { #name, meaning, udp, tcp, clock, EV_TIMER_##name },
	TXN_TIMERS(X)
#undef X
};

static const char *const inputs[TXN_INPUT_COUNT] = {
#define X(name, text) [EV_##name] = text,
	TXN_INPUTS(X)
#undef X
};

uint32_t txn_timer_ms(enum txn_timer timer, bool reliable)
{
	return reliable ? timers[timer].tcp_ms : timers[timer].udp_ms;
}

bool txn_timer_resends(enum txn_timer timer)
{
	return timers[timer].clock == RESEND;
}

const char *txn_timer_name(enum txn_timer timer)
{
	return timers[timer].name;
}

const char *txn_timer_meaning(enum txn_timer timer)
{
	return timers[timer].meaning;
}

enum txn_input txn_timer_input(enum txn_timer timer)
{
	return timers[timer].input;
}

const char *txn_input_name(enum txn_input input)
{
	return inputs[input];
}

void txn_machine_input(const struct txn_table *table, struct txn_machine *t,
                       const struct txn_in *in, struct txn_out *out)
{
	const struct txn_cell *cell = &table->cells[t->state][in->event];

	*out = (struct txn_out){ .old = t->state, .now = t->state };
	if (!cell->legal) {
		out->unexpected = true;
		return;
	}
	if (cell->next != 0) {
		t->state = cell->next; /* the only place that changes it */
		out->now = cell->next;
	}
	if (cell->act != NULL)
		cell->act(t, in, out);
}

static void add(struct txn_out *out, struct txn_effect effect)
{
	assert(out->count < TXN_EFFECTS_MAX);
	out->list[out->count++] = effect;
}

void txn_out_fx(struct txn_out *out, enum txn_fx fx)
{
	add(out, (struct txn_effect){ .fx = fx });
}

void txn_out_start(struct txn_out *out, struct txn_machine *t, enum txn_timer timer)
{
	uint32_t ms = txn_timer_ms(timer, t->reliable);

	if (ms == TXN_UNUSED)
		return;
	if (txn_timer_resends(timer))
		t->resend_ms = ms;
	add(out, (struct txn_effect){ .fx = FX_START, .timer = timer, .ms = ms });
}

void txn_out_resend(struct txn_out *out, struct txn_machine *t, enum txn_timer timer,
                    uint32_t max_ms)
{
	t->resend_ms = t->resend_ms > max_ms / 2 ? max_ms : t->resend_ms * 2;
	txn_out_fx(out, FX_SEND);
	add(out, (struct txn_effect){ .fx = FX_START, .timer = timer, .ms = t->resend_ms });
}

void txn_out_stop(struct txn_out *out, enum txn_timer timer)
{
	add(out, (struct txn_effect){ .fx = FX_STOP, .timer = timer });
}
