/* What can be asked of the world itself. */
#include "scenario/scenario.h"

#include <stdio.h>

enum { IDLE_WAIT_MS = 300000 };

static const char *const dispositions[] = { "answered", "no-answer", "busy", "failed" };

static void check_count(struct scenario *s, const char *what, uint64_t is, const char *want)
{
	if (is != (uint64_t)scenario_number(s, want))
		scenario_fail(s, "%s: %llu, expected %s", what, (unsigned long long)is, want);
}

static bool text_is(const struct link_text *t, const char *want)
{
	return slice_eq(link_text(t), slice_str(want));
}

static tg_micro money_of(struct scenario *s, const char *text)
{
	tg_micro amount = 0;

	if (tg_micro_parse(&amount, slice_str(text)) != TG_OK)
		scenario_fail(s, "no amount of money: %s", text);
	return amount;
}

/* check ledger KIND NAME [spent X] [held X] [calls N]: of the day */
static void check_ledger(struct scenario *s)
{
	const struct judge *j = world_judge(s->world);
	const char *spent = scenario_value(s, "spent"), *held = scenario_value(s, "held");
	const char *calls = scenario_value(s, "calls");
	struct ledger_view v = { .kind = 0 };
	uint32_t id = 0;

	if (j == NULL || s->words < 4)
		scenario_fail(s, "the vault is down, or no ledger is named");
	for (unsigned kind = LEDGER_SITE; kind < LEDGER_KINDS && id == 0; kind++) {
		if (strcmp(ledger_kind_name(kind), s->word[2]) == 0)
			id = ledger_find(judge_ledger(j), (enum ledger_kind)kind,
			                 slice_str(s->word[3]));
	}
	if (id != 0 && ledger_view(judge_ledger(j), judge_now(j), id, &v) != TG_OK)
		id = 0;
	if ((spent != NULL && v.money[LEDGER_DAY].spent != money_of(s, spent)) ||
	    (held != NULL && v.money[LEDGER_DAY].held != money_of(s, held)) ||
	    (calls != NULL && v.calls != (uint32_t)scenario_number(s, calls)))
		scenario_fail(s, "the ledger is: spent %lld, held %lld micro, calls %u%s",
		              (long long)v.money[LEDGER_DAY].spent,
		              (long long)v.money[LEDGER_DAY].held, v.calls,
		              id == 0 ? " (there is none)" : "");
}

/* check record I [status N] [rule R] [disposition D] [by A|B|US] [account U] [peer P] [talk S] */
static void check_record(struct scenario *s)
{
	const struct vault_record *r = world_record(
		s->world, (uint32_t)scenario_number(s, s->words > 2 ? s->word[2] : NULL));

	if (r == NULL)
		scenario_fail(s, "there is no such record");
	for (int i = 3; i + 1 < s->words; i += 2) {
		const char *key = s->word[i], *want = s->word[i + 1];
		bool ok = false;

		if (strcmp(key, "status") == 0)
			ok = r->status == scenario_number(s, want);
		else if (strcmp(key, "rule") == 0)
			ok = text_is(&r->rule, want);
		else if (strcmp(key, "disposition") == 0)
			ok = strcmp(dispositions[r->disposition & 3], want) == 0;
		else if (strcmp(key, "by") == 0)
			ok = r->by < 4 && strcmp(((const char *[]){ "-", "A", "B", "US" })[r->by],
			                         want) == 0;
		else if (strcmp(key, "account") == 0)
			ok = text_is(&r->account, want);
		else if (strcmp(key, "peer") == 0)
			ok = text_is(&r->b_peer, want);
		else if (strcmp(key, "talk") == 0)
			ok = r->talk_ms / 1000 == (uint32_t)scenario_number(s, want);
		else if (strcmp(key, "number") == 0)
			ok = text_is(&r->number, want);
		else if (strcmp(key, "sent") == 0)
			ok = text_is(&r->sent, want);
		else if (strcmp(key, "cost") == 0)
			ok = r->cost == money_of(s, want);
		if (!ok)
			scenario_fail(s, "the record is: status %u rule %.*s disposition %s by %u "
			              "account %.*s peer %.*s talk %u ms number %.*s sent %.*s "
			              "cost %lld micro", r->status,
			              SLICE_FMT(link_text(&r->rule)),
			              dispositions[r->disposition & 3], r->by,
			              SLICE_FMT(link_text(&r->account)),
			              SLICE_FMT(link_text(&r->b_peer)), r->talk_ms,
			              SLICE_FMT(link_text(&r->number)),
			              SLICE_FMT(link_text(&r->sent)), (long long)r->cost);
	}
}

