#!/usr/bin/env python3
"""A stranger on the internet reaches nothing and nobody (R1, R2, R10, R45)."""
import random
import re
import socket
import struct
import time

from tg import lab as world, netns
from tg.peers import until
from tg.runner import case, main
from tg.sip import SipSocket
from tg.tollgate import ALLOWED, EMERGENCY, NUMBERS, Tollgate

METHODS = ("INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER", "PUBLISH",
           "INFO", "UPDATE", "PRACK", "BYE", "CANCEL", "ACK", "FOO")
MARK = "stranger"
SDP = (f"v=0\r\no=- 1 1 IN IP4 {world.EVIL}\r\ns=-\r\nc=IN IP4 {world.EVIL}\r\nt=0 0\r\n"
       "m=audio 40000 RTP/AVP 8\r\n").encode()


def office(lab):
    """Everything that a stranger could want: PBX, trunk, a registered phone; and who watches."""
    lab.pbx(**{"200": "pw200"})
    lab.provider("prov1")
    gate = Tollgate(lab, pbx=True, trunks=("acme",))
    gate.trunk_registered()
    gate.phone("101")
    watch = [lab.capture("pbx", "lan"), lab.capture("prov1", "wan"), lab.capture("phones", "nat"),
             lab.capture("office", "lan")]
    return gate, watch


def requests(client):
    """Every method at everything that has a name here, under every identity."""
    names = ("101", "200", "*97", ALLOWED, EMERGENCY, NUMBERS["pbx"], world.CUSTOMER, "")
    hosts = (world.DOMAIN, world.TG_WAN, world.PBX, "sip.acme.example", world.PROVIDERS["prov1"])
    for method in METHODS:
        for name in names:
            host = random.choice(hosts)
            sender = random.choice([f"sip:101@{world.DOMAIN}", f"sip:200@{world.PBX}",
                                    f"sip:{world.CUSTOMER}@sip.acme.example"])
            uri = f"sip:{name}@{host}" if name else f"sip:{host}"
            yield client.request(f"{method} {uri} SIP/2.0", f"From: <{sender}>;tag={MARK}",
                                 f"Call-ID: {MARK}-{random.randbytes(6).hex()}",
                                 f"Route: <sip:{world.PBX};lr>", f"Subject: {MARK}",
                                 body=SDP if method == "INVITE" else b"")


def assert_untouched(watch):
    """No watcher got a packet that the stranger caused."""
    for capture in watch:
        bad = [p for p in capture.packets() if MARK.encode() in p.payload
               or world.EVIL.encode() in p.payload or p.src[0] == world.EVIL
               or (p.payload[:7] == b"INVITE " and not p.outgoing)]
        assert not bad, f"a stranger's packet went through: {bad[:3]}"


@case("strangers: no method, name or identity reaches PBX, phone or trunk; one small reply each")
def every_method(lab):
    gate, watch = office(lab)
    own = lab.capture("evil", "wan")
    sent = 0
    with SipSocket("evil", world.EVIL) as client:
        for octets in requests(client):
            client.send(octets, world.TG_WAN)
            sent += 1
            time.sleep(0.002)
    time.sleep(1.5)  # longer than T1: what is repeated or forwarded late shows up
    assert_untouched(watch)
    replies = [p for p in own.packets() if p.src[0] == world.TG_WAN]
    assert len(replies) <= sent, f"{len(replies)} replies to {sent} datagrams"
    assert gate.media_sockets() == [] and gate.calls() == []


