/* The stage of a scenario: its configuration, its actors and what reaches them. */
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- configuration ---- */

static const char *keep_word(struct scenario *s, const char *word)
{
	char *copy;

	if (word == NULL)
		return NULL;
	if (s->kept == (int)COUNT(s->words_kept))
		scenario_fail(s, "too many names");
	copy = malloc(strlen(word) + 1);
	if (copy == NULL)
		abort();
	memcpy(copy, word, strlen(word) + 1);
	s->words_kept[s->kept++] = copy;
	return copy;
}

static void parse_conf(struct scenario *s)
{
	if (s->conf != NULL)
		return;
	if (conf_parse(&s->conf, slice_str(s->yaml), s->mistakes) != TG_OK)
		scenario_fail(s, "the configuration: line %u: %s\n%s", s->mistakes->at[0].line,
		              s->mistakes->at[0].text, s->yaml);
}

static uint64_t network_bits(struct scenario *s, const char *names)
{
	struct slice rest = slice_str(names), name;
	uint64_t bits = 0;

	while (rest.len > 0) {
		uint16_t i;

		rest = slice_cut(rest, ',', &name);
		i = conf_network_find(s->conf, name);
		if (i == CONF_NONE)
			scenario_fail(s, "no such network");
		bits |= (uint64_t)1 << i;
	}
	return bits;
}

/* account USER PASSWORD [number N] [networks A,B] [bindings N] [group G] */
static void add_account(struct scenario *s)
{
	struct world_account *a = &s->account[s->account_count];

	if (s->words < 3 || ++s->account_count > COUNT(s->account))
		scenario_fail(s, "account USER PASSWORD [number N] [networks A,B] [bindings N] "
		              "[group G]");
	*a = (struct world_account){ .user = keep_word(s, s->word[1]),
		                     .password = keep_word(s, s->word[2]),
		                     .number = keep_word(s, scenario_value(s, "number")),
		                     .group = keep_word(s, scenario_value(s, "group")) };
	if (scenario_value(s, "networks") != NULL)
		a->networks = network_bits(s, scenario_value(s, "networks"));
	if (scenario_value(s, "bindings") != NULL)
		a->max_bindings = (uint8_t)scenario_number(s, scenario_value(s, "bindings"));
}

/* actor NAME ADDRESS:PORT INTERFACE [user USER] [registrar] */
static void add_actor(struct scenario *s)
{
	struct actor *a = &s->actor[s->actors];
	const char *user = scenario_value(s, "user");

	if (s->words < 4 || ++s->actors > SCENARIO_ACTORS_MAX)
		scenario_fail(s, "actor NAME ADDRESS:PORT INTERFACE [user USER] [registrar]");
	(void)snprintf(a->name, sizeof(a->name), "%s", s->word[1]);
	(void)snprintf(a->user, sizeof(a->user), "%s", user != NULL ? user : s->word[1]);
	if (tg_addr_parse(&a->addr, slice_str(s->word[2]), 5060) != TG_OK)
		scenario_fail(s, "not an address");
	a->iface = conf_interface_find(s->conf, slice_str(s->word[3]));
	if (a->iface == CONF_NONE)
		scenario_fail(s, "no such interface");
	a->rtp_port = (uint16_t)(4000 + s->actors * 10);
	a->auto_register = scenario_word(s, "registrar") > 0;
}

bool scenario_config(struct scenario *s)
{
	bool account = strcmp(s->word[0], "account") == 0, actor = strcmp(s->word[0], "actor") == 0;
	bool secret = strcmp(s->word[0], "secret") == 0, seed = strcmp(s->word[0], "seed") == 0;
	bool rates = strcmp(s->word[0], "rates") == 0;

	if (!account && !actor && !secret && !seed && !rates)
		return false;
	parse_conf(s);
	if (account) {
		add_account(s);
	} else if (actor) {
		add_actor(s);
	} else if (rates) {
		scenario_rates(s);
	} else if (seed) {
		s->seed = (uint64_t)scenario_number(s, s->words > 1 ? s->word[1] : NULL);
	} else {
		if (s->words != 3 || s->secret_count == COUNT(s->secret))
			scenario_fail(s, "secret TRUNK SECRET");
		s->secret[s->secret_count++] = (struct world_secret){
			keep_word(s, s->word[1]), keep_word(s, s->word[2])
		};
	}
	return true;
}

/* ---- packets ---- */

static struct packet *note(struct scenario *s, int actor, bool in, struct slice octets)
{
	struct packet *p = malloc(sizeof(*p) + octets.len + 1);

	if (p == NULL)
		abort();
	p->at_ms = world_now_ms(s->world);
	p->in = in;
	p->actor = actor;
	p->len = octets.len;
	if (octets.len > 0)
		memcpy(p->text, octets.p, octets.len);
	p->text[octets.len] = '\0';
	s->last[s->last_at++ % COUNT(s->last)] = p;
	if (s->trace)
		(void)printf("%.3f %s %s\n%s\n", (double)(p->at_ms - s->start_ms) / 1000,
		             s->actor[actor].name, in ? "->" : "<-", p->text);
	return p;
}

