#include "promises/money/shim.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 4, SECTOR = 512, PATH_CAP = 256 };

/** Not synced yet: octets at a place, or a new length. */
struct pending {
	bool truncates;
	int64_t at;
	size_t len;
	char *bytes;
};

struct image {
	char path[PATH_CAP]; /* empty = unused */
	char *durable;
	size_t len, cap;
	struct pending *pending;
	size_t count, pending_cap;
};

struct shim_file {
	sqlite3_file base;
	struct image *image; /* NULL: not watched */
	sqlite3_file *real;
};

static struct {
	pthread_mutex_t mutex;
	struct image image[FILES];
	uint64_t count, stop_at;
	bool watching, stopped;
	sqlite3_vfs *real;
	sqlite3_vfs vfs;
} shim = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static atomic_int trouble_now;

/* ---- images ---- */

static void *grown(void *p, size_t bytes)
{
	void *q = realloc(p, bytes);

	assert(q != NULL);
	return q;
}

static void forget_pending(struct image *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->pending[i].bytes);
	m->count = 0;
}

static void add_pending(struct image *m, bool truncates, int64_t at, const void *bytes, size_t len)
{
	struct pending *p;

	if (m->count == m->pending_cap) {
		m->pending_cap = m->pending_cap * 2 + 64;
		m->pending = grown(m->pending, m->pending_cap * sizeof(*m->pending));
	}
	p = &m->pending[m->count++];
	*p = (struct pending){ truncates, at, len, grown(NULL, len + 1) };
	if (len > 0)
		memcpy(p->bytes, bytes, len);
}

static void set_len(char **bytes, size_t *len, size_t *cap, size_t to)
{
	if (to > *cap) {
		*cap = to + 65536;
		*bytes = grown(*bytes, *cap);
	}
	if (to > *len)
		memset(*bytes + *len, 0, to - *len);
	*len = to;
}

static void apply(struct image *m, const struct pending *p)
{
	size_t end = (size_t)p->at + p->len;

	if (p->truncates) {
		set_len(&m->durable, &m->len, &m->cap, (size_t)p->at);
		return;
	}
	if (end > m->len)
		set_len(&m->durable, &m->len, &m->cap, end);
	memcpy(m->durable + p->at, p->bytes, p->len);
}

static struct image *image_of(const char *path)
{
	struct image *unused = NULL;

	for (int i = 0; i < FILES; i++) {
		if (strcmp(shim.image[i].path, path) == 0)
			return &shim.image[i];
		if (unused == NULL && shim.image[i].path[0] == '\0')
			unused = &shim.image[i];
	}
	assert(unused != NULL && strlen(path) < PATH_CAP);
	strcpy(unused->path, path);
	return unused;
}

/* One more point; under the mutex.  False: the world has stopped, at this point or before. */
static bool point(void)
{
	shim.count++;
	if (shim.stop_at != 0 && shim.count >= shim.stop_at)
		shim.stopped = true;
	return !shim.stopped;
}

/* ---- files ---- */

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

static bool is_stopped(void)
{
	bool stopped;

	pthread_mutex_lock(&shim.mutex);
	stopped = shim.stopped;
	pthread_mutex_unlock(&shim.mutex);
	return stopped;
}

static int x_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int x_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
	return is_stopped() ? SQLITE_IOERR_READ
	                    : real_of(f)->pMethods->xRead(real_of(f), to, len, at);
}

/* The point where the world stops may still reach the disk, all of it or a part. */
static int watch(sqlite3_file *f, bool truncates, int64_t at, const void *bytes, size_t len)
{
	struct image *m = ((struct shim_file *)f)->image;
	bool goes_on = true;

	pthread_mutex_lock(&shim.mutex);
	if (shim.stopped) {
		goes_on = false;
	} else if (m != NULL && shim.watching) {
		add_pending(m, truncates, at, bytes, len);
		goes_on = point();
	}
	pthread_mutex_unlock(&shim.mutex);
	return goes_on ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int x_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at)
{
	int trouble = atomic_load(&trouble_now), rc;

	if (trouble == SHIM_FULL || trouble == SHIM_READ_ONLY)
		return trouble == SHIM_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	rc = watch(f, false, at, from, (size_t)len);
	return rc == SQLITE_OK ? real_of(f)->pMethods->xWrite(real_of(f), from, len, at) : rc;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = watch(f, true, size, NULL, 0);

	return rc == SQLITE_OK ? real_of(f)->pMethods->xTruncate(real_of(f), size) : rc;
}

