#include "txn/machine_priv.h"

#include "base/buf.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct txn_table *const machines[] = { &txn_ict, &txn_nict, &txn_ist, &txn_nist };

static struct txn_out step(const struct txn_table *table, struct txn_machine *t,
                           enum txn_input event)
{
	struct txn_in in = { .event = event, .to_tag = 7 };
	struct txn_out out;

	txn_machine_input(table, t, &in, &out);
	return out;
}

static bool has(const struct txn_out *out, enum txn_fx fx)
{
	for (uint8_t i = 0; i < out->count; i++)
		if (out->list[i].fx == fx)
			return true;
	return false;
}

static bool is_event(enum txn_fx fx)
{
	return fx == FX_PASS || fx == FX_TIMEOUT || fx == FX_FAILED || fx == FX_UNACKED;
}

static void check_cell(const struct txn_table *table, uint8_t state, enum txn_input event, bool tcp)
{
	struct txn_machine t = { .state = state, .reliable = tcp }, before = t;
	struct txn_out out = step(table, &t, event);
	uint8_t last = (uint8_t)(table->state_count - 1);

	if (!table->cells[state][event].legal) {
		CHECK(out.unexpected && out.count == 0, "an empty cell does nothing but say so");
		CHECK(memcmp(&t, &before, sizeof(t)) == 0, "and changes nothing");
		return;
	}
	CHECK(state != last, "nothing is legal when it is over");
	CHECK(!out.unexpected, "legal");
	CHECK(t.state == out.now && t.state != 0 && t.state <= last, "moves to a state of its own");
	CHECK(state == 0 || table->cells[state][event].next != 0 || out.count == 0, "idle is idle");
	for (uint8_t i = 0; i < out.count; i++) {
		CHECK(!is_event(out.list[i].fx) || i == out.count - 1, "the owner is told last");
		CHECK(out.list[i].fx != FX_START || t.state != last, "no timer outlives it");
		CHECK(out.list[i].fx != FX_START || out.list[i].ms != TXN_UNUSED, "UDP only");
	}
}

TEST(every_cell_of_the_four_tables)
{
	for (size_t m = 0; m < COUNT(machines); m++)
		for (uint8_t state = 0; state < machines[m]->state_count; state++)
			for (int event = 0; event < TXN_INPUT_COUNT; event++) {
				check_cell(machines[m], state, (enum txn_input)event, false);
				check_cell(machines[m], state, (enum txn_input)event, true);
			}
}

/* A machine's state and the timers that run, plus one; 0 = stopped. */
struct point {
	uint8_t state;
	uint8_t clock[2]; /* RESEND, LIFE */
};

static struct point follow(const struct txn_table *table, struct point at, enum txn_input event)
{
	struct txn_machine t = { .state = at.state };
	struct txn_out out;

	for (int i = 0; i < 2; i++)
		if (at.clock[i] != 0 && txn_timer_input((enum txn_timer)(at.clock[i] - 1)) == event)
			at.clock[i] = 0; /* it fires, so it is off */
	out = step(table, &t, event);
	for (uint8_t i = 0; i < out.count; i++) {
		uint8_t *clock = &at.clock[txn_timer_resends(out.list[i].timer) ? 0 : 1];

		if (out.list[i].fx == FX_START)
			*clock = (uint8_t)(out.list[i].timer + 1);
		else if (out.list[i].fx == FX_STOP)
			*clock = 0;
	}
	at.state = t.state;
	return at;
}

static void check_point(const struct txn_table *table, struct point at)
{
	for (int i = 0; i < 2; i++) {
		enum txn_input event;

		if (at.clock[i] == 0 || at.state == table->state_count - 1)
			continue;
		event = txn_timer_input((enum txn_timer)(at.clock[i] - 1));
		CHECK(table->cells[at.state][event].legal, "a running timer is expected here");
	}
}

/* Follows every path of inputs, with the timers that they leave running. */
TEST(no_timer_fires_into_an_empty_cell)
{
	for (size_t m = 0; m < COUNT(machines); m++) {
		const struct txn_table *table = machines[m];
		bool seen[8][TXN_TIMER_COUNT + 1][TXN_TIMER_COUNT + 1] = { 0 };
		struct point todo[512] = { 0 };
		size_t count = 1;

		while (count > 0) {
			struct point at = todo[--count];

			check_point(table, at);
			for (int event = 0; event < TXN_INPUT_COUNT; event++) {
				struct point to;

				if (!table->cells[at.state][event].legal)
					continue;
				to = follow(table, at, (enum txn_input)event);
				if (seen[to.state][to.clock[0]][to.clock[1]])
					continue;
				seen[to.state][to.clock[0]][to.clock[1]] = true;
				todo[count++] = to;
			}
		}
	}
}

