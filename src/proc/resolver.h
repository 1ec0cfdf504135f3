/* The resolver role: host names to addresses by c-ares, far from SIP and secrets. */
#ifndef TG_PROC_RESOLVER_H
#define TG_PROC_RESOLVER_H

#include "proc/role_ops.h"

extern const struct proc_role_ops resolver_ops;

#endif
