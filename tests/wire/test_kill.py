#!/usr/bin/env python3
"""kill -9 of every process: it is back in 2 s, and only its own calls are gone."""
import os
import signal
import time

from tg import lab as world, scenarios
from tg.peers import until
from tg.runner import case, main
from tg.tollgate import ALLOWED, Tollgate, alive

URI_102 = f"sip:102@{world.DOMAIN}"


def phones_talking(lab, **more):
    """A tollgate with one call between two accounts: edge, vault and relay are in it."""
    gate = Tollgate(lab, **more)
    caller, callee = gate.phone("101", 0, hz=440), gate.phone("102", 1, hz=620, auto=True)
    talk_again(caller, callee)
    return gate, caller, callee


def talk_again(caller, callee):
    caller.dial(URI_102)
    caller.established()
    callee.established()


def trunk_talking(lab, **more):
    """A phone talks to sipp behind the provider; sipp waits for the BYE."""
    lab.provider("prov1")
    callee = lab.sipp("prov1", "pstn", scenarios.answer(), 5080, "-rtp_echo")
    gate = Tollgate(lab, trunks=("acme",), **more)
    gate.trunk_registered()
    caller = gate.phone("101", hz=440)
    caller.dial(f"sip:{ALLOWED}@{world.DOMAIN}")
    caller.established()
    time.sleep(0.5)
    return gate, caller, callee


def lives_on(caller, callee):
    """The call was up all the time: the tone of all its seconds was heard, and it still ends."""
    time.sleep(2) # a killed process may be back in a tenth of a second
    caller.hangup()
    callee.closed()
    assert caller.heard(620) > 1.5 and callee.heard(440) > 1.5


def bystander(role):
    """A process in whose absence calls live on."""
    @case(f"kill: {role}; the call lives on, registrations are there, a new call works")
    def case_of_role(lab):
        gate, caller, callee = phones_talking(lab)
        gate.kill(role)
        assert gate.registered_users() == ["101", "102"]
        lives_on(caller, callee)
        talk_again(caller, callee)
        caller.hangup()
        callee.closed()


for name in ("vault:0", "resolver:0", "console:0"):
    bystander(name)


@case("kill: carrier; the call between phones lives on")
def carrier_beside(lab):
    lab.provider("prov1")
    gate, caller, callee = phones_talking(lab, trunks=("acme",))
    gate.trunk_registered()
    gate.kill("carrier:0")
    lives_on(caller, callee)


@case("kill: carrier; the orphaned trunk leg gets its BYE, the phone is hung up, the trunk is back")
def carrier(lab):
    gate, caller, callee = trunk_talking(lab)
    gate.kill("carrier:0")
    caller.closed(10)
    callee.finish(10)
    gate.wait_log("event=trunk_registered", 10, count=2)


@case("kill: edge; the trunk leg gets its BYE, bindings are there, a new call works")
def edge(lab):
    gate, caller, callee = trunk_talking(lab)
    gate.kill("edge:0")
    callee.finish(10)
    assert gate.registered_users() == ["101"]
    caller.hangup()
    other = gate.phone("102", 1)
    other.dial(f"sip:101@{world.DOMAIN}")
    caller.ringing()
    caller.accept()
    other.established()
    other.hangup()


@case("kill: edge; both phones of its call are free again, and call again")
def edge_alone(lab):
    gate, caller, callee = phones_talking(lab)
    gate.kill("edge:0")
    assert gate.registered_users() == ["101", "102"]
    caller.hangup()
    callee.hangup()
    talk_again(caller, callee)
    caller.hangup()
    callee.closed()


@case("kill: relay; its call has audio again or is ended, a new call has audio")
def relay(lab):
    gate, caller, callee = phones_talking(lab)
    gate.kill("relay:0")
    time.sleep(1)
    if gate.calls():
        caller.hangup()
    callee.closed(10)
    talk_again(caller, callee)
    before = caller.heard(620)
    time.sleep(1.5)
    caller.hangup()
    callee.closed()
    assert caller.heard(620) - before > 0.8
    assert gate.media_sockets() == []


@case("kill: warden; nothing of it is left behind, the next start has all registrations")
def warden(lab):
    gate, caller, callee = phones_talking(lab)
    pids = gate.roles()
    gate.killed.update(pids.values())
    os.kill(pids["warden"], signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in pids.values()), 3, "orphans run on")
    gate.stop()
    gate.launch()
    assert gate.registered_users() == ["101", "102"]
    caller.hangup()
    callee.hangup()
    talk_again(caller, callee)
    caller.hangup()
    callee.closed()


@case("kill: every process one after the other; a call works afterwards")
def everything(lab):
    gate = Tollgate(lab, edges=2, carriers=2, relays=2)
    caller, callee = gate.phone("101", 0), gate.phone("102", 1, auto=True)
    for role in sorted(set(gate.roles()) - {"warden"}):
        gate.kill(role)
    assert gate.registered_users() == ["101", "102"]
    talk_again(caller, callee)
    caller.hangup()
    callee.closed()


if __name__ == "__main__":
    main()
