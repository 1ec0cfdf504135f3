#!/usr/bin/env python3
"""What happens to a call besides being answered: hold, busy, cancel, no answer, challenges."""
import re
import time

from tg import audio, lab as world, scenarios
from tg.peers import until
from tg.runner import case, main
from tg.tollgate import ALLOWED, Tollgate

URI_102 = f"sip:102@{world.DOMAIN}"
URI_PSTN = f"sip:{ALLOWED}@{world.DOMAIN}"


def with_trunk(lab, *defines, **more):
    """A registered trunk and a phone of the account 101."""
    lab.provider("prov1", *defines)
    gate = Tollgate(lab, trunks=("acme",), **more)
    gate.trunk_registered()
    return gate, gate.phone("101", hz=440)


@case("control: hold and resume between phones; the tone stops and comes back")
def hold(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0, hz=440), gate.phone("102", 1, hz=620, auto=True)
    near = lab.capture("phones", "nat")
    caller.dial(URI_102)
    caller.established()
    time.sleep(1)
    caller.command("hold")
    offers = until(lambda: [p for p in near.sip("INVITE ", outgoing=False)
                            if re.search(rb"a=(sendonly|inactive)", p.payload)], 3,
                   "the hold did not reach the other phone")
    assert offers
    time.sleep(0.3)
    # both phones send their media from one address of their host: the port tells them apart
    port = int(re.search(rb"m=audio (\d+)", near.sip("INVITE ", outgoing=True)[0].payload)[1])
    before = len(media_to(near, port))
    time.sleep(0.7)
    assert len(media_to(near, port)) - before < 5, "the held phone's tone still comes"
    caller.command("resume")
    until(lambda: len(media_to(near, port)) - before > 50, 3, "no tone after resume")
    caller.hangup()
    callee.closed()
    resumed = [p.payload for p in media_to(near, port)[before:]]
    heard = audio.seconds_of_tone(audio.samples_of_rtp(resumed), 620)
    assert heard > 0.8, (heard, len(resumed))


def media_to(capture, port):
    """RTP packets (version 2, PCMA) that arrived at a phone's port."""
    return [p for p in capture.packets() if p.dst[1] == port and not p.outgoing
            and p.payload[:1] == b"\x80" and p.payload[1:2] in (b"\x08", b"\x88")]


@case("control: hold over the trunk, with a provider that challenges re-INVITE and BYE")
def challenged(lab):
    gate, caller = with_trunk(lab, "CHALLENGE_ALL")
    pstn = lab.answering("prov1", hz=620)
    seen = lab.capture("prov1", "wan")
    caller.dial(URI_PSTN)
    caller.established()
    time.sleep(0.3)
    caller.command("hold")
    until(lambda: held(pstn), 4, "the hold did not reach the far phone")
    caller.command("resume")
    time.sleep(0.5)
    caller.hangup()
    pstn.closed()
    refused = [p for p in seen.sip("SIP/2.0 407") if b" BYE\r" in p.payload]
    assert refused, "the provider did not challenge the BYE: the case proves nothing"
    assert gate.running()


def held(phone):
    return re.search(r"^a=(sendonly|inactive)", phone.log(), re.M)


@case("control: busy phone, the caller is told 486")
def busy(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0), gate.phone("102", 1)
    caller.dial(URI_102)
    callee.ringing()
    callee.hangup()
    assert re.search("486|603|Busy", caller.closed())


@case("control: busy at the provider, the caller is told 486")
def busy_trunk(lab):
    _, caller = with_trunk(lab)
    callee = lab.sipp("prov1", "pstn", scenarios.refuse(486), 5080)
    caller.dial(URI_PSTN)
    assert "486" in caller.closed()
    callee.finish()


@case("control: cancel while it rings, phone to phone")
def cancel(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0), gate.phone("102", 1)
    caller.dial(URI_102)
    callee.ringing()
    caller.hangup()
    callee.closed()
    until(lambda: gate.calls() == [], 2, "the call stayed in the list")


@case("control: cancel while it rings, over the trunk")
def cancel_trunk(lab):
    _, caller = with_trunk(lab)
    callee = lab.sipp("prov1", "pstn", scenarios.ring_until_cancel(), 5080)
    caller.dial(URI_PSTN)
    caller.wait("CALL_RINGING")
    caller.hangup()
    callee.finish()


@case("control: cancel before anything was answered still ends the far leg")
def cancel_early(lab):
    _, caller = with_trunk(lab)
    callee = lab.sipp("prov1", "pstn", scenarios.ring_until_cancel(), 5080)
    caller.dial(URI_PSTN)
    caller.hangup()
    time.sleep(1)
    assert callee.received("INVITE") == 0 or callee.received("CANCEL") > 0
    callee.stop()


@case("control: nobody answers at a phone that has gone: the caller is told in time")
def no_answer(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0), gate.phone("102", 1)
    callee.stop()  # its binding stays, its flow is dead
    caller.dial(URI_102)
    reason = caller.closed(40)
    assert re.search("408|480|503", reason), reason


@case("control: an account without a phone is unavailable at once")
def nobody_registered(lab):
    gate = Tollgate(lab)
    caller = gate.phone("101")
    caller.dial(URI_102)
    assert "480" in caller.closed()


@case("control: tollgate hangup ends a call on both sides")
def hangup_by_operator(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0), gate.phone("102", 1, auto=True)
    caller.dial(URI_102)
    caller.established()
    (call,) = {row["call"] for row in gate.calls()}
    gate.cli("hangup", call)
    caller.closed()
    callee.closed()
    until(lambda: gate.calls() == [], 2, "the call stayed in the list")


@case("control: a call without media ends after the configured silence and says so")
def silence(lab):
    gate, caller = with_trunk(lab, silence=5)
    callee = lab.sipp("prov1", "pstn", scenarios.answer(), 5080)
    caller.dial(URI_PSTN)
    caller.established()
    caller.stop()  # no BYE, no media any more; sipp never sent any
    callee.finish(20)
    gate.wait_log("event=media_silent")


@case("control: media ports are closed before, open during and closed after a call")
def ports(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0), gate.phone("102", 1, auto=True)
    assert gate.media_sockets() == []
    caller.dial(URI_102)
    caller.established()
    assert len(gate.media_sockets()) == 4  # RTP and RTCP on two sides
    caller.hangup()
    callee.closed()
    until(lambda: gate.media_sockets() == [], 2, "ports stayed open")


if __name__ == "__main__":
    main()
