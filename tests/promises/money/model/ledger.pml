/*
 * Promise 1 as a spin model: hold, renew, settle, crash, recover.
 *
 * One limit and two calls; money and talk in increments of one.  For each call there are
 * - the vault's part: its memory dies with it, and all calls share the limit;
 * - the carrier: knows how much talk is paid and sends BYE at its end; forgets all in a crash;
 * - the provider: answers, bills by its own clock, hangs up, and ends by its session timer what
 *   nobody refreshes;
 * and one disk that writes the vault's queue in order and says so.
 *
 * Checked: the provider never bills more than the limit (plus `extra`: what passes while the vault and
 * a carrier are both dead, the term that `status` prints for the death of the host); every hold ends,
 * once; what is billed is spent on the disk.  The graph has no cycle (run.py looks), so that every run
 * reaches the check at its end.
 *
 * Time: an increment beyond what is paid begins only when nobody is there who must have ended the call
 * before; that is what the guard of 2 s buys.  A carrier is back within it when the vault lives.
 * Not here: windows, nested ledgers, counts (the property test has them).
 *
 * Each -DMUTANT_x is a mistake that must be found.
 */
#define CALLS 2
#ifndef LIMIT
#define LIMIT 2
#endif
#ifndef VAULT_CRASHES
#define VAULT_CRASHES 1
#endif
#ifndef CARRIER_CRASHES
#define CARRIER_CRASHES 1 /* of both together */
#endif
#define SESSION 1         /* increments until the provider's session timer ends a call */
#define ALL 255           /* talk unknown: what was held is spent */

mtype = { HOLD, SETTLE, GRANT, RENEW, ASK, END, RUNNING, UNKNOWN, OVER,
	  INVITE, CANCEL, BYE, STOP, OK, FAIL, HUP, GONE };
mtype = { V_NONE, V_HELD, V_OPEN, V_ASK, V_ENDING, V_END,
	  C_IDLE, C_INVITED, C_CANCELLED, C_UP, C_BYE, C_LOST, C_STOP, C_DONE,
	  P_IDLE, P_RING, P_UP, P_OVER };

/* the vault's memory */
bool vup = true;
mtype vst[CALLS] = V_NONE;
byte held[CALLS], spent;
/* the disk */
byte dheld[CALLS], dspent;
chan queue = [5] of { mtype, byte, byte };       /* what, call, amount */
chan written[CALLS] = [3] of { byte };
/* carriers and the provider */
mtype cst[CALLS] = C_IDLE, pst[CALLS] = P_IDLE;
byte paid[CALLS], billed[CALLS];
bool died[CALLS];                                /* the vault is told */
chan v2c[CALLS] = [4] of { mtype, byte };
chan c2v[CALLS] = [3] of { mtype, byte };
chan c2p[CALLS] = [3] of { mtype };
chan p2c[CALLS] = [4] of { mtype };
/* of the checks alone */
byte extra, vault_crashes, carrier_crashes, settled[CALLS], stale[CALLS];

#define HELD_SUM (held[0] + held[1])
#define BILL (billed[0] + billed[1])
#define CHECK_BILL assert(BILL <= LIMIT + extra)

inline settle(c, cost)
{
	spent = spent + cost;
	held[c] = 0;
	vst[c] = V_END;
	queue!SETTLE, c, spent
}

inline drain2(ch, m, a)
{
	do
	:: nempty(ch) -> ch?m, a
	:: empty(ch) -> break
	od
}

