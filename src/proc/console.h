/* The console role: the control socket in the data directory. */
#ifndef TG_PROC_CONSOLE_H
#define TG_PROC_CONSOLE_H

#include "proc/role_ops.h"

extern const struct proc_role_ops console_ops;

#endif
