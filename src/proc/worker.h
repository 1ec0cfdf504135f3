/* A child process from its first instruction to its last: the shell around one role. */
#ifndef TG_PROC_WORKER_H
#define TG_PROC_WORKER_H

#include "proc/role_ops.h"

/** What a binary can run: one row for every role.  The product's is proc_app_product(). */
struct proc_app {
	const struct proc_role_ops *ops[LINK_ROLES]; /* NULL: this binary has no such role */
};

/** The roles of the product. */
const struct proc_app *proc_app_product(void);

/** Exit status of a child whose role could not be made: trying again at once makes no sense. */
enum { WORKER_EXIT_REFUSED = 3 };

/**
 * Run the role that the warden's description in `boot_fd` names, until the warden says STOP.
 * Returns the exit status.
 */
int worker_main(const struct proc_app *app, int boot_fd);

#endif
