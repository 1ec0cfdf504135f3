#!/usr/bin/env python3
"""Keep the documents true: fill in what follows from the code, and check what they name.

Usage: tools/docs.py [--write] [--tollgate BINARY]

Blocks between `<!-- generated: NAME -->` and `<!-- /generated -->` are made from headers and from
the program's own help; without --write a block that is old is an error.  In backticks, paths must
exist, `name()` must be a function of src/, and `topic: words` must be a case of tests/wire; a line
of shell that begins with tollgate or make must be a command or target that there is.  No may name a path of somebody's machine or the host of a package registry.
"""
import argparse
import csv as csv_reader
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "examples/README.md"]
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)
FOREIGN = re.compile(r"(?:^|[\s(`\"'])/(?:tmp|work|root|home|Users)/|"
                     r"pypi\.|npmjs\.|crates\.io|artifactory|proxy\.golang|deb\.debian|"
                     r"ghcr\.io|docker\.io")

# header, constant, unit, what it bounds
CAPS = [
    ("src/sip/message.h", "SIP_MESSAGE_MAX", "octets", "a SIP message"),
    ("src/sip/message.h", "SIP_HEADERS_MAX", "", "header fields of a message"),
    ("src/sip/message.h", "SIP_LINE_MAX", "octets", "the start line; a header field with its folds"),
    ("src/sip/message.h", "SIP_VIAS_MAX", "", "Via values of a message"),
    ("src/sip/header.h", "SIP_VALUES_MAX", "", "values of one list header"),
    ("src/sip/header.h", "SIP_PARAMS_MAX", "", "parameters of one header value"),
    ("src/sip/uri.h", "SIP_URI_MAX", "octets", "a URI; longer in the request line is 414"),
    ("src/sip/uri.h", "SIP_URI_PARAMS_MAX", "", "parameters of one URI"),
    ("src/sip/digest.h", "SIP_DIGEST_HEADER_MAX", "octets", "a digest header value"),
    ("src/sip/digest.h", "SIP_DIGEST_VALUE_MAX", "octets", "one value in it"),
    ("src/sip/digest.h", "SIP_DIGEST_PARAMS_MAX", "", "parameters in it"),
    ("src/sip/multipart.h", "SIP_MULTIPART_PARTS_MAX", "", "parts of a multipart body"),
    ("src/sip/multipart.h", "SIP_MULTIPART_BOUNDARY_MAX", "octets", "its boundary"),
    ("src/sip/multipart.h", "SIP_MULTIPART_HEADERS_MAX", "", "header lines of a part"),
    ("src/sip/multipart.h", "SIP_MULTIPART_HEAD_MAX", "octets", "headers of a part"),
    ("src/sip/sdp.h", "SIP_SDP_BYTES_MAX", "octets", "a session description"),
    ("src/sip/sdp.h", "SIP_SDP_LINES_MAX", "", "its lines, attributes included"),
    ("src/sip/sdp.h", "SIP_SDP_LINE_MAX", "octets", "one line of it"),
    ("src/sip/sdp.h", "SIP_SDP_MEDIA_MAX", "", "its media lines"),
    ("src/sip/sdp.h", "SIP_SDP_FORMATS_MAX", "", "formats of one media line"),
    ("src/link/msg.h", "LINK_STREAMS_MAX", "", "audio lines that a call may relay"),
    ("src/txn/txn.h", "TXN_MESSAGE_MAX", "octets", "a message that tollgate sends"),
    ("src/leg/leg_priv.h", "LEG_TEXT_MAX", "octets", "all text of one dialog; more is 513"),
    ("src/role/edge_priv.h", "EDGE_CONTACTS_MAX", "", "Contacts of one REGISTER"),
    ("src/role/edge_priv.h", "EDGE_PENDING_MAX", "", "REGISTERs of one edge that wait for the vault"),
    ("src/location/location.h", "LOCATION_USER_MAX", "octets", "a user name that registers"),
    ("src/location/location.h", "LOCATION_CONTACT_MAX", "octets", "its Contact URI"),
    ("src/number/number.h", "NUMBER_MAX", "octets", "a number that may go to a trunk"),
    ("src/role/vault_priv.h", "VAULT_BRANCHES_MAX", "", "attempts of one call"),
    ("src/conf/conf.h", "CONF_TEXT_MAX", "octets", "the configuration file"),
]