TEST(ict_caps_what_it_passes_up)
{
	struct txn_machine t = { 0 };
	struct txn_in in = { .event = EV_RX_2XX };
	struct txn_out out;
	int passed = 0;

	(void)step(&txn_ict, &t, EV_TU_BEGIN);
	for (int i = 0; i < 1000; i++) {
		out = step(&txn_ict, &t, EV_RX_1XX);
		passed += has(&out, FX_PASS);
	}
	CHECK(passed == ICT_MAX_1XX, "D13: a storm of 180");
	passed = 0;
	for (uint32_t tag = 0; tag < 100; tag++) {
		in.to_tag = tag;
		txn_machine_input(&txn_ict, &t, &in, &out);
		passed += has(&out, FX_PASS);
	}
	CHECK(passed == ICT_MAX_FORKS, "a hostile callee forks without end");
	in.to_tag = 0;
	for (int i = 0; i < 1000; i++) {
		txn_machine_input(&txn_ict, &t, &in, &out);
		passed += has(&out, FX_PASS);
	}
	CHECK(passed == ICT_MAX_2XX, "D13: a storm of one 200");
}

/* ---- the manual ---- */

static void put_words(struct buf *b, const char *name)
{
	for (; *name != '\0'; name++)
		buf_chr(b, *name == '_' ? ' ' : *name);
}

static void put_cell(struct buf *b, const struct txn_table *table, uint8_t state, int event)
{
	const struct txn_cell *cell = &table->cells[state][event];

	buf_lit(b, " | ");
	if (!cell->legal)
		return;
	if (cell->next != 0 && cell->next != state) {
		buf_lit(b, "→ **");
		buf_str(b, table->states[cell->next]);
		buf_lit(b, "**");
		if (cell->act != NULL)
			buf_lit(b, ": ");
	} else if (cell->act == NULL) {
		buf_lit(b, "stays");
	}
	if (cell->act != NULL)
		put_words(b, cell->act_name);
}

static bool used(const struct txn_table *table, int event)
{
	for (uint8_t state = 0; state < table->state_count; state++)
		if (table->cells[state][event].legal)
			return true;
	return false;
}

static void put_machine(struct buf *b, const struct txn_table *table)
{
	uint8_t last = (uint8_t)(table->state_count - 1);

	buf_fmt(b, "\n## %s (`txn/%s.c`)\n\n| input", table->title, table->name);
	for (uint8_t state = 0; state < last; state++)
		buf_fmt(b, " | %s", state == 0 ? "new" : table->states[state]);
	buf_lit(b, " |\n|---");
	for (uint8_t state = 0; state < last; state++)
		buf_lit(b, "|---");
	buf_lit(b, "|\n");
	for (int event = 0; event < TXN_INPUT_COUNT; event++) {
		if (!used(table, event))
			continue;
		buf_fmt(b, "| %s", txn_input_name((enum txn_input)event));
		for (uint8_t state = 0; state < last; state++)
			put_cell(b, table, state, event);
		buf_lit(b, " |\n");
	}
}

static void put_ms(struct buf *b, uint32_t ms)
{
	if (ms == TXN_UNUSED)
		buf_lit(b, " | not used");
	else if (ms == 0)
		buf_lit(b, " | at once");
	else
		buf_fmt(b, " | %u ms", ms);
}

static void put_manual(struct buf *b)
{
	buf_lit(b, "# Transactions\n\n"
	           "Written from the tables in `src/txn` by the test `txn_machine_test`, when\n"
	           "run with `TG_WRITE_DOCS=1`.  RFC 3261 §17 with RFC 6026; what deviates is\n"
	           "marked OURS at the head of each file.  An empty cell is our bug or their\n"
	           "attack: it is counted, logged as `unexpected_state`, and changes nothing.\n");
	for (size_t i = 0; i < COUNT(machines); i++)
		put_machine(b, machines[i]);
	buf_lit(b, "\n## Timers (`txn/timers.h`)\n\n| timer | UDP | TCP, TLS | meaning |\n"
	           "|---|---|---|---|\n");
	for (int i = 0; i < TXN_TIMER_COUNT; i++) {
		enum txn_timer timer = (enum txn_timer)i;

		buf_fmt(b, "| %s", txn_timer_name(timer));
		put_ms(b, txn_timer_ms(timer, false));
		put_ms(b, txn_timer_ms(timer, true));
		buf_fmt(b, " | %s |\n", txn_timer_meaning(timer));
	}
}

TEST(docs_are_current)
{
	static char text[32768], file[32768];
	struct buf b = buf_on(text, sizeof(text));
	char path[1024];
	size_t len;
	FILE *f;

	put_manual(&b);
	CHECK(!b.full, "room");
	snprintf(path, sizeof(path), "%s/../docs/transactions.md", test_data_dir());
	if (getenv("TG_WRITE_DOCS") != NULL) {
		f = fopen(path, "wb");
		CHECK(f != NULL, path);
		len = fwrite(b.p, 1, b.len, f);
		CHECK(fclose(f) == 0 && len == b.len, path);
		return;
	}
	f = fopen(path, "rb");
	CHECK(f != NULL, path);
	len = fread(file, 1, sizeof(file), f);
	fclose(f);
	CHECK(slice_eq(slice_of(file, len), buf_slice(&b)), "run this with TG_WRITE_DOCS=1");
}
