#include "txn/rig_priv.h"

/* ---- stories: what comes when, and all that is sent and told, to the millisecond ---- */

enum op {
	END,
	INVITE,   /* ours */
	OPTIONS,  /* ours */
	RX,       /* response to it; arg = status; text = To tag */
	RX_C,     /* response to our CANCEL */
	HANG_UP,  /* txn_client_cancel() */
	FAIL,     /* the flow dies */
	GOT,      /* theirs; text = method, always the same branch */
	REPLY,    /* arg = status */
	ACKED,    /* the dialog saw the ACK */
	LEAVE     /* txn_abandon() */
};

struct act {
	uint32_t at_ms;
	enum op op;
	unsigned arg;
	const char *text;
};

static void note_found(struct rig *rig, enum txn_found found)
{
	static const char *const names[] = { "none", "absorbed", "cancels", "acks" };

	buf_fmt(&rig->notes, "%u = %s\n", (unsigned)(rig->now_ms - START_MS), names[found]);
}

static void act(struct rig *rig, const struct act *a)
{
	enum tg_err err = TG_OK;
	const char *method;

	rig_advance(rig, a->at_ms);
	switch (a->op) {
	case INVITE:
		err = rig_request(rig, "INVITE");
		break;
	case OPTIONS:
		err = rig_request(rig, "OPTIONS");
		break;
	case RX:
		method = rig->layer->stat.begun[TXN_ICT] > 0 ? "INVITE" : "OPTIONS";
		if (rig_response(rig, a->arg, method, a->text ? a->text : "t1") != TXN_ABSORBED)
			note_found(rig, TXN_NONE);
		break;
	case RX_C:
		if (rig_response(rig, a->arg, "CANCEL", "t1") != TXN_ABSORBED)
			note_found(rig, TXN_NONE);
		break;
	case HANG_UP:
		err = txn_client_cancel(rig->layer, rig->txn);
		break;
	case FAIL:
		txn_flow_failed(rig->layer, &rig->flow);
		break;
	case GOT:
		note_found(rig, rig_receive(rig, a->text, "z9hG4bKpeer"));
		break;
	case REPLY:
		err = rig_reply(rig, a->arg);
		break;
	case ACKED:
		txn_server_acked(rig->layer, rig->txn);
		break;
	case LEAVE:
		txn_abandon(rig->layer, rig->txn);
		break;
	case END:
		break;
	}
	if (err != TG_OK)
		buf_fmt(&rig->notes, "%u ! %s\n", a->at_ms, tg_strerror(err));
}


