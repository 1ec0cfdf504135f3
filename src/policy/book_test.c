#include "base/test.h"
#include "policy/book.h"

#include <stdio.h>

enum { NOW = 1700000000, TRIAL = 86400 };

/* What a disk would hold: rows by kind and key. */
static struct {
	char kind[BOOK_KIND_MAX + 1], key[BOOK_KEY_MAX + 1], blob[BOOK_BLOB_MAX + 1];
} disk[64];
static uint32_t rows;

static void keep(char *to, struct slice from)
{
	memcpy(to, from.p, from.len);
	to[from.len] = '\0';
}

static void save(void *ctx TG_UNUSED, struct slice kind, struct slice key, struct slice blob)
{
	uint32_t i = 0;

	while (i < rows && !(slice_eq(slice_str(disk[i].kind), kind) &&
	                     slice_eq(slice_str(disk[i].key), key)))
		i++;
	CHECK(kind.len <= BOOK_KIND_MAX && key.len <= BOOK_KEY_MAX, "fits the store");
	if (blob.len == 0) {
		if (i < rows)
			disk[i] = disk[--rows];
		return;
	}
	CHECK(i < COUNT(disk), "room of the test");
	rows = i == rows ? rows + 1 : rows;
	keep(disk[i].kind, kind);
	keep(disk[i].key, key);
	keep(disk[i].blob, blob);
}

static struct book *empty(void)
{
	const struct book_conf conf = { .subjects = 4, .approvals = 3, .passes = 2,
		                        .call_backs = 2, .trial_s = TRIAL, .save = save };
	struct book *b = book_new(&conf);

	CHECK(b != NULL, "memory");
	return b;
}

/* The same book after a restart. */
static struct book *again(struct book *b, uint64_t now_s)
{
	book_free(b);
	b = empty();
	for (uint32_t i = 0; i < rows; i++)
		CHECK(book_load(b, slice_str(disk[i].kind), slice_str(disk[i].key),
		                test_guarded(slice_str(disk[i].blob)), now_s) == TG_OK,
		      disk[i].kind);
	return b;
}

static struct policy_facts facts(const char *account, const char *digits, const char *place)
{
	return (struct policy_facts){
		.party = account != NULL ? POLICY_ACCOUNT : POLICY_PBX,
		.peer = 3,
		.account.name = slice_str(account),
		.called = { .digits = slice_str(digits),
			    .territory = number_territory_find(slice_str(place)),
			    .type = NUMBER_FIXED,
			    .class = NUMBER_CLASS_ZONE3_FIXED,
			    .known = true },
	};
}

TEST(an_approval_opens_one_number_until_it_expires)
{
	struct book *b = empty();
	struct policy_facts f = facts("101", "33140000000", "FR");

	CHECK(book_approve(b, SLICE("101"), SLICE("+33140000000"), NOW + 60) == TG_OK, "new");
	CHECK(book_approve(b, SLICE(""), SLICE("+4420"), UINT64_MAX) == TG_OK, "for everybody");
	b = again(b, NOW);
	book_recall(b, NOW, &f);
	CHECK(f.approved, "after a restart, too");
	book_recall(b, NOW + 60, &f);
	CHECK(!f.approved, "promise 7: it expires without anybody's doing");
	f = facts("102", "33140000000", "FR");
	book_recall(b, NOW, &f);
	CHECK(!f.approved, "not another account");
	f = facts("101", "331400000001", "FR");
	book_recall(b, NOW, &f);
	CHECK(!f.approved, "not a longer number");
	f = facts("102", "4420", "GB");
	book_recall(b, NOW + 999999, &f);
	CHECK(f.approved, "everybody's, without an end");
	f.called.type = NUMBER_SHORT;
	book_recall(b, NOW, &f);
	CHECK(!f.approved, "a short code of these digits is another number");
	book_tick(b, NOW + 60);
	CHECK(rows == 1, "the expired one is gone from disk");
	CHECK(book_disapprove(b, SLICE(""), SLICE("+4420")) && rows == 0, "undone in one step");
	CHECK(!book_disapprove(b, SLICE(""), SLICE("+4420")), "once");
	book_free(b);
}

TEST(an_approval_has_its_caps)
{
	static const char name[BOOK_NAME_MAX + 1] = { 'a' };
	struct book *b = empty();

	CHECK(book_approve(b, slice_of(name, sizeof(name)), SLICE("+34"), 1) == TG_ELIMIT, "name");
	CHECK(book_approve(b, SLICE(""), SLICE("+34911234567890123"), 1) == TG_ELIMIT, "number");
	CHECK(book_approve(b, SLICE(""), SLICE(""), 1) == TG_EBAD, "nothing");
	for (int i = 0; i < 3; i++)
		CHECK(book_approve(b, SLICE(""), slice_of(&"123"[i], 1), NOW + 1) == TG_OK, "3");
	CHECK(book_approve(b, SLICE(""), SLICE("1"), NOW + 2) == TG_OK, "one of them again");
	CHECK(book_approve(b, SLICE(""), SLICE("4"), NOW) == TG_ENOMEM, "a fourth");
	book_tick(b, NOW + 1);
	CHECK(book_approve(b, SLICE(""), SLICE("4"), NOW) == TG_OK, "there is room again");
	book_free(b);
	rows = 0;
}

