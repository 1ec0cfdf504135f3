#include "proc/console.h"
#include "proc/relay_role.h"
#include "proc/resolver.h"
#include "proc/sip_role.h"
#include "proc/vault_role.h"
#include "proc/worker.h"

const struct proc_app *proc_app_product(void)
{
	static const struct proc_app app = { {
		[LINK_VAULT] = &vault_role_ops,
		[LINK_EDGE] = &edge_role_ops,
		[LINK_CARRIER] = &carrier_role_ops,
		[LINK_RELAY] = &relay_role_ops,
		[LINK_RESOLVER] = &resolver_ops,
		[LINK_CONSOLE] = &console_ops,
	} };

	return &app;
}
