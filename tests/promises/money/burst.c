/*
 * Promise 1, money: 500 INVITEs in one millisecond against one limit, the real roles in tests/sim's
 * world.
 *
 * Usage: burst [--rounds N] [--first SEED] [--log]
 *
 * A round is made from its seed alone: on which ledger the limit is, of which kind, how many calls
 * fit below it, and the price.  How many fit is computed here from the tariff as the provider would
 * charge it, not asked of the ledger.  Exactly so many INVITEs reach the provider, and spent + held
 * never passes the limit.  Then the provider refuses them all: everything comes back, nothing
 * more, and a second burst finds the same room.
 */
#include "number/deck.h"
#include "role/judge.h"
#include "sim/talk.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BURST = 500, FIT_MAX = 60, YAML_MAX = 4096, RENEW_S = 60, GUARD_S = 2 };

/* the ledgers above each call of a round, and the budget's words for them */
static const struct above {
	enum ledger_kind kind;
	const char *name, *budget;
} wheres[] = {
	{ LEDGER_SITE, "site", "for: site" },
	{ LEDGER_ACCOUNT, "101", "for: account, name: \"101\"" },
	{ LEDGER_PBX, "freepbx", "for: pbx, name: freepbx" },
	{ LEDGER_TRUNK, "acme", "for: trunk, name: acme" },
	{ LEDGER_CLASS, "home-fixed", "for: class, name: home-fixed" },
	{ LEDGER_GROUP, "sales", "for: group, name: sales" },
};

enum what { HOUR, DAY, WEEK, MONTH, CALLS, CALLS_MINUTE, CALLS_HOUR, DESTINATIONS, LINES, WHATS };
static const char *const what_names[WHATS] = {
	"hour", "day", "week", "month", "calls", "calls-minute", "calls-hour", "destinations",
	"lines of the trunk"
};

static struct {
	uint64_t seed;
	bool log;
	const struct above *where;
	enum what what;
	struct tg_tariff tariff;
	tg_micro limit; /* of money */
	uint32_t fit;   /* calls that fit */
	struct world *w;
	struct deck *deck;
	struct tg_addr pbx, acme;
	struct talk call[BURST], taken[BURST];
	uint32_t calls, reached, refused, ended;
	uint64_t number;
	struct sip_message msg;
	char packet[TALK_PACKET_MAX], copy[TALK_PACKET_MAX], body[2048];
} t;

static void fail(const char *why, uint64_t got, uint64_t want)
{
	(void)printf("seed %llu, %s of %s: %s: %llu, not %llu\n", (unsigned long long)t.seed,
	             what_names[t.what], t.where->budget, why, (unsigned long long)got,
	             (unsigned long long)want);
	(void)printf("again: burst --first %llu --rounds 1\n", (unsigned long long)t.seed);
	exit(1);
}

static bool is_money(void)
{
	return t.what <= MONTH;
}

/* ---- what fits ---- */

static tg_micro charge(uint32_t talk_s)
{
	const struct tg_tariff *f = &t.tariff;
	uint32_t billed = f->first_s;

	while (billed < talk_s)
		billed += f->next_s;
	return f->connect + (f->per_minute * (tg_micro)billed + 59) / 60;
}

/** Draw the round; how many calls fit follows from the limit, the price and whole increments. */
static void draw(struct tg_rng *rng)
{
	static const uint16_t steps[][2] = { { 60, 60 }, { 1, 1 }, { 30, 6 }, { 60, 1 } };
	const uint16_t *step = steps[tg_rng_below(rng, COUNT(steps))];
	uint32_t full_calls = 1 + (uint32_t)tg_rng_below(rng, FIT_MAX - 1);
	tg_micro full, least, rest;

	t.where = &wheres[tg_rng_below(rng, COUNT(wheres))];
	t.what = (enum what)tg_rng_below(rng, WHATS);
	if (t.what == LINES) /* of the trunk; an account without a budget has no ledger yet */
		t.where = &wheres[3];
	t.tariff = (struct tg_tariff){ .per_minute = 1 + (tg_micro)tg_rng_below(rng, 400000),
		                       .first_s = step[0], .next_s = step[1] };
	if (tg_rng_below(rng, 2) == 0)
		t.tariff.connect = (tg_micro)tg_rng_below(rng, 200000);
	t.fit = full_calls;
	if (!is_money())
		return;
	full = charge(RENEW_S + GUARD_S);
	least = charge(GUARD_S + 1);
	/* at the edge and one micro beside it more often than anywhere */
	switch (tg_rng_below(rng, 4)) {
	case 0:
		rest = 0;
		break;
	case 1:
		rest = least - 1;
		break;
	case 2:
		rest = least;
		break;
	default:
		rest = (tg_micro)tg_rng_below(rng, (uint64_t)full);
	}
	t.limit = full * full_calls + rest;
	t.fit = (uint32_t)(t.limit / full);
	/* the last one is paid for as many increments as fit, if these are enough to talk */
	if (t.limit % full >= least)
		t.fit++;
}

