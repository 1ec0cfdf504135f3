/*
 * The journal: jobs that are on disk and not yet in their tables.
 *
 * One file beside the database, opened through SQLite's layer for files, so that whoever stands in
 * for the disk (tests/promises/money) stands in for this file, too.  An entry is what was written
 * at once: a head, and jobs one after another.  Entries follow each other from the beginning of the
 * file; when all are in their tables, the next goes to the beginning again.
 *
 * What counts after a crash: entries from the beginning of the file whose numbers follow, without a
 * gap, the number that the tables know as theirs (meta "journal"), and whose seal is right.  What
 * an older lap left behind has lower numbers, and what was torn has no seal.  Jobs carry whole
 * values, not differences.  Numbers begin with the time when the database was made, so that a
 * journal says nothing to a database of another life.
 *
 * Octets are those of this machine: the file does not travel.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "store/store_priv.h"

struct entry_head {
	uint64_t seal; /* SipHash of all that follows */
	uint64_t number;
	uint64_t wall_ms;
	uint32_t len; /* of the jobs */
	uint32_t jobs;
};

struct job_head {
	uint64_t call, record_call;
	uint32_t bytes;
	uint16_t record;
	int16_t part[3]; /* of a change: hold, recipe; of a state row: kind, key, value */
	uint8_t kind, drop, over, has_record, side, branch, totals, zero;
	uint32_t zeros;
};
_Static_assert(sizeof(struct entry_head) == 32 && sizeof(struct job_head) == 40, "no padding");
_Static_assert(sizeof(struct job_head) + STORE_PACK_MAX + sizeof(struct store_change_row) <=
               STORE_JOURNAL_JOB_MAX, "the largest job fits");

bool store_journal_takes(const struct store_job *job)
{
	return job->kind == STORE_CHANGE || job->kind == STORE_STATE ||
	       job->kind == STORE_REFUSED;
}

/* ---- jobs to octets ---- */

static size_t put_change(uint8_t *out, const struct store_change_row *row)
{
	struct job_head head = { .kind = STORE_CHANGE, .call = row->leg.call,
		                 .side = row->leg.side, .branch = row->leg.branch,
		                 .part = { row->hold_len, row->recipe_len, 0 },
		                 .totals = row->totals, .over = row->over, .bytes = row->bytes_len,
		                 .has_record = row->has_record };
	uint8_t *to = out + sizeof(head);

	if (row->has_record) {
		head.record_call = row->record.call;
		head.record = (uint16_t)store_record_pack(to, &row->record);
	}
	memcpy(to + head.record, row->bytes, row->bytes_len);
	memcpy(out, &head, sizeof(head));
	return sizeof(head) + head.record + row->bytes_len;
}

static size_t put_state(uint8_t *out, const struct store_job *job)
{
	const struct store_state_row *row = &job->state;
	struct job_head head = { .kind = STORE_STATE, .drop = job->drop,
		                 .part = { (int16_t)row->kind_len, (int16_t)row->key_len,
		                           (int16_t)row->blob_len },
		                 .bytes = (uint32_t)row->kind_len + row->key_len + row->blob_len };

	memcpy(out, &head, sizeof(head));
	memcpy(out + sizeof(head), row->bytes, head.bytes);
	return sizeof(head) + head.bytes;
}

/* ---- and back ---- */

static bool get_change(struct store_job *job, const struct job_head *head, const uint8_t *p)
{
	struct store_change_row *row = &job->change;
	uint32_t at = (uint32_t)(TG_MAX(head->part[0], 0) + TG_MAX(head->part[1], 0));

	row->leg = (struct link_leg){ .call = head->call, .side = head->side,
		                      .branch = head->branch };
	row->hold_len = head->part[0];
	row->recipe_len = head->part[1];
	row->totals = head->totals;
	row->over = head->over != 0;
	row->has_record = head->has_record != 0;
	row->bytes_len = head->bytes;
	if (head->part[0] < STORE_KEEP || head->part[0] > STORE_HOLD_MAX ||
	    head->part[1] < STORE_KEEP || head->part[1] > STORE_RECIPE_MAX ||
	    head->totals > STORE_TOTALS_MAX || head->bytes > sizeof(row->bytes) ||
	    (row->has_record &&
	     store_record_unpack(&row->record, head->record_call,
	                         slice_of((const char *)p, head->record)) != TG_OK))
		return false;
	p += head->record;
	for (uint8_t i = 0; i < head->totals; i++) {
		uint16_t lens[2];

		if (at + sizeof(lens) > head->bytes)
			return false;
		memcpy(lens, p + at, sizeof(lens));
		at += (uint32_t)sizeof(lens) + lens[0] + lens[1];
	}
	memcpy(row->bytes, p, head->bytes);
	return at == head->bytes;
}

