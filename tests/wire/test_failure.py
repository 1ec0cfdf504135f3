#!/usr/bin/env python3
"""Providers that fail while a call is set up, and a wire that loses packets."""
import time

from tg import lab as world, scenarios
from tg.runner import case, main
from tg.tollgate import ALLOWED, Tollgate

URI_PSTN = f"sip:{ALLOWED}@{world.DOMAIN}"


def call_ends_at_second(lab, gate, patience):
    """The phone calls, the provider of beta answers, audio flows."""
    pstn = lab.answering("prov2", hz=620)
    caller = gate.phone("101", hz=440)
    caller.dial(URI_PSTN)
    caller.established(patience)
    pstn.established()
    time.sleep(1.5)
    caller.hangup()
    pstn.closed()
    assert caller.heard(620) > 0.8 and pstn.heard(440) > 0.8
    gate.wait_log("event=trunk_failover")


@case("failure: the first provider answers 503, the second takes the call")
def out_of_order(lab):
    lab.provider("prov1", "DOWN")
    lab.provider("prov2")
    gate = Tollgate(lab, trunks=("acme", "beta"))
    gate.trunk_registered("acme")
    gate.trunk_registered("beta")
    call_ends_at_second(lab, gate, 5)


@case("failure: the first provider fails after it had said that it tries")
def in_mid_setup(lab):
    lab.provider("prov1")
    lab.provider("prov2")
    broken = lab.sipp("prov1", "broken", scenarios.refuse(503), 5080)
    gate = Tollgate(lab, trunks=("acme", "beta"))
    gate.trunk_registered("acme")
    gate.trunk_registered("beta")
    call_ends_at_second(lab, gate, 5)
    broken.finish()


@case("failure: the first provider's process dies after it was registered")
def dead_process(lab):
    first = lab.provider("prov1")
    lab.provider("prov2")
    gate = Tollgate(lab, trunks=("acme", "beta"))
    gate.trunk_registered("acme")
    gate.trunk_registered("beta")
    first.close()
    call_ends_at_second(lab, gate, 35)


@case("failure: the first provider's line is cut")
def dead_line(lab):
    lab.provider("prov1")
    lab.provider("prov2")
    gate = Tollgate(lab, trunks=("acme", "beta"))
    gate.trunk_registered("acme")
    gate.trunk_registered("beta")
    lab.net.unplug("prov1", "wan")
    call_ends_at_second(lab, gate, 35)


@case("failure: busy is an answer, not a failure: the second provider is not asked")
def busy_is_final(lab):
    lab.provider("prov1")
    lab.provider("prov2")
    callee = lab.sipp("prov1", "pstn", scenarios.refuse(486), 5080)
    gate = Tollgate(lab, trunks=("acme", "beta"))
    gate.trunk_registered("acme")
    gate.trunk_registered("beta")
    second = lab.capture("prov2", "wan")
    caller = gate.phone("101")
    caller.dial(URI_PSTN)
    assert "486" in caller.closed()
    callee.finish()
    assert second.sip("INVITE ") == []


@case("failure: 30 % of the signalling is lost, the call is set up, heard and ended")
def loss(lab):
    lab.provider("prov1")
    pstn = lab.answering("prov1", hz=620)
    gate = Tollgate(lab, trunks=("acme",))
    with lab.net.loss(30, 5060) as lost:
        gate.trunk_registered(timeout=60)
        caller = gate.phone("101", hz=440, patience=60)
        caller.dial(URI_PSTN)
        caller.established(40)
        pstn.established(20)
        time.sleep(2)
        caller.hangup()
        pstn.closed(40)
        assert lost() > 0, "nothing was lost: the case proves nothing"
    assert caller.heard(620) > 0.8 and pstn.heard(440) > 0.8


if __name__ == "__main__":
    main()
