#include "proc/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	TRIES = 20, /* the children of a warden that was just killed may need an instant to die */
	TRY_MS = 50
};

enum tg_err datadir_owner_find(struct datadir_owner *out, const char *user)
{
	const struct passwd *pw;

	if (user == NULL || user[0] == '\0') {
		*out = (struct datadir_owner){ .uid = geteuid(), .gid = getegid() };
		return TG_OK;
	}
	pw = getpwnam(user);
	if (pw == NULL)
		return TG_ENOENT;
	if (pw->pw_uid != geteuid() && geteuid() != 0)
		return TG_EDENIED;
	*out = (struct datadir_owner){ pw->pw_uid != geteuid(), pw->pw_uid, pw->pw_gid };
	return TG_OK;
}

static enum tg_err make(const char *path, struct datadir_owner owner)
{
	struct stat st;

	if (mkdir(path, 0700) == 0) {
		if (owner.change && chown(path, owner.uid, owner.gid) != 0)
			return TG_EIO;
		return TG_OK;
	}
	if (errno != EEXIST || stat(path, &st) != 0)
		return TG_EIO;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return TG_EIO;
	}
	if (st.st_uid != owner.uid || (st.st_mode & 077) != 0) {
		errno = EPERM;
		return TG_EDENIED;
	}
	return TG_OK;
}

static bool lock(int fd)
{
	const struct timespec pause = { 0, TRY_MS * 1000000L };

	for (int i = 0; i < TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* The process number in the lock file, for the message; the lock itself is the kernel's. */
static void write_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return;
}

static long read_pid(int fd)
{
	char text[32] = { 0 };
	uint64_t pid = 0;
	struct slice s;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	s = slice_trim(slice_str(text));
	return slice_u64(&pid, s, INT_MAX) == TG_OK ? (long)pid : 0;
}

enum tg_err datadir_lock(int *fd, struct slice path, struct datadir_owner owner, char *error,
                         size_t cap)
{
	char file[PATH_MAX], dir[PATH_MAX];
	enum tg_err err;
	int f;

	snprintf(dir, sizeof(dir), "%.*s", SLICE_FMT(path));
	if (path.len >= sizeof(dir) - sizeof("/lock")) {
		snprintf(error, cap, "the path of the data directory is too long");
		return TG_EIO;
	}
	err = make(dir, owner);
	if (err == TG_EDENIED) {
		snprintf(error, cap,
		         "the data directory %s must belong to the user that runs tollgate, "
		         "with mode 0700", dir);
		return TG_EIO;
	}
	if (err != TG_OK) {
		snprintf(error, cap, "the data directory %s cannot be used: %s", dir,
		         strerror(errno));
		return TG_EIO;
	}
	snprintf(file, sizeof(file), "%.*s/lock", SLICE_FMT(path));
	f = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f < 0) {
		snprintf(error, cap, "the file %s cannot be opened: %s", file, strerror(errno));
		return TG_EIO;
	}
	if (!lock(f)) {
		snprintf(error, cap, "another tollgate (process %ld) runs on %s", read_pid(f), dir);
		close(f);
		return TG_EBUSY;
	}
	write_pid(f);
	*fd = f;
	return TG_OK;
}
