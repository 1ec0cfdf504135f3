#include "store/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"

static char dir[64], error[256];

static struct seal *fresh(void)
{
	struct seal *s = NULL;

	snprintf(dir, sizeof(dir), "/tmp/tg_seal_XXXXXX");
	CHECK(mkdtemp(dir) != NULL, "a directory of our own");
	CHECK(seal_open(&s, dir, true, error, sizeof(error)) == TG_OK, error);
	return s;
}

static void remove_all(struct seal *s)
{
	char path[128];

	seal_free(s);
	snprintf(path, sizeof(path), "%s/vault.key", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vault.pub", dir);
	unlink(path);
	rmdir(dir);
}

TEST(rows_open_under_their_name_alone)
{
	struct seal *s = fresh();
	uint8_t sealed[6 + SEAL_ROW_EXTRA], again[sizeof(sealed)], out[6];
	struct slice row = slice_of(sealed, sizeof(sealed));

	seal_row(s, sealed, SLICE("account/101"), SLICE("secret"));
	seal_row(s, again, SLICE("account/101"), SLICE("secret"));
	CHECK(memcmp(sealed, again, sizeof(sealed)) != 0, "a new nonce each time");
	CHECK(seal_row_open(s, out, SLICE("account/101"), row) == TG_OK &&
	      memcmp(out, "secret", 6) == 0, "opens");
	CHECK(seal_row_open(s, out, SLICE("account/102"), row) == TG_EBAD, "rows exchanged");
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		CHECK(seal_row_open(s, out, SLICE("account/101"), row) == TG_EBAD, "one bit");
		sealed[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(sealed); i++)
		CHECK(seal_row_open(s, out, SLICE("account/101"),
		                    test_guarded(slice_head(row, i))) == TG_EBAD, "cut");
	remove_all(s);
}

TEST(words_reach_the_vault_for_one_purpose)
{
	struct seal *s = fresh(), *other;
	struct tg_secret secret = { 0 }, out = { 0 };
	char mem[SEAL_WORD_MAX], first[64];
	struct buf word = buf_on(mem, sizeof(mem));
	struct slice name = SLICE("trunk/acme");

	CHECK(tg_secret_set(&secret, SLICE("line 1\nline 2")) == TG_OK, "fits");
	CHECK(seal_word(&word, dir, name, 1000, &secret) == TG_OK, "sealed");
	CHECK(seal_word_open(s, &out, name, 1010, buf_slice(&word)) == TG_OK, "opened");
	CHECK(slice_eq(tg_secret_reveal(&out), SLICE("line 1\nline 2")), "whole");
	CHECK(seal_word_open(s, &out, SLICE("trunk/beta"), 1010, buf_slice(&word)) == TG_EBAD,
	      "a console cannot use it for another trunk");
	CHECK(seal_word_open(s, &out, name, 1001 + SEAL_FRESH_S, buf_slice(&word)) == TG_EBUSY,
	      "nor later");
	CHECK(seal_word_open(s, &out, name, 999 - SEAL_FRESH_S, buf_slice(&word)) == TG_EBUSY,
	      "nor in the past");
	for (size_t i = 0; i < word.len; i += 7) {
		struct slice cut = slice_head(buf_slice(&word), i);

		CHECK(seal_word_open(s, &out, name, 1000, cut) == TG_EBAD, "cut");
	}
	CHECK(seal_word_open(s, &out, name, 1000, SLICE("xx")) == TG_EBAD, "no hex");
	snprintf(first, sizeof(first), "%s", dir);
	other = fresh();
	CHECK(seal_word_open(other, &out, name, 1000, buf_slice(&word)) == TG_EBAD,
	      "another vault");
	remove_all(other);
	snprintf(dir, sizeof(dir), "%s", first);
	remove_all(s);
	word.len = 0;
	CHECK(seal_word(&word, dir, name, 1000, &secret) == TG_ENOENT, "no tollgate there");
}

TEST(keys_stay_the_same)
{
	struct seal *s = fresh(), *again = NULL;
	uint8_t sealed[1 + SEAL_ROW_EXTRA], out[1];
	char path[128];

	seal_row(s, sealed, SLICE("n"), SLICE("x"));
	seal_free(s);
	CHECK(seal_open(&again, dir, false, error, sizeof(error)) == TG_OK, error);
	CHECK(seal_row_open(again, out, SLICE("n"), slice_of(sealed, sizeof(sealed))) == TG_OK,
	      "the same key");
	snprintf(path, sizeof(path), "%s/vault.key", dir);
	CHECK(truncate(path, 10) == 0, "a damaged file");
	CHECK(seal_open(&s, dir, true, error, sizeof(error)) == TG_EBAD, "is not overwritten");
	CHECK(unlink(path) == 0 && symlink("/dev/zero", path) == 0, "a trap");
	CHECK(seal_open(&s, dir, true, error, sizeof(error)) == TG_EIO, "is not followed");
	remove_all(again);
}
