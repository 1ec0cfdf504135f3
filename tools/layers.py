#!/usr/bin/env python3
"""Fail when an #include breaks src/LAYERS.  Usage: tools/layers.py [src]"""
import pathlib, re, sys

SRC = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src")
PURE_OK = {"assert.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h",
           "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h"}
may, pure, bad = {}, set(), []

for line in (SRC / "LAYERS").read_text().splitlines():
    left, colon, right = line.partition("#")[0].partition(":")
    if colon:
        name, *flags = left.split()
        later = [d for d in right.split() if d not in may]
        if later:                       # listed order is the proof that there is no cycle
            bad.append(f"LAYERS: {name} may not use {later}: not listed above it")
        may[name] = set(right.split()) | {name}
        if "pure" in flags:
            pure.add(name)

for path in sorted(SRC.rglob("*.[ch]")):
    me = path.relative_to(SRC).parts[0]
    may_use_os = path.stem.endswith("_test") or path.stem.startswith("os_")
    for n, line in enumerate(path.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not m:
            continue
        kind, target = m.groups()
        where = f"{path}:{n}: {target}"
        if kind == "<":
            if me in pure and not may_use_os and target not in PURE_OK:
                bad.append(f"{where}: system header in pure folder {me}/")
        elif "/" not in target:
            bad.append(f'{where}: write "folder/file.h"')
        else:
            to = target.split("/")[0]
            if to not in may.get(me, set()):
                bad.append(f"{where}: {me}/ may not use {to}/")
            elif to != me and target.endswith("_priv.h"):
                bad.append(f"{where}: private to {to}/")

print("\n".join(bad) or "layers: ok")
sys.exit(bool(bad))
