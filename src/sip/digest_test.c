#include "sip/digest.h"

#include <stdio.h>

#include "base/test.h"

#define REST "realm=\"r\", nonce=\"n\", uri=\"sip:h\", response=\"00\""

static const struct {
	const char *why;
	struct slice in;
	enum tg_err want;
} credentials[] = {
	{ "without qop", SLICE_INIT("Digest username=\"u\", " REST), TG_OK },
	{ "with qop", SLICE_INIT("digest username=\"u\",qop=auth,nc=0000000a,cnonce=\"c\"," REST),
	  TG_OK },
	{ "folded between parameters", SLICE_INIT("Digest username=\"u\",\r\n " REST), TG_OK },
	{ "quoted qop and algorithm (phones do)",
	  SLICE_INIT(
		  "Digest username=\"u\",qop=\"auth\",algorithm=\"MD5\",nc=00000001,"
		  "cnonce=\"c\"," REST),
	  TG_OK },
	{ "unknown parameters are read over", SLICE_INIT("Digest x=y,z=\"\",username=\"u\"," REST),
	  TG_OK },
	{ "escapes", SLICE_INIT("Digest username=\"u\\\"v\\\\\"," REST), TG_OK },
	{ "UTF-8 user", SLICE_INIT("Digest username=\"J\xc3\xa4s\"," REST), TG_OK },
	{ "another scheme", SLICE_INIT("NoOneKnowsThisScheme opaque-data=here"), TG_ENOENT },
	{ "Basic", SLICE_INIT("Basic QWxhZGRpbg=="), TG_ENOENT },
	{ "B19 nothing", SLICE_INIT(""), TG_EBAD },
	{ "B19 scheme alone", SLICE_INIT("Digest"), TG_EBAD },
	{ "B19 scheme and blank", SLICE_INIT("Digest  "), TG_EBAD },
	{ "B19 unterminated quote", SLICE_INIT("Digest username=\"u, "), TG_EBAD },
	{ "B19 unterminated, ends in a backslash", SLICE_INIT("Digest username=\"u\\"), TG_EBAD },
	{ "B19 escaped quote does not end it", SLICE_INIT("Digest " REST ",username=\"u\\\""),
	  TG_EBAD },
	{ "B19 name alone", SLICE_INIT("Digest username"), TG_EBAD },
	{ "no value", SLICE_INIT("Digest username=," REST), TG_EBAD },
	{ "no name", SLICE_INIT("Digest =\"u\"," REST), TG_EBAD },
	{ "duplicate", SLICE_INIT("Digest username=\"u\",USERNAME=\"v\"," REST), TG_EBAD },
	{ "duplicate of an unknown one", SLICE_INIT("Digest x=1,username=\"u\",X=2," REST),
	  TG_EBAD },
	{ "missing comma (RFC 3665 §2.1 prints it so)",
	  SLICE_INIT("Digest username=\"u\"\r\n " REST), TG_EBAD },
	{ "comma at the end", SLICE_INIT("Digest username=\"u\"," REST ","), TG_EBAD },
	{ "empty element", SLICE_INIT("Digest username=\"u\",," REST), TG_EBAD },
	{ "unquoted user", SLICE_INIT("Digest username=u," REST), TG_EBAD },
	{ "NUL in a value", SLICE_INIT("Digest username=\"u\0v\"," REST), TG_EBAD },
	{ "escaped NUL", SLICE_INIT("Digest username=\"u\\\0v\"," REST), TG_EBAD },
	{ "fold in a value", SLICE_INIT("Digest username=\"u\r\n v\"," REST), TG_EBAD },
	{ "no user", SLICE_INIT("Digest " REST), TG_EBAD },
	{ "no response", SLICE_INIT("Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"x\""),
	  TG_EBAD },
	{ "qop without nc", SLICE_INIT("Digest username=\"u\",qop=auth,cnonce=\"c\"," REST),
	  TG_EBAD },
	{ "qop without cnonce", SLICE_INIT("Digest username=\"u\",qop=auth,nc=00000001," REST),
	  TG_EBAD },
	{ "nc of seven", SLICE_INIT("Digest username=\"u\",qop=auth,nc=0000001,cnonce=\"c\"," REST),
	  TG_EBAD },
	{ "nc of nine",
	  SLICE_INIT("Digest username=\"u\",qop=auth,nc=000000001,cnonce=\"c\"," REST), TG_EBAD },
	{ "nc no hex", SLICE_INIT("Digest username=\"u\",qop=auth,nc=0000000g,cnonce=\"c\"," REST),
	  TG_EBAD },
	{ "two in one header", SLICE_INIT("Digest username=\"u\"," REST ", Digest username=\"v\""),
	  TG_EBAD },
	{ "semicolons", SLICE_INIT("Digest username=\"u\";" REST), TG_EBAD },
	{ "scheme glued", SLICE_INIT("Digest=username=\"u\"," REST), TG_EBAD },
};

