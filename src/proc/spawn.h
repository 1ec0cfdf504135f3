/* Starts one child: the same program again, with the descriptors that its description names. */
#ifndef TG_PROC_SPAWN_H
#define TG_PROC_SPAWN_H

#include "proc/boot.h"
#include "proc/datadir.h"

/**
 * Fork and run ourselves as `run --role NAME:INDEX --fd N`.
 *
 * boot   what the child gets; all its descriptors are closed on exec in this process
 * owner  whom it runs as
 * pid    set only on TG_OK
 *
 * TG_EIO  no process, memory or descriptor left
 */
TG_MUST_USE enum tg_err spawn_child(pid_t *pid, const struct boot *boot,
                                    struct datadir_owner owner);

#endif