TEST(a_pass_covers_its_territories)
{
	const uint16_t places[] = { number_territory_find(SLICE("FR")),
		                    number_territory_find(SLICE("MA")) };
	struct book *b = empty();
	struct policy_facts f = facts("101", "33140000000", "FR");

	CHECK(book_pass_give(b, SLICE("101"), places, 2, NOW + 100) == TG_OK, "new");
	CHECK(book_pass_give(b, SLICE(""), places, 2, NOW + 100) == TG_EBAD, "of nobody");
	CHECK(book_pass_give(b, SLICE("101"), places, 17, NOW) == TG_ELIMIT, "too many");
	b = again(b, NOW);
	book_recall(b, NOW, &f);
	CHECK(f.pass, "covered");
	book_recall(b, NOW + 100, &f);
	CHECK(!f.pass, "expired");
	f = facts("101", "351210000000", "PT");
	book_recall(b, NOW, &f);
	CHECK(!f.pass, "elsewhere");
	f = facts(NULL, "33140000000", "FR");
	book_recall(b, NOW, &f);
	CHECK(!f.pass, "not what comes from the PBX without a name");
	CHECK(book_pass_end(b, SLICE("101")) && rows == 0, "ended");
	book_free(b);
}

TEST(a_class_is_new_until_its_trial_is_over)
{
	struct book *b = empty();
	struct policy_facts f = facts("101", "33140000000", "FR");
	struct policy_facts pbx = facts(NULL, "33140000000", "FR");

	book_recall(b, NOW, &f);
	CHECK(f.first_use, "never called");
	book_answered(b, &f, NOW);
	b = again(b, NOW + 5);
	book_recall(b, NOW + TRIAL - 1, &f);
	CHECK(f.first_use, "C20: a thief's second call of the night is still a first use");
	book_recall(b, NOW + TRIAL, &f);
	CHECK(!f.first_use, "a day later it is known");
	book_answered(b, &f, NOW + TRIAL);
	b = again(b, NOW + TRIAL);
	book_recall(b, NOW, &f);
	CHECK(!f.first_use, "for good");
	book_recall(b, NOW, &pbx);
	CHECK(pbx.first_use, "the PBX has habits of its own");
	book_answered(b, &pbx, NOW);
	book_recall(b, NOW + TRIAL, &pbx);
	CHECK(!pbx.first_use, "like an account");
	book_forget(b, SLICE("101"));
	book_recall(b, NOW + TRIAL, &f);
	CHECK(f.first_use, "a new account of an old name begins anew");
	for (int i = 0; i < 8; i++) {
		f = facts(&"abcdefgh"[i], "33140000000", "FR");
		book_answered(b, &f, NOW);
	}
	book_recall(b, NOW + TRIAL, &f);
	CHECK(f.first_use, "without room it stays new: the narrow side");
	book_free(b);
	rows = 0;
}

TEST(many_trials_fit_a_row)
{
	struct book *b = empty();
	struct policy_facts f = facts("101", "33140000000", "FR");

	for (uint8_t class = 0; class < NUMBER_CLASSES; class++) {
		f.called.class = class;
		book_answered(b, &f, NOW);
	}
	b = again(b, NOW);
	f.called.class = BOOK_TRIALS_MAX - 1;
	book_recall(b, NOW + TRIAL, &f);
	CHECK(!f.first_use, "the last one that fits");
	f.called.class = BOOK_TRIALS_MAX;
	book_recall(b, NOW + TRIAL, &f);
	CHECK(f.first_use, "more at a time stay new");
	book_free(b);
	rows = 0;
}

TEST(a_name_that_no_row_can_hold_is_not_remembered)
{
	static char name[BOOK_KEY_MAX + 2];
	struct book *b = empty();
	struct policy_facts f;

	memset(name, 'a', sizeof(name) - 1);
	f = facts(name, "33140000000", "FR");
	book_answered(b, &f, NOW);
	book_recall(b, NOW + TRIAL, &f);
	CHECK(f.first_use && rows == 0, "it stays new");
	book_free(b);
}

