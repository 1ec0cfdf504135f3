#!/usr/bin/env python3
"""Calls between accounts, the PBX and the trunk, with a tone each way."""
import time

from tg import lab as world, scenarios
from tg.peers import until
from tg.runner import case, main
from tg.sip import SipSocket, header, status
from tg.tollgate import ALLOWED, EMERGENCY, NUMBERS, UNLISTED, Tollgate

PROV1 = world.PROVIDERS["prov1"]
TALK_S = 1.5
HEARD_S = 0.8  # of it: the jitter buffer starts late, a recording ends early


def talk(caller, callee, hangs_up=None):
    """The call is up: let both speak, end it, and look into both recordings."""
    caller.established()
    callee.established()
    time.sleep(TALK_S)
    ender = hangs_up or caller
    other = callee if ender is caller else caller
    ender.hangup()
    other.closed()
    for listener, speaker in ((caller, callee), (callee, caller)):
        heard = listener.heard(speaker.hz)
        assert heard > HEARD_S, f"{listener.name} heard {heard} s of {speaker.name}"
        assert listener.heard(listener.hz) < 0.2, f"{listener.name} heard itself"


@case("calls: phone to phone behind one NAT, tone both ways")
def phone_to_phone(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0, hz=440), gate.phone("102", 1, hz=620)
    caller.dial(f"sip:102@{world.DOMAIN}")
    assert "101@" in callee.ringing()
    callee.accept()
    talk(caller, callee)
    until(lambda: gate.records()[-1]["over"], 3, "the record stays open")  # a second behind
    record = gate.records()[-1]
    assert record["disposition"] == "ANSWERED" and record["src"] == "101", record


@case("calls: phone at home to phone in the office, the callee hangs up")
def home_to_office(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", hz=440), gate.office_phone("102", hz=620)
    caller.dial(f"sip:102@{world.DOMAIN}")
    callee.ringing()
    callee.accept()
    talk(caller, callee, hangs_up=callee)


@case("calls: phone to extension of the PBX, tone both ways")
def phone_to_extension(lab):
    lab.pbx(**{"200": "pw200"})
    gate = Tollgate(lab, pbx=True)
    extension = lab.extension("200", "pw200", hz=620)
    caller = gate.phone("101", hz=440)
    caller.dial(f"sip:200@{world.DOMAIN}")
    extension.ringing()
    extension.accept()
    talk(caller, extension)


@case("calls: what a phone dials reaches the PBX as dialled: *97")
def as_dialled(lab):
    lab.pbx()
    gate = Tollgate(lab, pbx=True)
    service = lab.answering("pbx", hz=620)
    seen = lab.capture("pbx", "lan")
    caller = gate.phone("101", hz=440)
    caller.dial(f"sip:*97@{world.DOMAIN}")
    talk(caller, service)
    assert seen.sip("INVITE sip:*97@", outgoing=False), "not as dialled"


@case("calls: extension of the PBX to phone, tone both ways")
def extension_to_phone(lab):
    lab.pbx(**{"200": "pw200"})
    gate = Tollgate(lab, pbx=True)
    extension = lab.extension("200", "pw200", hz=620)
    callee = gate.phone("101", hz=440)
    extension.dial(f"sip:101@{world.DOMAIN}")
    callee.ringing()
    callee.accept()
    talk(extension, callee)


@case("calls: extension of the PBX over the trunk, tone both ways")
def extension_to_trunk(lab):
    lab.pbx(**{"200": "pw200"})
    lab.provider("prov1")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, pbx=True, trunks=("acme",))
    gate.trunk_registered()
    extension = lab.extension("200", "pw200", hz=440)
    seen = lab.capture("prov1", "wan")
    extension.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    talk(extension, pstn)
    invites = seen.sip(f"INVITE sip:{ALLOWED}@", outgoing=False)
    assert 1 <= len(invites) <= 2, "not once and once more with the proof"
    assert b"192.168.1." not in b"".join(p.payload for p in invites), "inner addresses are shown"


@case("calls: trunk to phone by its number, tone both ways")
def trunk_to_phone(lab):
    lab.provider("prov1")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    callee = gate.phone("101", hz=440)
    pstn.dial(f"sip:{NUMBERS['101']}@{PROV1}")
    callee.ringing()
    callee.accept()
    talk(pstn, callee)


@case("calls: trunk to phone, the number in the Request-URI")
def trunk_to_phone_by_uri(lab):
    lab.provider("prov1", "NUMBER_IN_URI")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    callee = gate.phone("101", hz=440, auto=True)
    pstn.dial(f"sip:{NUMBERS['101']}@{PROV1}")
    talk(pstn, callee, hangs_up=callee)