/* ---- configuration ---- */

static void write_money(struct buf *b, tg_micro amount)
{
	buf_fmt(b, "%llu.%06llu", (unsigned long long)(amount / TG_MICRO_UNIT),
	        (unsigned long long)(amount % TG_MICRO_UNIT));
}

static void write_budgets(struct buf *b)
{
	static const char *const each[] = { "site", "account" };

	buf_lit(b, "budgets:\n");
	for (size_t i = 0; i < COUNT(each); i++) {
		if (t.what == LINES || t.where->kind != LEDGER_SITE || i > 0)
			buf_fmt(b, "  - { for: %s, mode: off }\n", each[i]);
	}
	if (t.what == LINES)
		return;
	buf_fmt(b, "  - { %s, %s: ", t.where->budget, what_names[t.what]);
	if (is_money())
		write_money(b, t.limit);
	else
		buf_fmt(b, "%u", t.fit);
	buf_lit(b, " }\n");
}

static struct conf *make_conf(void)
{
	static char yaml[YAML_MAX];
	static struct conf_mistakes mistakes;
	struct buf b = buf_on(yaml, sizeof(yaml));
	struct conf *conf;

	buf_fmt(&b,
	        "site: { name: burst, domain: pbx.example.com, data: /var/lib/tollgate }\n"
	        "interfaces:\n"
	        "  - { name: lan, listen: 192.168.1.2:5060, side: inside }\n"
	        "  - { name: wan, listen: 203.0.113.2:5060, side: outside }\n"
	        "networks:\n"
	        "  - { name: office, interface: lan, prefix: 192.168.1.0/24 }\n"
	        "pbxs:\n"
	        "  - { name: freepbx, interface: lan, address: 192.168.1.10:5060 }\n"
	        "trunks:\n"
	        "  - { name: acme, interface: wan, address: 198.51.100.5:5060, "
	        "domain: sip.acme.example, register: false, calls: %u }\n"
	        "numbers: { home: ES }\n"
	        "money: { currency: EUR, zone: UTC, renew: %d }\n"
	        "outbound: { emergency: [\"112\"], trunks: [acme] }\n"
	        "groups:\n"
	        "  - { name: sales }\n"
	        "rules:\n"
	        "  where: { ceiling: 100.00 }\n"
	        "  first-use: { mode: off }\n"
	        "  hours: { mode: off }\n"
	        "accounts: { default-networks: [office] }\n"
	        "limits: { calls: 1200, registrations: 100 }\n",
	        t.what == LINES ? t.fit : 1000, RENEW_S);
	write_budgets(&b);
	if (conf_parse(&conf, buf_slice(&b), &mistakes) != TG_OK) {
		(void)printf("%.*s%s\n", SLICE_FMT(buf_slice(&b)), mistakes.at[0].text);
		fail("the configuration is refused in line", mistakes.at[0].line, 0);
	}
	return conf;
}

static void make_deck(void)
{
	static struct deck_mistakes mistakes;
	const struct deck_options options = { .currency = SLICE("EUR") };
	char text[256];
	struct buf b = buf_on(text, sizeof(text));

	buf_lit(&b, "prefix,rate,connect,increment\n34,");
	write_money(&b, t.tariff.per_minute);
	buf_chr(&b, ',');
	write_money(&b, t.tariff.connect);
	buf_fmt(&b, ",%u/%u\n", t.tariff.first_s, t.tariff.next_s);
	if (deck_parse(&t.deck, buf_slice(&b), &options, &mistakes) != TG_OK) {
		(void)printf("%s\n", mistakes.at[0].text);
		fail("the rates are refused in line", mistakes.at[0].line, 0);
	}
}