TEST(lockdown_is_kept_and_undone)
{
	struct book *b = empty();
	struct policy_facts f = facts("101", "33140000000", "FR");

	book_lock(b, POLICY_ONE_CALL, NOW + 100);
	b = again(b, NOW);
	book_recall(b, NOW, &f);
	CHECK(f.lockdown == POLICY_ONE_CALL, "level");
	book_recall(b, NOW + 100, &f);
	CHECK(f.lockdown == POLICY_OPEN, "expired");
	book_tick(b, NOW + 100);
	CHECK(rows == 0, "and gone");
	book_lock(b, POLICY_EMERGENCY_ONLY, UINT64_MAX);
	book_lock(b, POLICY_OPEN, 0);
	CHECK(rows == 0 && book_lockdown_at(b, NOW).level == POLICY_OPEN, "unlock");
	book_free(b);
}

TEST(who_called_for_help_can_be_called_back)
{
	struct book *b = empty();
	struct policy_facts help = facts("101", "", "ES"), pbx = facts(NULL, "", "ES");
	struct policy_facts in = { .party = POLICY_TRUNK, .dialled = SLICE("+34911234567") };

	book_emergency(b, &help, SLICE("+34911234567"), NOW);
	b = again(b, NOW);
	book_recall(b, NOW + BOOK_CALL_BACK_S - 1, &in);
	CHECK(in.call_back && slice_eq(in.call_back_account, SLICE("101")), "within the hour");
	in.call_back = false;
	book_recall(b, NOW + BOOK_CALL_BACK_S, &in);
	CHECK(!in.call_back, "later");
	in.dialled = SLICE("+34911234568");
	book_recall(b, NOW, &in);
	CHECK(!in.call_back, "another number");
	book_emergency(b, &pbx, in.dialled, NOW);
	b = again(b, NOW);
	book_recall(b, NOW, &in);
	CHECK(in.call_back && in.call_back_account.len == 0 && in.call_back_pbx == 3, "the PBX");
	book_tick(b, NOW + BOOK_CALL_BACK_S);
	CHECK(rows == 0, "gone");
	book_free(b);
}

static const struct {
	const char *why;
	struct slice kind, key, blob;
	enum tg_err want;
} bad[] = {
	{ "another's row", SLICE_INIT("clock"), SLICE_INIT("a"), SLICE_INIT("1"), TG_ENOENT },
	{ "no time", SLICE_INIT("approval"), SLICE_INIT("/+34"), SLICE_INIT("x"), TG_EBAD },
	{ "nothing", SLICE_INIT("approval"), SLICE_INIT("/+34"), SLICE_INIT(""), TG_EBAD },
	{ "no number", SLICE_INIT("approval"), SLICE_INIT("101"), SLICE_INIT("-"), TG_EBAD },
	{ "too much", SLICE_INIT("approval"), SLICE_INIT("/+34"), SLICE_INIT("- 1"), TG_EBAD },
	{ "a time that would wrap", SLICE_INIT("pass"), SLICE_INIT("101"),
	  SLICE_INIT("18446744073709551615 FR"), TG_EBAD },
	{ "no territory that exists", SLICE_INIT("pass"), SLICE_INIT("101"),
	  SLICE_INIT("- XX YY"), TG_EBAD },
	{ "too many territories", SLICE_INIT("pass"), SLICE_INIT("101"),
	  SLICE_INIT("- FR FR FR FR FR FR FR FR FR FR FR FR FR FR FR FR FR"), TG_EBAD },
	{ "another version", SLICE_INIT("first-use"), SLICE_INIT("101"),
	  SLICE_INIT("2 0000000000000000"), TG_EBAD },
	{ "short mask", SLICE_INIT("first-use"), SLICE_INIT("101"), SLICE_INIT("1 00"), TG_EBAD },
	{ "no hex", SLICE_INIT("first-use"), SLICE_INIT("101"),
	  SLICE_INIT("1 000000000000000x"), TG_EBAD },
	{ "no class", SLICE_INIT("first-use"), SLICE_INIT("101"),
	  SLICE_INIT("1 0000000000000000 64@5"), TG_EBAD },
	{ "no PBX", SLICE_INIT("call-back"), SLICE_INIT("+34"), SLICE_INIT("- x 101"), TG_EBAD },
	{ "no level: fails closed", SLICE_INIT("lockdown"), SLICE_INIT("site"), SLICE_INIT("- 9"),
	  TG_EBAD },
	{ "no time of lockdown", SLICE_INIT("lockdown"), SLICE_INIT("site"), SLICE_INIT("x 1"),
	  TG_EBAD },
};

TEST(damaged_rows_open_nothing)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct policy_facts f = facts("101", "34", "FR");
		struct book *b = empty();
		bool lockdown = slice_eq(bad[i].kind, SLICE("lockdown"));

		CHECK(book_load(b, bad[i].kind, bad[i].key, test_guarded(bad[i].blob), NOW) ==
		              bad[i].want, bad[i].why);
		book_recall(b, NOW, &f);
		CHECK(!f.approved && !f.pass && f.first_use, bad[i].why);
		CHECK(f.lockdown == (lockdown ? POLICY_EMERGENCY_ONLY : POLICY_OPEN), bad[i].why);
		book_free(b);
	}
	rows = 0;
}
