/* The file of a rate deck: read whole, replaced whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/decks.h"

enum {
	PATH_CAP = 4096,
	FOLDER_CAP = PATH_CAP - DECKS_NAME_MAX - 16,
	HUGE_PAGE = 2 << 20
};
#define FILE_MAX ((off_t)1 << 31)

bool decks_name_right(struct slice name)
{
	bool ok = name.len >= 1 && name.len <= DECKS_NAME_MAX && name.p[0] != '.';

	for (size_t i = 0; ok && i < name.len; i++) {
		char c = tg_lower(name.p[i]);

		ok = tg_isdigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
	}
	return ok;
}

static enum tg_err fail(enum tg_err err, char *why, const char *what, const char *path)
{
	snprintf(why, DECKS_WHY_MAX, "%s %.300s: %s", what, path, strerror(errno));
	return err;
}

static bool folder_of(char folder[FOLDER_CAP], struct slice data)
{
	return (size_t)snprintf(folder, FOLDER_CAP, "%.*s/rates", SLICE_FMT(data)) < FOLDER_CAP;
}

/* ---- reading ---- */

/* A large deck on large pages: a lookup is a few cache misses, and would be as many TLB misses. */
static void *room_for(size_t octets)
{
	size_t whole = (octets + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *p;

	if (octets < HUGE_PAGE)
		return malloc(octets);
	p = aligned_alloc(HUGE_PAGE, whole);
	if (p != NULL)
		(void)madvise(p, whole, MADV_HUGEPAGE); /* a wish */
	return p;
}

/* Whole content, in memory for free(). */
static enum tg_err read_all(int fd, const char *path, void **out, size_t *len, char *why)
{
	struct stat st;
	size_t at = 0;
	char *p;

	if (fstat(fd, &st) != 0)
		return fail(TG_EIO, why, "cannot read", path);
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > FILE_MAX) {
		snprintf(why, DECKS_WHY_MAX, "%.300s is not a rate deck", path);
		return TG_EBAD;
	}
	if ((st.st_mode & 022) != 0) {
		snprintf(why, DECKS_WHY_MAX, "others may write %.300s; chmod it to 0600", path);
		return TG_EIO;
	}
	p = room_for((size_t)st.st_size);
	if (p == NULL) {
		snprintf(why, DECKS_WHY_MAX, "%s", tg_strerror(TG_ENOMEM));
		return TG_ENOMEM;
	}
	while (at < (size_t)st.st_size) {
		ssize_t n = read(fd, p + at, (size_t)st.st_size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(p);
			return fail(TG_EIO, why, "cannot read all of", path);
		}
		at += (size_t)n;
	}
	*out = p;
	*len = at;
	return TG_OK;
}

enum tg_err decks_read(struct deck **out, struct slice data, struct slice name, char *why)
{
	char folder[FOLDER_CAP], path[PATH_CAP];
	const char *wrong = NULL;
	void *image = NULL;
	size_t len = 0;
	enum tg_err err;
	int fd;

	if (!decks_name_right(name) || !folder_of(folder, data)) {
		snprintf(why, DECKS_WHY_MAX, "no deck can have this name");
		return TG_EBAD;
	}
	snprintf(path, sizeof(path), "%s/%.*s.deck", folder, SLICE_FMT(name));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(errno == ENOENT ? TG_ENOENT : TG_EIO, why, "cannot open", path);
	err = read_all(fd, path, &image, &len, why);
	close(fd);
	if (err != TG_OK)
		return err;
	err = deck_open(out, image, len, &wrong);
	if (err != TG_OK) {
		snprintf(why, DECKS_WHY_MAX, "%.300s: %s", path, wrong);
		free(image);
	}
	return err;
}

/* ---- writing ---- */

/* The folder, of the data directory's owner, and what is in it too. */
static bool own(int fd, const struct stat *owner)
{
	return geteuid() != 0 || fchown(fd, owner->st_uid, owner->st_gid) == 0;
}

static int open_folder(const char *folder, const struct stat *owner)
{
	int fd;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && !own(fd, owner)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool write_all(int fd, struct slice octets)
{
	while (octets.len > 0) {
		ssize_t n = write(fd, octets.p, octets.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		octets = slice_skip(octets, (size_t)n);
	}
	return true;
}

static bool replace(int folder, const char *name, struct slice octets, const struct stat *owner)
{
	char aside[DECKS_NAME_MAX + 16];
	int error, fd;
	bool ok;

	snprintf(aside, sizeof(aside), "%s.new", name);
	unlinkat(folder, aside, 0);
	fd = openat(folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	ok = own(fd, owner) && write_all(fd, octets) && fsync(fd) == 0;
	error = errno;
	ok = close(fd) == 0 && ok;
	if (ok && renameat(folder, aside, folder, name) == 0 && fsync(folder) == 0)
		return true;
	error = ok ? errno : error;
	unlinkat(folder, aside, 0);
	errno = error;
	return false;
}

enum tg_err decks_write(const struct deck *deck, struct slice data, struct slice name, char *why)
{
	char folder[FOLDER_CAP], file[DECKS_NAME_MAX + 8], dir[FOLDER_CAP];
	struct stat owner;
	bool ok;
	int fd;

	if (!decks_name_right(name) || !folder_of(folder, data)) {
		snprintf(why, DECKS_WHY_MAX, "no deck can have this name");
		return TG_EIO;
	}
	snprintf(dir, sizeof(dir), "%.*s", SLICE_FMT(data));
	snprintf(file, sizeof(file), "%.*s.deck", SLICE_FMT(name));
	if (stat(dir, &owner) != 0)
		return fail(TG_EIO, why, "there is no data directory", dir);
	fd = open_folder(folder, &owner);
	if (fd < 0)
		return fail(TG_EIO, why, "cannot make or open", folder);
	ok = replace(fd, file, deck_image(deck), &owner);
	if (!ok)
		fail(TG_EIO, why, "cannot write a deck in", folder);
	close(fd);
	return ok ? TG_OK : TG_EIO;
}
