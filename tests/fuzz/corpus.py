#!/usr/bin/env python3
"""Make the SIP part of tests/fuzz/corpus from tests/vectors.  Usage: tests/fuzz/corpus.py"""
import pathlib, re

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors"


def fresh(name):
    folder = HERE / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    return folder


def kind(text):
    """Method or status, and which headers: one call flow message of each kind is enough."""
    first = text.split(b"\r\n")[0]
    names = re.findall(rb"(?m)^([A-Za-z-]+) *:", text)
    return (re.sub(rb"sips?:\S+", b"", first), tuple(sorted(set(names))))


torture = sorted(VECTORS.glob("rfc4475/*.dat")) + sorted(VECTORS.glob("rfc5118/wire/*.sip"))
flows, seen = [], set()
for path in sorted(VECTORS.glob("rfc-callflows/*.sip")):
    what = kind(path.read_bytes())
    if what not in seen and len(flows) < 60:
        seen.add(what)
        flows.append(path)

message, framer, uri = fresh("message"), fresh("framer"), fresh("uri")
for path in torture + flows:
    (message / path.stem).write_bytes(path.read_bytes())
for n, path in enumerate(torture[::3] + flows[::6]):
    text = path.read_bytes()
    (framer / path.stem).write_bytes(bytes([n]) + b"\r\n\r\n" + text + text)
uris = set()
for path in torture + flows:
    uris.update(re.findall(rb"(?:sips?|tel):[^\s<>\",]+", path.read_bytes()))
for n, text in enumerate(sorted(uris, key=lambda t: (len(t), t))[::6]):
    (uri / f"{n:03}").write_bytes(text)

# Home and rendering (fuzz_number.c), then what the table of src/number/normalise_test.c dials.
number = fresh("number")
rows = (HERE.parent.parent / "src/number/normalise_test.c").read_text().split("static const struct {")[1]
dialled = re.findall(r'S\("((?:[^"\\]|\\.)*)"\), "', rows)
for n, text in enumerate(t for t in dialled if "\\" not in t):
    (number / f"{n:03}").write_bytes(bytes([n * 37 % 245, n]) + text.encode())

zone = fresh("zone")
for name in ("Lord_Howe", "Madrid"):
    (zone / name).write_bytes((VECTORS / "zone" / name).read_bytes())