TIMES = [
    ("src/leg/leg_priv.h", "LEG_ASK_MS", "ms", "The vault or the relay does not answer: 503."),
    ("src/leg/leg_priv.h", "LEG_TRUNK_MS", "ms",
     "A trunk gives no sign of life after an INVITE: the next one is tried."),
    ("src/leg/leg_priv.h", "LEG_GRACE_MS", "ms",
     "A lost final response, or the ACK of a 200, may still come."),
    ("src/leg/leg_priv.h", "LEG_SESSION_S", "s",
     "The session timer that a trunk is asked for; half of it is the time between refreshes."),
    ("src/leg/leg_priv.h", "LEG_SESSION_MAX_S", "s",
     "The longest one that a trunk may insist on; else the next trunk is tried."),
    ("src/leg/leg_priv.h", "LEG_WARN_MS", "ms",
     "So much must be left of a paid call for the caller to be warned."),
    ("src/leg/leg_priv.h", "LEG_REPORT_MS", "ms", "The relay's last figures for the record."),
    ("src/proc/site.c", "RING_MAX_S", "s", "Nobody answers: the caller gets 480."),
    ("src/role/edge_priv.h", "EDGE_NONCE_LIFE_S", "s", "A nonce of ours is stale after it."),
    ("src/role/edge_priv.h", "EDGE_PENDING_MS", "ms", "A REGISTER waits for the vault: then 503."),
    ("src/role/vault_priv.h", "VAULT_CLAIM_MS", "ms",
     "Beyond the time to ring: a call that outlived the vault may claim its record."),
    ("src/role/grants.c", "UA_GRANT_MS", "ms", "A grant that nobody uses is void."),
    ("src/trunk/registration.c", "RETRY_S", "s",
     "A refused registration is tried again; the wait doubles."),
    ("src/trunk/registration.c", "RETRY_MAX_S", "s", "The longest such wait."),
    ("src/proc/warden_children.c", "BACKOFF_FIRST_MS", "ms",
     "A process that died is started again; the wait doubles while it dies at once."),
    ("src/proc/warden_children.c", "BACKOFF_MAX_MS", "ms", "The longest such wait."),
]


def text(path):
    return (ROOT / path).read_text()


def constant(path, name):
    found = re.search(rf"\b{name} = ([^,;}}/]+)", text(path))
    if not found:
        sys.exit(f"docs: {path} has no constant {name}")
    value = found.group(1).strip()
    shift = re.fullmatch(r"(\d+) << (\d+)", value)
    return int(shift.group(1)) << int(shift.group(2)) if shift else int(value)


def caps(_):
    return ["| at most | of what | constant |", "|--:|---|---|",
            *(f"| {constant(p, n):,} {u} | {w} | `{n}` in `{p}` |".replace("  ", " ")
              for p, n, u, w in CAPS)]


def times(_):
    return ["| time | what | constant |", "|--:|---|---|",
            *(f"| {constant(p, n):,} {u} | {w} | `{n}` in `{p}` |" for p, n, u, w in TIMES)]


def events(_):
    table = text("src/base/log_events.h").replace("\\\n", " ")
    rows = re.findall(r'X\(\w+,\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)",\s*((?:"[^"]*"\s*)+)\)', table)
    out = ["| event | level | limited | fields | meaning |", "|---|---|---|---|---|"]
    for name, level, limit, fields, words in rows:
        meaning = "".join(re.findall(r'"([^"]*)"', words))
        out.append(f"| {name} | {level.lower()} | {'yes' if limit == 'BRIEF' else 'no'} "
                   f"| {fields} | {meaning} |")
    return out


