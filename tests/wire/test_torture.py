#!/usr/bin/env python3
"""RFC 4475 and RFC 5118: every message at the running edge over UDP, with the table's verdict.

The tables (tests/vectors/rfc*/verdicts.tsv) speak words; allowed() reads them.  After each message
an ordinary request from the same place must be answered.
"""
import csv
import pathlib
import re
import time

from tg import lab as world
from tg.runner import case, main
from tg.sip import SipSocket, status
from tg.tollgate import Tollgate

VECTORS = pathlib.Path(__file__).parent.parent / "vectors"
SILENT = None


def rows(rfc):
    with open(VECTORS / rfc / "verdicts.tsv", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def octets_of(rfc, name):
    folder = VECTORS / rfc
    return next(path for path in (folder / name, folder / "wire" / f"{name}.sip")
                if path.exists()).read_bytes()


def allowed(row, octets):
    """A function of the answer's status (None = silence): does the table allow it?

    What is to be accepted may get any answer but 400 and 505: those say that it was not understood.
    """
    words = row["expected"] + " " + row.get("also_allowed", "")
    codes = {int(code) for code in re.findall(r"\b[3-6]\d\d\b", words)}
    if re.search(r"error|reject", words):
        codes.add(400)
    if "(after auth)" in words or codes & {406, 415, 488}:
        codes.add(401)  # we have no proof to give, and media is for who has (RFC 3261 §8.2)
    silence = octets.startswith((b"SIP/2.0", b"ACK ")) or re.search(r"discard|drop", words)
    takes = re.search(r"accept|handle|forward|ignor|infer|strip|process|liberal", words)

    def verdict(answer):
        if answer is SILENT:
            return bool(silence)
        if octets.startswith(b"SIP/2.0"):
            return False  # a response is never answered
        return answer in codes or bool(takes and answer not in (400, 505))
    return verdict


def play(lab, rfc):
    """Send all of one RFC; every wrong verdict is told, not only the first."""
    gate = Tollgate(lab)
    replies = lab.capture("office", "lan")
    wrong = []
    with SipSocket("office", world.OFFICE[0], 5060) as client:
        for row in rows(rfc):
            octets = octets_of(rfc, row["file"])
            seen = len(replies.packets())
            client.send(octets, world.TG_LAN)
            answer = first_status(replies, seen)
            if not allowed(row, octets)(answer):
                wrong.append(f"{row['file']}: {answer}, the table says: {row['expected']}")
            if not alive(client):
                wrong.append(f"{row['file']}: the next request was not answered")
    assert not wrong, "\n".join(wrong)
    assert gate.calls() == [] and gate.registered_users() == []


def first_status(replies, seen, timeout=0.25):
    """The final status that tollgate sent anywhere, or SILENT: a Via may name any port."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for packet in replies.packets()[seen:]:
            code = status(packet.payload.decode(errors="replace"))
            if packet.src[0] == world.TG_LAN and code and code >= 200:
                return code
        time.sleep(0.005)
    return SILENT


def alive(client):
    """Is an ordinary request answered?  Late answers to earlier messages are skipped."""
    probe = client.request(f"OPTIONS sip:{world.TG_LAN} SIP/2.0")
    mine = re.search(rb"Call-ID: (\S+)", probe).group(1)
    client.send(probe, world.TG_LAN)
    for _ in range(10):
        answer = client.receive(1)
        if answer is None or mine in answer:
            return answer is not None
    return False


@case("torture: RFC 4475, 49 messages")
def rfc4475(lab):
    play(lab, "rfc4475")


@case("torture: RFC 5118, 12 messages")
def rfc5118(lab):
    play(lab, "rfc5118")


if __name__ == "__main__":
    main()