static bool get_state(struct store_job *job, const struct job_head *head, const uint8_t *p)
{
	struct store_state_row *row = &job->state;

	if (head->part[0] < 0 || head->part[0] > STORE_KIND_MAX || head->part[1] < 0 ||
	    head->part[1] > STORE_KEY_MAX || head->part[2] < 0 || head->part[2] > STORE_STATE_MAX ||
	    head->bytes != (uint32_t)(head->part[0] + head->part[1] + head->part[2]) ||
	    head->record != 0)
		return false;
	row->kind_len = (uint16_t)head->part[0];
	row->key_len = (uint16_t)head->part[1];
	row->blob_len = (uint16_t)head->part[2];
	memcpy(row->bytes, p, head->bytes);
	return true;
}

/* The jobs of an entry, to the first places of the queue.  False: we have not written this. */
static bool get_jobs(struct store *s, const struct entry_head *entry)
{
	const uint8_t *p = s->journal.mem + sizeof(*entry), *end = p + entry->len;

	if (entry->jobs > STORE_BATCH_MAX)
		return false;
	for (uint32_t i = 0; i < entry->jobs; i++) {
		struct store_job *job = &s->jobs[i];
		struct job_head head;
		bool good;

		if ((size_t)(end - p) < sizeof(head))
			return false;
		memcpy(&head, p, sizeof(head));
		p += sizeof(head);
		if ((size_t)(end - p) < (size_t)head.record + head.bytes)
			return false;
		job->kind = head.kind;
		job->drop = head.drop != 0;
		good = head.kind == STORE_CHANGE ? get_change(job, &head, p)
		                                 : head.kind == STORE_STATE &&
		                                           get_state(job, &head, p);
		if (!good)
			return false;
		p += (size_t)head.record + head.bytes;
	}
	return p == end;
}

/* ---- the file ---- */

static uint64_t seal_of(const struct store *s, const struct entry_head *head)
{
	return tg_siphash(&s->journal.key,
	                  slice_of((const char *)s->journal.mem + sizeof(head->seal),
	                           sizeof(*head) - sizeof(head->seal) + head->len));
}

/* SQLite's files take less than 128 KB at once: more is cut off, and then "disk is full". */
enum { PIECE = 64 * 1024 };

static int write_all(struct sqlite3_file *file, const uint8_t *p, size_t len, uint64_t at)
{
	int rc = SQLITE_OK;

	for (size_t done = 0, part; rc == SQLITE_OK && done < len; done += part) {
		part = TG_MIN(len - done, (size_t)PIECE);
		rc = file->pMethods->xWrite(file, p + done, (int)part, (sqlite3_int64)(at + done));
	}
	return rc;
}

static int read_all(struct sqlite3_file *file, uint8_t *p, size_t len, uint64_t at)
{
	int rc = SQLITE_OK;

	for (size_t done = 0, part; rc == SQLITE_OK && done < len; done += part) {
		part = TG_MIN(len - done, (size_t)PIECE);
		rc = file->pMethods->xRead(file, p + done, (int)part, (sqlite3_int64)(at + done));
	}
	return rc;
}