static const struct deck *on_deck(void *ctx, int trunk)
{
	(void)ctx;
	return trunk >= 0 ? t.deck : NULL;
}

/* ---- the provider and the PBX ---- */

static void send(const struct tg_addr *from, uint16_t iface, const struct buf *b)
{
	world_send(t.w, from, iface, buf_slice(b));
}

/** Every INVITE counts that no earlier one was: this provider charges by them. */
static void acme_packet(void)
{
	const struct talk_extra none = { 0 };
	struct buf b = buf_on(t.packet, sizeof(t.packet));
	struct talk *talk;

	if (t.msg.status != 0 || t.msg.method != SIP_INVITE)
		return;
	for (uint32_t i = 0; i < t.reached; i++) {
		if (slice_eq(t.msg.call_id, slice_str(t.taken[i].call_id)))
			return;
	}
	if (t.reached == t.fit)
		fail("an INVITE too many reached the provider", t.reached + 1, t.fit);
	talk = &t.taken[t.reached++];
	talk_taken(talk, &t.acme, ++t.number, &t.msg);
	(void)talk_response(talk, &b, 100, "INVITE", &none);
	send(&t.acme, 1, &b);
}

static void pbx_packet(void)
{
	const struct talk_extra none = { 0 };
	struct buf b = buf_on(t.packet, sizeof(t.packet));

	if (t.msg.status < 200)
		return;
	for (uint32_t i = 0; i < t.calls; i++) {
		if (!slice_eq(t.msg.call_id, slice_str(t.call[i].call_id)))
			continue;
		if (t.call[i].refusal_tag[0] == '\0') {
			t.refused += t.msg.status == (t.what == LINES ? 503 : 403);
			t.ended++;
		}
		talk_learn(&t.call[i], &t.msg);
		(void)talk_request(&t.call[i], &b, "ACK", true, &none);
		send(&t.pbx, 0, &b);
	}
}

static void on_packet(void *ctx, const struct tg_addr *from, const struct tg_addr *to,
                      struct slice octets)
{
	(void)ctx;
	(void)from;
	memcpy(t.copy, octets.p, octets.len);
	if (sip_message_parse(&t.msg, slice_of(t.copy, octets.len), SIP_DATAGRAM) != TG_OK)
		fail("an octet cannot be read", 0, octets.len);
	if (tg_addr_eq(to, &t.acme))
		acme_packet();
	else
		pbx_packet();
}

/* ---- what must hold ---- */

static struct ledger_view view(void)
{
	const struct judge *j = world_judge(t.w);
	struct ledger_view v;
	uint32_t id = ledger_find(judge_ledger(j), t.where->kind, slice_str(t.where->name));

	if (ledger_view(judge_ledger(j), judge_now(j), id, &v) != TG_OK)
		fail("there is no such ledger", id, 1);
	return v;
}

static void check_limit(void)
{
	struct ledger_view v = view();

	if (is_money() && v.money[t.what].spent + v.money[t.what].held > t.limit)
		fail("spent and held pass the limit",
		     (uint64_t)(v.money[t.what].spent + v.money[t.what].held), (uint64_t)t.limit);
	if (v.calls > t.fit)
		fail("calls at a time", v.calls, t.fit);
}

static void on_log(void *ctx, struct slice line)
{
	(void)ctx;
	if (t.log)
		(void)printf("%.*s", SLICE_FMT(line));
}

static void on_stepped(void *ctx)
{
	(void)ctx;
	if (t.w != NULL && world_judge(t.w) != NULL)
		check_limit();
}

/* ---- a round ---- */

