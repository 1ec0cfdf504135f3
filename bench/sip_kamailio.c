/*
 * Kamailio as the peer: registrar with digest and stateful proxy, as lean as it can be, with its
 * fastest allocator and one worker for the one socket.
 *
 * HA1s lie in a hash table in memory, as tollgate's do; the nonce count is checked, as tollgate
 * does; the tables have as many rows as 100,000 accounts want.
 */
#include "bench/sip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

static const char config[] =
	"#!KAMAILIO\n"
	"debug=0\nlog_stderror=yes\nfork=yes\nchildren=1\ndisable_tcp=yes\nauto_aliases=no\n"
	"alias=\"" SIP_DOMAIN "\"\nlisten=udp:127.0.0.1:%u\nserver_signature=no\n"
	"max_while_loops=%d\n"
	"loadmodule \"kex.so\"\nloadmodule \"tm.so\"\nloadmodule \"sl.so\"\nloadmodule \"rr.so\"\n"
	"loadmodule \"pv.so\"\nloadmodule \"maxfwd.so\"\nloadmodule \"textops.so\"\n"
	"loadmodule \"siputils.so\"\nloadmodule \"usrloc.so\"\nloadmodule \"registrar.so\"\n"
	"loadmodule \"auth.so\"\nloadmodule \"htable.so\"\n"
	"modparam(\"usrloc\", \"db_mode\", 0)\nmodparam(\"usrloc\", \"hash_size\", 16)\n"
	"modparam(\"htable\", \"htable\", \"ha1=>size=16;\")\n"
	"modparam(\"registrar\", \"max_contacts\", 5)\n"
	"modparam(\"auth\", \"nonce_count\", 1)\nmodparam(\"auth\", \"nid_pool_no\", 1)\n"
	"event_route[htable:mod-init] {\n"
	"  $var(i) = %d;\n"
	"  while ($var(i) < %d) {\n"
	"    $var(u) = \"\" + $var(i);\n"
	"    $var(s) = $var(u) + \":" SIP_DOMAIN ":pw\" + $var(u);\n"
	"    $sht(ha1=>$var(u)) = $(var(s){s.md5});\n"
	"    $var(i) = $var(i) + 1;\n"
	"  }\n}\n"
	"request_route {\n"
	"  if (!mf_process_maxfwd_header(\"10\")) { sl_send_reply(\"483\", \"Too Many Hops\"); exit; }\n"
	"  if (is_method(\"OPTIONS\") && $rU == $null) { sl_send_reply(\"200\", \"OK\"); exit; }\n"
	"  if (has_totag()) {\n"
	"    if (loose_route()) { t_relay(); exit; }\n"
	"    if (is_method(\"ACK\")) { if (t_check_trans()) t_relay(); exit; }\n"
	"    sl_send_reply(\"404\", \"Not here\"); exit; }\n"
	"  if (is_method(\"CANCEL\")) { if (t_check_trans()) t_relay(); exit; }\n"
	"  if (is_method(\"ACK\")) exit;\n"
	"  if (is_method(\"REGISTER\") || (is_method(\"INVITE\") && $si != \"" SIP_PBX_IP "\")) {\n"
	"    if ($au == $null) { www_challenge(\"" SIP_DOMAIN "\", \"1\"); exit; }\n"
	"    if (!pv_www_authenticate(\"" SIP_DOMAIN "\", \"$sht(ha1=>$au)\", \"1\")) {\n"
	"      www_challenge(\"" SIP_DOMAIN "\", \"1\"); exit; }\n"
	"    if (!is_method(\"REGISTER\")) consume_credentials(); }\n"
	"  if (is_method(\"REGISTER\")) { save(\"location\"); exit; }\n"
	"  record_route();\n"
	"  if (!lookup(\"location\")) { sl_send_reply(\"404\", \"Not Found\"); exit; }\n"
	"  t_relay();\n"
	"}\n";

static void become_kamailio(const char *dir)
{
	char cfg[96], pid[96];

	snprintf(cfg, sizeof(cfg), "%s/kamailio.cfg", dir);
	snprintf(pid, sizeof(pid), "%s/kamailio.pid", dir);
	/* -DD: stays in the foreground, with its children */
	execlp("kamailio", "kamailio", "-DD", "-f", cfg, "-P", pid, "-w", dir, "-Y", dir, "-m",
	       "768", "-M", "16", "-x", "tlsf", "-X", "tlsf", (char *)NULL);
	_exit(127);
}

bool sip_kamailio_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	char path[96];
	FILE *f;

	(void)sockets;
	if (!sip_server_prepare(server, "kamailio"))
		return false;
	snprintf(path, sizeof(path), "%s/kamailio.cfg", server->dir);
	f = fopen(path, "we");
	if (f == NULL)
		return false;
	fprintf(f, config, ntohs(server->at.sin_port), SIP_ACCOUNTS + 10, SIP_FIRST,
	        SIP_FIRST + SIP_ACCOUNTS);
	if (fclose(f) != 0)
		return false;
	server->root = sip_fork(server);
	if (server->root == 0)
		become_kamailio(server->dir);
	return server->root > 0 && sip_server_wait(server, 60);
}
