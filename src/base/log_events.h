/* The events that tollgate logs: one row each; keys, limits and the manual follow. */
#ifndef TG_BASE_LOG_EVENTS_H
#define TG_BASE_LOG_EVENTS_H

/*
 * X(NAME, name, level, limit, fields, help)
 *
 * NAME    code says EV_NAME
 * name    the value of event= and the JSON key
 * level   of enum log_level, without LOG_
 * limit   FREE = every line is written (nobody outside can cause it often);
 *         BRIEF = rate limited per cause (D17): anybody may cause it
 * fields  all keys that code may pass with it; tools/logfields.py compares them with the calls
 * help    for the manual
 *
 * Keep the rows in the order in which an operator meets them: process, configuration, packets,
 * registrations, calls, media, trunks, our own trouble.
 */
#define LOG_EVENTS(X) \
	X(PROCESS_STARTED, process_started, INFO, FREE, "role pid version", \
	  "A process of tollgate runs.") \
	X(PROCESS_DIED, process_died, ERROR, FREE, "role pid status signal restart_ms", \
	  "A process ended and will be started again after restart_ms.") \
	X(PROCESS_STOPPED, process_stopped, INFO, FREE, "role pid", \
	  "A process ended because it was told to.") \
	X(PEER_UP, peer_up, DEBUG, FREE, "role epoch", "Another process answers again.") \
	X(PEER_DOWN, peer_down, DEBUG, FREE, "role epoch", "Another process is gone.") \
	X(CONFIG_LOADED, config_loaded, INFO, FREE, "file site", "The configuration is in force.") \
	X(CONFIG_REFUSED, config_refused, ERROR, FREE, "file line column why", \
	  "The configuration has a mistake; nothing of it is in force.") \
	X(RATES_LOADED, rates_loaded, INFO, FREE, "deck rows currency", \
	  "A rate deck is in force.") \
	X(RATES_REFUSED, rates_refused, ERROR, FREE, "deck why", \
	  "A rate deck was refused; the one in force stays.") \
	X(COUNTRIES_LOADED, countries_loaded, INFO, FREE, "database", \
	  "Countries of addresses are looked up in this database.") \
	X(COUNTRIES_REFUSED, countries_refused, ERROR, FREE, "why", \
	  "The database of countries cannot be used; with rules.source.countries roaming phones " \
	  "call nobody.") \
	X(NETWORK_MOVED, network_moved, INFO, BRIEF, "network address addresses", \
	  "The host name of a network has other addresses; phones are expected there now.") \
	X(NETWORK_LOST, network_lost, WARN, BRIEF, "network why", \
	  "The host name of a network has no address of use; its phones cannot call.") \
	X(NETWORK_REFUSED, network_refused, WARN, BRIEF, "network address", \
	  "The host name of a network has an address that nobody may call from.") \
	X(LISTENING, listening, INFO, FREE, "interface address side", \
	  "An interface takes SIP packets.") \
	X(LISTEN_FAILED, listen_failed, ERROR, FREE, "interface address why", \
	  "An interface of the configuration cannot be opened.") \
	X(PACKET_REFUSED, packet_refused, WARN, BRIEF, "rule from interface offset status method", \
	  "A packet was refused before anything was done for it.") \
	X(STRAY_REPLY, stray_reply, WARN, BRIEF, "rule from status method", \
	  "A response that belongs to no request of ours.") \
	X(SEND_FAILED, send_failed, WARN, BRIEF, "rule to interface why", \
	  "The system did not take a packet of ours.") \
	X(REGISTER_OK, register_ok, INFO, BRIEF, "account from contact expires_s bindings", \
	  "A phone is registered or has refreshed its binding.") \
	X(REGISTER_REFUSED, register_refused, WARN, BRIEF, "rule account from status", \
	  "A REGISTER was refused.") \
	X(BINDING_GONE, binding_gone, INFO, BRIEF, "account contact rule", \
	  "A binding has expired or was removed.") \
	X(CALL_STARTED, call_started, INFO, FREE, "call from account to peer", \
	  "A call was allowed and goes out.") \
	X(CALL_ANSWERED, call_answered, INFO, FREE, "call peer", "A call was answered.") \
	X(CALL_REFUSED, call_refused, WARN, BRIEF, "rule from account to status call peer", \
	  "A call was refused; rule says why.") \
	X(CALL_ENDED, call_ended, INFO, FREE, \
	  "call rule from account to peer status talk_ms side loss_ppm jitter_us", \
	  "A call is over: the one line of its verdict.") \
	X(EMERGENCY_CALL, emergency_call, WARN, FREE, "call from account to peer", \
	  "An emergency number was dialled; every limit stands aside for it.") \
	X(FIRST_USE, first_use, WARN, BRIEF, "account peer class to call", \
	  "An account or PBX calls a class of numbers for the first time.") \
	X(LIMIT_MET, limit_met, WARN, BRIEF, "rule call account to ledger", \
	  "A budget refuses a call, or ends one that is up; ledger says which and by how much.") \
	X(LEDGER_OVERRUN, ledger_overrun, ERROR, FREE, "call trunk talk_ms paid_s", \
	  "A provider counts more talk than was paid ahead; the difference is spent all the same.") \
	X(MEDIA_SILENT, media_silent, WARN, BRIEF, "call silent_s side", \
	  "No media came for the configured time; the call is hung up.") \
	X(MEDIA_REFUSED, media_refused, WARN, BRIEF, "rule call from side", \
	  "A media packet or a media description was refused.") \
	X(TRUNK_REGISTERED, trunk_registered, INFO, BRIEF, "trunk expires_s", \
	  "The provider has accepted our registration.") \
	X(TRUNK_REFUSED, trunk_refused, ERROR, BRIEF, "rule trunk status retry_s", \
	  "The provider refuses our registration, or does not answer.") \
	X(TRUNK_FAILOVER, trunk_failover, WARN, BRIEF, "trunk next status call rule", \
	  "A trunk did not take a call; the next one is tried.") \
	X(SIGN_REFUSED, sign_refused, ERROR, BRIEF, "rule trunk method", \
	  "The vault did not sign: no grant covers the request, or the realm is not pinned.") \
	X(BOOK_CHANGED, book_changed, WARN, FREE, "rule account to", \
	  "The operator locked the site down or up, or opened or closed something by hand.") \
	X(ACCOUNT_CHANGED, account_changed, INFO, FREE, "account rule", \
	  "An account was added, changed or removed.") \
	X(STORE_FAILED, store_failed, ERROR, BRIEF, "rule why", \
	  "The database did not take or give a row.") \
	X(LEDGER_DAMAGED, ledger_damaged, ERROR, BRIEF, "rule id records", \
	  "Records were changed, removed or added by somebody else, from this one on.") \
	X(RING_FULL, ring_full, ERROR, BRIEF, "ring lost", \
	  "Another process does not take its messages; some are lost.") \
	X(POOL_FULL, pool_full, ERROR, BRIEF, "pool cap", \
	  "A fixed table is full; work is refused.") \
	X(MESSAGE_REFUSED, message_refused, ERROR, BRIEF, "rule peer kind", \
	  "A message of another process makes no sense.") \
	X(UNEXPECTED_STATE, unexpected_state, WARN, BRIEF, "machine state input call", \
	  "An input came in a state where it cannot come: our bug, or their attack.") \
	X(STATE_MOVED, state_moved, DEBUG, FREE, "machine old input new call", \
	  "A state machine has changed its state.")

#endif