static void call_all(void)
{
	t.calls = t.reached = t.refused = t.ended = 0;
	for (uint32_t i = 0; i < BURST; i++) {
		struct talk *c = &t.call[t.calls++];
		struct talk_extra x = { 0 };
		struct buf b = buf_on(t.packet, sizeof(t.packet));
		struct buf sdp = buf_on(t.body, sizeof(t.body));
		char to[64];

		(void)snprintf(to, sizeof(to), "sip:91123%04u@192.168.1.2", i);
		talk_begin(c, &t.pbx, ++t.number, "sip:101@192.168.1.10", to);
		talk_sdp(c, &sdp, (uint16_t)(4000 + 2 * i), "sendrecv");
		x.body = buf_slice(&sdp);
		(void)talk_request(c, &b, "INVITE", false, &x);
		send(&t.pbx, 0, &b);
	}
}

static void hang_up_all(void)
{
	const struct talk_extra none = { 0 };

	for (uint32_t i = 0; i < t.reached; i++) {
		struct buf b = buf_on(t.packet, sizeof(t.packet));

		(void)talk_response(&t.taken[i], &b, 486, "INVITE", &none);
		send(&t.acme, 1, &b);
	}
}

static void burst(void)
{
	struct ledger_view v;

	call_all();
	world_run(t.w, world_now_ms(t.w) + 400);
	if (t.reached != t.fit)
		fail("INVITEs that reached the provider", t.reached, t.fit);
	if (t.refused != BURST - t.fit || t.ended != t.refused)
		fail("calls that the limit refused", t.refused, BURST - t.fit);
	v = view();
	if (v.calls != t.fit)
		fail("calls at a time", v.calls, t.fit);
	hang_up_all();
	world_run(t.w, world_now_ms(t.w) + 2000);
	v = view();
	if (v.calls != 0 || v.money[DAY].held != 0 || v.money[DAY].spent != 0)
		fail("something is left of calls that nobody answered",
		     (uint64_t)(v.money[DAY].held + v.money[DAY].spent) + v.calls, 0);
	if (t.ended != BURST)
		fail("calls that have ended", t.ended, BURST);
	for (uint32_t i = 0; i < t.calls; i++)
		talk_fini(&t.call[i]);
	for (uint32_t i = 0; i < t.reached; i++)
		talk_fini(&t.taken[i]);
}

static void play(uint64_t seed, bool log)
{
	static const struct world_account accounts[] = {
		{ .user = "101", .password = "secret101", .group = "sales" },
	};
	uint8_t key[32] = { 0 };
	struct tg_rng rng;
	const struct world_disk_conf disk = { .latency_min_ms = 1, .latency_max_ms = 40 };
	struct conf *conf;
	struct world_conf wc = {
		.seed = seed,
		.accounts = accounts,
		.account_count = COUNT(accounts),
		.deck = on_deck,
		.net = { .latency_min_ms = 1, .latency_max_ms = 1 },
		.watch = { .packet = on_packet, .log = on_log, .stepped = on_stepped },
	};

	memset(&t, 0, sizeof(t));
	t.seed = seed;
	t.log = log;
	memcpy(key, &seed, sizeof(seed));
	tg_rng_init(&rng, key);
	if (tg_addr_parse(&t.pbx, SLICE("192.168.1.10:5060"), 5060) != TG_OK ||
	    tg_addr_parse(&t.acme, SLICE("198.51.100.5:5060"), 5060) != TG_OK)
		fail("no address", 0, 1);
	draw(&rng);
	conf = make_conf();
	make_deck();
	wc.conf = conf;
	t.w = world_new(&wc);
	if (t.w == NULL)
		fail("no world", 0, 1);
	world_disk_set(t.w, &disk);
	world_run(t.w, world_now_ms(t.w) + 50);
	burst();
	/* what counts begun calls has seen enough for its window */
	if (is_money() || t.what == CALLS || t.what == LINES)
		burst();
	world_free(t.w);
	t.w = NULL;
	deck_free(t.deck);
	conf_free(conf);
}

int main(int argc, char **argv)
{
	uint64_t rounds = 40, first = 1;
	bool log = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--log") == 0)
			log = true;
		else if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0)
			rounds = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--first") == 0)
			first = strtoull(argv[++i], NULL, 10);
		else
			return 2;
	}
	for (uint64_t i = 0; i < rounds; i++)
		play(first + i, log);
	(void)printf("%llu rounds of %d INVITEs in a millisecond: never one too many\n",
	             (unsigned long long)rounds, BURST);
	return 0;
}
