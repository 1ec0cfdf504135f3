/* The data directory: made at first, owned by whom we run as, held by one tollgate at a time. */
#ifndef TG_PROC_DATADIR_H
#define TG_PROC_DATADIR_H

#include <sys/types.h>

#include "base/slice.h"

/** Whom the processes run as. */
struct datadir_owner {
	bool change; /* false: as we run now */
	uid_t uid;
	gid_t gid;
};

/**
 * Look up a user; NULL or "" = stay as we are.
 *
 * TG_ENOENT   no such user
 * TG_EDENIED  only root can become somebody else
 */
TG_MUST_USE enum tg_err datadir_owner_find(struct datadir_owner *out, const char *user);

/**
 * Make the directory (mode 0700; its parent must be there), and take the lock in it.
 *
 * fd     the lock: held as long as any process has it open (F16); closed on exec
 * error  set on failure: a sentence for the operator, NUL-terminated
 *
 * TG_EBUSY  another tollgate runs on it
 * TG_EIO    it cannot be made or written
 */
TG_MUST_USE enum tg_err datadir_lock(int *fd, struct slice path, struct datadir_owner owner,
                                     char *error, size_t cap);

#endif
