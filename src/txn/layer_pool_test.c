#include "txn/rig_priv.h"

/* ---- pools, storms, memory ---- */

TEST(full_pool_and_reserve)
{
	static struct rig rig;
	struct txn_client what = { .owner = 77, .method = SLICE("INVITE"), .call_id = SLICE("x") };
	struct txn_draft draft;
	char branch[32];

	rig_init(&rig, false);
	for (int i = 0; i < RIG_CAP - RIG_RESERVE; i++) {
		snprintf(branch, sizeof(branch), "z9hG4bK%d", i);
		CHECK(rig_receive(&rig, "INVITE", branch) == TXN_NONE && rig.txn.slot != 0, "room");
	}
	CHECK(rig_receive(&rig, "INVITE", "z9hG4bKmore") == TXN_NONE && rig.txn.slot == 0, "full");
	CHECK(rig_request(&rig, "INVITE") == TG_ENOMEM, "for ours too");
	CHECK(rig_stat(&rig).pool_full == 2, "counted");
	what.flow = rig.flow;
	what.emergency = true;
	for (int i = 0; i < RIG_RESERVE; i++) {
		CHECK(txn_client_begin(rig.layer, &what, &draft) == TG_OK, "emergency");
		if (i > 0) {
			txn_client_drop(rig.layer, &draft);
			continue;
		}
		buf_lit(&draft.out, "INVITE sip:112@h SIP/2.0\r\n\r\n");
		CHECK(txn_client_send(rig.layer, &draft) == TG_OK, "also the buffer");
	}
	CHECK(rig_stat(&rig).used == RIG_CAP - RIG_RESERVE + 1, "a dropped draft is gone");
	rig_fini(&rig);
}

TEST(messages_of_any_size)
{
	static char big[TXN_MESSAGE_MAX + 1];
	static const struct {
		const char *why;
		size_t len;
		enum tg_err want;
	} rows[] = {
		{ "small", 768, TG_OK },
		{ "middle", 769, TG_OK },
		{ "large", 2049, TG_OK },
		{ "largest", TXN_MESSAGE_MAX, TG_OK },
		{ "too large", TXN_MESSAGE_MAX + 1, TG_ELIMIT },
	};
	static struct rig rig;

	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct txn_client what = { .owner = 77, .method = SLICE("OPTIONS") };
		struct txn_draft draft;

		rig_init(&rig, false);
		what.flow = rig.flow;
		CHECK(txn_client_begin(rig.layer, &what, &draft) == TG_OK, "room");
		buf_put(&draft.out, slice_of(big, rows[i].len));
		CHECK(txn_client_send(rig.layer, &draft) == rows[i].want, rows[i].why);
		rig_advance(&rig, 600);
		CHECK(rig.sent == (rows[i].want == TG_OK ? 2 : 0), rows[i].why);
		CHECK(rig.sent == 0 || rig.last_len == rows[i].len, "sent again, whole");
		rig_fini(&rig);
	}
}

TEST(no_buffer_for_a_copy)
{
	static char big[4096];
	static struct rig rig;
	struct txn_client what = { .owner = 77, .method = SLICE("OPTIONS") };
	struct txn_draft draft;
	enum tg_err err = TG_OK;
	struct buf b;

	rig_init(&rig, false);
	memset(big, 'x', sizeof(big));
	what.flow = rig.flow;
	CHECK(rig_receive(&rig, "OPTIONS", "z9hG4bKpeer") == TXN_NONE, "new");
	for (int i = 0; i < 3 && err == TG_OK; i++) {
		CHECK(txn_client_begin(rig.layer, &what, &draft) == TG_OK, "room");
		buf_put(&draft.out, slice_of(big, sizeof(big)));
		err = txn_client_send(rig.layer, &draft);
	}
	CHECK(err == TG_ENOMEM && rig_stat(&rig).buffer_full == 1, "nothing is sent, counted");
	b = txn_server_write(rig.layer, rig.txn);
	buf_put(&b, slice_of(big, sizeof(big)));
	CHECK(txn_server_reply(rig.layer, rig.txn, 200, &b) == TG_OK, "an answer goes out once");
	CHECK(rig_receive(&rig, "OPTIONS", "z9hG4bKpeer") == TXN_ABSORBED, "absorbed in silence");
	CHECK(rig.sent == 2 && rig_stat(&rig).buffer_full == 2, "counted");
	rig_fini(&rig);
}