static int x_sync(sqlite3_file *f, int flags)
{
	struct image *m = ((struct shim_file *)f)->image;
	const struct timespec nap = { 0, 1000000 };
	bool goes_on;

	(void)flags; /* the real disk need not turn */
	while (atomic_load(&trouble_now) == SHIM_STALLED)
		nanosleep(&nap, NULL);
	pthread_mutex_lock(&shim.mutex);
	goes_on = !shim.stopped;
	if (goes_on && m != NULL && shim.watching) {
		goes_on = point();
		for (size_t i = 0; goes_on && i < m->count; i++)
			apply(m, &m->pending[i]);
		if (goes_on)
			forget_pending(m);
	}
	pthread_mutex_unlock(&shim.mutex);
	return goes_on ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

#define PASS(name, params, args)                                   \
	static int x_##name params                                 \
	{                                                          \
		return real_of(f)->pMethods->x##name args;         \
	}
PASS(FileSize, (sqlite3_file *f, sqlite3_int64 *size), (real_of(f), size))
PASS(Lock, (sqlite3_file *f, int lock), (real_of(f), lock))
PASS(Unlock, (sqlite3_file *f, int lock), (real_of(f), lock))
PASS(CheckReservedLock, (sqlite3_file *f, int *out), (real_of(f), out))
PASS(FileControl, (sqlite3_file *f, int op, void *arg), (real_of(f), op, arg))
PASS(SectorSize, (sqlite3_file *f), (real_of(f)))
PASS(ShmMap, (sqlite3_file *f, int page, int size, int extend, void volatile **out),
     (real_of(f), page, size, extend, out))
PASS(ShmLock, (sqlite3_file *f, int offset, int n, int flags), (real_of(f), offset, n, flags))
PASS(ShmUnmap, (sqlite3_file *f, int remove), (real_of(f), remove))

static void x_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

/* A plain disk: SQLite must not lean on safe appends or whole sectors. */
static int x_characteristics(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_FileSize,
	.xLock = x_Lock,
	.xUnlock = x_Unlock,
	.xCheckReservedLock = x_CheckReservedLock,
	.xFileControl = x_FileControl,
	.xSectorSize = x_SectorSize,
	.xDeviceCharacteristics = x_characteristics,
	.xShmMap = x_ShmMap,
	.xShmLock = x_ShmLock,
	.xShmBarrier = x_barrier,
	.xShmUnmap = x_ShmUnmap,
};

static int v_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
	const int watched = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
	struct shim_file *s = (struct shim_file *)f;
	int rc;

	(void)vfs;
	s->base.pMethods = NULL;
	if (is_stopped())
		return SQLITE_CANTOPEN;
	s->real = (sqlite3_file *)(s + 1);
	rc = shim.real->xOpen(shim.real, path, s->real, flags, out);
	if (rc != SQLITE_OK)
		return rc;
	s->base.pMethods = &methods;
	s->image = NULL;
	pthread_mutex_lock(&shim.mutex);
	if (path != NULL && (flags & watched) != 0)
		s->image = image_of(path);
	pthread_mutex_unlock(&shim.mutex);
	return rc;
}

/*
 * As a file that is empty: SQLite does not tell the two apart in what it recovers.  Without a sync
 * of the directory the file may come back.
 */
