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
subprocess.run(["rm", "-r", str(WORK)], check=True)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