TEST(digest_credentials)
{
	for (size_t i = 0; i < COUNT(credentials); i++) {
		struct sip_digest d;
		const char *why = NULL;
		enum tg_err err =
			sip_digest_parse_credentials(&d, test_guarded(credentials[i].in), &why);

		CHECK(err == credentials[i].want, credentials[i].why);
		CHECK((why == NULL) == (err == TG_OK), credentials[i].why);
	}
}

TEST(digest_prefixes_never_crash)
{
	static const struct slice all =
		SLICE_INIT("Digest username=\"u\\\"\", qop=auth, nc=00000001, cnonce=\"c\", " REST);
	struct sip_digest d;

	for (size_t n = 0; n < all.len; n++)
		CHECK(sip_digest_parse_credentials(&d, test_guarded(slice_head(all, n)), NULL) !=
		              TG_OK,
		      "a prefix is never complete");
	CHECK(sip_digest_parse_credentials(&d, all, NULL) == TG_OK, "the whole is");
	CHECK(slice_eq(d.username, SLICE("u\\\"")) && d.qop_auth && d.nc_value == 1, "fields");
}

TEST(digest_caps)
{
	static char text[12000];
	struct buf b = buf_on(text, sizeof(text));
	struct sip_digest d;

	buf_lit(&b, "Digest " REST ", username=\"");
	for (int i = 0; i < 1022; i++)
		buf_chr(&b, 'u');
	buf_chr(&b, '"');
	CHECK(sip_digest_parse_credentials(&d, buf_slice(&b), NULL) == TG_OK, "longest value");
	b.len--;
	buf_lit(&b, "u\"");
	CHECK(sip_digest_parse_credentials(&d, buf_slice(&b), NULL) == TG_ELIMIT, "one octet more");
	for (int i = 0; i < 10000; i++)
		buf_chr(&b, 'u');
	CHECK(sip_digest_parse_credentials(&d, buf_slice(&b), NULL) == TG_ELIMIT, "B6: 10 KB");
	b = buf_on(text, sizeof(text));
	buf_lit(&b, "Digest username=\"u\", " REST);
	for (int i = 0; i < 15; i++)
		buf_fmt(&b, ", p%d=x", i);
	CHECK(sip_digest_parse_credentials(&d, buf_slice(&b), NULL) == TG_OK, "20 parameters");
	buf_lit(&b, ", one=more");
	CHECK(sip_digest_parse_credentials(&d, buf_slice(&b), NULL) == TG_ELIMIT, "B19: 21");
}

static const struct {
	const char *why;
	struct slice in;
	enum tg_err want;
	bool known, auth, stale;
	enum tg_digest_alg alg;
} challenges[] = {
	{ "RFC 7616 §3.9.1",
	  SLICE_INIT("Digest realm=\"r\", qop=\"auth, auth-int\", algorithm=SHA-256, "
	             "nonce=\"n\", opaque=\"o\""),
	  TG_OK, true, true, false, TG_DIGEST_SHA256 },
	{ "RFC 3665 style",
	  SLICE_INIT("Digest realm=\"r\", qop=\"auth\",\r\n nonce=\"n\",\r\n opaque=\"\", "
	             "stale=FALSE, algorithm=MD5"),
	  TG_OK, true, true, false, TG_DIGEST_MD5 },
	{ "no algorithm is MD5", SLICE_INIT("Digest nonce=\"n\",realm=\"r\""), TG_OK, true, false,
	  false, TG_DIGEST_MD5 },
	{ "stale", SLICE_INIT("Digest nonce=\"n\",realm=\"r\",stale=\"TRUE\""), TG_OK, true, false,
	  true, TG_DIGEST_MD5 },
	{ "-sess", SLICE_INIT("Digest nonce=\"n\",realm=\"r\",algorithm=MD5-sess"), TG_OK, false,
	  false, false, TG_DIGEST_MD5 },
	{ "auth-int alone", SLICE_INIT("Digest nonce=\"n\",realm=\"r\",qop=\"auth-int\""), TG_OK,
	  true, false, false, TG_DIGEST_MD5 },
	{ "no nonce", SLICE_INIT("Digest realm=\"r\""), TG_EBAD, false, false, false,
	  TG_DIGEST_MD5 },
	{ "no realm", SLICE_INIT("Digest nonce=\"r\""), TG_EBAD, false, false, false,
	  TG_DIGEST_MD5 },
	{ "Kerberos", SLICE_INIT("Negotiate"), TG_ENOENT, false, false, false, TG_DIGEST_MD5 },
};

