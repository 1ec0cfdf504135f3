#include "store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

struct seal {
	uint8_t row[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
	uint8_t box_secret[crypto_box_SECRETKEYBYTES];
	uint8_t box_public[crypto_box_PUBLICKEYBYTES];
};

enum {
	KEY_FILE_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES + crypto_box_SECRETKEYBYTES,
	PATH_CAP = 4096
};

_Static_assert(SEAL_ROW_EXTRA == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                         crypto_aead_xchacha20poly1305_ietf_ABYTES, "row");
_Static_assert(crypto_box_SEALBYTES == 48, "SEAL_WORD_MAX");

/* ---- files ---- */

static bool path_of(char *path, const char *dir, const char *name)
{
	return (size_t)snprintf(path, PATH_CAP, "%s/%s", dir, name) < PATH_CAP;
}

/* A file of exactly `len` octets that only its owner, root or us, may write. */
static enum tg_err read_file(const char *path, uint8_t *out, size_t len, mode_t forbidden)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum tg_err err = TG_OK;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? TG_ENOENT : errno == EACCES ? TG_EDENIED : TG_EIO;
	if (fstat(fd, &st) != 0)
		err = TG_EIO;
	else if ((st.st_mode & forbidden) != 0)
		err = TG_EDENIED;
	else if (!S_ISREG(st.st_mode) || st.st_size != (off_t)len ||
	         read(fd, out, len) != (ssize_t)len)
		err = TG_EBAD;
	close(fd);
	return err;
}

static bool sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* All of it or nothing, whenever we are killed: written aside, then moved over. */
static enum tg_err write_file(const char *dir, const char *name, const uint8_t *octets, size_t len)
{
	char path[PATH_CAP], aside[PATH_CAP];
	bool ok;
	int fd;

	if (!path_of(path, dir, name) ||
	    (size_t)snprintf(aside, sizeof(aside), "%s/%s.new", dir, name) >= sizeof(aside))
		return TG_EIO;
	unlink(aside);
	fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return TG_EIO;
	ok = write(fd, octets, len) == (ssize_t)len && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	if (ok && rename(aside, path) == 0 && sync_dir(dir))
		return TG_OK;
	unlink(aside);
	return TG_EIO;
}

/* ---- keys ---- */

static enum tg_err make_keys(struct seal *s, const char *dir)
{
	uint8_t file[KEY_FILE_BYTES];
	enum tg_err err;

	randombytes_buf(s->row, sizeof(s->row));
	crypto_box_keypair(s->box_public, s->box_secret);
	memcpy(file, s->row, sizeof(s->row));
	memcpy(file + sizeof(s->row), s->box_secret, sizeof(s->box_secret));
	err = write_file(dir, "vault.key", file, sizeof(file));
	tg_wipe(file, sizeof(file));
	return err;
}

static enum tg_err read_keys(struct seal *s, const char *path)
{
	uint8_t file[KEY_FILE_BYTES];
	enum tg_err err = read_file(path, file, sizeof(file), 077);

	if (err == TG_OK) {
		memcpy(s->row, file, sizeof(s->row));
		memcpy(s->box_secret, file + sizeof(s->row), sizeof(s->box_secret));
		crypto_scalarmult_base(s->box_public, s->box_secret);
	}
	tg_wipe(file, sizeof(file));
	return err;
}

/* The public half can always be made again. */
static enum tg_err keep_public(const struct seal *s, const char *dir)
{
	uint8_t have[crypto_box_PUBLICKEYBYTES];
	char path[PATH_CAP];

	if (!path_of(path, dir, "vault.pub"))
		return TG_EIO;
	if (read_file(path, have, sizeof(have), 077) == TG_OK &&
	    memcmp(have, s->box_public, sizeof(have)) == 0)
		return TG_OK;
	return write_file(dir, "vault.pub", s->box_public, sizeof(s->box_public));
}

static const char *why(enum tg_err err)
{
	return err == TG_ENOENT  ? "is missing, and the database needs it; restore it" :
	       err == TG_EDENIED ? "must be readable for its owner alone (mode 0600)" :
	       err == TG_EBAD    ? "is damaged; restore it" :
	                           "cannot be read or written";
}

enum tg_err seal_open(struct seal **out, const char *dir, bool create, char *error, size_t cap)
{
	char path[PATH_CAP];
	enum tg_err err;
	struct seal *s;

