/* The timers of RFC 3261 table 4 and RFC 6026 §6, by their letters. */
#ifndef TG_TXN_TIMERS_H
#define TG_TXN_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TXN_T1_MS = 500,  /* round trip estimate */
	TXN_T2_MS = 4000, /* longest interval between retransmissions but of INVITE */
	TXN_T4_MS = 5000, /* how long a message lives in the network */
	TXN_64T1_MS = 64 * TXN_T1_MS
};

#define TXN_UNUSED UINT32_MAX /* this timer is not started on such a transport */

/*
 * X(name, over UDP, over TCP and TLS, clock, meaning)
 *
 * A transaction runs at most one timer of each clock: RESEND or LIFE.
 * Timer C belongs to proxies (§16.6); how long a phone may ring is the half-call's to say.
 */
#define TXN_TIMERS(X)                                                                             \
	X(A, TXN_T1_MS, TXN_UNUSED, RESEND, "INVITE again, doubling (§17.1.1.2)")                 \
	X(B, TXN_64T1_MS, TXN_64T1_MS, LIFE, "INVITE was not answered (§17.1.1.2)")               \
	X(D, TXN_64T1_MS, 0, LIFE, "refusals still absorbed (§17.1.1.2)")                         \
	X(E, TXN_T1_MS, TXN_UNUSED, RESEND, "request again, doubling up to T2 (§17.1.2.2)")       \
	X(F, TXN_64T1_MS, TXN_64T1_MS, LIFE, "request was not answered (§17.1.2.2)")              \
	X(G, TXN_T1_MS, TXN_UNUSED, RESEND, "refusal again, doubling up to T2 (§17.2.1)")         \
	X(H, TXN_64T1_MS, TXN_64T1_MS, LIFE, "ACK of the refusal never came (§17.2.1)")           \
	X(I, TXN_T4_MS, 0, LIFE, "ACKs still absorbed (§17.2.1)")                                 \
	X(J, TXN_64T1_MS, 0, LIFE, "retransmitted requests still absorbed (§17.2.2)")             \
	X(K, TXN_T4_MS, 0, LIFE, "responses still absorbed (§17.1.2.2)")                          \
	X(L, TXN_64T1_MS, TXN_64T1_MS, LIFE, "retransmitted INVITEs still absorbed (RFC 6026)")   \
	X(M, TXN_64T1_MS, TXN_64T1_MS, LIFE, "further 2xx still passed up (RFC 6026)")            \
	X(2XX, TXN_T1_MS, TXN_T1_MS, RESEND, "2xx again, doubling up to T2 (§13.3.1.4)")          \
	X(CANCEL, TXN_64T1_MS, TXN_64T1_MS, LIFE, "no final response after our CANCEL (§9.1)")    \
	X(SILENT, TXN_64T1_MS, TXN_64T1_MS, LIFE, "OURS: our owner was silent (D14)")

enum txn_timer {
#define X(name, udp, tcp, clock, meaning) TXN_TIMER_##name,
	TXN_TIMERS(X)
#undef X
	TXN_TIMER_COUNT
};

/** First interval of a timer; TXN_UNUSED where it does not run; 0: at once. */
uint32_t txn_timer_ms(enum txn_timer timer, bool reliable);

/** True when it is of the RESEND clock: it sends something again. */
bool txn_timer_resends(enum txn_timer timer);

const char *txn_timer_name(enum txn_timer timer);

/** What it is for, as the manual says it. */
const char *txn_timer_meaning(enum txn_timer timer);

#endif
