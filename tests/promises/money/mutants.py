#!/usr/bin/env python3
"""Seed faults into the code that guards money, and see that each of them is caught.

Usage: mutants.py SOURCE FOLDER [--all] [--only WORD]

SOURCE is the source tree; it is never written.  FOLDER gets a copy and a build of its own, without
sanitizers, which the next run uses again.  A mutant is one exact text in one file and what stands
there instead.  After each, one object and what hangs on it is built, and the tests of promise 1 run
in their fast form until one fails.  Fails itself when a mutant survives, cannot be built, or its
text is not there exactly once: a mutant that went with the code must be put where the code is now.
"""
import glob
import pathlib
import re
import shutil
import subprocess
import sys
import time

HOLD, SETTLE, LEDGER = "src/ledger/hold.c", "src/ledger/settle.c", "src/ledger/ledger.c"
MONEY, CALL = "src/role/vault_money.c", "src/role/vault_call.c"
JUDGE, BILL = "src/role/judge_hold.c", "src/leg/bill.c"

# Name, file, its text, what stands there instead, what goes wrong.  The first ones are the short tier.
MUTANTS = [
    ("hold released on CANCEL", CALL,
     "else if (last->state == VAULT_HELD)", "else if (last->state != VAULT_UP)",
     "a 2xx that crosses the CANCEL is talked on and paid by nobody"),
    ("grant before commit", CALL,
     "	if (vault_attempt_write(v, c, a, from))\n		return true;",
     "	if (vault_attempt_write(v, c, a, from))\n		return vault_call_grant(v, c, a), true;",
     "a crash after the INVITE forgets what it may cost"),
    ("renewal ignored", BILL,
     "	g->paid_ms = r->paid_ms;\n", "",
     "calls that are paid for end early"),
    ("carrier ignores paid time", BILL,
     "	if (g->paid_ms != 0)\n		tg_wheel_start", "	if (g->paid_ms == UINT32_MAX)\n		tg_wheel_start",
     "a call goes on after what was paid for"),
    ("one micro too many", HOLD,
     "tg_micro left = limit > used ? limit - used : 0;",
     "tg_micro left = limit > used ? limit - used + 1 : 0;",
     "a limit of money is passed"),
    ("one call too many", HOLD,
     "n->up && e->calls >= b->calls &&", "n->up && e->calls > b->calls &&",
     "a limit of calls at a time is passed"),
    ("second attempt not held", JUDGE,
     "	if (c->no_ledger ? c->emergency", "	if (a->again || c->no_ledger ? c->emergency || a->again",
     "what another trunk charges after a failover is paid by nobody"),
    ("late 2xx not billed", MONEY,
     "		if (a->answer_ms == 0)\n			give_up(v, a);",
     "		if (a->answer_ms == 0)\n			release(v, a);",
     "a 2xx after the CANCEL has no hold any more (C14)"),
    ("totals not written", MONEY,
     ".totals = fill_totals(v, a),", ".totals = 0 * fill_totals(v, a),",
     "a restart forgets what was spent"),
    ("hold's row not dropped", MONEY,
     "		.hold = SLICE(\"\"),\n", "",
     "a restart charges calls that are over again"),
    ("guard of nothing", MONEY,
     "return a->paid_s * 1000 - VAULT_GUARD_MS;", "return a->paid_s * 1000;",
     "a BYE that is sent again crosses an increment that nobody paid"),
    ("connect fee forgotten at settle", SETTLE,
     "return tg_tariff_cost(t, talk_ms);", "return tg_tariff_cost(t, talk_ms) - t->connect;",
     "each call costs more than is counted"),
    ("window keeps money", LEDGER,
     "e->used[p] = e->held[p] = 0;", "e->held[p] = 0;",
     "what was spent yesterday is missing today"),
    ("window loses money", LEDGER,
     "if (e->minute < l->start[p])", "if (e->minute < l->minute)",
     "each minute brings the limit of a day anew"),
    ("refund to the wrong window", SETTLE,
     "a->start[p] == l->start[p] ? a->in[p] : 0;", "a->in[p];",
     "what yesterday paid comes back today"),
    ("calls not counted down", SETTLE,
     "	e->calls -= !shared;", "	e->calls -= 0;",
     "a limit of calls at a time shuts for ever"),
    ("emergency holds money", JUDGE,
     ".emergency = c->emergency,", ".emergency = false,",
     "a limit could refuse an emergency call"),
    ("renewed before commit", MONEY,
     "if (!wait_for(v, a, v->store.change(v->store.ctx, &with)) ||",
     "if (v->store.change(v->store.ctx, &with) != 0 ||",
     "a crash forgets what was paid ahead"),
    ("answer told again resets the clock", MONEY,
     "a->answer_ms = v->now_ms - TG_MIN(v->now_ms - 1, (uint64_t)bill->talk_ms);",
     "a->answer_ms = v->now_ms;",
     "after a restart the vault pays ahead too late"),
    ("limits of a loaded ledger forgotten", MONEY,
     "(void)judge_ledger_of(v->judge, (enum ledger_kind)t.kind, slice_of(t.name, t.name_len));", ";",
     "after a restart accounts that have spent have no limit"),
    ("number sent is not the one priced", JUDGE,
     "if (c->emergency || j->rules.plan == NULL)", "if (a->dialled.len > 0)",
     "a trunk is sent what was dialled, which may cost anything (C1)"),
    ("destinations not counted", HOLD,
     "			seen_add(l, a->above[i], destination);", "			(void)destination;",
     "a dialler reaches as many numbers as it likes"),
    ("silence costs nothing", MONEY,
     "	else\n		settle_in_full(v, a);", "	else\n		release(v, a);",
     "a call that was lost with its carrier is paid by nobody"),
]
SHORT = 12
SCENARIOS = ["money", "cost", "limit", "killed", "paid", "bill", "failover", "window", "disk",
             "emergency", "number", "vault", "cancel", "trunk_failover", "clock"]

source, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
tree, build = folder / "tree", folder / "build"
UNIT = ["ledger_clock_test", "ledger_ledger_test", "ledger_state_test", "role_vault_test"]
TARGETS = [f"tests/unit_{u}" for u in UNIT] + [
    "tests/scenario/scenario", "tests/promises/money/burst", "tests/promises/money/property"]


def update():
    """Bring the copy up to date; what is the same keeps its time, so that little is built."""
    skip = shutil.ignore_patterns(".git", "build*", "__pycache__", "*.o")
    fresh = folder / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(source, fresh, ignore=skip, symlinks=True)
    for old in [p for p in tree.rglob("*") if p.is_file()]:
        new = fresh / old.relative_to(tree)
        if new.is_file() and new.read_bytes() == old.read_bytes():
            shutil.copystat(old, new)
        elif new.is_file():
            new.touch()
    shutil.rmtree(tree, ignore_errors=True)
    fresh.rename(tree)
    if not (build / "build.ninja").exists():
        shutil.rmtree(build, ignore_errors=True)
        subprocess.run(["meson", "setup", build, tree, "-Db_sanitize=none", "-Doptimization=1",
                        "-Ddebug=false", "-Dwerror=false", "-Db_ndebug=false"], check=True,
                       stdout=subprocess.DEVNULL)


def ninja():
    run = subprocess.run(["ninja", "-C", build, *TARGETS], capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stdout[-3000:])
    return run.returncode == 0


def checks():
    """Name and command of each, the fast ones first."""
    tg = sorted({f for s in SCENARIOS for f in glob.glob(f"{tree}/tests/scenario/{s}*.tg")})
    for unit in UNIT:
        yield f"unit {unit}", [build / f"tests/unit_{unit}"]
    yield "scenario", [build / "tests/scenario/scenario", *tg]
    yield "burst", [build / "tests/promises/money/burst", "--rounds", "6"]
    yield "property", [build / "tests/promises/money/property", "--schedules", "500"]


def first_failure():
    """What catches the mutant, or None."""
    caught = []
    for name, command in checks():
        try:
            run = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                 timeout=120, cwd=tree, env={"TG_TEST_DATA": f"{tree}/tests",
                                                             "PATH": "/usr/bin:/bin"})
        except subprocess.TimeoutExpired:
            return name + ", which does not end"
        if run.returncode == 0:
            continue
        files = re.findall(r"(\w+\.tg)", run.stdout + run.stderr)
        crash = ", assertion" if run.returncode < 0 else ""
        caught.append(name + (" " + files[0] if name == "scenario" and files else "") + crash)
        if not ("--all" in sys.argv):
            break
    return "; ".join(caught) or None


def main():
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    rows = MUTANTS if "--all" in sys.argv or only else MUTANTS[:SHORT]
    began, failed = time.monotonic(), 0
    folder.mkdir(parents=True, exist_ok=True)
    update()
    if not ninja():
        return "the tree as it is cannot be built"
    broken = first_failure()
    if broken:
        return f"without any mutant {broken} fails"
    print(f"built, and nothing fails without a mutant: {time.monotonic() - began:.0f} s")
    for name, file, old, new, why in [r for r in rows if only in r[0]]:
        at, begin = tree / file, time.monotonic()
        text = at.read_text()
        if text.count(old) != 1:
            print(f"FAILED {name}: its text is {text.count(old)} times in {file}, not once")
            failed += 1
            continue
        at.write_text(text.replace(old, new))
        try:
            caught = first_failure() if ninja() else ""
        finally:
            at.write_text(text)
        took = f"{time.monotonic() - begin:.1f} s"
        if caught:
            print(f"{name}: caught by {caught} ({took})", flush=True)
        else:
            what = "survives" if caught is None else "cannot be built"
            print(f"FAILED {name} {what} ({took}): {why}", flush=True)
            failed += 1
    done = len([r for r in rows if only in r[0]])
    print(f"{done - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
