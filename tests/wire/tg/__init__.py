"""End-to-end tests: the tollgate binary and real SIP peers in network namespaces.

    runner.py    cases, the command line, the private world that a run gets from the kernel
    netns.py     hosts and switches, NAT, packet loss, capture
    lab.py       the network of the tests, and what is started in it
    peers.py     Kamailio as PBX and as provider, sipp
    phone.py     baresip
    sip.py       a bare socket for crafted messages
    scenarios.py what sipp plays
    bulk.py      a provider that bills by its own clock, a dialler with many calls
    tollgate.py  the binary under test
    audio.py     making tones and finding them in recordings
"""