TEST(digest_challenges)
{
	for (size_t i = 0; i < COUNT(challenges); i++) {
		struct sip_digest d;
		const char *why = challenges[i].why;
		enum tg_err err =
			sip_digest_parse_challenge(&d, test_guarded(challenges[i].in), NULL);

		CHECK(err == challenges[i].want, why);
		if (err != TG_OK)
			continue;
		CHECK(d.alg_known == challenges[i].known && d.qop_auth == challenges[i].auth &&
		              d.stale == challenges[i].stale,
		      why);
		CHECK(!d.alg_known || d.alg == challenges[i].alg, why);
	}
}

TEST(digest_choose)
{
	static const struct slice text[] = {
		SLICE_INIT("Digest realm=\"r\",nonce=\"0\",algorithm=SHA-1"),
		SLICE_INIT("Digest realm=\"r\",nonce=\"1\",algorithm=MD5,qop=\"auth\""),
		SLICE_INIT("Digest realm=\"r\",nonce=\"2\",algorithm=SHA-256,qop=\"auth\""),
		SLICE_INIT("Digest realm=\"other\",nonce=\"3\",algorithm=SHA-512-256,qop=\"auth\""),
		SLICE_INIT("Digest realm=\"r\",nonce=\"4\",algorithm=SHA-512-256,qop=\"auth-int\""),
	};
	struct sip_digest list[COUNT(text)];
	const struct slice any = { NULL, 0 };

	for (size_t i = 0; i < COUNT(text); i++)
		CHECK(sip_digest_parse_challenge(&list[i], text[i], NULL) == TG_OK, "challenge");
	CHECK(sip_digest_choose(list, 5, any) == &list[3], "the strongest");
	CHECK(sip_digest_choose(list, 5, SLICE("r")) == &list[2], "B11: of our realm");
	CHECK(sip_digest_choose(list, 5, SLICE("R")) == NULL, "realms are exact");
	CHECK(sip_digest_choose(list, 1, any) == NULL, "none that we can compute");
}

static bool alg_of(enum tg_digest_alg *alg, struct slice name)
{
	for (int i = TG_DIGEST_MD5; i <= TG_DIGEST_SHA512_256; i++) {
		if (!slice_eq(name, slice_str(sip_digest_alg_name((enum tg_digest_alg)i))))
			continue;
		*alg = (enum tg_digest_alg)i;
		return true;
	}
	return false;
}

/* source algorithm username realm password method uri nonce qop nc cnonce response note */
enum column {
	SOURCE,
	ALGORITHM,
	USER,
	REALM,
	PASSWORD,
	METHOD,
	URI,
	NONCE,
	QOP,
	NC,
	CNONCE,
	RESPONSE,
	COLUMNS
};