int store_journal_write(struct store *s, uint64_t from, uint64_t to, uint64_t wall_ms)
{
	struct store_journal *j = &s->journal;
	struct entry_head head = { .number = j->number + 1, .wall_ms = wall_ms };
	uint8_t *p = j->mem + sizeof(head);
	int rc;

	for (uint64_t i = from; i < to; i++) {
		const struct store_job *job = &s->jobs[i % STORE_QUEUE];

		if (job->kind != STORE_CHANGE && job->kind != STORE_STATE)
			continue;
		p += job->kind == STORE_CHANGE ? put_change(p, &job->change) : put_state(p, job);
		head.jobs++;
	}
	if (head.jobs == 0)
		return SQLITE_OK;
	head.len = (uint32_t)(p - j->mem - (ptrdiff_t)sizeof(head));
	memcpy(j->mem, &head, sizeof(head));
	head.seal = seal_of(s, &head);
	memcpy(j->mem, &head, sizeof(head));
	rc = write_all(j->file, j->mem, (size_t)(p - j->mem), j->at);
#ifndef TG_MUTANT_NO_JOURNAL_SYNC /* tests/promises/money finds it */
	if (rc == SQLITE_OK)
		rc = j->file->pMethods->xSync(j->file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
#endif
	j->spoiled = rc != SQLITE_OK;
	if (rc == SQLITE_OK) {
		j->number = head.number;
		j->at += (uint64_t)(p - j->mem);
	}
	return rc;
}

/* The entry at j->at, if it is the next one. */
static int read_entry(struct store *s, struct entry_head *head, bool *found)
{
	struct store_journal *j = &s->journal;
	sqlite3_int64 size = 0, at = (sqlite3_int64)j->at;
	int rc = j->file->pMethods->xFileSize(j->file, &size);

	*found = false;
	if (rc != SQLITE_OK || size - at < (sqlite3_int64)sizeof(*head))
		return rc;
	rc = j->file->pMethods->xRead(j->file, j->mem, sizeof(*head), at);
	memcpy(head, j->mem, sizeof(*head));
	if (rc != SQLITE_OK || head->number != j->number + 1 ||
	    head->len > STORE_JOURNAL_ENTRY_MAX - sizeof(*head) ||
	    size - at - (sqlite3_int64)sizeof(*head) < (sqlite3_int64)head->len)
		return rc;
	rc = read_all(j->file, j->mem + sizeof(*head), head->len, j->at + sizeof(*head));
	*found = rc == SQLITE_OK && seal_of(s, head) == head->seal;
	return rc;
}

int store_journal_replay(struct store *s, uint64_t *wall_ms)
{
	struct store_journal *j = &s->journal;
	struct entry_head head;
	bool found;
	int rc = read_entry(s, &head, &found);

	while (rc == SQLITE_OK && found) {
		if (!get_jobs(s, &head))
			return SQLITE_CORRUPT;
		rc = store_write_again(s, head.jobs);
		j->number++;
		j->at += sizeof(head) + head.len;
		*wall_ms = head.wall_ms;
		if (rc == SQLITE_OK)
			rc = read_entry(s, &head, &found);
	}
	j->at = 0; /* all of it joins the tables in this transaction */
	return rc;
}

int store_journal_open(struct store *s, uint64_t wall_ms)
{
	struct store_journal *j = &s->journal;
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	int64_t number = store_number_of(s->db, "SELECT coalesce((SELECT value FROM meta"
	                                        " WHERE key = 'journal'), 0)");
	int rc, flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;

	if (number < 0 || vfs == NULL)
		return SQLITE_ERROR;
	if (number == 0) {
		number = (int64_t)(wall_ms * 1000);
		rc = store_number_put(s, SLICE("journal"), (uint64_t)number);
		if (rc != SQLITE_OK)
			return rc;
	}
	j->number = (uint64_t)number;
	crypto_generichash(j->key.octets, sizeof(j->key.octets), (const uint8_t *)"journal", 7,
	                   s->chain_key, sizeof(s->chain_key));
	snprintf(j->path, sizeof(j->path), "%s-jobs", s->path);
	j->file = calloc(1, (size_t)vfs->szOsFile);
	if (j->file == NULL)
		return SQLITE_NOMEM;
	rc = vfs->xOpen(vfs, j->path, j->file, flags | SQLITE_OPEN_NOFOLLOW, &flags);
	if (rc == SQLITE_OK)
		return rc;
	free(j->file);
	j->file = NULL;
	return rc;
}

void store_journal_close(struct store *s)
{
	struct store_journal *j = &s->journal;
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	if (j->file == NULL)
		return;
	(void)j->file->pMethods->xClose(j->file);
	if (j->at == 0) /* what it says is in the tables; else the next start writes it */
		(void)vfs->xDelete(vfs, j->path, 0);
	free(j->file);
	j->file = NULL;
	tg_wipe(&j->key, sizeof(j->key));
}
