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
#include <sys/stat.h>
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

/*
 * As an edge with all that guards and counts there, in front of a provider: pike, secfilter (with
 * lists, from db_text), geoip2, failed logins and calls counted in htable, calls as dialogs with a
 * profile, credit by cnxcc, and the phones' addresses hidden by topoh.  Nothing of it is on disk.
 */
static const char edge_config[] =
	"#!KAMAILIO\n"
	"debug=0\nlog_stderror=yes\nfork=yes\nchildren=1\ndisable_tcp=yes\nauto_aliases=no\n"
	"alias=\"" SIP_DOMAIN "\"\nlisten=udp:127.0.0.1:%u\nserver_signature=no\n"
	"max_while_loops=%d\n"
	"loadmodule \"kex.so\"\nloadmodule \"tm.so\"\nloadmodule \"sl.so\"\nloadmodule \"rr.so\"\n"
	"loadmodule \"pv.so\"\nloadmodule \"maxfwd.so\"\nloadmodule \"textops.so\"\n"
	"loadmodule \"siputils.so\"\nloadmodule \"auth.so\"\nloadmodule \"htable.so\"\n"
	"loadmodule \"pike.so\"\nloadmodule \"db_text.so\"\nloadmodule \"secfilter.so\"\n"
	"loadmodule \"geoip2.so\"\nloadmodule \"dialog.so\"\nloadmodule \"topoh.so\"\n"
	"loadmodule \"cnxcc.so\"\n"
	"modparam(\"htable\", \"htable\", \"ha1=>size=16;\")\n"
	"modparam(\"htable\", \"htable\", \"failed=>size=12;autoexpire=600;\")\n"
	"modparam(\"htable\", \"htable\", \"calls=>size=16;autoexpire=60;\")\n"
	"modparam(\"auth\", \"nonce_count\", 1)\nmodparam(\"auth\", \"nid_pool_no\", 1)\n"
	"modparam(\"pike\", \"sampling_time_unit\", 2)\n"
	"modparam(\"pike\", \"reqs_density_per_unit\", 1000000)\n"
	"modparam(\"secfilter\", \"db_url\", \"text://%s/db\")\n"
	"modparam(\"geoip2\", \"path\", \"%s/geo.mmdb\")\n"
	"modparam(\"rr\", \"enable_full_lr\", 1)\nmodparam(\"rr\", \"append_fromtag\", 1)\n"
	"modparam(\"dialog\", \"hash_size\", 4096)\n"
	"modparam(\"dialog\", \"profiles_with_value\", \"account\")\n"
	"modparam(\"cnxcc\", \"credit_check_period\", 1)\n"
	"modparam(\"topoh\", \"mask_key\", \"bench\")\nmodparam(\"topoh\", \"mask_ip\", \"10.1.1.10\")\n"
	"modparam(\"topoh\", \"mask_callid\", 1)\n"
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
	"  if (!pike_check_req()) exit;\n"
	"  secf_check_ip(); if ($? == -2) exit;\n"
	"  secf_check_ua(); if ($? == -2) exit;\n"
	"  if (is_method(\"OPTIONS\") && $rU == $null) { sl_send_reply(\"200\", \"OK\"); exit; }\n"
	"  if (has_totag()) {\n"
	"    if (loose_route()) { t_relay(); exit; }\n"
	"    if (is_method(\"ACK\")) { if (t_check_trans()) t_relay(); exit; }\n"
	"    sl_send_reply(\"404\", \"Not here\"); exit; }\n"
	"  if (is_method(\"CANCEL\")) { if (t_check_trans()) t_relay(); exit; }\n"
	"  if (is_method(\"ACK\")) exit;\n"
	"  if ($sht(failed=>$si) > 10) exit;\n"
	"  if (!geoip2_match(\"$si\", \"src\") || $gip2(src=>cc) != \"ES\") {\n"
	"    sl_send_reply(\"403\", \"Country\"); exit; }\n"
	"  secf_check_country($gip2(src=>cc)); if ($? == -2) exit;\n"
	"  if ($au == $null) { www_challenge(\"" SIP_DOMAIN "\", \"1\"); exit; }\n"
	"  if (!pv_www_authenticate(\"" SIP_DOMAIN "\", \"$sht(ha1=>$au)\", \"1\")) {\n"
	"    $var(f) = $shtinc(failed=>$si); www_challenge(\"" SIP_DOMAIN "\", \"1\"); exit; }\n"
	"  if (is_method(\"REGISTER\")) { sl_send_reply(\"200\", \"OK\"); exit; }\n"
	"  consume_credentials();\n"
	"  secf_check_from_hdr(); if ($? == -2) exit;\n"
	"  secf_check_to_hdr(); if ($? == -2) exit;\n"
	"  secf_check_contact_hdr(); if ($? == -2) exit;\n"
	"  secf_check_dst($rU); if ($? == -2) { sl_send_reply(\"403\", \"Destination\"); exit; }\n"
	"  if ($shtinc(calls=>$au) > 10) { sl_send_reply(\"403\", \"Calls a minute\"); exit; }\n"
	"  dlg_manage();\n"
	"  if (!set_dlg_profile(\"account\", \"$au\") || !get_profile_size(\"account\", \"$au\", \"$var(n)\")\n"
	"      || $var(n) > 2) { sl_send_reply(\"403\", \"Calls at a time\"); exit; }\n"
	"  if (!cnxcc_set_max_credit(\"$au\", \"100\", \"0.1\", \"0.01\", 60, 1)) {\n"
	"    sl_send_reply(\"503\", \"Credit\"); exit; }\n"
	"  record_route();\n"
	"  $ru = \"sip:\" + $rU + \"@%s\";\n"
	"  t_relay();\n"
	"}\n";

