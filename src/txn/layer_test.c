#include "txn/rig_priv.h"

/* ---- who matches ---- */

static void break_branch(struct rig *rig)
{
	char *c = &rig->draft.branch[TXN_BRANCH_LEN - 1];

	*c = *c == '0' ? '1' : '0';
}

static void replace(struct rig *rig, const char *what, const char *by)
{
	struct slice text = rig->msg.text;
	size_t n = strlen(what);

	CHECK(n == strlen(by), "same length");
	for (char *at = rig->in; (size_t)(at - rig->in) + n <= text.len; at++)
		if (memcmp(at, what, n) == 0)
			memcpy(at, by, n);
	read_in(rig, text.len);
}

TEST(responses_that_are_not_ours)
{
	static struct rig rig;
	struct tg_flow other;
	uint16_t proc = 0;

	rig_init(&rig, false);
	CHECK(rig_request(&rig, "INVITE") == TG_OK, "begun");
	CHECK(txn_branch_owner(slice_str(rig.draft.branch), &proc) && proc == RIG_PROC, "whose");
	CHECK(!txn_branch_owner(SLICE("z9hG4bKnashds8"), &proc), "a stranger's");
	(void)rig_response(&rig, 180, "INVITE", "t");
	other = rig.flow;
	other.remote.ip[3] ^= 1;
	CHECK(txn_client_input(rig.layer, &rig.msg, &other) == TXN_NONE, "R9: another address");
	other = rig.flow;
	other.iface ^= 1;
	CHECK(txn_client_input(rig.layer, &rig.msg, &other) == TXN_NONE, "another interface");
	CHECK(rig_stat(&rig).stray_peer == 2, "counted");
	other = rig.flow;
	other.remote.port ^= 1;
	CHECK(txn_client_input(rig.layer, &rig.msg, &other) == TXN_ABSORBED, "NAT moved the port");
	replace(&rig, "Call-ID: call-1", "Call-ID: call-9");
	CHECK(txn_client_input(rig.layer, &rig.msg, &rig.flow) == TXN_NONE, "R9: Call-ID");
	replace(&rig, "Call-ID: call-9", "Call-ID: call-1");
	replace(&rig, "CSeq: 5 INVITE", "CSeq: 6 INVITE");
	CHECK(txn_client_input(rig.layer, &rig.msg, &rig.flow) == TXN_NONE, "R9: CSeq");
	CHECK(rig_response(&rig, 200, "BYE", "t") == TXN_NONE, "CSeq of another method");
	CHECK(rig_response(&rig, 200, "CANCEL", "t") == TXN_NONE, "no CANCEL is out");
	break_branch(&rig);
	CHECK(rig_response(&rig, 200, "INVITE", "t") == TXN_NONE, "a guessed branch");
	CHECK(rig_stat(&rig).stray_branch == 5, "counted");
	rig_fini(&rig);
}

TEST(branches_of_any_text)
{
	static const struct {
		const char *why;
		const char *text;
		bool ours;
	} rows[] = {
		{ "ours", "z9hG4bK01020000000100112233445566ff", true },
		{ "no slot", "z9hG4bK01020000000000112233445566ff", true },
		{ "slot that never was", "z9hG4bK0102ffffffff00112233445566ff", true },
		{ "capitals: another spelling", "z9hG4bK01020000000100112233445566FF", false },
		{ "short", "z9hG4bK01020000000100112233445566f", false },
		{ "long", "z9hG4bK01020000000100112233445566ff0", false },
		{ "no digit", "z9hG4bK0102000000010011223344556-ff", false },
		{ "no cookie", "z9hG4bk01020000000100112233445566ff", false },
		{ "empty", "", false },
	};
	static struct rig rig;

	rig_init(&rig, false);
	CHECK(rig_request(&rig, "INVITE") == TG_OK, "begun");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice text = test_guarded(slice_str(rows[i].text));
		uint16_t proc = 0;

		CHECK(txn_branch_owner(text, &proc) == rows[i].ours, rows[i].why);
		CHECK(proc == (rows[i].ours ? RIG_PROC : 0), rows[i].why);
		if (text.len == 0)
			continue; /* no response with it gets this far */
		memcpy(rig.draft.branch, text.p, text.len);
		rig.draft.branch[TG_MIN(text.len, (size_t)TXN_BRANCH_LEN)] = '\0';
		CHECK(rig_response(&rig, 200, "INVITE", "t") == TXN_NONE, rows[i].why);
	}
	rig_fini(&rig);
}

TEST(requests_that_differ)
{
	static const struct {
		const char *why;
		const char *what, *by;
		bool same;
	} rows[] = {
		{ "the same", "CSeq: 9", "CSeq: 9", true },
		{ "case of a host name", "Phone.example", "PHONE.example", true },
		{ "a new request under an old branch", "CSeq: 9", "CSeq: 8", false },
		{ "another call under the same branch", "call-2", "call-3", false },
		{ "sent-by host", "Phone.example", "phony.example", false },
		{ "sent-by port", ":5062", ":5063", false },
		{ "branch", "bKpeer", "bKpeeR", false },
	};
	static struct rig rig;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct txn_ref ref;
		enum txn_found want = rows[i].same ? TXN_ABSORBED : TXN_NONE;

		rig_init(&rig, false);
		CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_NONE, "new");
		replace(&rig, rows[i].what, rows[i].by);
		CHECK(txn_server_find(rig.layer, &rig.msg, &rig.flow, &ref) == want, rows[i].why);
		rig_fini(&rig);
	}
}

