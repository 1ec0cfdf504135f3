"""What sipp plays: an XML scenario from a list of steps."""
from xml.sax.saxutils import quoteattr

SDP = """v=0
o=sipp 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""


def scenario(*steps):
    return ('<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="wire">\n'
            + "\n".join(steps) + "\n</scenario>\n")


def recv(what, optional=False, **attributes):
    """Wait for a request (by method) or for a response (by status)."""
    kind = "response" if isinstance(what, int) else "request"
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return (f'<recv {kind}="{what}" crlf="true" rrs="true"'
            f'{" optional=" + quoteattr("true") if optional else ""}{more}/>')


def pause(milliseconds=None):
    """Without an argument: until the test ends sipp."""
    return f'<pause milliseconds="{milliseconds or 600000}"/>'


def send(text, sdp=False, retransmit=False):
    body = SDP if sdp else ""
    kind = "Content-Type: application/sdp\n" if sdp else ""
    return (f'<send{" retrans=" + quoteattr("500") if retransmit else ""}><![CDATA[\n{text}{kind}'
            f"Content-Length: [len]\n\n{body}]]></send>")


def reply(status, phrase="wire", sdp=False):
    """Answer the last request; a 2xx to INVITE is repeated until its ACK."""
    tag = "" if status == 100 else ";tag=[call_number]x[pid]"
    return send(f"""SIP/2.0 {status} {phrase}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:pstn@[local_ip]:[local_port]>
""", sdp=sdp, retransmit=sdp and status == 200)


def ok():
    """200 to a request within the dialog."""
    return send("""SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:pstn@[local_ip]:[local_port]>
""")


def answer():
    """Ring, answer with SDP, wait for the BYE."""
    return scenario(recv("INVITE"), reply(100), reply(180), reply(200, sdp=True), recv("ACK"),
                    recv("BYE"), ok())


def refuse(status):
    return scenario(recv("INVITE"), reply(100), reply(180), reply(status), recv("ACK"))


def ring_until_cancel():
    """Ring; the CANCEL gets its 200 and the INVITE its 487."""
    invite = ('<recv request="INVITE" crlf="true"><action>'
              '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>'
              '<ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>'
              '</action></recv>')
    terminated = send("""SIP/2.0 487 Request Terminated
Via: [$via]
[last_From:]
[last_To:]
[last_Call-ID:]
CSeq: [$cseq]
""")
    return scenario(invite, reply(100), reply(180), recv("CANCEL"), ok(), terminated, recv("ACK"))


def call(number, caller="+34600111222", talk_ms=1500, hang_up=True):
    """Call a number with SDP, talk, hang up (or wait for the other side to)."""
    head = f"""Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:{caller}@[local_ip]:[local_port]>;tag=[call_number]c[pid]
Call-ID: [call_id]
"""
    invite = send(f"INVITE sip:{number}@[remote_ip]:[remote_port] SIP/2.0\n{head}"
                  f"To: <sip:{number}@[remote_ip]:[remote_port]>\nCSeq: 1 INVITE\n"
                  f"Contact: <sip:caller@[local_ip]:[local_port]>\n", sdp=True, retransmit=True)
    ack = send(f"ACK [next_url] SIP/2.0\n{head}[last_To:]\nCSeq: 1 ACK\n[routes]\n")
    bye = send(f"BYE [next_url] SIP/2.0\n{head}[last_To:]\nCSeq: 2 BYE\n[routes]\n",
               retransmit=True)
    end = [pause(talk_ms), bye, recv(200)] if hang_up else [recv("BYE"), ok()]
    return scenario(invite, recv(100, optional=True), recv(180, optional=True),
                    recv(183, optional=True), recv(200, rtd="true"), ack, *end)
