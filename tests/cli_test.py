#!/usr/bin/env python3
"""The program as its owner meets it: exit status and words.  Usage: cli_test.py TOLLGATE EXAMPLES"""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile

BINARY, EXAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
WORK = pathlib.Path(tempfile.mkdtemp(prefix="tg_cli_"))
HOME, BAD, FIRST = EXAMPLES / "home.yaml", WORK / "bad.yaml", WORK / "new" / "first.yaml"
BAD.write_text("interfaces:\n  - { name: lan, listen: 10.0.0.1, side: insid }\nlimit: {}\n")
ABROAD, LOST = WORK / "abroad.yaml", WORK / "lost.yaml"
COUNTRIES = pathlib.Path(__file__).parent / "vectors/geo/countries.mmdb"
for path, database in (ABROAD, COUNTRIES), (LOST, WORK / "lost.mmdb"):
    path.write_text(HOME.read_text() + f"\nrules:\n  source:\n    database: {database}\n    countries: [ES]\n")

# why, arguments, exit status, in standard output, in standard error
ROWS = [
    ("nothing to do", [], 2, "", "usage: tollgate COMMAND"),
    ("usage is data when asked for", ["--help"], 0, "usage: tollgate COMMAND", ""),
    ("version", ["--version"], 0, "tollgate ", ""),
    ("misspelt command", ["shwo"], 2, "", 'did you mean "show"?'),
    ("misspelt option", ["check", "--confg=x"], 2, "", "did you mean --config?"),
    ("help of a command", ["init", "--help"], 0, "--data=VALUE", ""),
    ("right file", ["check", HOME], 0, "and nobody else", ""),
    ("first mistake", ["check", BAD], 1, "", f'{BAD}:2:42: interfaces.side: "insid" is not right'),
    ("second mistake", ["check", BAD], 1, "", f'{BAD}:3:1: unknown key "limit"'),
    ("mistakes as JSON", ["check", "--json", BAD], 1, '"line":2,"column":42', ""),
    ("age of the countries", ["check", ABROAD], 0, "guessed by Test-Country of 2026-01-01, ", ""),
    ("no countries", ["check", LOST], 1, "call nobody", ""),
    ("no countries as JSON", ["check", "--json", LOST], 1, '"ok":false', ""),
    ("no file", ["check", WORK / "none"], 1, "", "there is no"),
    ("a directory", ["check", WORK], 1, "", "cannot read"),
    ("defaults are shown", ["show", "config", f"--config={HOME}"], 0, "silence: 60", ""),
    ("settings are explained", ["show", "options"], 0, "60 to 86400 seconds; default: 600", ""),
    ("show what", ["show", "cofnig"], 2, "", "did you mean config?"),
    ("first start", ["init", f"--config={FIRST}", f"--data={WORK}"], 0, "and nobody else", ""),
    ("never twice", ["init", f"--config={FIRST}"], 1, "", "there already"),
    ("what init wrote is right", ["check", FIRST], 0, "No call can cost money", ""),
    ("a path that breaks YAML", ["init", f"--config={WORK / 'b'}", '--data=/a"b'], 2, "", "init:"),
]

RATES, DECK, WRONG = EXAMPLES / "rates.csv", WORK / "deck.csv", WORK / "wrong.csv"
SITE = f"--config={FIRST}"
DECK.write_text("# currency: EUR\nprefix,name,rate\n34,Spain,0.01\n53,Cuba,0.9\n")
WRONG.write_text("prefix,rate\n34,-1\n34x,1\n")
ROWS += [
    ("example of rates", ["rates", "check", RATES], 0, "no mistakes: 26 rows in EUR", ""),
    ("wrong rates, by line", ["rates", "check", WRONG], 1, "", f'{WRONG}:2: rate per minute "-1" is neg'),
    ("all of them", ["rates", "check", WRONG], 1, "", f'{WRONG}:3: prefix "34x" is not a prefix'),
    ("wrong rates as JSON", ["rates", "check", WRONG, "--json"], 1, '"line": 2, "text"', ""),
    ("no rates yet", ["rates", "list", SITE], 0, "worst-case bands", ""),
    ("a band", ["rates", "show", "+5312345678", SITE], 0, "by the worst-case band", ""),
    ("nothing to export", ["rates", "export", SITE], 1, "", "cannot open"),
    ("dry run", ["rates", "import", RATES, "--dry-run", SITE], 0, "nothing was changed", ""),
    ("and so it was", ["rates", "list", SITE], 0, "no rates were imported", ""),
    ("import", ["rates", "import", RATES, SITE], 0, "added 25, removed 0", ""),
    ("wrong rates change nothing", ["rates", "import", WRONG, SITE], 1, "", "refused as a whole"),
    ("a price by a row", ["rates", "show", "+5312345678", SITE], 0, '0.94 a minute', ""),
    ("and which", ["rates", "show", "+5312345678", SITE], 0, 'prefix 53 "Cuba"', ""),
    ("what changes", ["rates", "import", DECK, SITE, "--json"], 0, '"cheaper": 2', ""),
    ("export", ["rates", "export", SITE], 0, '53,"Cuba",0.90,0.00,60,60,', ""),
    ("no such trunk", ["rates", "export", "--trunk=x", SITE], 1, "", 'no trunk is called "x"'),
    ("misspelt verb", ["rates", "imprt", RATES], 2, "", "did you mean import?"),
    ("no file", ["rates", "import", SITE], 2, "", "name the file"),
]

