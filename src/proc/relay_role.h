/* The relay role: media/relay.h with what the configuration says. */
#ifndef TG_PROC_RELAY_ROLE_H
#define TG_PROC_RELAY_ROLE_H

#include "proc/role_ops.h"

extern const struct proc_role_ops relay_role_ops;

#endif