TEST(storms)
{
	static struct rig rig;

	rig_init(&rig, false);
	CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_NONE, "new");
	CHECK(rig_reply(&rig, 404) == TG_OK, "refused");
	for (int i = 0; i < 1000; i++) {
		rig.notes.len = 0;
		CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_ABSORBED, "D13: INVITEs");
	}
	CHECK(rig.sent == 1001 && rig_stat(&rig).used == 1, "one answer each, no memory");
	for (int i = 0; i < 1000; i++)
		CHECK(rig_receive(&rig, "ACK", "z9hG4bKpeer") == TXN_ABSORBED, "D13: ACKs");
	for (int i = 0; i < 1000; i++)
		CHECK(rig_receive(&rig, "INVITE", "z9hG4bKpeer") == TXN_ABSORBED, "late INVITEs");
	CHECK(rig.sent == 1001 && rig_stat(&rig).used == 1, "silence");
	rig_fini(&rig);
}

TEST(a_hundred_thousand_calls_leave_nothing)
{
	static struct rig rig;
	uint64_t ms = 0;
	char branch[32];

	rig_init(&rig, false);
	for (int i = 0; i < 100000; i++) {
		rig.notes.len = 0;
		snprintf(branch, sizeof(branch), "z9hG4bK-%d", i);
		CHECK(rig_receive(&rig, "INVITE", branch) == TXN_NONE && rig.txn.slot != 0, "D14");
		if (i % 2 == 0)
			CHECK(rig_reply(&rig, i % 4 == 0 ? 200 : 486) == TG_OK, "never ACKed");
		else
			txn_abandon(rig.layer, rig.txn);
		CHECK(rig_request(&rig, i % 3 ? "INVITE" : "OPTIONS") == TG_OK, "never answered");
		if (i % 4 == 3) {
			ms += 32001;
			rig_advance(&rig, ms);
			CHECK(rig_stat(&rig).used == 0, "D14: freed by timers");
		}
	}
	rig_fini(&rig);
}

/* ---- an owner that acts from within ---- */

static void try_again(struct rig *rig, const struct txn_event *event)
{
	if (event->kind == TXN_RESPONSE && event->msg->status == 401) {
		struct txn_draft first = rig->draft;

		CHECK(rig_request(rig, "OPTIONS") == TG_OK, "with credentials");
		CHECK(strcmp(first.branch, rig->draft.branch) != 0, "§8.1.3.5: a new branch");
		txn_abandon(rig->layer, first.txn);
	}
	if (event->kind == TXN_TIMEOUT)
		txn_abandon(rig->layer, event->txn);
}

static void hang_up(struct rig *rig, const struct txn_event *event)
{
	if (event->kind == TXN_RESPONSE && event->msg->status == 180)
		CHECK(txn_client_cancel(rig->layer, event->txn) == TG_OK, "at once");
	if (event->kind == TXN_ENDED)
		CHECK(txn_client_cancel(rig->layer, event->txn) == TG_ENOENT, "it is over");
}

TEST(owners_act_from_within_an_event)
{
	static struct rig rig;

	rig_init(&rig, false);
	rig.hook = try_again;
	CHECK(rig_request(&rig, "OPTIONS") == TG_OK, "begun");
	(void)rig_response(&rig, 401, "OPTIONS", "t1");
	rig_advance(&rig, 40000);
	CHECK(rig_stat(&rig).used == 0, "both are over");
	CHECK(rig_stat(&rig).timeouts == 1, "the second was not answered");
	rig_fini(&rig);
	rig_init(&rig, false);
	rig.hook = hang_up;
	CHECK(rig_request(&rig, "INVITE") == TG_OK, "begun");
	(void)rig_response(&rig, 180, "INVITE", "t1");
	(void)rig_response(&rig, 487, "INVITE", "t1");
	rig_advance(&rig, 40000);
	CHECK(slice_eq(buf_slice(&rig.notes),
	               SLICE("0 > INVITE\n0 * 180\n0 > CANCEL\n0 > ACK\n0 * 487\n32000 * ended\n")),
	      "CANCEL from within the 180");
	rig_fini(&rig);
}

TEST(memory_is_bounded_and_told)
{
	static struct rig rig;
	struct txn_stat stat;

	rig_init(&rig, false);
	stat = rig_stat(&rig);
	printf("txn: %zu octets a transaction, %zu with the layer's buffers and table at cap %u\n",
	       sizeof(struct txn), stat.bytes / stat.cap, stat.cap);
	CHECK(sizeof(struct txn) <= 176, "txn.h says 208 with its place in pool and table");
	rig_fini(&rig);
}