void scenario_send(struct scenario *s, struct actor *a, struct slice octets)
{
	struct packet *p = note(s, (int)(a - s->actor), true, octets);

	p->next = s->sent;
	s->sent = p;
	world_send(s->world, &a->addr, a->iface, octets);
}

/** A provider that takes every registration. */
static void answer_register(struct scenario *s, struct actor *a)
{
	struct talk t;
	char contact[600];
	struct talk_extra x = { .line = { contact }, .lines = 1 };
	struct buf b = buf_on(s->packet, sizeof(s->packet));

	talk_taken(&t, &a->addr, ++s->talk_number, &s->msg);
	(void)snprintf(contact, sizeof(contact), "Contact: %.*s;expires=600",
	               SLICE_FMT(sip_message_value(&s->msg, SIP_HDR_CONTACT)));
	(void)talk_response(&t, &b, 200, NULL, &x);
	talk_fini(&t);
	scenario_send(s, a, buf_slice(&b));
}

static bool is_repeat(const struct actor *a, const struct packet *p)
{
	for (const struct packet *q = a->seen; q != NULL; q = q->next) {
		if (q->len == p->len && memcmp(q->text, p->text, p->len) == 0)
			return true;
	}
	return false;
}

static void on_packet(void *ctx, const struct tg_addr *from, const struct tg_addr *to,
                      struct slice octets)
{
	struct scenario *s = ctx;
	struct actor *a = NULL;
	struct packet *p;
	bool repeat;

	(void)from;
	for (int i = 0; i < s->actors; i++) {
		if (tg_addr_eq(&s->actor[i].addr, to))
			a = &s->actor[i];
	}
	if (a == NULL)
		scenario_fail(s, "a packet to nobody: %.*s", SLICE_FMT(octets));
	p = note(s, (int)(a - s->actor), false, octets);
	repeat = is_repeat(a, p);
	p->next = a->seen;
	a->seen = p;
	a->repeats += repeat;
	if (repeat || a->ignore)
		return;
	if (a->auto_register && slice_starts(octets, SLICE("REGISTER ")) &&
	    sip_message_parse(&s->msg, slice_of(p->text, p->len), SIP_DATAGRAM) == TG_OK) {
		answer_register(s, a);
		return;
	}
	if (a->waiting == (int)COUNT(a->inbox))
		scenario_fail(s, "%s has too many packets waiting", a->name);
	a->inbox[a->waiting++] = p;
}

static void on_log(void *ctx, struct slice line)
{
	struct scenario *s = ctx;

	if (s->log_len + line.len + 1 > s->log_cap) {
		s->log_cap = s->log_cap * 2 + line.len + 4096;
		s->log = realloc(s->log, s->log_cap);
		if (s->log == NULL)
			abort();
	}
	memcpy(s->log + s->log_len, line.p, line.len);
	s->log_len += line.len;
	s->log[s->log_len] = '\0';
	if (s->trace)
		(void)printf("%.*s", SLICE_FMT(line));
}

/** What is paid for is the file's to say: "paid SECONDS". */
static void on_bend(void *ctx, struct link_msg *m)
{
	struct scenario *s = ctx;

	if (m->head.type == LINK_CALL_GRANT && m->grant.party == LINK_PARTY_TRUNK) {
		if (s->paid_ms != 0)
			m->grant.paid_ms = s->paid_ms;
		s->granted = m->head.leg;
		s->carrier = m->head.to;
	}
}

static void on_message(void *ctx, const struct link_msg *m)
{
	struct scenario *s = ctx;

	s->tones += m->head.type == LINK_MEDIA_TONE;
	if (m->head.type == LINK_MEDIA_OPEN)
		s->hears_both = !m->media_open.one_way;
	if (m->head.type == LINK_CALL_BILL && s->bills < (int)COUNT(s->bill)) {
		s->bill[s->bills].leg = m->head.leg;
		s->bill[s->bills++].bill = m->bill;
	}
	if (s->trace)
		(void)printf("    %s:%u => %s:%u %s\n",
		             link_role_name((enum link_role)m->head.from.role), m->head.from.index,
		             link_role_name((enum link_role)m->head.to.role), m->head.to.index,
		             link_type_name((enum link_type)m->head.type));
}

void scenario_world(struct scenario *s)
{
	struct world_conf conf = {
		.seed = s->seed,
		.accounts = s->account,
		.account_count = s->account_count,
		.secrets = s->secret,
		.secret_count = s->secret_count,
		.deck = scenario_deck,
		.deck_ctx = s,
		.watch = { .ctx = s, .packet = on_packet, .log = on_log, .bend = on_bend,
		           .message = on_message },
	};

	parse_conf(s);
	conf.conf = s->conf;
	s->world = world_new(&conf);
	if (s->world == NULL)
		scenario_fail(s, "the world cannot be made");
	s->start_ms = world_now_ms(s->world);
}

bool scenario_wait(struct scenario *s, struct actor *a, uint64_t ms)
{
	uint64_t until = world_now_ms(s->world) + ms;

	while (a->waiting == 0 && world_step(s->world, until))
		;
	if (a->waiting > 0)
		return true;
	world_run(s->world, until);
	return false;
}