proctype vault(byte c)
{
	mtype m;
	byte a;
end:	do
	:: atomic { vup && vst[c] == V_NONE ->
		if
		:: spent + HELD_SUM < LIMIT ->
			held[c] = 1;
			queue!HOLD, c, 1;
#ifdef MUTANT_INVITE_BEFORE_COMMIT
			v2c[c]!GRANT, 1;
			vst[c] = V_OPEN
#else
			vst[c] = V_HELD
#endif
		:: else -> vst[c] = V_END
		fi; a = 0 }
	:: atomic { vup && nempty(written[c]) ->
		written[c]?a;
		if
		:: vst[c] == V_HELD -> vst[c] = V_OPEN; v2c[c]!GRANT, a
		:: vst[c] == V_OPEN && a > 1 -> v2c[c]!RENEW, a
		:: else
		fi; a = 0 }
	/* a renewal, at any time, one at a time */
	:: atomic { vup && vst[c] == V_OPEN && spent + HELD_SUM < LIMIT && held[c] == dheld[c] &&
		    empty(written[c]) ->
		held[c]++;
		queue!HOLD, c, held[c] }
	:: atomic { vup && nempty(c2v[c]) ->
		c2v[c]?m, a;
		if
		:: vst[c] == V_END
		:: vst[c] != V_END && m == OVER ->
			if
			:: a == ALL -> settle(c, held[c])
			:: else -> settle(c, a)
			fi
		:: vst[c] == V_ASK && m == RUNNING -> vst[c] = V_OPEN
		:: vst[c] == V_ASK && m == UNKNOWN -> vst[c] = V_ENDING; v2c[c]!END, 0
		:: else
		fi; m = 0; a = 0 }
	:: atomic { vup && died[c] ->
		died[c] = false;
		if
		:: vst[c] == V_OPEN || vst[c] == V_ENDING || vst[c] == V_ASK ->
			vst[c] = V_ENDING;
			v2c[c]!END, 0
		:: else
		fi }
	od
}

proctype disk()
{
	mtype m;
	byte c, a;
end:	do
	:: atomic { nempty(queue) ->
		queue?m, c, a;
		if
		:: m == HOLD -> dheld[c] = a; written[c]!a
		:: m == SETTLE ->
			dspent = a;
#ifndef MUTANT_HOLD_ROW_STAYS
			dheld[c] = 0;
#endif
			settled[c]++;
			assert(settled[c] == 1)
		fi; m = 0; c = 0; a = 0 }
	od
}

/* The vault dies at any instruction; the disk keeps what it has written, rings may be lost. */
proctype vault_life()
{
	mtype m;
	byte c, a;
end:	do
	:: atomic { vup && vault_crashes < VAULT_CRASHES ->
		vault_crashes++;
		vup = false;
		spent = 0;
		do
		:: nempty(queue) -> queue?m, c, a
		:: empty(queue) -> break
		od;
		c = 0;
		do
		:: c < CALLS ->
			held[c] = 0;
			do
			:: nempty(written[c]) -> written[c]?a
			:: empty(written[c]) -> break
			od;
			if
			:: drain2(c2v[c], m, a)
			:: true
			fi;
			c++
		:: else -> break
		od;
		m = 0; c = 0; a = 0 }
	:: atomic { !vup ->
		vup = true;
		spent = dspent;
		do
		:: c < CALLS ->
			if
#ifdef MUTANT_FORGET_ON_RECOVER
			:: dheld[c] > 0 -> vst[c] = V_END; dheld[c] = 0
#else
			:: dheld[c] > 0 -> held[c] = dheld[c]; vst[c] = V_ASK; v2c[c]!ASK, 0
#endif
			:: dheld[c] == 0 && vst[c] != V_NONE -> vst[c] = V_END
			:: else
			fi;
			c++
		:: else -> break
		od;
		c = 0 }
	od
}

inline ask(c, answer)
{
	c2v[c]!answer, 0
}

