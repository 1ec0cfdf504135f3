#include "diff_sofia.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_parser.h>

/* Loaded at run time: linked, it would find our functions of the same names instead of its own. */
static msg_t *(*make)(msg_mclass_t const *mc, int flags, void const *data, ssize_t len);
static msg_mclass_t const *(*mclass)(void);
static msg_pub_t *(*object)(msg_t const *msg, void *tag);
static void (*destroy)(msg_t *msg);

static void *load(void *lib, const char *name)
{
	void *f = lib != NULL ? dlsym(lib, name) : NULL;

	if (f == NULL)
		abort(); /* tools/deps.sh installs it */
	return f;
}

static void load_all(void)
{
	void *lib = dlopen("libsofia-sip-ua.so.0", RTLD_NOW | RTLD_LOCAL);
	void *f[4] = { load(lib, "msg_make"), load(lib, "sip_default_mclass"),
		       load(lib, "msg_public"), load(lib, "msg_destroy") };

	memcpy(&make, &f[0], sizeof(f[0]));
	memcpy(&mclass, &f[1], sizeof(f[1]));
	memcpy(&object, &f[2], sizeof(f[2]));
	memcpy(&destroy, &f[3], sizeof(f[3]));
}

int sofia_read(struct sofia_view *out, const char *text, size_t len)
{
	const sip_t *sip;
	msg_t *msg;

	if (make == NULL)
		load_all();
	memset(out, 0, sizeof(*out));
	msg = make(mclass(), 0, text, (ssize_t)len);
	if (msg == NULL)
		return 0;
	out->msg = msg;
	sip = (const sip_t *)object(msg, (void *)SIP_PROTOCOL_TAG);
	if (sip == NULL || sip->sip_error != NULL || sip->sip_request == NULL ||
	    sip->sip_from == NULL || sip->sip_to == NULL || sip->sip_via == NULL ||
	    sip->sip_cseq == NULL || sip->sip_call_id == NULL)
		return 0;
	out->method = sip->sip_request->rq_method_name;
	out->uri_user = sip->sip_request->rq_url->url_user;
	out->uri_host = sip->sip_request->rq_url->url_host;
	out->call_id = sip->sip_call_id->i_id;
	out->cseq = sip->sip_cseq->cs_seq;
	out->cseq_method = sip->sip_cseq->cs_method_name;
	out->from_user = sip->sip_from->a_url->url_user;
	out->from_host = sip->sip_from->a_url->url_host;
	out->from_tag = sip->sip_from->a_tag;
	out->to_user = sip->sip_to->a_url->url_user;
	out->to_tag = sip->sip_to->a_tag;
	out->branch = sip->sip_via->v_branch;
	out->vias = sip->sip_via->v_next == NULL ? 1 : 2;
	out->body_len = sip->sip_payload != NULL ? (size_t)sip->sip_payload->pl_len : 0;
	return 1;
}

void sofia_done(struct sofia_view *view)
{
	if (view->msg != NULL)
		destroy(view->msg);
}