/* check bill I answered|over|failed|unknown [talk S] [status N] [branch N] [unconfirmed] */
static void check_bill(struct scenario *s)
{
	static const char *const names[] = { "answered", "over", "failed", "unknown" };
	int i = (int)scenario_number(s, s->words > 2 ? s->word[2] : NULL);
	const struct link_call_bill *b = i >= 0 && i < s->bills ? &s->bill[i].bill : NULL;
	const char *talk = scenario_value(s, "talk"), *status = scenario_value(s, "status");
	const char *branch = scenario_value(s, "branch");

	if (b == NULL || s->words < 4)
		scenario_fail(s, "there is no such bill, there are %d", s->bills);
	if (strcmp(names[b->what], s->word[3]) != 0 ||
	    (talk != NULL && b->talk_ms / 1000 != (uint32_t)scenario_number(s, talk)) ||
	    (status != NULL && b->status != scenario_number(s, status)) ||
	    (branch != NULL && s->bill[i].leg.branch != scenario_number(s, branch)) ||
	    (b->unconfirmed != 0) != (scenario_word(s, "unconfirmed") > 0))
		scenario_fail(s, "the bill is: %s, branch %u, status %u, talk %u ms%s",
		              names[b->what], s->bill[i].leg.branch, b->status, b->talk_ms,
		              b->unconfirmed ? ", unconfirmed" : "");
}

/** Everything that waits is given time to end by itself. */
static void check_idle(struct scenario *s)
{
	struct world_sight sight;

	for (int i = 0; i < s->actors; i++) {
		if (s->actor[i].waiting > 0 && !s->actor[i].ignore)
			scenario_fail(s, "%s got something that no line expects:\n%s",
			              s->actor[i].name, s->actor[i].inbox[0]->text);
		s->actor[i].ignore = true;
	}
	world_run(s->world, world_now_ms(s->world) + IDLE_WAIT_MS);
	world_sight(s->world, &sight);
	if (sight.half_calls > 0 || sight.media > 0 || sight.records_open > 0)
		scenario_fail(s, "not idle: %u half-calls, %u media sessions, %u open records",
		              sight.half_calls, sight.media, sight.records_open);
}

static bool logged(const struct scenario *s, const char *text)
{
	return s->log_len > 0 && strstr(s->log, text) != NULL;
}

void scenario_check(struct scenario *s)
{
	const char *what = s->words > 1 ? s->word[1] : "";
	const char *last = s->word[s->words - 1];
	struct world_sight sight;

	world_run(s->world, world_now_ms(s->world)); /* what is due now comes first */
	world_sight(s->world, &sight);
	if (strcmp(what, "idle") == 0)
		check_idle(s);
	else if (strcmp(what, "half-calls") == 0)
		check_count(s, what, sight.half_calls, last);
	else if (strcmp(what, "media") == 0)
		check_count(s, what, sight.media, last);
	else if (strcmp(what, "records") == 0)
		check_count(s, what, sight.records_open + sight.records_over, last);
	else if (strcmp(what, "bindings") == 0)
		check_count(s, what,
		            world_bindings(s->world, s->words > 3 ? slice_str(s->word[2])
		                                                  : SLICE("")), last);
	else if (strcmp(what, "tones") == 0)
		check_count(s, what, (uint64_t)s->tones, last);
	else if (strcmp(what, "early") == 0 && strcmp(last, s->hears_both ? "both-ways"
	                                                                 : "one-way") == 0)
		return;
	else if (strcmp(what, "bills") == 0)
		check_count(s, what, (uint64_t)s->bills, last);
	else if (strcmp(what, "bill") == 0)
		check_bill(s);
	else if (strcmp(what, "record") == 0)
		check_record(s);
	else if (strcmp(what, "ledger") == 0)
		check_ledger(s);
	else if (strcmp(what, "log") == 0 ? !logged(s, last)
	         : strcmp(what, "nolog") == 0 ? logged(s, last) : true)
		scenario_fail(s, "check: no such thing, or not so: %s", what);
}
