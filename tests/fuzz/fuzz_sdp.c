/*
 * Session descriptions and bodies: any octets; what is accepted is rewritten, and the result must
 * parse to what was meant and name no address but ours.  A first octet of 'm' makes the rest a
 * multipart body with the boundary "b".
 */
#include "sip/multipart.h"
#include "sip/sdp_write.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_where(const struct sip_sdp *sdp)
{
	struct tg_addr own = { .family = TG_AF_INET, .ip = { 203, 0, 113, 9 } };
	struct sip_sdp_us us = { .own = &own, .own_count = 1 };

	for (uint8_t i = 0; i < sdp->media_count; i++) {
		struct sip_sdp_where w;

		sip_sdp_where(&w, &sdp->media[i], &us);
		must(w.rtp.family == TG_AF_NONE ||
		     sip_sdp_target_of(&w.rtp, &us) != SIP_SDP_TARGET_NEVER);
		must(w.rtcp.family == TG_AF_NONE ||
		     sip_sdp_target_of(&w.rtcp, &us) != SIP_SDP_TARGET_NEVER);
		must(w.off == (sdp->media[i].port == 0) && !(w.hold && w.receives));
	}
}

static void check_line(const struct sip_sdp_media *from, const struct sip_sdp_media *to,
                       const struct sip_sdp_write *how)
{
	bool on = sip_sdp_can_relay(from);
	struct slice rest = to->section, value;
	char type;

	must(from->kind == to->kind && from->proto == to->proto);
	must(from->format_count == to->format_count && (to->port != 0) == on);
	if (!on) {
		must(to->section.len == 0);
		return;
	}
	must(memcmp(from->types, to->types, sizeof(to->types)) == 0);
	must(tg_addr_ip_eq(&to->conn.addr, &how->addr) && to->rtcp_conn.text.p == NULL);
	must(to->dir == sip_sdp_dir_of(from) && from->ptime_ms == to->ptime_ms);
	while (sip_sdp_next_line(&rest, &type, &value)) {
		must(type == 'a' || type == 'b');
		must(!slice_starts(value, SLICE("candidate")) &&
		     !slice_starts(value, SLICE("crypto")));
	}
}

static void rewrite(const struct sip_sdp *sdp)
{
	static char text[65536], twice[65536];
	static struct sip_sdp again;
	struct sip_sdp_write how = { .id = 1, .version = 2 };
	struct buf b = buf_on(text, sizeof(text)), c = buf_on(twice, sizeof(twice));

	how.addr = (struct tg_addr){ .family = TG_AF_INET, .ip = { 198, 51, 100, 1 } };
	for (uint16_t i = 0; i < SIP_SDP_MEDIA_MAX; i++) {
		how.stream[i].addr = how.addr;
		how.stream[i].addr.port = (uint16_t)(20000 + 2 * i);
	}
	sip_sdp_write(&b, sdp, &how);
	must(!b.full);
	if (b.len > SIP_SDP_BYTES_MAX)
		return; /* grew past the cap: the half-call refuses it */
	must(sip_sdp_parse(&again, buf_slice(&b), NULL) == TG_OK);
	must(again.media_count == sdp->media_count);
	for (uint8_t i = 0; i < sdp->media_count; i++)
		check_line(&sdp->media[i], &again.media[i], &how);
	sip_sdp_write(&c, &again, &how);
	must(slice_eq(buf_slice(&b), buf_slice(&c)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_sdp sdp;
	struct slice in = slice_of(data, size), part;
	struct sip_sdp_fault fault = { 0 };

	if (size > 0 && data[0] == 'm' &&
	    sip_multipart_sdp(&part, SLICE("multipart/mixed;boundary=b"), slice_skip(in, 1),
	                      NULL) == TG_OK)
		in = part;
	else
		(void)!sip_multipart_sdp(&part, in, SLICE("v=0"), NULL);
	if (sip_sdp_parse(&sdp, in, &fault) != TG_OK) {
		must(fault.rule != NULL && fault.offset <= in.len);
		return 0;
	}
	check_where(&sdp);
	rewrite(&sdp);
	return 0;
}