	if (sodium_init() < 0 || !path_of(path, dir, "vault.key")) {
		snprintf(error, cap, "the cryptographic library does not start");
		return TG_EIO;
	}
	s = sodium_malloc(sizeof(*s)); /* locked, never swapped, between unreadable pages */
	if (s == NULL) {
		snprintf(error, cap, "no memory for the keys");
		return TG_ENOMEM;
	}
	err = read_keys(s, path);
	if (err == TG_ENOENT && create)
		err = make_keys(s, dir);
	if (err != TG_OK)
		snprintf(error, cap, "%s %s", path, why(err));
	else if ((err = keep_public(s, dir)) != TG_OK)
		snprintf(error, cap, "%s/vault.pub cannot be written: %s", dir, strerror(errno));
	if (err == TG_OK)
		*out = s;
	else
		seal_free(s);
	return err;
}

void seal_chain_key(const struct seal *s, uint8_t out[32])
{
	static const char use[] = "tollgate: chain of records";

	crypto_generichash(out, 32, (const uint8_t *)use, sizeof(use) - 1, s->row, sizeof(s->row));
}

void seal_free(struct seal *s)
{
	sodium_free(s); /* wipes; NULL is fine */
}

/* ---- rows ---- */

void seal_row(const struct seal *s, uint8_t *out, struct slice name, struct slice plain)
{
	enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

	randombytes_buf(out, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, (const uint8_t *)plain.p,
	                                           plain.len, (const uint8_t *)name.p, name.len,
	                                           NULL, out, s->row);
}

enum tg_err seal_row_open(const struct seal *s, uint8_t *out, struct slice name,
                          struct slice sealed)
{
	enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
	const uint8_t *in = (const uint8_t *)sealed.p;

	if (sealed.len < SEAL_ROW_EXTRA ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, in + NONCE,
	                                               sealed.len - NONCE,
	                                               (const uint8_t *)name.p, name.len, in,
	                                               s->row) != 0)
		return TG_EBAD;
	return TG_OK;
}

/* ---- words ---- */

enum { PLAIN_MAX = SEAL_WORD_MAX / 2 - crypto_box_SEALBYTES };

enum tg_err seal_word(struct buf *word, const char *dir, struct slice name, uint64_t now_s,
                      const struct tg_secret *secret)
{
	uint8_t public[crypto_box_PUBLICKEYBYTES], sealed[SEAL_WORD_MAX / 2];
	char plain[PLAIN_MAX], path[PATH_CAP];
	struct buf b = buf_on(plain, sizeof(plain));
	enum tg_err err;

	if (sodium_init() < 0 || !path_of(path, dir, "vault.pub"))
		return TG_EIO;
	err = read_file(path, public, sizeof(public), 022);
	if (err != TG_OK)
		return err;
	if (name.len > SEAL_NAME_MAX)
		return TG_ELIMIT;
	buf_put(&b, name);
	buf_chr(&b, '\n');
	buf_u64(&b, now_s);
	buf_chr(&b, '\n');
	buf_put(&b, tg_secret_reveal(secret));
	if (b.full)
		err = TG_ELIMIT;
	else if (crypto_box_seal(sealed, (const uint8_t *)plain, b.len, public) != 0)
		err = TG_EBAD;
	else
		buf_hex(word, sealed, b.len + crypto_box_SEALBYTES);
	tg_wipe(plain, sizeof(plain));
	return err == TG_OK && word->full ? TG_ELIMIT : err;
}

static bool unhex(uint8_t *out, size_t *len, size_t cap, struct slice hex)
{
	if (hex.len % 2 != 0 || hex.len / 2 > cap)
		return false;
	for (size_t i = 0; i < hex.len; i += 2) {
		int hi = tg_hexval(hex.p[i]), lo = tg_hexval(hex.p[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	*len = hex.len / 2;
	return true;
}

static enum tg_err take(struct tg_secret *out, struct slice plain, struct slice name,
                        uint64_t now_s)
{
	struct slice have, when, rest = slice_cut(plain, '\n', &have);
	uint64_t at_s;

	rest = slice_cut(rest, '\n', &when);
	if (!slice_eq(have, name) || slice_u64(&at_s, when, UINT64_MAX / 2) != TG_OK)
		return TG_EBAD;
	if (now_s > at_s + SEAL_FRESH_S || at_s > now_s + SEAL_FRESH_S)
		return TG_EBUSY;
	return tg_secret_set(out, rest) == TG_OK ? TG_OK : TG_EBAD;
}

enum tg_err seal_word_open(const struct seal *s, struct tg_secret *out, struct slice name,
                           uint64_t now_s, struct slice word)
{
	uint8_t sealed[SEAL_WORD_MAX / 2], plain[PLAIN_MAX];
	enum tg_err err = TG_EBAD;
	size_t len;

	if (!unhex(sealed, &len, sizeof(sealed), word) || len < crypto_box_SEALBYTES)
		return TG_EBAD;
	if (crypto_box_seal_open(plain, sealed, len, s->box_public, s->box_secret) == 0)
		err = take(out, slice_of(plain, len - crypto_box_SEALBYTES), name, now_s);
	tg_wipe(plain, sizeof(plain));
	return err;
}
