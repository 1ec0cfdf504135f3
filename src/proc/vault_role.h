/* The vault role: role/vault.h with the store behind it and the operator's secrets before it. */
#ifndef TG_PROC_VAULT_ROLE_H
#define TG_PROC_VAULT_ROLE_H

#include "proc/role_ops.h"

extern const struct proc_role_ops vault_role_ops;

#endif