def comment(path, start, end):
    """Lines of a comment between two marks, as written."""
    found = re.search(rf"{start}\n(.*?)\n \*{end}", text(path), re.DOTALL)
    if not found:
        sys.exit(f"docs: the comment of {path} has changed; see comment() here")
    return ["```text", *(re.sub(r"^ \* ?", "", line) for line in found.group(1).split("\n")), "```"]


def dialling(_):
    return comment("src/policy/policy.h", "The steps, in order, with the names that a verdict may carry:", "/")


def rules(_):
    """The manual page of each rule, in the order of the chain; settings of its own follow below."""
    names = re.findall(r'\[POLICY_\w+\] = \{ SLICE_INIT\("([a-z-]+)"\), \w+, (true|false) \}',
                       text("src/policy/policy.c"))
    out = []
    for name, always in names:
        page = ROOT / "src/policy/rules" / name.replace("-", "_") / "manual.md"
        if page.exists():
            switch = "has no switch" if always == "true" else f"`rules.{name}`"
            out += ["", f"**{name}** ({switch})", "", *page.read_text().rstrip().split("\n")]
    return out[1:]


def sdp(_):
    return comment("src/sip/sdp_write.h", r"Passes, and nothing else \(the manual lists it too\):", "/")


def signing(_):
    return comment("src/role/vault_sign.c", r"What the vault signs for a trunk, and nothing else.*?:",
                   "/")


def media(_):
    rows = re.findall(r'X\(MEDIA_PEER_\w+,\s+"([^"]+)"\)', text("src/media/peer.h"))
    return [f"- {row}" for row in rows[1:]]


def names(table, columns):
    """Rows of a table in src/number/class.h as the compiler sees them: text and help."""
    code = subprocess.run([*os.environ.get("CC", "cc").split(), "-E", "-P", "-xc", f"-I{ROOT}/src", "-"],
                          input=f'#include "number/class.h"\n{table}(ROW)\n', text=True,
                          capture_output=True, check=True).stdout
    string = r'((?:"[^"]*"\s*)+)'
    rows = [["".join(re.findall(r'"([^"]*)"', part)) for part in row]
            for row in re.findall(rf"ROW\(\w+,\s*{string},\s*{string}\)", code)]
    return [columns, "|---|---|", *(f"| {name} | {help} |" for name, help in rows)]


def number_types(_):
    return names("NUMBER_TYPE_TABLE", "| type | numbers |")


def number_classes(_):
    return names("NUMBER_CLASS_TABLE", "| class | numbers |")


def rates_csv(name):
    lines = (ROOT / "data/rates" / name).read_text().splitlines()
    return list(csv_reader.DictReader(line for line in lines if not line.startswith("#")))


def bands(_):
    rows = rates_csv("bands.csv")
    zones = list(dict.fromkeys(r["zone"] for r in rows if r["zone"] != "*"))
    cell = {(r["type"], r["zone"]): f"{r['per minute']} + {r['connect fee']}" for r in rows}
    if any((r["first increment"], r["next increment"]) != ("60", "60") for r in rows):
        sys.exit("docs: the manual says that every band bills whole minutes")
    out = ["| type | " + " | ".join(zones) + " |", "|---|" + "--:|" * len(zones)]
    for kind in dict.fromkeys(r["type"] for r in rows):
        own = [cell.get((kind, zone), cell.get((kind, "*"), "")) for zone in zones]
        out.append(f"| {kind} | " + " | ".join(own) + " |")
    return out


def zones(_):
    rows = rates_csv("zones.csv")
    return ["| zone | territories |", "|---|---|",
            *(f"| {r['zone']} | {r['territories']} |" for r in rows if r["zone"] != "apart"),
            "| world | all others |"]


def apart(_):
    return ["```text", *(r["territories"] for r in rates_csv("zones.csv") if r["zone"] == "apart"), "```"]


