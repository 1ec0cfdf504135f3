#include "cli/money_text.h"

#include "base/test.h"

static const struct {
	const char *why, *money, *has, *has_not;
} rows[] = {
	{ "R62: the sentence",
	  "{\"priced\":true,\"trunks\":1,\"currency\":\"EUR\",\"calls\":2,\"death_s\":122,"
	  "\"death_adds\":\"0.90\",\"periods\":[{\"period\":\"day\",\"open\":true,\"by\":\"site\","
	  "\"bound\":\"50.00\",\"spent\":\"3.20\",\"committed\":\"1.00\",\"worst\":\"46.80\"}]}",
	  "at most 50.00 EUR can be lost until midnight, of it 3.20 is spent", "NO LIMIT" },
	{ "the death of the host",
	  "{\"priced\":true,\"trunks\":1,\"currency\":\"EUR\",\"calls\":1,\"death_s\":122,"
	  "\"death_adds\":\"0.90\"}",
	  "the 1 paid call that may be up could cost 0.90 EUR more", NULL },
	{ "no budget at all is said loudly",
	  "{\"priced\":true,\"trunks\":1,\"currency\":\"EUR\",\"periods\":[{\"period\":\"day\","
	  "\"open\":true,\"bound\":null}]}", "NO LIMIT", NULL },
	{ "a window that is not open bounds nothing now",
	  "{\"priced\":true,\"trunks\":1,\"periods\":[{\"period\":\"off-hours\",\"open\":false,"
	  "\"bound\":\"1.00\"}]}", "NO LIMIT", "off-hours end" },
	{ "without a home nothing is priced",
	  "{\"priced\":false,\"trunks\":1}", "NOTHING IS LIMITED: numbers.home", "at most" },
	{ "no trunk", "{\"priced\":false,\"trunks\":0}", "no call can cost money", "NOTHING" },
	{ "dry budgets are named",
	  "{\"priced\":true,\"trunks\":1,\"not_enforced\":[\"site: dry-run\"]}",
	  "the budget of site: dry-run", NULL },
	{ "bounded by its callers",
	  "{\"priced\":true,\"trunks\":1,\"periods\":[{\"period\":\"day\",\"open\":true,"
	  "\"by\":\"callers\",\"bound\":\"8.00\"}]}", "the sum of the budgets of all acc", NULL },
	{ "F3: a name cannot steer a terminal",
	  "{\"priced\":true,\"trunks\":1,\"not_enforced\":[\"a\\u001bb\"]}", "a?b", "\x1b" },
};

TEST(money_text)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *money = json_loads(rows[i].money, 0, NULL);
		char mem[4096];
		struct buf b = buf_on(mem, sizeof(mem) - 1);

		CHECK(money != NULL || test_oom_round(), rows[i].why);
		if (money == NULL)
			continue;
		money_text(&b, money);
		mem[b.len] = '\0';
		json_decref(money);
		CHECK(strstr(mem, rows[i].has) != NULL, rows[i].why);
		CHECK(rows[i].has_not == NULL || strstr(mem, rows[i].has_not) == NULL, rows[i].why);
	}
}
