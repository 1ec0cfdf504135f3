#!/usr/bin/env python3
"""Fail when a log_event() passes a key that the event's row in base/log_events.h does not list.

Usage: tools/logfields.py [root]

The rows are what the manual prints, so they must be true.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = (ROOT / "src/base/log_events.h").read_text().replace("\\\n", " ")
rows = {name: set(fields.split()) for name, fields in
        re.findall(r'X\((\w+),\s*\w+,\s*\w+,\s*\w+,\s*"([^"]*)"', table)}
bad, used = [], set()
if not rows:
    bad.append("base/log_events.h: no rows found")

for path in sorted((ROOT / "src").rglob("*.[ch]")):
    if path.name in ("log.h", "log_events.h") or path.stem.endswith("_test"):
        continue
    text = path.read_text()
    used.update(re.findall(r"\bEV_(\w+)", text))
    for call in re.finditer(r"\blog_event\(.*?;", text, re.DOTALL):
        events = re.findall(r"\bEV_(\w+)", call.group())
        keys = re.findall(r'\bLOG_[A-Z0-9]+\(\s*"(\w+)"', call.group())
        where = f"{path}:{text.count(chr(10), 0, call.start()) + 1}"
        for event in events:
            if event not in rows:
                bad.append(f"{where}: no row {event}")
            for key in keys:
                if key not in rows.get(event, {key}):
                    bad.append(f"{where}: {event} has no field {key}")

for name in sorted(set(rows) - used):
    print(f"warning: nothing logs {name}")
print("\n".join(bad) or "logfields: ok")
sys.exit(bool(bad))
