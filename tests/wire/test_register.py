#!/usr/bin/env python3
"""Phones register with tollgate."""
import time

from tg import lab as world
from tg.dns import NameServer
from tg.peers import until
from tg.phone import Phone
from tg.runner import case, main
from tg.sip import SipSocket, authorization, header, status
from tg.tollgate import Tollgate

URI = f"sip:{world.DOMAIN}"


def register(client, server, user, secret, *more):
    """REGISTER by hand with one answer to the challenge; the last answer's text."""
    aor = f"To: <sip:{user}@{world.DOMAIN}>"
    sender = f"From: <sip:{user}@{world.DOMAIN}>;tag=wire"
    start = f"REGISTER {URI} SIP/2.0"
    refused = client.ask(start, aor, sender, *more, to=server, user=user)
    assert status(refused) == 401, refused
    proof = authorization(header(refused, "WWW-Authenticate"), "REGISTER", URI, user, secret)
    return client.ask(start, aor, sender, "CSeq: 2 REGISTER", f"Authorization: {proof}", *more,
                      to=server, user=user)


@case("register: a phone behind NAT and one on the LAN are registered")
def two_places(lab):
    gate = Tollgate(lab)
    gate.phone("101")
    gate.office_phone("102")
    assert gate.registered_users() == ["101", "102"]


@case("register: a wrong password leaves no binding")
def wrong_password(lab):
    gate = Tollgate(lab)
    with SipSocket("office", world.OFFICE[0]) as client:
        assert status(register(client, world.TG_LAN, "101", "guessed")) in (401, 403)
        assert status(register(client, world.TG_LAN, "nobody", "guessed")) in (401, 403)
        assert gate.registered_users() == []
        assert status(register(client, world.TG_LAN, "101", gate.secrets["101"])) == 200
    assert gate.registered_users() == ["101"]


@case("register: phones behind a name with dynamic DNS follow its address")
def dynamic_name(lab):
    dns = NameServer(lab, "tg", "home.example.net", world.EVIL)
    gate = Tollgate(lab, home="host: home.example.net", edges=2)

    def admitted(host, address):
        with SipSocket(host, address) as client:
            return status(register(client, world.TG_WAN, "101", gate.secrets["101"])) == 200
    until(lambda: admitted("evil", world.EVIL), 10, "the name's address is not known")
    assert not admitted("home", world.HOME), "not where the name is"
    dns.addresses = [world.HOME, "10.0.0.11", world.TG_WAN]
    until(lambda: admitted("home", world.HOME), 50, "the name was not asked for again")
    assert not admitted("evil", world.EVIL), "it has moved away"
    assert "event=network_refused" in gate.log(), "a private address entered a network"


@case("register: a proof may not be used twice from another address")
def stolen_proof(lab):
    gate = Tollgate(lab)
    start, aor = f"REGISTER {URI} SIP/2.0", f"To: <sip:101@{world.DOMAIN}>"
    with SipSocket("office", world.OFFICE[0]) as owner, SipSocket("evil", world.EVIL) as thief:
        refused = owner.ask(start, aor, to=world.TG_LAN, user="101")
        proof = authorization(header(refused, "WWW-Authenticate"), "REGISTER", URI, "101",
                              gate.secrets["101"])
        answer = thief.ask(start, aor, f"Authorization: {proof}", to=world.TG_WAN, user="101")
    assert status(answer) != 200, answer
    assert gate.registered_users() == []


@case("register: of several phones of one account the one that registered last rings")
def several_bindings(lab):
    gate = Tollgate(lab)
    gate.phone("101", 0)
    second = Phone(lab, "office", "101-desk", f"101@{world.DOMAIN}", world.OFFICE[0],
                   gate.secrets["101"], proxy=world.TG_LAN)
    caller = gate.phone("102", 1)
    caller.dial(f"sip:101@{world.DOMAIN}")
    second.ringing()
    second.accept()
    caller.established()
    caller.hangup()
    second.closed()


@case("register: expiry below the minimum is refused with 423, zero removes the binding")
def expiry(lab):
    gate = Tollgate(lab)
    with SipSocket("office", world.OFFICE[0]) as client:
        def ask(seconds):
            return register(client, world.TG_LAN, "101", gate.secrets["101"], f"Expires: {seconds}")
        answer = ask(5)
        assert status(answer) == 423 and header(answer, "Min-Expires") == "60", answer
        assert status(ask(60)) == 200 and gate.registered_users() == ["101"]
        assert status(ask(0)) == 200
        until(lambda: gate.registered_users() == [], 2, "the binding stayed")


@case("register: bindings are there after a restart, and calls reach them")
def after_restart(lab):
    gate = Tollgate(lab)
    callee, caller = gate.phone("101", 0), gate.phone("102", 1)
    gate.shutdown()
    gate.launch()
    assert gate.registered_users() == ["101", "102"]
    caller.dial(f"sip:101@{world.DOMAIN}")
    callee.ringing()
    callee.accept()
    caller.established()
    caller.hangup()
    callee.closed()


@case("register: a removed account is gone at once")
def removed(lab):
    gate = Tollgate(lab)
    gate.phone("101")
    gate.cli("account", "remove", "101")
    until(lambda: gate.registered_users() == [], 2, "the binding outlived its account")
    with SipSocket("office", world.OFFICE[0]) as client:
        assert status(register(client, world.TG_LAN, "101", gate.secrets["101"])) in (401, 403)


@case("register: after rotation the old password is refused, the new one works")
def rotated(lab):
    gate = Tollgate(lab)
    new = gate.json("account", "rotate", "101")["secret"]
    assert new != gate.secrets["101"]
    with SipSocket("office", world.OFFICE[0]) as client:
        assert status(register(client, world.TG_LAN, "101", gate.secrets["101"])) in (401, 403)
        assert status(register(client, world.TG_LAN, "101", new)) == 200


@case("register: no secret is in the log, the arguments, the configuration or the database")
def no_secret_leaks(lab):
    gate = Tollgate(lab, trunks=("acme",))
    lab.provider("prov1")
    gate.phone("101")
    gate.trunk_registered()
    time.sleep(0.2)
    secrets = [*gate.secrets.values(), world.CUSTOMER_SECRET]
    for path in [p for p in gate.folder.rglob("*") if p.is_file()]:
        octets = path.read_bytes()
        assert not any(s.encode() in octets for s in secrets), f"a secret stands in {path.name}"
    shown = gate.cli("show", "config") + gate.cli("account", "list") + gate.cli("trunks")
    assert not any(secret in shown for secret in secrets)


if __name__ == "__main__":
    main()
