/*
 * The edge: SIP with strangers, phones and PBXs.
 *
 * It proves nobody: a digest goes to the vault, with REGISTER as AUTH_ASK and with INVITE inside
 * the CALL_ASK, so that an edge that was taken over can call for nobody who did not prove himself
 * to it.  What a stranger costs is one stateless answer.
 */
#ifndef TG_ROLE_EDGE_H
#define TG_ROLE_EDGE_H

#include "role/role.h"

struct edge;

/** NULL without memory. */
struct edge *edge_new(const struct role_env *env);
void edge_free(struct edge *edge);

/** One datagram. */
void edge_packet(struct edge *edge, uint64_t now_ms, const struct tg_flow *flow,
                 struct slice datagram);
/** A checked message. */
void edge_message(struct edge *edge, uint64_t now_ms, const struct link_msg *msg);
void edge_tick(struct edge *edge, uint64_t now_ms);
uint64_t edge_next_ms(const struct edge *edge);
/** True when no half-call is left (after STOP). */
bool edge_idle(const struct edge *edge);

#endif
