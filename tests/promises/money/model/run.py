#!/usr/bin/env python3
"""Verify the model of promise 1 with spin, and see that each of its mutants is found.

Usage: run.py MODEL [--long]

Fails on an error, on a search that did not see everything, on a statement that is never reached (a
check that nothing reaches is none), and on a cycle without progress: every run ends, and with it
every hold.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

MODEL = pathlib.Path(sys.argv[1]).resolve()
LONG = "--long" in sys.argv
MUTANTS = sorted(set(re.findall(r"^#ifn?def (MUTANT_\w+)", MODEL.read_text(), re.MULTILINE)))
passed = failed = 0


def pan(folder, defines, cycles=False, optimise="-O1"):
    """Output of the verifier that spin makes of the model with these definitions."""
    subprocess.run(["spin", "-a", *[f"-D{d}" for d in defines], str(MODEL)], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    what = ["-DNP"] if cycles else ["-DSAFETY"]
    subprocess.run(["cc", "-w", optimise, *what, "-DCOLLAPSE", "-DVECTORSZ=2048", "-DMEMLIM=6000", "-o",
                    "pan", "pan.c"], cwd=folder, check=True)
    run = subprocess.run(["./pan", "-m1000000", "-w22", *(["-l"] if cycles else [])], cwd=folder,
                         capture_output=True, text=True)
    return run.stdout + run.stderr


def errors(out):
    found = re.search(r"errors: (\d+)", out)
    return int(found.group(1)) if found else -1


def left_out(out, statements):
    """What the search did not see."""
    bad = re.findall(r"(?i)search not completed|max search depth too small|out of memory|truncated"
                     r"|memory limit", out)
    unreached = [line for line in re.findall(r"state \d+, .*", out) if '"-end-"' not in line]
    return bad + (unreached if statements else [])


def report(name, ok, out):
    global passed, failed
    states = re.search(r"(\d+) states, stored", out)
    print(f"{'ok' if ok else 'FAILED'}: {name}, {states.group(1) if states else '?'} states", flush=True)
    if not ok:
        print(out)
    passed, failed = passed + ok, failed + (not ok)


def verify(name, folder, defines, cycles=False):
    out = pan(folder, defines, cycles)
    report(name, errors(out) == 0 and not left_out(out, not cycles), out)


with tempfile.TemporaryDirectory() as tmp:
    if LONG:
        verify("two crashes of the vault", tmp, ["VAULT_CRASHES=2"])
        verify("a limit of three", tmp, ["LIMIT=3"])
        verify("every run ends, with a crash of each", tmp, [], cycles=True)
    else:
        verify("holds, renewals, crashes", tmp, [])
        verify("every run ends", tmp, ["CARRIER_CRASHES=0", "VAULT_CRASHES=1"], cycles=True)
        for mutant in MUTANTS:
            out = pan(tmp, [mutant], optimise="-O0")
            report(f"{mutant} is found", errors(out) > 0 and "assertion violated" in out, out)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0 or passed == 0)