static void check_vector(const struct slice col[COLUMNS])
{
	struct sip_digest_over over = { .method = col[METHOD],
		                        .uri = col[URI],
		                        .nonce = col[NONCE],
		                        .nc = col[NC],
		                        .cnonce = col[CNONCE],
		                        .qop_auth = slice_eq(col[QOP], SLICE("auth")) };
	uint8_t ha1[TG_DIGEST_MAX];
	char text[SIP_DIGEST_HEX_MAX], line[2048];
	struct buf b = buf_on(line, sizeof(line));
	struct sip_digest challenge = { .realm = col[REALM], .nonce = col[NONCE] }, back;
	struct slice response;

	CHECK(alg_of(&over.alg, col[ALGORITHM]), "algorithm");
	sip_digest_ha1(ha1, over.alg, col[USER], col[REALM], col[PASSWORD]);
	response = slice_of(text, sip_digest_response(text, ha1, &over));
	CHECK(slice_eq(response, col[RESPONSE]), "response");
	CHECK(sip_digest_verify(ha1, &over, col[RESPONSE]), "verify");
	challenge.opaque = SLICE("o\\\"p");
	sip_digest_write_credentials(&b, &challenge, col[USER], &over, response);
	CHECK(sip_digest_parse_credentials(&back, test_guarded(buf_slice(&b)), NULL) == TG_OK,
	      "what we write, we read");
	CHECK(back.alg == over.alg && back.alg_known && back.qop_auth == over.qop_auth, "written");
	CHECK(slice_eq(back.username, col[USER]) && slice_eq(back.realm, col[REALM]) &&
	              slice_eq(back.nonce, col[NONCE]) && slice_eq(back.uri, col[URI]) &&
	              slice_eq(back.response, response) && slice_eq(back.opaque, challenge.opaque),
	      "written");
	CHECK(!over.qop_auth || (slice_eq(back.nc, col[NC]) && slice_eq(back.cnonce, col[CNONCE])),
	      "written");
	over.method = SLICE("BYE");
	CHECK(!sip_digest_verify(ha1, &over, col[RESPONSE]), "B7: another method");
	over.method = col[METHOD];
	over.uri = SLICE("sip:other");
	CHECK(!sip_digest_verify(ha1, &over, col[RESPONSE]), "B7: another URI");
}

TEST(digest_vectors)
{
	struct slice rest, line;
	char path[512];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/vectors/digest/digest.tsv", test_data_dir());
	rest = test_file(path);
	rest = slice_cut(rest, '\n', &line);
	while (rest.len > 0) {
		struct slice col[COLUMNS];

		rest = slice_cut(rest, '\n', &line);
		for (size_t i = 0; i < COLUMNS; i++)
			line = slice_cut(line, '\t', &col[i]);
		check_vector(col);
		count++;
	}
	CHECK(count >= 10, "all vectors were seen");
}

TEST(digest_wrong_responses)
{
	static const struct {
		const char *why;
		struct slice response;
	} wrong[] = {
		{ "B8 empty", SLICE_INIT("") },
		{ "B8 short", SLICE_INIT("6629fae49393a05397450978507c4ef") },
		{ "B8 upper case", SLICE_INIT("6629FAE49393A05397450978507C4EF1") },
		{ "B8 NUL", SLICE_INIT("6629fae49393a05397450978507c4ef\0") },
		{ "longer", SLICE_INIT("6629fae49393a05397450978507c4ef10") },
		{ "NULs behind", SLICE_INIT("6629fae49393a05397450978507c4ef1\0\0") },
		{ "last digit", SLICE_INIT("6629fae49393a05397450978507c4ef2") },
	};
	struct sip_digest_over over = { TG_DIGEST_MD5,
		                        true,
		                        SLICE_INIT("GET"),
		                        SLICE_INIT("/dir/index.html"),
		                        SLICE_INIT("dcd98b7102dd2f0e8b11d0f600bfb0c093"),
		                        SLICE_INIT("00000001"),
		                        SLICE_INIT("0a4f113b") };
	uint8_t ha1[TG_DIGEST_MAX];

	sip_digest_ha1(ha1, TG_DIGEST_MD5, SLICE("Mufasa"), SLICE("testrealm@host.com"),
	               SLICE("Circle Of Life"));
	CHECK(sip_digest_verify(ha1, &over, SLICE("6629fae49393a05397450978507c4ef1")), "right");
	for (size_t i = 0; i < COUNT(wrong); i++)
		CHECK(!sip_digest_verify(ha1, &over, test_guarded(wrong[i].response)),
		      wrong[i].why);
	over.qop_auth = false;
	CHECK(!sip_digest_verify(ha1, &over, SLICE("6629fae49393a05397450978507c4ef1")),
	      "B7: qop stripped");
}

TEST(digest_write_challenge)
{
	char text[512];
	struct buf b = buf_on(text, sizeof(text));
	struct sip_digest d;

	sip_digest_write_challenge(&b, SLICE("a\"b\\c"), SLICE("n"), TG_DIGEST_SHA256, true);
	CHECK(slice_eq(buf_slice(&b),
	               SLICE("Digest realm=\"a\\\"b\\\\c\", nonce=\"n\", algorithm=SHA-256, "
	                     "qop=\"auth\", stale=true")),
	      "RFC 7616 §3.3");
	CHECK(sip_digest_parse_challenge(&d, buf_slice(&b), NULL) == TG_OK && d.stale && d.qop_auth,
	      "what we write, we read");
}