CDR, CALLS, OPEN = WORK / "cdr.csv", WORK / "calls.csv", WORK / "open.yaml"
CDR.write_text('"","101","+33140000001","from-internal","x","SIP/101-1","SIP/acme-1","Dial","",'
               '"2026-01-02 10:00:00","2026-01-02 10:00:05","2026-01-02 10:01:05","65","60","ANSWERED","D"\n')
CALLS.write_text(CDR.read_text() + "what is this\n")
OPEN.write_text(HOME.read_text() + "rules: { where: { territories: [FR] } }\n")
ROWS += [
    ("a closed country", ["replay", CDR, f"--policy={HOME}", f"--old={HOME}"], 0, "where-territory    1    1", ""),
    ("opened", ["replay", CDR, f"--policy={OPEN}", f"--old={HOME}"], 0, "1 calls would become something else", ""),
    ("and its price", ["replay", CDR, f"--policy={OPEN}", f"--old={HOME}"], 0, "zone3-fixed", ""),
    ("as JSON", ["replay", CDR, f"--policy={OPEN}", f"--old={HOME}", "--json"], 0, '"new_cost": "0.20"', ""),
    ("wrong rows are refused", ["replay", CALLS, f"--policy={OPEN}", f"--old={HOME}"], 1, "", f"{CALLS}:2: fewer"),
    ("or skipped and counted", ["replay", CALLS, f"--policy={OPEN}", f"--old={HOME}", "--lenient"], 0,
     "1 wrong rows skipped", ""),
    ("which policy", ["replay", CDR], 2, "", "--policy=FILE"),
    ("no records", ["replay", WORK / "none", f"--policy={HOME}", f"--old={HOME}"], 1, "", "cannot read"),
    ("a wrong policy", ["replay", CDR, f"--policy={BAD}", f"--old={HOME}"], 1, "", f"{BAD}:2:42"),
    ("a misspelt kind of ledger", ["limits", "accont"], 2, "", "did you mean account?"),
    ("nothing runs", ["limits", SITE], 1, "", "does not run"),
    ("who would call", ["policy", "explain", "911234567", SITE], 2, "", "--as=ACCOUNT"),
    ("policy what", ["policy", "explian", "911234567", SITE], 2, "", "allowed: explain"),
    ("why what", ["why", SITE], 2, "", "something is missing"),
    ("why, before the first start", ["why", "101", SITE], 1, "", "never ran on this directory"),
    ("no such level", ["lockdown", "4", SITE], 2, "", "levels are 1"),
    ("until the past", ["allow", "911234567", "--until=2001-01-01", SITE], 2, "", "is over"),
    ("until some time", ["allow", "911234567", "--until=soon", SITE], 2, "", "until when?"),
    ("a pass ends", ["pass", "101", "--to=FR", SITE], 2, "", "--until=TIME"),
    ("a pass ends once", ["pass", "101", "--to=FR", "--end", SITE], 2, "", "or --end"),
]

passed = failed = 0


def judge(ok, why, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAILED: {why}: {detail}")


for why, args, status, out, err in ROWS:
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, timeout=60)
    judge(done.returncode == status and out in done.stdout and err in done.stderr, why, done)
judge(stat.S_IMODE(os.stat(FIRST).st_mode) == 0o600, "mode 0600")
for args in (["show", "config"], ["show", "options"], ["check"]):
    done = subprocess.run([BINARY, *args, "--json", f"--config={HOME}"], capture_output=True, text=True)
    judge(json.loads(done.stdout), f"{args} as JSON")
deck = WORK / "rates" / "site.deck"
judge(stat.S_IMODE(os.stat(deck).st_mode) == 0o600, "mode 0600 of a deck")
out = subprocess.run([BINARY, "rates", "export", SITE], capture_output=True, check=True).stdout
(WORK / "out.csv").write_bytes(out)
done = subprocess.run([BINARY, "rates", "import", WORK / "out.csv", SITE, "--json"], capture_output=True)
judge(json.loads(done.stdout)["same"] == 2, "an export imports to the same", done)
judge(subprocess.run([BINARY, "rates", "export", SITE], capture_output=True).stdout == out, "and exports so")
deck.write_bytes(deck.read_bytes()[:-1] + b"?")
done = subprocess.run([BINARY, "rates", "export", SITE], capture_output=True, text=True)
judge(done.returncode == 1 and "damaged" in done.stderr, "a damaged deck is refused", done)
subprocess.run(["rm", "-r", str(WORK)], check=True)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