TEST(requests_without_the_cookie)
{
	static const struct {
		const char *why;
		const char *what, *by;
		bool same;
	} rows[] = {
		{ "RFC 3261 §17.2.3: the same", "CSeq: 9", "CSeq: 9", true },
		{ "Request-URI", "sip:101@192.0.2.1 SIP", "sip:102@192.0.2.1 SIP", false },
		{ "From tag", "tag=f2", "tag=f3", false },
		{ "top Via", ";rport", ";xport", false },
	};
	static struct rig rig;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct txn_ref ref;
		enum txn_found want = rows[i].same ? TXN_ABSORBED : TXN_NONE;

		rig_init(&rig, false);
		CHECK(rig_receive(&rig, "INVITE", "1") == TXN_NONE, "new");
		CHECK(rig_reply(&rig, 404) == TG_OK, "refused");
		replace(&rig, rows[i].what, rows[i].by);
		CHECK(txn_server_find(rig.layer, &rig.msg, &rig.flow, &ref) == want, rows[i].why);
		rig_fini(&rig);
	}
	rig_init(&rig, false);
	CHECK(rig_receive(&rig, "INVITE", "1") == TXN_NONE, "new");
	CHECK(rig_reply(&rig, 404) == TG_OK, "refused");
	CHECK(rig_receive(&rig, "ACK", "1") == TXN_ABSORBED, "its ACK");
	rig_fini(&rig);
}

TEST(requests_of_another_peer)
{
	static struct rig rig;
	struct tg_flow other;
	struct txn_ref ref;

	rig_init(&rig, false);
	CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_NONE, "new");
	other = rig.flow;
	other.remote.ip[3] ^= 1;
	CHECK(txn_server_find(rig.layer, &rig.msg, &other, &ref) == TXN_NONE, "seen on the wire");
	CHECK(rig_receive(&rig, "CANCEL", "z9hG4bKpeer") == TXN_CANCELS, "its own CANCEL");
	CHECK(txn_server_find(rig.layer, &rig.msg, &other, &ref) == TXN_NONE, "a forged CANCEL");
	rig_fini(&rig);
}

TEST(requests_that_share_a_place_in_the_table)
{
	static struct rig rig;
	struct txn *t;

	rig_init(&rig, false);
	CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_NONE, "new");
	t = tg_pool_find(rig.layer->pool, rig.txn);
	t->id ^= 0x500000005; /* another key, the same after the table's folding to 32 bits */
	CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_NONE, "a call would be lost");
	CHECK(rig_stat(&rig).used == 2, "both live");
	rig_fini(&rig);
}

TEST(cancel_is_a_transaction_of_its_own)
{
	static struct rig rig;
	struct txn_server what = { .owner = 77 };
	struct tg_handle invite;

	rig_init(&rig, false);
	what.flow = rig.flow;
	CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_NONE, "new");
	CHECK(rig_receive(&rig, "CANCEL", "z9hG4bKpeer") == TXN_CANCELS, "§9.2");
	invite = rig.txn;
	CHECK(txn_server_new(rig.layer, &rig.msg, &what, &rig.txn) == TG_OK, "taken");
	CHECK(rig_reply(&rig, 200) == TG_OK, "200 to the CANCEL");
	rig.txn = invite;
	CHECK(rig_reply(&rig, 487) == TG_OK, "487 to the INVITE");
	CHECK(rig_receive(&rig, "CANCEL", "z9hG4bKpeer") == TXN_ABSORBED, "the 200 was lost");
	CHECK(rig.sent == 3, "and comes again");
	CHECK(rig_receive(&rig, "ACK", "z9hG4bKpeer") == TXN_ABSORBED, "ACK of the 487");
	rig_fini(&rig);
}

/* ---- what we write ---- */

static void check_sent(struct rig *rig, const char *method, const char *to)
{
	char want[1024];

	snprintf(want, sizeof(want),
	         "%s sip:bob@192.0.2.9 SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=%s;rport\r\n"
	         "Route: <sip:p1.example;lr>\r\nRoute: <sip:p2.example;lr>\r\n"
	         "Max-Forwards: 70\r\nFrom: \"A\" <sip:alice@example.com>;tag=f1\r\n"
	         "To: %s\r\nCall-ID: call-1\r\nCSeq: 5 %s\r\nContent-Length: 0\r\n\r\n",
	         method, rig->draft.branch, to, method);
	if (!slice_eq(slice_of(rig->last, rig->last_len), slice_str(want)))
		printf("want:\n%sgot:\n%.*s", want, (int)rig->last_len, rig->last);
	CHECK(slice_eq(slice_of(rig->last, rig->last_len), slice_str(want)), method);
}

TEST(ack_and_cancel_are_made_of_the_invite)
{
	static struct rig rig;

	rig_init(&rig, false);
	CHECK(rig_request(&rig, "INVITE") == TG_OK, "begun");
	(void)rig_response(&rig, 180, "INVITE", "t1");
	CHECK(txn_client_cancel(rig.layer, rig.txn) == TG_OK, "rings");
	check_sent(&rig, "CANCEL", "<sip:bob@example.com>");
	(void)rig_response(&rig, 487, "INVITE", "t1");
	check_sent(&rig, "ACK", "<sip:bob@example.com>;tag=t1");
	rig_fini(&rig);
}
