#include "sip/multipart.h"

#include "base/buf.h"
#include "base/test.h"

#define MIXED "multipart/mixed;boundary=b"
#define SDP "Content-Type: application/sdp\r\n\r\nv=0\r\n"
#define ISUP \
	"Content-Type: application/isup;version=x\r\n" \
	"Content-Disposition: signal;handling=optional\r\n\r\n\1\0\2\r\n"

static const struct {
	const char *why;
	struct slice type, body;
	enum tg_err want;
	struct slice sdp;
} rows[] = {
	{ "SDP alone", SLICE_INIT("Application/SDP ; x=y"), SLICE_INIT("v=0\r\n"), TG_OK,
	  SLICE_INIT("v=0\r\n") },
	{ "another type", SLICE_INIT("text/plain"), SLICE_INIT("v=0\r\n"), TG_ENOENT, { 0 } },
	{ "one part", SLICE_INIT(MIXED), SLICE_INIT("--b\r\n" SDP "--b--\r\n"), TG_OK,
	  SLICE_INIT("v=0") },
	{ "LF only", SLICE_INIT(MIXED), SLICE_INIT("--b\nc: application/sdp\n\nv=0\n\n--b--"),
	  TG_OK, SLICE_INIT("v=0\n") },
	{ "SDP and ISUP", SLICE_INIT(MIXED), SLICE_INIT("--b\r\n" ISUP "--b\r\n" SDP "--b--\r\n"),
	  TG_OK, SLICE_INIT("v=0") },
	{ "quoted boundary, blanks behind it", SLICE_INIT("multipart/mixed; boundary=\"b c\""),
	  SLICE_INIT("\r\n--b c \t\r\n" SDP "--b c-- \r\ntrailer"), TG_OK, SLICE_INIT("v=0") },
	{ "no boundary",
	  SLICE_INIT("multipart/mixed"),
	  SLICE_INIT("--b\r\n" SDP "--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "A16 empty boundary",
	  SLICE_INIT("multipart/mixed;boundary=\"\""),
	  SLICE_INIT("--\r\n" SDP "----\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "A16 odd boundary",
	  SLICE_INIT("multipart/mixed;boundary=\"\1\""),
	  SLICE_INIT("--\1\r\n" SDP "--\1--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "boundary of 71",
	  SLICE_INIT("multipart/mixed;boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	             "aaaaaaaaaaaaaaaaaaaaaaaa"),
	  SLICE_INIT("x"),
	  TG_EBAD,
	  { 0 } },
	{ "boundary twice",
	  SLICE_INIT("multipart/mixed;boundary=b;boundary=c"),
	  SLICE_INIT("--b\r\n" SDP "--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "quote not closed",
	  SLICE_INIT("multipart/mixed;boundary=\"b"),
	  SLICE_INIT("--b\r\n" SDP "--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "not closed", SLICE_INIT(MIXED), SLICE_INIT("--b\r\n" SDP "--b\r\n"), TG_EBAD, { 0 } },
	{ "no part", SLICE_INIT(MIXED), SLICE_INIT("--b--\r\n"), TG_EBAD, { 0 } },
	{ "preamble",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("hello\r\n--b\r\n" SDP "--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "two SDP parts",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\n" SDP "--b\r\n" SDP "--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "no SDP", SLICE_INIT(MIXED), SLICE_INIT("--b\r\n" ISUP "--b--\r\n"), TG_ENOENT, { 0 } },
	{ "no headers: text/plain",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\n\r\nx\r\n--b--\r\n"),
	  TG_ENOENT,
	  { 0 } },
	{ "no body",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nContent-Type: a/b\r\n\r\n--b--\r\n"),
	  TG_ENOENT,
	  { 0 } },
	{ "no empty line",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nContent-Type: a/b\r\n--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "empty SDP",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nContent-Type: application/sdp\r\n\r\n--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "A16 nested",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n" SDP
	             "--c--\r\n--b--\r\n"),
	  TG_EBAD,
	  { 0 } },
	{ "base64",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nContent-Transfer-Encoding: base64\r\n" SDP "--b--"),
	  TG_EBAD,
	  { 0 } },
	{ "two types in one part",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nContent-Type: a/b\r\n" SDP "--b--"),
	  TG_EBAD,
	  { 0 } },
	{ "folded header hides a type",
	  SLICE_INIT(MIXED),
	  SLICE_INIT("--b\r\nX: y\r\n Content-Type: a/b\r\n" SDP "--b--"),
	  TG_EBAD,
	  { 0 } },
	{ "required part that we do not know",
	  SLICE_INIT(MIXED),
	  SLICE_INIT(
		  "--b\r\nContent-Type: a/b\r\n"
		  "Content-Disposition: signal; handling=required\r\n\r\nx\r\n"
		  "--b\r\n" SDP "--b--\r\n"),
	  TG_EDENIED,
	  { 0 } },
};

TEST(multipart_rows)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice out = { 0 };
		const char *why = NULL;
		enum tg_err err = sip_multipart_sdp(&out, test_guarded(rows[i].type),
		                                    test_guarded(rows[i].body), &why);

		CHECK(err == rows[i].want, rows[i].why);
		CHECK((why == NULL) == (err == TG_OK), rows[i].why);
		CHECK(slice_eq(out, rows[i].sdp), rows[i].why);
	}
}

static enum tg_err many(const char *what, size_t count, const char *end)
{
	static char text[100000];
	struct buf b = buf_on(text, sizeof(text));
	struct slice out;

	for (size_t i = 0; i < count; i++)
		buf_str(&b, what);
	buf_str(&b, end);
	return sip_multipart_sdp(&out, SLICE(MIXED), test_guarded(buf_slice(&b)), NULL);
}

TEST(multipart_caps)
{
	CHECK(many("--b\r\n\r\nx\r\n", 8, "--b--\r\n") == TG_ENOENT, "as many parts as the cap");
	CHECK(many("--b\r\n\r\nx\r\n", 9, "--b--\r\n") == TG_ELIMIT, "one more");
	CHECK(many("--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n", 200, "--b--\r\n") ==
	              TG_EBAD,
	      "A16: 200 nested parts");
	CHECK(many("--b\r\nX: y\r\n", 1, "\r\nx\r\n--b--\r\n") == TG_ENOENT, "one header");
	CHECK(many("--b\r\n", 1,
	           "A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n"
	           "A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n"
	           "A: b\r\n\r\nx\r\n--b--") ==
	              TG_ELIMIT,
	      "17 headers in a part");
}
