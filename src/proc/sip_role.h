/* The edge and carrier roles with what the configuration says. */
#ifndef TG_PROC_SIP_ROLE_H
#define TG_PROC_SIP_ROLE_H

#include "proc/role_ops.h"

extern const struct proc_role_ops edge_role_ops, carrier_role_ops;

#endif
