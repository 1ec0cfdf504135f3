#include "policy/rule_test.h"

static const struct {
	const char *why;
	struct policy_source source;
	bool tls_only, by_country, known;
	const char *place; /* of the source; NULL = not known */
	const char *rule;
} rows[] = {
	{ "R31: a network of its own", { .allowed = true }, false, false, true, NULL, "where" },
	{ "R31: elsewhere", { 0 }, false, false, true, NULL, "-source-not-allowed" },
	{ "TLS only, by UDP", { .allowed = true }, true, false, true, NULL, "-source-not-tls" },
	{ "TLS only, by TLS", { .allowed = true, .tls = true }, true, false, true, NULL, "where" },
	{ "a country, and none is listed", { .allowed = true, .everywhere = true }, false, false,
	  true, "FR", "where" },
	{ "R41: a country that is not listed", { .allowed = true, .everywhere = true }, false, true,
	  true, "FR", "-source-country" },
	{ "one that is", { .allowed = true, .everywhere = true }, false, true, true, "PT", "where" },
	{ "a listed network has no country", { .allowed = true }, false, true, true, "FR", "where" },
	{ "not known: the other checks hold", { .allowed = true, .everywhere = true }, false, true,
	  true, NULL, "where" },
	{ "never alone: a country opens nothing", { .everywhere = true }, false, true, true, "PT",
	  "-source-not-allowed" },
};

TEST(from_where_an_account_may_call)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct policy p = rule_site();
		struct policy_facts f = rule_home();

		p.source.by_country = rows[i].by_country;
		places_add(&p.source.countries, rule_place("PT"));
		f.source = rows[i].source;
		f.account.tls_only = rows[i].tls_only;
		if (rows[i].place != NULL)
			f.source.country = rule_place(rows[i].place);
		rule_check(&p, &f, rows[i].rule, rows[i].why);
		f.dialled_is_account = true;
		rule_check(&p, &f, rows[i].rule[0] == '-' ? rows[i].rule : "account",
		           "inside calls, too");
	}
}

TEST(a_database_that_cannot_be_used_opens_nothing)
{
	struct policy p = rule_site();
	struct policy_facts f = rule_home();

	f.source = (struct policy_source){ .allowed = true, .everywhere = true,
		                           .country = POLICY_NONE };
	rule_check(&p, &f, "where", "nobody asks for a country");
	p.source.by_country = true;
	rule_check(&p, &f, "-source-country", "roaming phones wait for it");
	f.source.everywhere = false;
	rule_check(&p, &f, "where", "a network of its own");
}

TEST(a_pbx_is_known_by_its_address)
{
	struct policy p = rule_site();
	struct policy_facts f = rule_home();

	f.party = POLICY_PBX;
	f.source = (struct policy_source){ 0 };
	rule_check(&p, &f, "where", "its networks are not an account's");
}