@case("strangers: a reply is never much longer than what caused it")
def no_amplifier(lab):
    Tollgate(lab)
    own = lab.capture("evil", "wan")
    sent = {}
    with SipSocket("evil", world.EVIL) as client:
        for octets in [b"x", b"\r\n\r\n", b"OPTIONS sip:a SIP/2.0\r\n\r\n", *requests(client)]:
            client.send(octets, world.TG_WAN)
            sent[call_id(octets)] = octets
            time.sleep(0.002)
    time.sleep(1.5)  # longer than T1: what is repeated shows up
    replies = [p for p in own.packets() if p.src[0] == world.TG_WAN]
    causes = [call_id(p.payload) for p in replies]
    assert len(causes) > 50 and len(set(causes)) == len(causes), "one reply to one datagram"
    assert all(len(p.payload) <= len(sent[cause]) + 200 for p, cause in zip(replies, causes)), replies


def call_id(octets):
    """What says which datagram a reply is for, however late it comes; empty when there is none."""
    found = re.search(rb"\r\nCall-ID: ([^\r]*)", octets)
    return found.group(1) if found else b""


@case("strangers: the PBX's address on the outer interface is not the PBX")
def spoofed_pbx(lab):
    _, watch = office(lab)
    with netns.inside("evil"):
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with SipSocket("evil", world.EVIL) as client:
        for octets in requests(client):
            raw.sendto(udp_from(world.PBX, octets), (world.TG_WAN, 0))
    raw.close()
    time.sleep(0.5)
    assert_untouched(watch[1:])  # the replies, if any, may go to the PBX, whose address it is
    assert not watch[0].sip("INVITE ")


def udp_from(source, octets):
    """A datagram from somebody else's address (the checksum is left out, as UDP allows)."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton(source), socket.inet_aton(world.TG_WAN))
    return ip + struct.pack("!HHHH", 5060, 5060, 8 + len(octets), 0) + octets


@case("strangers: a spray over all media ports reaches nobody, before, during and after a call")
def spray(lab):
    gate = Tollgate(lab)
    caller, callee = gate.phone("101", 0, hz=440), gate.phone("102", 1, hz=620, auto=True)
    near, own = lab.capture("phones", "nat"), lab.capture("evil", "wan")
    spray_once()
    caller.dial(f"sip:102@{world.DOMAIN}")
    spray_once()  # also while nobody is known yet
    caller.established()
    for _ in range(3):
        spray_once()
        time.sleep(0.3)
    time.sleep(1)
    caller.hangup()
    callee.closed()
    spray_once()
    time.sleep(0.2)
    assert not [p for p in near.packets() if MARK.encode() in p.payload], "the spray got through"
    assert not [p for p in own.packets() if p.src[0] == world.TG_WAN], "a media port answered"
    assert caller.heard(620) > 0.8 and callee.heard(440) > 0.8, "the spray disturbed the call"
    assert gate.media_sockets() == []


def spray_once():
    """One RTP-like packet to each port of the media range."""
    rtp = struct.pack("!BBHII", 0x80, 8, 1, 160, 0xbadbad) + MARK.encode() * 20
    with SipSocket("evil", world.EVIL) as client:
        for port in range(20000, 30000):
            try:
                client.send(rtp, (world.TG_WAN, port))
            except ConnectionError:
                pass  # the ICMP of a closed port before


@case("strangers: what answers a request of nobody, and garbage, changes nothing")
def replies_and_garbage(lab):
    gate, watch = office(lab)
    random.seed(1)
    with SipSocket("evil", world.EVIL) as client:
        for code in (100, 180, 200, 302, 401, 407, 486, 503):
            octets = client.request(f"INVITE sip:{MARK}@{world.TG_WAN} SIP/2.0",
                                    f"Contact: <sip:{MARK}@{world.EVIL}>")
            start = octets.index(b"\r\n")
            client.send(f"SIP/2.0 {code} {MARK}".encode() + octets[start:], world.TG_WAN)
        for size in (0, 1, 2, 12, 100, 1400, 9000, 65000):
            client.send(random.randbytes(size), world.TG_WAN)
        probe = until(lambda: client.ask(f"OPTIONS sip:{world.TG_WAN} SIP/2.0")
                      or gate.ask("status").returncode == 0, 3)
        assert probe
    assert_untouched(watch)


if __name__ == "__main__":
    main()