def table_of(path, prefix):
    """Rows of a state table in C: state, event, next state, action."""
    code = text(path).replace("\\\n", " ")
    lists = dict(re.findall(r"#define ([AB]_\w+)\s+(\[LEG_EV.*?)\n\n", code, re.DOTALL))
    code = code.partition("_table[")[2]
    for name, cells in lists.items():
        code = code.replace(f"\t{name},", cells + ",")
    for state, cells in re.findall(rf"\[{prefix}_(\w+)\] = \{{(.*?)\n\t\}}", code, re.DOTALL):
        for event, how in re.findall(r"\[LEG_EV_(\w+)\]\s*=\s*(\w+(?:\([\w, ]*\))?)", cells):
            words = re.findall(r"\w+", how)
            after = words[1] if words[0] in ("TO", "GO") else "" if words[0] == "KEEP" else "stays"
            yield state, event, after, words[-1] if words[0] in ("TO", "KEEP") else ""


def state_table(path, prefix):
    out, last = ["| state | event | next | action |", "|---|---|---|---|"], None
    for state, event, after, action in table_of(path, prefix):
        shown = f"**{state}**" if state != last else ""
        last = state
        out.append(f"| {shown} | {event} | {after} | {action} |")
    return out


def calls(_):
    return state_table("src/leg/call.c", "CALL")


def offers(_):
    return state_table("src/leg/offer.c", "OFFER")


RECORD = {
    "start_ms": "when it was asked for (these three: wall clock, ms since 1970; 0 = not)",
    "answer_ms": "when it was answered",
    "end_ms": "when it was over",
    "talk_ms": "how long it was up",
    "ring_ms": "how long it rang",
    "status": "the final SIP status that the caller got; 200 = answered",
    "cause": "Q.850 cause, when tollgate has one",
    "disposition": "0 answered, 1 no answer, 2 busy, 3 failed",
    "ended_by": "0 not ended, 1 the caller's side, 2 the callee's, 3 tollgate",
    "emergency": "1: an emergency call",
    "a_party": "who called: 1 account, 2 PBX, 3 trunk",
    "b_party": "who was called, likewise; 0 = refused before",
    "account": "the account that called, or that the PBX named as the caller; else empty",
    "src": "the caller: the account, or what the PBX or trunk claims",
    "dst": "what was dialled",
    "name": "the display name that the caller gave",
    "a_peer": "name of the account, PBX or trunk that called",
    "b_peer": "name of the one that was called last",
    "rule": "what decided, or why it ended",
    "source_addr": "where the INVITE came from",
    "packets": "RTP packets that this side sent",
    "octets": "octets of these",
    "dropped": "of these dropped: malformed, from elsewhere, too many",
    "lost": "lost on the way to tollgate, by sequence numbers",
    "jitter_us": "jitter (RFC 3550), microseconds",
    "silent_ms": "since its last packet, at the end",
    "number": "the number that was priced, as +34911234567; empty = nothing was",
    "sent": "what the trunk was sent last",
    "class": "its class, as a number: its place in the table of classes, from 0",
    "price_source": "0 the trunk's deck, 1 the site's, 2 bands, 3 the dearest",
    "rate": "price of a minute over the last trunk, millionths of the currency",
    "connect": "connect fee, likewise",
    "first_s": "first increment in seconds",
    "next_s": "every later one; 0 = nothing was priced",
    "cost": "what the call has cost, all its attempts, millionths of the currency",
}


def records(_):
    table = text("src/store/store_priv.h").partition("STORE_RECORD_COLUMNS(X)")[2]
    table = table.partition("\n\n")[0]
    names = re.findall(r"X\(\w+, (\w+),", table)
    return ["| column | meaning |", "|---|---|",
            *(f"| {n} | {RECORD[n]} |" for n in names if not re.match(r"[ab]_\w+", n) or n in RECORD),
            *(f"| a_{n}, b_{n} | of each side: {RECORD[n]} |" for n in
              (n[2:] for n in names if n.startswith("a_") and n not in RECORD))]


def csv(_):
    table = text("src/cli/csv.c").partition("headings[] = {")[2].partition("};")[0]
    table = re.sub(r"/\*.*?\*/", "", table)
    names = re.findall(r'"(\w+)"', table)
    return ["```text", ", ".join(names[:18]) + ",", ", ".join(names[18:]), "```"]