@case("calls: trunk to the PBX by its number, tone both ways")
def trunk_to_pbx(lab):
    lab.pbx(**{"200": "pw200"})
    lab.provider("prov1")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, pbx=True, trunks=("acme",))
    gate.trunk_registered()
    extension = lab.extension("200", "pw200", hz=440, auto=True)
    pstn.dial(f"sip:{NUMBERS['pbx']}@{PROV1}")
    talk(pstn, extension)


@case("calls: trunk to a number that nobody has is refused")
def trunk_to_nobody(lab):
    lab.provider("prov1")
    pstn = lab.answering("prov1")
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    pstn.dial(f"sip:+34999999999@{PROV1}")
    assert "404" in pstn.closed()


@case("calls: phone to a listed number over the trunk, tone both ways")
def phone_to_trunk(lab):
    lab.provider("prov1")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    caller = gate.phone("101", hz=440)
    caller.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    talk(caller, pstn, hangs_up=pstn)


@case("calls: phone to an unlisted number gets 403, and nothing goes out")
def unlisted(lab):
    lab.provider("prov1")
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    caller = gate.phone("101")
    seen = lab.capture("prov1", "wan")
    for number in (UNLISTED, "0088210001", f"{ALLOWED}%40evil", "+34900"):
        caller.dial(f"sip:{number}@{world.DOMAIN}")
        reason = caller.closed()
        assert number != UNLISTED or "403" in reason, reason
    time.sleep(0.3)
    assert seen.sip("INVITE") == []
    gate.wait_log("event=call_refused")


@case("calls: the PBX to an unlisted number gets 403, and nothing goes out")
def unlisted_from_pbx(lab):
    lab.pbx(**{"200": "pw200"})
    lab.provider("prov1")
    gate = Tollgate(lab, pbx=True, trunks=("acme",))
    gate.trunk_registered()
    extension = lab.extension("200", "pw200")
    seen = lab.capture("prov1", "wan")
    extension.dial(f"sip:{UNLISTED}@{world.DOMAIN}")
    assert "403" in extension.closed()
    assert seen.sip("INVITE") == []


@case("calls: emergency goes out without being listed")
def emergency(lab, pbx=False):
    lab.provider("prov1")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, pbx=pbx, trunks=("acme",))
    gate.trunk_registered()
    seen = lab.capture("prov1", "wan")
    caller = gate.phone("101", hz=440)
    caller.dial(f"sip:{EMERGENCY}@{world.DOMAIN}")
    talk(caller, pstn)
    assert seen.sip(f"INVITE sip:{EMERGENCY}@", outgoing=False)


@case("calls: emergency goes out though the PBX is dead")
def emergency_around_pbx(lab):
    emergency(lab, pbx=True)


@case("calls: sipp at the provider echoes what the phone says")
def echo(lab):
    lab.provider("prov1")
    callee = lab.sipp("prov1", "pstn", scenarios.answer(), 5080, "-rtp_echo")
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    caller = gate.phone("101", hz=500)
    caller.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    caller.established()
    time.sleep(TALK_S)
    caller.hangup()
    callee.finish()
    assert caller.heard(500) > HEARD_S


@case("calls: sipp calls a phone over the trunk and hangs up")
def sipp_calls(lab):
    lab.provider("prov1")
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    callee = gate.phone("101", auto=True)
    caller = lab.sipp("prov1", "caller", scenarios.call(NUMBERS["101"]), 5070, f"{PROV1}:5060")
    callee.established()
    callee.closed()
    caller.finish()


@case("calls: the far side sees no address, name or identifier of this side")
def hidden(lab):
    lab.provider("prov1")
    lab.answering("prov1")
    gate = Tollgate(lab, trunks=("acme",))
    gate.trunk_registered()
    near, far = lab.capture("phones", "nat"), lab.capture("prov1", "wan")
    caller = gate.phone("101")
    caller.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    caller.established()
    caller.hangup()
    far.wait_sip("BYE ")
    inside = near.sip("INVITE ")[0].payload.decode()
    outside = "".join(p.payload.decode(errors="replace") for p in far.packets() if not p.outgoing
                      and p.payload[:1].isalpha())
    for secret in (header(inside, "Call-ID"), world.PHONES[0], world.HOME, "baresip", "192.168.1."):
        assert secret not in outside, f"the provider is told {secret}"


@case("calls: OPTIONS from the LAN is answered")
def options(lab):
    Tollgate(lab)
    with SipSocket("office", world.OFFICE[0]) as client:
        answer = client.ask(f"OPTIONS sip:{world.TG_LAN} SIP/2.0")
    assert status(answer) == 200, answer


if __name__ == "__main__":
    main()
