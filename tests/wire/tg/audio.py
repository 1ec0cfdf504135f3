"""Tones: made as WAV, found again in recordings."""
import array
import math
import subprocess
import wave

RATE = 8000


def write_tone(path, hz, seconds):
    """A WAV of one tone: 8 kHz, mono, 16 bit."""
    period = array.array("h", (int(9000 * math.sin(2 * math.pi * hz * i / RATE))
                               for i in range(RATE)))  # whole Hz: one second repeats seamlessly
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(period.tobytes() * seconds)


def sox(source, octets=None):
    """What sox reads from `source`, as samples at 8 kHz, one channel."""
    raw = subprocess.run(["sox", "-V1", "--ignore-length", *source, "-t", "raw", "-r", str(RATE),
                          "-e", "signed", "-b", "16", "-c", "1", "-"],
                         input=octets, capture_output=True, check=True).stdout
    return array.array("h", raw[:len(raw) // 2 * 2])


def samples_of_rtp(packets):
    """The sound of captured RTP packets of PCMA."""
    return sox(["-t", "al", "-r", str(RATE), "-c", "1", "-"], b"".join(p[12:] for p in packets))


def share(samples, hz):
    """How much of the sound's power is this tone: 0..1 (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * hz / RATE)
    before = last = 0.0
    for x in samples:
        before, last = last, x + turn * last - before
    power = last * last + before * before - turn * last * before
    total = sum(x * x for x in samples)
    return 2 * power / (len(samples) * total) if total else 0.0


def seconds_of_tone(samples, hz):
    """For how long this tone is in it, in steps of 50 ms."""
    step = RATE // 20
    blocks = (samples[i:i + step] for i in range(0, len(samples) - step + 1, step))
    return sum(1 for block in blocks if share(block, hz) > 0.8) / 20