def program(binary, *words):
    return subprocess.run([binary, *words], check=True, capture_output=True, text=True).stdout


def commands(binary):
    return ["```text", *program(binary, "--help").rstrip().split("\n"), "```"]


def value_of(row):
    kind = row["type"]
    if "names" in row:
        kind = ", ".join(f"`{name}`" for name in row["names"])
    elif "target" in row:
        kind = f"a name from {row['target']}"
    if "min" in row:
        kind += f", {row['min']} to {row['max']}"
    if "unit" in row:
        kind += f" {row['unit']}"
    return f"list of: {kind}" if row.get("list") else kind


def default_of(row):
    if row["required"]:
        return "must be given"
    if "default_from" in row:
        return f"that of {row['default_from']}"
    return f"`{row['default']}`" if row.get("default") else "none"


def options(binary):
    out, section = [], None
    for row in json.loads(program(binary, "show", "options", "--json")):
        if row["section"] != section:
            section = row["section"]
            out += [""] * bool(out) + [f"### {section}", "", "| setting | value | default | meaning |",
                                       "|---|---|---|---|"]
        out.append(f"| {row['name']} | {value_of(row)} | {default_of(row)} | {row['help']} |")
    return out


MAKERS = {make.__name__: make for make in
          (caps, times, events, dialling, rules, sdp, signing, media, calls, offers, records,
           csv, commands, options, number_types, number_classes,
           bands, zones, apart)}
NEED_BINARY = {"commands", "options"}


def renew(path, write, binary, bad):
    old = path.read_text()

    def fill(found):
        name = found.group(2)
        if name in NEED_BINARY and not binary:
            return found.group(0)
        return found.group(1) + "\n".join(MAKERS[name](binary)) + "\n" + found.group(3)
    new = BLOCK.sub(fill, old)
    if new == old:
        return
    if write:
        path.write_text(new)
    else:
        bad.append(f"{path.relative_to(ROOT)}: old; run tools/docs.py --write --tollgate BINARY")


def check_names(path, bad):
    source = "\n".join(p.read_text() for p in (ROOT / "src").rglob("*.[ch]"))
    cases = set()
    for file in (ROOT / "tests/wire").glob("test_*.py"):
        cases.update(re.findall(r'@case\(f?"([^"]+)"', file.read_text()))
    topics = {case.partition(":")[0] for case in cases}
    words = path.read_text()
    where = path.relative_to(ROOT)
    for name in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", words, flags=re.DOTALL)):
        call = re.fullmatch(r"(\w+)\(\)", name)
        if call and not re.search(rf"\b{call.group(1)}\(", source):
            bad.append(f"{where}: no function {name}")
        elif re.fullmatch(r"(?:src|docs|tests|tools|examples|bench|data)/[\w./*-]+", name) and \
                not list(ROOT.glob(name.rstrip("/"))):
            bad.append(f"{where}: no file {name}")
        elif ": " in name and name.partition(":")[0] in topics and name not in cases:
            bad.append(f"{where}: no case {name}")
    commands = set(re.findall(r'\{ "(\w+)", cmd_', text("src/cli/main.c")))
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    for line in "".join(re.findall(r"```sh\n(.*?)```", words, re.DOTALL)).split("\n"):
        program, _, rest = line.partition(" ")
        if (program == "tollgate" and rest.split()[0] not in commands) or \
                (program == "make" and rest.split()[0] not in targets):
            bad.append(f"{where}: nobody knows `{line}`")
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", words):
        if not (path.parent / link).exists():
            bad.append(f"{where}: link to {link} leads nowhere")
    for n, line in enumerate(words.split("\n"), 1):
        if FOREIGN.search(line):
            bad.append(f"{where}:{n}: names a place outside the project")


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--write", action="store_true")
    args.add_argument("--tollgate", help="the program, for what its help says")
    args = args.parse_args()
    bad = []
    for path in DOCS:
        if path.exists():
            renew(path, args.write, args.tollgate, bad)
            check_names(path, bad)
    print("\n".join(bad) or "docs: ok")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
