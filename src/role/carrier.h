/*
 * The carrier: SIP with trunks, and with nobody else.
 *
 * What comes from outside a trunk's address set is dropped without an answer (R3).  It has no
 * secret: the vault answers the providers' challenges.  A call in is asked for like any other, so
 * that the vault alone decides where a provider's INVITE may go.
 */
#ifndef TG_ROLE_CARRIER_H
#define TG_ROLE_CARRIER_H

#include "role/role.h"

struct carrier;

/** NULL without memory.  Trunks that register begin when the vault is up (LINK_PEER). */
struct carrier *carrier_new(const struct role_env *env);
void carrier_free(struct carrier *carrier);

void carrier_packet(struct carrier *carrier, uint64_t now_ms, const struct tg_flow *flow,
                    struct slice datagram);
void carrier_message(struct carrier *carrier, uint64_t now_ms, const struct link_msg *msg);
void carrier_tick(struct carrier *carrier, uint64_t now_ms);
/**
 * The site now has another address for a trunk that is known by name: register there, or go on
 * there with the next REGISTER.  A trunk without an address waits for this.
 */
void carrier_trunk_moved(struct carrier *carrier, uint64_t now_ms, unsigned trunk);
uint64_t carrier_next_ms(const struct carrier *carrier);
bool carrier_idle(const struct carrier *carrier);

#endif
