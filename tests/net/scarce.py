"""Row F4 with real processes: the n-th allocation that the program itself asks for fails, or all from it
on, while an actuator starts, meets a sensor, takes readings, switches and leaves. It ends cleanly,
with a word, or goes on; never by a signal, never hanging. A start with memory then finds everything.

    scarce.py [STRIDE]

Seen to fail: with a new connection whose memory is not there (it aborts)."""

import os
import signal
import subprocess
import sys
import time

from lab import KITH, Lab, Peer, poll, rows

STRIDE = int(sys.argv[1]) if len(sys.argv) > 1 else 6
SCARCE = os.environ.get("SCARCE", os.path.dirname(KITH) + "/tests/scarce.so")
LIVES_S = 8

lab = Lab()
network = lab.home()


class Scarce(Peer):
    def __init__(self, host, home, at, for_ever):
        os.environ["LD_PRELOAD"], os.environ["SCARCE_AT"] = SCARCE, str(at)
        if for_ever:
            os.environ["SCARCE_FOR_EVER"] = "1"
        try:
            super().__init__(host, "actuator1", home, ())
        finally:
            for name in ("LD_PRELOAD", "SCARCE_AT", "SCARCE_FOR_EVER"):
                os.environ.pop(name, None)


def live(at, for_ever):
    """How it ended: as told to, or by itself."""
    peer = Scarce(host, home, at, for_ever)
    began = time.monotonic()
    while peer.alive() and len(peer.events("action")) < 2:
        assert time.monotonic() < began + LIVES_S, f"allocation {at}: it does nothing"
        time.sleep(0.01)
    told = peer.alive()
    if told:
        peer.process.send_signal(signal.SIGTERM)
    try:
        status = peer.process.wait(LIVES_S)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"allocation {at}: it does not leave") from None
    where = f"allocation {at}{' and all behind it' if for_ever else ''}"
    assert status >= 0, f"{where}: ended by signal {-status}\n{peer.tail()}"
    words = peer.err().replace(b" allocations", b"").split()
    assert told or status == 0 or len(words) > 1, f"{where}: ended with {status}, without a word"
    lab.peers.remove(peer)
    return told, int(words[-1])


with lab.test():
    sensor = lab.host().peer("sensor1", network.copy(), "--dataset",
                             rows(network, [20, 30] * 5000), "--every", "0.05", "--loop")
    host, home = lab.host(), network.copy()
    sensor.wait("sent", count=5)
    told, count = live(0, False)
    assert told and count > 50, f"only {count} allocations"
    ends = {True: 0, False: 0}
    for n in range(1, count + 1, STRIDE):
        for for_ever in (False, True):
            ends[live(n, for_ever)[0]] += 1
    whole = host.peer("actuator1", home)
    whole.wait("reading", device="sensor1", count=5)
    assert whole.leave() == 0
    lab.say(f"{count} allocations in a life; of {sum(ends.values())} lives without one, or without "
            f"all from one on, {ends[False]} ended by themselves, {ends[True]} went on")
    assert ends[False] > 0 and ends[True] > 0
