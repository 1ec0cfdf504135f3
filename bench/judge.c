/*
 * What it costs to judge a call and hold its money: number, price, rules and ledgers, over many
 * accounts, by the shipped bands.  Usage: judge [accounts [calls up [rounds]]]
 *
 * Each round settles the oldest call and judges and holds a new one of a random account to a random
 * number; half of the accounts' ledgers are cold.  CPU time, the best and the mean of the rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proc/site_judge.h"

enum { PER_ROUND = 10000, NUMBERS = 4096 };

static const char config[] =
	"site: { name: bench, data: /tmp }\n"
	"interfaces:\n"
	"  - { name: lan, listen: 127.0.0.1:5060, side: inside }\n"
	"trunks:\n"
	"  - { name: acme, interface: lan, address: 127.0.0.2:5060, register: false }\n"
	"outbound: { trunks: [acme] }\n"
	"numbers: { home: ES }\n"
	"money: { currency: EUR, zone: Europe/Madrid }\n"
	"groups: [{ name: sales, territories: [FR, PT, DE] }]\n"
	"budgets:\n"
	"  - { for: site, day: 100000000 }\n"
	"  - { for: account, day: 1000000, month: 10000000, calls: 1000 }\n"
	"  - { for: group, name: sales, day: 100000000 }\n"
	"  - { for: trunk, day: 100000000 }\n"
	"  - { for: class, day: 100000000 }\n"
	"rules: { hours: { mode: off }, first-use: { mode: off } }\n";

static uint64_t state = 1;

static uint64_t rnd(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *why)
{
	fprintf(stderr, "judge: %s\n", why);
	exit(1);
}

static char numbers[NUMBERS][16];

static void make_numbers(void)
{
	for (int i = 0; i < NUMBERS; i++)
		snprintf(numbers[i], sizeof(numbers[i]), "%s%06u", i % 2 == 0 ? "912" : "655",
		         (unsigned)(rnd() % 1000000));
}

static struct tg_handle begin(struct judge *j, const struct ledger_now *now, uint32_t accounts,
                              uint64_t call)
{
	static struct judge_case what;
	struct judge_attempt attempt = { .call = call };
	char name[16];
	struct slice rule, dialled = slice_str(numbers[rnd() % NUMBERS]);
	struct judge_ask ask = { .party = POLICY_ACCOUNT, .source.allowed = true,
		                 .dialled = dialled };

	snprintf(name, sizeof(name), "%u", (unsigned)(rnd() % accounts));
	ask.account.name = slice_str(name);
	judge_call(j, now, &ask, &what);
	if (!what.verdict.allow) {
		fprintf(stderr, "judge: %.*s: ", SLICE_FMT(dialled));
		die(what.verdict.rule.p);
	}
	attempt.dialled = dialled;
	if (judge_hold(j, now, &what.route, &attempt, &rule) != TG_OK)
		die(rule.p);
	return attempt.answer.hold;
}

static void end(struct judge *j, const struct ledger_now *now, struct tg_handle hold)
{
	tg_micro cost;

	if (ledger_answered(judge_ledger(j), now, hold) != TG_OK ||
	    ledger_settle(judge_ledger(j), now, hold, 1000 + rnd() % 50000, &cost) != TG_OK)
		die("a hold is gone");
}

static struct judge *open_judge(struct judge_rules **rules, uint32_t accounts, uint32_t up)
{
	static struct conf_mistakes mistakes;
	const struct judge_sizes sizes = { accounts, up + 16 };
	const struct ledger_clock_state here = { .ledger_ms = UINT64_C(1767225600000),
		                                 .mono_ms = 1000 };
	const struct tg_key key = { { 7 } };
	static struct conf *conf; /* the rules borrow from it until the end */
	char why[SITE_WHY_MAX];

	if (conf_parse(&conf, slice_str(config), &mistakes) != TG_OK)
		die(mistakes.at[0].text);
	*rules = site_judge_new(conf, here.ledger_ms, why);
	if (*rules == NULL)
		die(why);
	return judge_new(*rules, &sizes, &key, NULL, &here);
}

int main(int argc, char **argv)
{
	uint32_t accounts = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	uint32_t up = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 20000;
	uint32_t rounds = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 50, at = 0;
	struct tg_handle *calls = calloc(up, sizeof(*calls));
	struct judge_rules *rules = NULL;
	struct judge *j = calls != NULL ? open_judge(&rules, accounts, up) : NULL;
	uint64_t best = UINT64_MAX, sum = 0, mono = 1000;

	if (j == NULL)
		die("no memory");
	make_numbers();
	for (uint32_t i = 0; i < up; i++)
		calls[i] = begin(j, judge_time(j, mono, UINT64_C(1767225600000)), accounts, i + 1);
	for (uint32_t r = 0; r < rounds; r++) {
		uint64_t from = cpu_ns(), ns;

		for (uint32_t i = 0; i < PER_ROUND; i++, at = (at + 1) % up) {
			const struct ledger_now *now;

			mono++;
			now = judge_time(j, mono, UINT64_C(1767225600000) + mono);

			end(j, now, calls[at]);
			calls[at] = begin(j, now, accounts, mono + up);
		}
		ns = (cpu_ns() - from) / PER_ROUND;
		best = TG_MIN(best, ns);
		sum += ns;
	}
	printf("judge: verdict, hold and settlement: best %llu ns, mean %llu ns a call "
	       "(%u accounts, %u calls up)\n", (unsigned long long)best,
	       (unsigned long long)(sum / rounds), accounts, up);
	judge_free(j);
	site_judge_free(rules);
	free(calls);
	return 0;
}