static int v_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	struct shim_file f = { 0 };
	int rc;

	(void)vfs;
	pthread_mutex_lock(&shim.mutex);
	f.image = image_of(path);
	pthread_mutex_unlock(&shim.mutex);
	rc = watch(&f.base, true, 0, NULL, 0);
	if (rc == SQLITE_OK && sync)
		rc = x_sync(&f.base, 0);
	return rc == SQLITE_OK ? shim.real->xDelete(shim.real, path, sync) : SQLITE_IOERR_DELETE;
}

bool shim_register(void)
{
	shim.real = sqlite3_vfs_find(NULL);
	if (shim.real == NULL)
		return false;
	shim.vfs = *shim.real;
	shim.vfs.zName = "forgets";
	shim.vfs.pNext = NULL;
	shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
	shim.vfs.xOpen = v_open;
	shim.vfs.xDelete = v_delete;
	return sqlite3_vfs_register(&shim.vfs, 1) == SQLITE_OK;
}

/* ---- the world ---- */

void shim_start(uint64_t stop_at)
{
	pthread_mutex_lock(&shim.mutex);
	for (int i = 0; i < FILES; i++) {
		forget_pending(&shim.image[i]);
		shim.image[i].len = 0;
	}
	shim.count = 0;
	shim.stop_at = stop_at;
	shim.watching = true;
	shim.stopped = false;
	pthread_mutex_unlock(&shim.mutex);
}

bool shim_stopped(void)
{
	return is_stopped();
}

uint64_t shim_count(void)
{
	return shim.count;
}

void shim_stop(void)
{
	pthread_mutex_lock(&shim.mutex);
	shim.stopped = true;
	pthread_mutex_unlock(&shim.mutex);
}

static uint64_t next(uint64_t *seed)
{
	*seed += 0x9e3779b97f4a7c15u;
	uint64_t z = (*seed ^ (*seed >> 30)) * 0xbf58476d1ce4e5b9u;

	return z ^ (z >> 29);
}

/* Sectors of the file, not of the write: a write that is not aligned shares its first and last. */
static void tear(struct image *m, const struct pending *p, uint64_t *seed)
{
	int64_t end = p->at + (int64_t)p->len;

	if (p->truncates) {
		if (next(seed) % 2 == 0)
			apply(m, p);
		return;
	}
	for (int64_t at = p->at; at < end;) {
		int64_t stop = (at / SECTOR + 1) * SECTOR;
		struct pending part = { false, at, 0, p->bytes + (at - p->at) };

		stop = stop < end ? stop : end;
		part.len = (size_t)(stop - at);
		if (next(seed) % 2 == 0)
			apply(m, &part);
		at = stop;
	}
}

static void write_out(const struct image *m)
{
	int fd;

	if (m->len == 0)
		return; /* no file: its owner has removed the real one */
	fd = open(m->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, m->durable, m->len) == (ssize_t)m->len);
	close(fd);
}

static void survive(const struct image *from, enum shim_survives survives, uint64_t *seed)
{
	struct image m = *from;

	m.durable = grown(NULL, m.len + 1);
	m.cap = m.len + 1;
	if (m.len > 0)
		memcpy(m.durable, from->durable, m.len);
	for (size_t i = 0; i < m.count; i++) {
		if (survives == SHIM_ALL)
			apply(&m, &m.pending[i]);
		else if (survives == SHIM_TORN)
			tear(&m, &m.pending[i], seed);
	}
	write_out(&m);
	free(m.durable);
}

void shim_power_fails(enum shim_survives survives, uint64_t seed)
{
	char path[PATH_CAP + 8];

	for (int i = 0; i < FILES; i++) {
		if (shim.image[i].path[0] == '\0')
			continue;
		survive(&shim.image[i], survives, &seed);
		snprintf(path, sizeof(path), "%s-shm", shim.image[i].path);
		unlink(path); /* it is memory */
	}
	pthread_mutex_lock(&shim.mutex);
	shim.watching = false;
	shim.stopped = false;
	pthread_mutex_unlock(&shim.mutex);
}

void shim_trouble(enum shim_trouble trouble)
{
	atomic_store(&trouble_now, (int)trouble);
}