static const struct {
	const char *why;
	bool tcp;
	struct act acts[10];
	const char *want;
} stories[] = {
	{ "timers A and B", false, { { 0, INVITE } },
	  "0 > INVITE\n500 > INVITE\n1500 > INVITE\n3500 > INVITE\n7500 > INVITE\n15500 > INVITE\n"
	  "31500 > INVITE\n32000 * timeout\n32000 * ended\n" },
	{ "timer B alone over TCP", true, { { 0, INVITE } },
	  "0 > INVITE\n32000 * timeout\n32000 * ended\n" },
	{ "a 1xx stops A and B for good; M after a late 2xx", false,
	  { { 0, INVITE }, { 700, RX, 180 }, { 170000, RX, 183 }, { 170001, RX, 200 } },
	  "0 > INVITE\n500 > INVITE\n700 * 180\n170000 * 183\n170001 * 200\n202001 * ended\n" },
	{ "refusal: ACK, and again for each one that comes within D", false,
	  { { 0, INVITE }, { 300, RX, 486 }, { 1000, RX, 486 }, { 1100, RX, 180 },
	    { 32299, RX, 486 }, { 32301, RX, 486 } },
	  "0 > INVITE\n300 > ACK\n300 * 486\n1000 > ACK\n32299 > ACK\n"
	  "32300 * ended\n32301 = none\n" },
	{ "refusal over TCP: D is nothing", true,
	  { { 0, INVITE }, { 300, RX, 486 }, { 301, RX, 486 } },
	  "0 > INVITE\n300 > ACK\n300 * 486\n300 * ended\n301 = none\n" },
	{ "RFC 6026: each 2xx is passed up until M, of several forks", false,
	  { { 0, INVITE }, { 100, RX, 200, "a" }, { 600, RX, 200, "a" }, { 700, RX, 200, "b" },
	    { 800, RX, 180, "c" }, { 32099, RX, 200, "b" }, { 32101, RX, 200, "b" } },
	  "0 > INVITE\n100 * 200\n600 * 200\n700 * 200\n32099 * 200\n"
	  "32100 * ended\n32101 = none\n" },
	{ "§9.1: the CANCEL waits for a 1xx", false,
	  { { 0, INVITE }, { 10, HANG_UP }, { 600, RX, 100 }, { 650, RX_C, 200 },
	    { 700, RX, 487 } },
	  "0 > INVITE\n500 > INVITE\n600 > CANCEL\n600 * 100\n700 > ACK\n"
	  "700 * 487\n32700 * ended\n" },
	{ "the CANCEL waits in vain", false, { { 0, INVITE }, { 10, HANG_UP } },
	  "0 > INVITE\n500 > INVITE\n1500 > INVITE\n3500 > INVITE\n7500 > INVITE\n15500 > INVITE\n"
	  "31500 > INVITE\n32000 * timeout\n32000 * ended\n" },
	{ "§9.1: CANCEL is sent again by E; without a final response 64*T1 end it", false,
	  { { 0, INVITE }, { 0, RX, 180 }, { 0, HANG_UP }, { 0, HANG_UP }, { 3600, RX_C, 200 } },
	  "0 > INVITE\n0 * 180\n0 > CANCEL\n500 > CANCEL\n1500 > CANCEL\n3500 > CANCEL\n"
	  "32000 * timeout\n32000 * ended\n" },
	{ "C14: answered after the CANCEL; too late for another", false,
	  { { 0, INVITE }, { 50, RX, 180 }, { 100, HANG_UP }, { 150, RX, 200 }, { 160, RX_C, 481 },
	    { 170, HANG_UP } },
	  "0 > INVITE\n50 * 180\n100 > CANCEL\n150 * 200\n"
	  "170 ! cannot be done now\n32150 * ended\n" },
	{ "C14: answered before the waiting CANCEL could leave", false,
	  { { 0, INVITE }, { 10, HANG_UP }, { 20, RX, 200 } },
	  "0 > INVITE\n20 * 200\n32020 * ended\n" },
	{ "hang up a refused one, and one that is over", true,
	  { { 0, INVITE }, { 10, RX, 404 }, { 10, HANG_UP }, { 20, HANG_UP } },
	  "0 > INVITE\n10 > ACK\n10 * 404\n10 * ended\n10 ! no such entry\n20 ! no such entry\n" },
	{ "the owner leaves while it rings: cancelled, nothing told", false,
	  { { 0, INVITE }, { 10, RX, 180 }, { 20, LEAVE }, { 30, RX_C, 200 }, { 40, RX, 487 },
	    { 32041, RX, 487 } },
	  "0 > INVITE\n10 * 180\n20 > CANCEL\n40 > ACK\n32041 = none\n" },
	{ "the flow dies while it rings", true, { { 0, INVITE }, { 10, RX, 180 }, { 20, FAIL } },
	  "0 > INVITE\n10 * 180\n20 * failed\n20 * ended\n" },
	{ "timers E and F", false, { { 0, OPTIONS } },
	  "0 > OPTIONS\n500 > OPTIONS\n1500 > OPTIONS\n3500 > OPTIONS\n7500 > OPTIONS\n"
	  "11500 > OPTIONS\n15500 > OPTIONS\n19500 > OPTIONS\n23500 > OPTIONS\n27500 > OPTIONS\n"
	  "31500 > OPTIONS\n32000 * timeout\n32000 * ended\n" },
	{ "timer F alone over TCP", true, { { 0, OPTIONS } },
	  "0 > OPTIONS\n32000 * timeout\n32000 * ended\n" },
	{ "§17.1.2.2: after a 1xx E runs with T2", false, { { 0, OPTIONS }, { 600, RX, 100 } },
	  "0 > OPTIONS\n500 > OPTIONS\n600 * 100\n1500 > OPTIONS\n5500 > OPTIONS\n9500 > OPTIONS\n"
	  "13500 > OPTIONS\n17500 > OPTIONS\n21500 > OPTIONS\n25500 > OPTIONS\n29500 > OPTIONS\n"
	  "32000 * timeout\n32000 * ended\n" },
	{ "K absorbs what comes again", false,
	  { { 0, OPTIONS }, { 100, RX, 200 }, { 5099, RX, 200 }, { 5101, RX, 200 } },
	  "0 > OPTIONS\n100 * 200\n5100 * ended\n5101 = none\n" },
	{ "K is nothing over TCP", true, { { 0, OPTIONS }, { 100, RX, 404 } },
	  "0 > OPTIONS\n100 * 404\n100 * ended\n" },
	{ "C14: the ACK of the 2xx is lost for good: BYE is due", false,
	  { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 200 } },
	  "0 = none\n0 > 200\n500 > 200\n1500 > 200\n3500 > 200\n7500 > 200\n11500 > 200\n"
	  "15500 > 200\n19500 > 200\n23500 > 200\n27500 > 200\n31500 > 200\n"
	  "32000 * unacked\n32000 * ended\n" },
	{ "§13.3.1.4: over TCP too", true, { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 200 },
	    { 600, ACKED } },
	  "0 = none\n0 > 200\n500 > 200\n32000 * ended\n" },
	{ "RFC 6026: late INVITEs after the answer are absorbed until L", false,
	  { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 200 }, { 100, ACKED }, { 200, GOT, 0, "INVITE" },
	    { 31999, GOT, 0, "INVITE" }, { 31999, ACKED } },
	  "0 = none\n0 > 200\n200 = absorbed\n31999 = absorbed\n32000 * ended\n" },
	{ "an ACK of a 2xx with the INVITE's branch", false,
	  { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 200 }, { 100, GOT, 0, "ACK" }, { 100, ACKED } },
	  "0 = none\n0 > 200\n100 = acks\n32000 * ended\n" },
	{ "timers G and H: the ACK of a refusal never comes", false,
	  { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 486 } },
	  "0 = none\n0 > 486\n500 > 486\n1500 > 486\n3500 > 486\n7500 > 486\n11500 > 486\n"
	  "15500 > 486\n19500 > 486\n23500 > 486\n27500 > 486\n31500 > 486\n32000 * ended\n" },
	{ "the ACK ends G; I absorbs the next ones, and a late INVITE", false,
	  { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 486 }, { 100, GOT, 0, "INVITE" },
	    { 200, GOT, 0, "ACK" }, { 300, GOT, 0, "ACK" }, { 400, GOT, 0, "INVITE" },
	    { 5201, GOT, 0, "ACK" } },
	  "0 = none\n0 > 486\n100 > 486\n100 = absorbed\n200 = absorbed\n300 = absorbed\n"
	  "400 = absorbed\n5200 * ended\n5201 = none\n" },
	{ "over TCP no G, and I is nothing", true,
	  { { 0, GOT, 0, "INVITE" }, { 0, REPLY, 486 }, { 9000, GOT, 0, "ACK" } },
	  "0 = none\n0 > 486\n9000 = absorbed\n9000 * ended\n" },
	{ "a repeated INVITE gets the last provisional response", false,
	  { { 0, GOT, 0, "INVITE" }, { 1, GOT, 0, "INVITE" }, { 2, REPLY, 100 },
	    { 3, GOT, 0, "INVITE" }, { 4, REPLY, 180 }, { 5, GOT, 0, "INVITE" }, { 6, LEAVE } },
	  "0 = none\n1 = absorbed\n2 > 100\n3 > 100\n3 = absorbed\n4 > 180\n5 > 180\n"
	  "5 = absorbed\n" },
	{ "a second final response is refused", false,
	  { { 0, GOT, 0, "INVITE" }, { 1, REPLY, 200 }, { 2, REPLY, 487 }, { 3, LEAVE } },
	  "0 = none\n1 > 200\n2 ! cannot be done now\n" },
	{ "NIST: silence before the answer, then the answer again until J", false,
	  { { 0, GOT, 0, "OPTIONS" }, { 1, GOT, 0, "OPTIONS" }, { 2, REPLY, 200 },
	    { 3, GOT, 0, "OPTIONS" }, { 32001, GOT, 0, "OPTIONS" } },
	  "0 = none\n1 = absorbed\n2 > 200\n3 > 200\n3 = absorbed\n32001 > 200\n"
	  "32001 = absorbed\n32002 * ended\n" },
	{ "J over TCP is nothing", true, { { 0, GOT, 0, "OPTIONS" }, { 2, REPLY, 404 } },
	  "0 = none\n2 > 404\n2 * ended\n" },
	{ "D14: nobody answers a request", false,
	  { { 0, GOT, 0, "OPTIONS" }, { 100, REPLY, 100 }, { 200, GOT, 0, "OPTIONS" },
	    { 33000, REPLY, 200 } },
	  "0 = none\n100 > 100\n200 > 100\n200 = absorbed\n32000 * timeout\n32000 * ended\n"
	  "33000 ! no such entry\n" },
	{ "an ACK to nothing is for its dialog", false, { { 0, GOT, 0, "ACK" } }, "0 = none\n" },
	{ "D15: an ACK before any answer", false,
	  { { 0, GOT, 0, "INVITE" }, { 1, GOT, 0, "ACK" }, { 2, LEAVE } },
	  "0 = none\n1 = absorbed\n" },
	{ "§9.2: a CANCEL finds its INVITE, also after the answer (D15)", false,
	  { { 0, GOT, 0, "INVITE" }, { 1, REPLY, 200 }, { 2, ACKED }, { 3, GOT, 0, "CANCEL" } },
	  "0 = none\n1 > 200\n3 = cancels\n32001 * ended\n" },
};

TEST(stories)
{
	static struct rig rig;

	for (size_t i = 0; i < COUNT(stories); i++) {
		rig_init(&rig, stories[i].tcp);
		for (const struct act *a = stories[i].acts; a->op != END; a++)
			act(&rig, a);
		rig_advance(&rig, 400000);
		if (!slice_eq(buf_slice(&rig.notes), slice_str(stories[i].want)))
			printf("%s\nwant:\n%sgot:\n%.*s", stories[i].why, stories[i].want,
			       SLICE_FMT(buf_slice(&rig.notes)));
		CHECK(slice_eq(buf_slice(&rig.notes), slice_str(stories[i].want)), stories[i].why);
		CHECK(rig_stat(&rig).used == 0 && txn_next_ms(rig.layer) == UINT64_MAX, "no leak");
		rig_fini(&rig);
	}
}