proctype carrier(byte c)
{
	mtype m;
	byte a;
end:	do
	:: atomic { nempty(v2c[c]) ->
		v2c[c]?m, a;
		if
		:: m == GRANT && cst[c] == C_IDLE -> paid[c] = a; cst[c] = C_INVITED; c2p[c]!INVITE
		:: m == RENEW && (cst[c] == C_INVITED || cst[c] == C_UP || cst[c] == C_CANCELLED) ->
			paid[c] = a
		:: m == ASK && (cst[c] == C_IDLE || cst[c] == C_LOST || cst[c] == C_DONE) ->
			ask(c, UNKNOWN)
		:: m == ASK && !(cst[c] == C_IDLE || cst[c] == C_LOST || cst[c] == C_DONE) ->
			ask(c, RUNNING)
		:: m == END && cst[c] != C_STOP -> cst[c] = C_STOP; c2p[c]!STOP
		:: else
		fi; m = 0; a = 0 }
	:: atomic { nempty(p2c[c]) ->
		p2c[c]?m;
		if
		:: cst[c] == C_INVITED && m == OK -> cst[c] = C_UP
		:: cst[c] == C_CANCELLED && m == OK -> cst[c] = C_BYE; c2p[c]!BYE
		:: (cst[c] == C_INVITED || cst[c] == C_CANCELLED) && m == FAIL ->
			cst[c] = C_DONE;
			c2v[c]!OVER, 0
		:: (cst[c] == C_UP && m == HUP) || (cst[c] == C_BYE && (m == GONE || m == HUP)) ->
			cst[c] = C_DONE;
			c2v[c]!OVER, billed[c]
		:: cst[c] == C_STOP && m == GONE -> cst[c] = C_DONE; c2v[c]!OVER, ALL
		/* a 200 with our mark that nobody waits for */
		:: cst[c] == C_LOST && m == OK -> c2p[c]!STOP
		:: else
		fi; m = 0 }
	/* the user hangs up, or paid talk ends */
	:: atomic { cst[c] == C_INVITED ->
		cst[c] = C_CANCELLED;
		c2p[c]!CANCEL
#ifdef MUTANT_RELEASE_ON_CANCEL
		; c2v[c]!OVER, 0
#endif
		}
	:: atomic { cst[c] == C_UP -> cst[c] = C_BYE; c2p[c]!BYE }
	/* a crash */
	:: atomic { carrier_crashes < CARRIER_CRASHES && cst[c] != C_DONE && cst[c] != C_LOST &&
		    (cst[c] != C_IDLE || nempty(v2c[c])) ->
		carrier_crashes++;
		cst[c] = C_LOST;
		died[c] = true;
		drain2(v2c[c], m, a);
		m = 0; a = 0 }
	od
}

proctype provider(byte c)
{
	mtype m;
end:	do
	:: atomic { nempty(c2p[c]) ->
		c2p[c]?m;
		if
		:: m == INVITE -> assert(pst[c] == P_IDLE); pst[c] = P_RING
		:: m == CANCEL && pst[c] == P_RING -> pst[c] = P_OVER; p2c[c]!FAIL
		:: m == BYE || m == STOP -> pst[c] = P_OVER; p2c[c]!GONE
		:: else
		fi; m = 0 }
	:: atomic { pst[c] == P_RING -> pst[c] = P_UP; billed[c] = 1; CHECK_BILL; p2c[c]!OK }
	:: atomic { pst[c] == P_RING -> pst[c] = P_OVER; p2c[c]!FAIL }
	:: atomic { pst[c] == P_UP -> pst[c] = P_OVER; p2c[c]!HUP }
	/* its clock: the next increment begins */
	:: atomic { pst[c] == P_UP && billed[c] < paid[c] -> billed[c]++; CHECK_BILL }
#ifdef MUTANT_RENEWAL_IGNORED
	:: atomic { pst[c] == P_UP && billed[c] == paid[c] && cst[c] == C_UP ->
		billed[c]++;
		CHECK_BILL }
#endif
	:: atomic { pst[c] == P_UP && billed[c] >= paid[c] && cst[c] == C_LOST && !vup &&
		    stale[c] < SESSION ->
		billed[c]++;
		stale[c]++;
		extra++;
		CHECK_BILL }
	od
}

init
{
	atomic {
		run disk();
		run vault_life();
		run vault(0); run carrier(0); run provider(0);
		run vault(1); run carrier(1); run provider(1)
	}
	timeout; /* nothing is left to do */
	assert(vup && HELD_SUM == 0 && dheld[0] + dheld[1] == 0);
	assert(vst[0] == V_END && vst[1] == V_END);
	assert(pst[0] != P_RING && pst[0] != P_UP && pst[1] != P_RING && pst[1] != P_UP);
	assert(dspent == spent && spent <= LIMIT && BILL <= dspent + extra)
}
