#!/usr/bin/env python3
"""The harness against itself, without a running tollgate: what the other cases rely on."""
import subprocess
import time

from tg import lab as world, scenarios
from tg.peers import until
from tg.phone import Phone
from tg.runner import case, main
from tg.sip import SipSocket, authorization, header, status
from tg.tollgate import config_text

PROV1 = world.PROVIDERS["prov1"]


@case("harness: extension calls extension over the PBX, each hears the other's tone")
def over_pbx(lab):
    lab.pbx(alice="alicepw", bob="bobpw")
    alice = lab.extension("alice", "alicepw", 0, hz=440)
    bob = lab.extension("bob", "bobpw", 1, hz=620)
    alice.dial(f"sip:bob@{world.DOMAIN}")
    bob.ringing()
    bob.accept()
    alice.established()
    time.sleep(1.5)
    alice.hangup()
    bob.closed()
    assert alice.heard(620) > 0.8, f"alice heard {alice.heard(620)} s of bob"
    assert bob.heard(440) > 0.8, f"bob heard {bob.heard(440)} s of alice"
    assert alice.heard(440) < 0.2, "alice heard herself"


@case("harness: a phone behind NAT registers at a provider and calls, sipp echoes its tone")
def over_provider(lab):
    lab.provider("prov1")
    callee = lab.sipp("prov1", "pstn", scenarios.answer(), 5080, "-rtp_echo")
    seen = lab.capture("prov1", "wan")
    phone = Phone(lab, "phones", "home", f"{world.CUSTOMER}@sip.acme.example", world.PHONES[0],
                  world.CUSTOMER_SECRET, proxy=PROV1, hz=500)
    phone.dial("sip:+34911111111@sip.acme.example")
    phone.established()
    time.sleep(1.5)
    phone.hangup()
    callee.finish()
    assert phone.heard(500) > 0.8, f"the echo lasted {phone.heard(500)} s"
    sources = {p.src[0] for p in seen.sip("INVITE ", outgoing=False)}
    assert sources == {world.HOME}, f"the NAT did not masquerade: {sources}"


@case("harness: a provider that challenges everything challenges BYE")
def challenged_bye(lab):
    lab.provider("prov1", "CHALLENGE_ALL")
    lab.sipp("prov1", "pstn", scenarios.answer(), 5080)
    seen = lab.capture("prov1", "wan")
    phone = Phone(lab, "phones", "home", f"{world.CUSTOMER}@sip.acme.example", world.PHONES[0],
                  world.CUSTOMER_SECRET, proxy=PROV1)
    phone.dial("sip:+34911111111@sip.acme.example")
    phone.established()
    phone.hangup()  # baresip does not answer the challenge; tollgate has to
    seen.wait_sip("BYE ")
    until(lambda: [p for p in seen.sip("SIP/2.0 407") if b" BYE\r" in p.payload])


@case("harness: a provider calls its registered customer")
def provider_calls(lab):
    lab.provider("prov1")
    with SipSocket("evil", world.EVIL) as client:
        register(client)
        caller = lab.sipp("prov1", "caller", scenarios.call("+34911234567", talk_ms=100), 5070,
                          f"{PROV1}:5060")
        invite = client.receive(2).decode()
        assert invite.startswith(f"INVITE sip:{world.CUSTOMER}@{world.EVIL}:"), invite
        assert "+34911234567" in header(invite, "To"), invite
        caller.stop()


@case("harness: sipp plays busy, and ringing until CANCEL")
def played(lab):
    for text, act, why in ((scenarios.refuse(486), None, "486"),
                           (scenarios.ring_until_cancel(), Phone.hangup, "")):
        callee = lab.sipp("prov1", f"callee{why}", text, 5080)
        phone = Phone(lab, "phones", f"home{why}", f"a@{PROV1}:5080", world.PHONES[0])
        phone.dial(f"sip:b@{PROV1}:5080")
        phone.wait("CALL_RINGING")
        if act:
            act(phone)
        assert why in phone.closed()
        callee.finish()
        phone.close()


@case("harness: a lossy wire loses the share that was asked for, and nothing afterwards")
def lossy(lab):
    seen = lab.capture("prov1", "wan")
    with SipSocket("evil", world.EVIL, 5060) as client:
        client.send(b"warm up ARP", (PROV1, 5060))
        until(seen.packets)
        with lab.net.loss(30, 5060) as lost:
            for i in range(1000):
                client.send(b"lossy", (PROV1, 5060))
            until(lambda: len(seen.sip("lossy")) + lost() >= 1000)
            assert 200 < lost() < 400, f"lost {lost()} of 1000"
        for i in range(100):
            client.send(b"clean", (PROV1, 5060))
        seen.wait_sip("clean", count=100)


@case("harness: the capture sees a packet that no socket is open for")
def captures(lab):
    seen = lab.capture("pbx", "lan")
    with SipSocket("office", world.OFFICE[0]) as client:
        client.send(b"NOTIFY sip:x SIP/2.0", world.PBX)
    packet = seen.wait_sip("NOTIFY ")[0]
    assert packet.src[0] == world.OFFICE[0] and packet.dst == (world.PBX, 5060)


@case("harness: nobody reaches the office from the wan around tollgate")
def islands(lab):
    seen = lab.capture("pbx", "lan")
    lab.pbx()
    with SipSocket("evil", world.EVIL) as client:
        answer = client.ask(f"OPTIONS sip:{world.PBX} SIP/2.0", timeout=0.3)
    assert answer is None and not [p for p in seen.packets() if p.src[0] == world.EVIL]


def register(client):
    """Register the customer at prov1 by hand."""
    start = "REGISTER sip:sip.acme.example SIP/2.0"
    aor = f"To: <sip:{world.CUSTOMER}@sip.acme.example>"
    refused = client.ask(start, aor, to=PROV1, user=world.CUSTOMER)
    assert status(refused) == 401, refused
    proof = authorization(header(refused, "WWW-Authenticate"), "REGISTER", "sip:sip.acme.example",
                          world.CUSTOMER, world.CUSTOMER_SECRET)
    answer = client.ask(start, aor, f"Authorization: {proof}", "CSeq: 2 REGISTER", to=PROV1,
                        user=world.CUSTOMER)
    assert status(answer) == 200, answer


@case("harness: tollgate check finds no mistake in the configurations of the cases")
def configurations(lab):
    path = lab.folder / "tollgate.yaml"
    for pbx in (False, True):
        for trunks in ((), ("acme",), ("acme", "beta")):
            path.write_text(config_text(lab.folder, pbx, trunks))
            done = subprocess.run([lab.binary, "check", path], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr + done.stdout


if __name__ == "__main__":
    main()
