#!/usr/bin/env python3
"""Fail when an object of a pure folder needs a symbol that tools/pure.allow does not list.

Usage: tools/pure.py ROOT LIBRARY

Pure folders are marked in src/LAYERS.  What another object of a pure folder defines may be used, and
what an os_*.c of a pure folder defines, for that is how the pure code reaches the system; the
os_*.c themselves may use anything.
"""
import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT, LIBRARY = pathlib.Path(sys.argv[1]), sys.argv[2]
allow = [line.split("#")[0].strip() for line in (ROOT / "tools/pure.allow").read_text().splitlines()]
allow = [pattern for pattern in allow if pattern]
pure = set()
for line in (ROOT / "src/LAYERS").read_text().splitlines():
    left, colon, _ = line.partition("#")[0].partition(":")
    if colon and "pure" in left.split()[1:]:
        pure.add(left.split()[0])

defined, wanted, objects = set(), {}, 0
out = subprocess.run(["nm", "--print-file-name", LIBRARY], check=True, capture_output=True, text=True)
for line in out.stdout.splitlines():
    m = re.match(r"(\S+\.o):\s*(?:[0-9a-f]+ )?(\w) (\S+)$", line)
    if not m:
        continue
    where, kind, symbol = m.groups()
    name = re.split("[/:]", where)[-1]      # base_os_hash.c.o: the folder, then the file
    folder, _, stem = name.partition("_")
    if folder not in pure:
        continue
    if kind not in "Uwv":
        defined.add(symbol)
    elif not stem.startswith("os_"):
        wanted.setdefault(symbol, set()).add(name.removesuffix(".o").replace("_", "/", 1))

if not defined:
    sys.exit(f"{LIBRARY}: no object of a pure folder found")
bad = [f"{', '.join(sorted(users))}: {symbol}" for symbol, users in sorted(wanted.items())
       if symbol not in defined and not any(fnmatch.fnmatchcase(symbol, p) for p in allow)]
print("\n".join(bad) or "pure: ok")
sys.exit(bool(bad))
