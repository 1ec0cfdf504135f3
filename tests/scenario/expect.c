/* What actors must receive, in this order. */
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>

enum { USUAL_WAIT_MS = 100 };

static const struct packet *take(struct actor *a)
{
	const struct packet *p = a->inbox[0];

	a->waiting--;
	memmove(a->inbox, a->inbox + 1, sizeof(a->inbox[0]) * (size_t)a->waiting);
	return p;
}

static void expect_nothing(struct scenario *s, struct actor *a)
{
	uint64_t ms = USUAL_WAIT_MS;

	if (scenario_word(s, "for") > 0)
		ms = (uint64_t)(scenario_number(s, scenario_value(s, "for")) * 1000);
	if (scenario_wait(s, a, ms))
		scenario_fail(s, "expected nothing, got:\n%s", a->inbox[0]->text);
}

static void expect_again(struct scenario *s, struct actor *a)
{
	uint32_t before = a->repeats;
	uint64_t ms = USUAL_WAIT_MS, until;

	if (scenario_word(s, "within") > 0)
		ms = (uint64_t)(scenario_number(s, scenario_value(s, "within")) * 1000);
	until = world_now_ms(s->world) + ms;
	while (a->repeats == before && world_step(s->world, until))
		;
	if (a->repeats == before)
		scenario_fail(s, "expected a retransmission");
}

/** The value that a check is about: a header (all values of it), line, body or text. */
static struct slice field(struct scenario *s, const char *name, const struct packet *p)
{
	static char mem[8192];
	struct buf b = buf_on(mem, sizeof(mem));

	if (strcmp(name, "line") == 0)
		return slice_of(p->text, strcspn(p->text, "\r\n"));
	if (strcmp(name, "body") == 0)
		return s->msg.body;
	if (strcmp(name, "text") == 0)
		return slice_of(p->text, p->len);
	for (int i = 0; i < s->msg.header_count; i++) {
		if (!slice_ieq(s->msg.headers[i].name, slice_str(name)))
			continue;
		if (b.len > 0)
			buf_lit(&b, ", ");
		buf_put(&b, s->msg.headers[i].value);
	}
	return b.len > 0 ? buf_slice(&b) : (struct slice){ NULL, 0 };
}

static bool contains(struct slice text, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= text.len; i++) {
		if (memcmp(text.p + i, what, n) == 0)
			return true;
	}
	return n == 0;
}

/** "has NAME: text", "hasnt NAME: text", "has NAME", "hasnt NAME". */
static void check_field(struct scenario *s, const char *row, bool has, const struct packet *p)
{
	char name[64];
	size_t n = strcspn(row, ": ");
	const char *want = row + n;
	struct slice text;

	want += strspn(want, ": ");
	(void)snprintf(name, sizeof(name), "%.*s", (int)n, row);
	text = field(s, name, p);
	if (*want == '\0' ? (text.p != NULL) != has : contains(text, want) != has)
		scenario_fail(s, "%s: %s, it is: %.*s\n%s", has ? "missing" : "must not be there",
		              row, SLICE_FMT(text), p->text);
}

static void check_fields(struct scenario *s, const struct packet *p)
{
	for (;;) {
		const char *row = scenario_more(s, "hasnt ");
		bool has = row == NULL;

		if (row == NULL)
			row = scenario_more(s, "has ");
		if (row == NULL)
			return;
		check_field(s, row, has, p);
	}
}

static bool matches_line(struct scenario *s, const char *what, const struct packet *p)
{
	if (sip_message_parse(&s->msg, slice_of(p->text, p->len), SIP_DATAGRAM) != TG_OK)
		scenario_fail(s, "what came cannot be read: %s\n%s", s->msg.fault.rule, p->text);
	if (what[0] >= '1' && what[0] <= '6')
		return !s->msg.request && s->msg.status == atoi(what);
	return s->msg.request && slice_eq(s->msg.method_text, slice_str(what));
}

/** The dialog that the packet must belong to; made when the line says "as NAME". */
static struct talk *match_talk(struct scenario *s, struct actor *a, const struct packet *p)
{
	const char *as = scenario_value(s, "as");
	struct named_talk *t;

	if (as != NULL && scenario_talk(s, as) == NULL) {
		t = scenario_talk_new(s, as, (int)(a - s->actor));
		talk_taken(&t->talk, &a->addr, ++s->talk_number, &s->msg);
		return &t->talk;
	}
	if (s->words < 4)
		scenario_fail(s, "name the dialog");
	t = scenario_talk(s, as != NULL ? as : s->word[3]);
	if (t == NULL)
		scenario_fail(s, "no such dialog");
	if (!slice_eq(s->msg.call_id, slice_str(t->talk.call_id)))
		scenario_fail(s, "it belongs to another dialog:\n%s", p->text);
	talk_learn(&t->talk, &s->msg);
	return &t->talk;
}

static void check_method(struct scenario *s)
{
	const char *method = scenario_value(s, "for");

	if (method != NULL && !slice_eq(s->msg.cseq.method_text, slice_str(method)))
		scenario_fail(s, "expected an answer to %s, it is for %.*s", method,
		              SLICE_FMT(s->msg.cseq.method_text));
}

static void check_authorized(struct scenario *s, struct talk *t, const struct packet *p)
{
	int at = scenario_word(s, "authorized");

	if (at < 0)
		return;
	if (at + 2 >= s->words || !talk_authorized(&s->msg, s->word[at + 1], s->word[at + 2],
	                                           t->challenge.realm, t->challenge.nonce))
		scenario_fail(s, "the credentials are wrong:\n%s", p->text);
}

void scenario_expect(struct scenario *s, struct actor *a)
{
	const char *what = s->word[2];
	uint64_t ms = USUAL_WAIT_MS;
	const struct packet *p;
	struct talk *t;

	if (strcmp(what, "nothing") == 0) {
		expect_nothing(s, a);
		return;
	}
	if (strcmp(what, "again") == 0) {
		expect_again(s, a);
		return;
	}
	if (scenario_word(s, "within") > 0)
		ms = (uint64_t)(scenario_number(s, scenario_value(s, "within")) * 1000);
	do {
		if (!scenario_wait(s, a, ms))
			scenario_fail(s, "expected %s, got nothing", what);
		p = take(a);
		/* 100 says nothing; a line may ask for it all the same */
	} while (strcmp(what, "100") != 0 && strncmp(p->text, "SIP/2.0 100 ", 12) == 0);
	if (!matches_line(s, what, p))
		scenario_fail(s, "expected %s, got:\n%s", what, p->text);
	t = match_talk(s, a, p);
	check_method(s);
	check_authorized(s, t, p);
	check_fields(s, p);
	if (!s->msg.request && s->msg.method == SIP_INVITE && s->msg.status >= 300 &&
	    scenario_word(s, "noack") < 0) {
		struct buf b = buf_on(s->packet, sizeof(s->packet));
		const struct talk_extra none = { 0 };

		scenario_send(s, a, talk_request(t, &b, "ACK", true, &none));
	}
}