/* The lists of secfilter: some scanners and some numbers, none of which the load is. */
static const char secfilter_version[] =
	"table_name(string) table_version(int)\nsecfilter:1\n";
static const char secfilter_rows[] =
	"id(int,auto) action(int) type(int) data(string)\n"
	"1:0:0:friendly-scanner\n2:0:0:sipvicious\n3:0:0:sipcli\n4:0:0:pplsip\n5:0:1:KP\n"
	"6:0:2:nagios\n7:0:3:203.0.113.9\n8:0:4:sipvicious\n9:2:0:00882\n10:2:0:00881\n";

static FILE *file_in(const struct sip_server *server, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", server->dir, name);
	return fopen(path, "we");
}

static bool write_text(const struct sip_server *server, const char *name, const char *text)
{
	FILE *f = file_in(server, name);

	if (f != NULL)
		fputs(text, f);
	return f != NULL && fclose(f) == 0;
}

static bool start(struct sip_server *server)
{
	server->root = sip_fork(server);
	if (server->root == 0)
		become_kamailio(server->dir);
	return server->root > 0 && sip_server_wait(server, 60);
}

bool sip_kamailio_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	FILE *f;

	(void)sockets;
	if (!sip_server_prepare(server, "kamailio"))
		return false;
	f = file_in(server, "kamailio.cfg");
	if (f == NULL)
		return false;
	fprintf(f, config, ntohs(server->at.sin_port), SIP_ACCOUNTS + 10, SIP_FIRST,
	        SIP_FIRST + SIP_ACCOUNTS);
	return fclose(f) == 0 && start(server);
}

bool sip_kamailio_edge_start(struct sip_server *server, const struct sip_sockets *sockets)
{
	char path[96];
	FILE *f;

	if (!sip_server_prepare(server, "edge"))
		return false;
	snprintf(path, sizeof(path), "%s/db", server->dir);
	if (mkdir(path, 0700) != 0 || !write_text(server, "db/version", secfilter_version) ||
	    !write_text(server, "db/secfilter", secfilter_rows))
		return false;
	snprintf(path, sizeof(path), "%s/geo.mmdb", server->dir);
	f = file_in(server, "kamailio.cfg");
	if (f == NULL)
		return false;
	fprintf(f, edge_config, ntohs(server->at.sin_port), SIP_ACCOUNTS + 10, server->dir,
	        server->dir, SIP_FIRST, SIP_FIRST + SIP_ACCOUNTS, sockets->text[SIP_TRUNK]);
	return fclose(f) == 0 && sip_mmdb_write(path) && start(server);
}
