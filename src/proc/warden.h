/* The parent of all processes: opens what needs rights, starts, watches and stops the others. */
#ifndef TG_PROC_WARDEN_H
#define TG_PROC_WARDEN_H

#include "proc/worker.h"

struct warden_options {
	const char *conf_path;
	const char *user; /* whom the children run as; NULL = as we */
	const struct proc_app *app;
};

/**
 * Run until SIGTERM or SIGINT; a second one ends everything at once.  Mistakes are written to
 * standard error as sentences.  Returns the exit status: 0 stopped as told, 1 could not start.
 *
 * A child that dies is back within 2 s; one that dies again and again at once is started less and
 * less often.  Everything that two children share outlives both: sockets, rings, bells.
 */
int warden_main(const struct warden_options *options);

#endif
