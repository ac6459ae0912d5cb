"""Row F4 with real processes: the n-th allocation that the program itself asks for fails, or all from it
on, while an actuator starts, meets a sensor, takes readings, switches and leaves; then the same for those
of OpenSSL and libuv. It ends cleanly, with a word, or goes on; never by a signal, never hanging. A start
with memory then finds everything.

    scarce.py [STRIDE]      6; `make memory` says 1, which fails each of the program's own

libuv itself aborts when the list of its descriptors cannot grow, which is not ours to mend: that is
counted, and nothing of ours may have failed before.

Seen to fail: with a new connection whose memory is not there (it aborts); with a TLS context that must be
there (likewise)."""

import collections
import os
import signal
import subprocess
import sys
import time

from lab import KITH, Lab, Peer, poll, rows

STRIDE = int(sys.argv[1]) if len(sys.argv) > 1 else 6
SCARCE = os.environ.get("SCARCE", os.path.dirname(KITH) + "/tests/scarce.so")
# of so many allocations one fails: OpenSSL asks for 19,000 in a life, of its TLS part 40
STRIDES = {"": STRIDE, "libcrypto": 150 * STRIDE, "libssl": 2 * STRIDE, "libuv": 1}
ABORTS = {"libuv"}
LIVES_S = 8
PATIENCE_S = 2.5    # without memory for a session there is none: no error, it goes on trying

lab = Lab()
network = lab.home()


ENDED, WENT_ON, ABORTED = "ended by themselves", "went on", "were aborted by the library"


class Scarce(Peer):
    def __init__(self, host, home, library, at, for_ever):
        environment = {"LD_PRELOAD": SCARCE, "SCARCE_AT": str(at)}
        if library:
            environment["SCARCE_OF"] = library
        if for_ever:
            environment["SCARCE_FOR_EVER"] = "1"
        super().__init__(host, "actuator1", home, (), environment=environment)


def live(library, at, for_ever):
    """How it ended: as told to, or by itself."""
    peer = Scarce(host, home, library, at, for_ever)
    began = time.monotonic()
    while peer.alive() and len(peer.events("action")) < 2:
        if library and time.monotonic() > began + PATIENCE_S:
            break
        assert time.monotonic() < began + LIVES_S, f"allocation {at}: it does nothing"
        time.sleep(0.01)
    told = peer.alive()
    if told:
        peer.process.send_signal(signal.SIGTERM)
    where = f"allocation {at}{' and all behind it' if for_ever else ''} of {library or 'the program'}"
    try:
        status = peer.process.wait(LIVES_S)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"{where}: it does not leave") from None
    lines = peer.err().splitlines()
    peer.expected_status = status
    if library in ABORTS and status == -signal.SIGABRT and not lines:
        return ABORTED, 0
    assert status >= 0, f"{where}: ended by signal {-status}\n{peer.tail()}"
    counted = [int(line.split()[0]) for line in lines if line.endswith(b" allocations")]
    assert told or status == 0 or len(lines) > len(counted), \
        f"{where}: ended with {status}, without a word"
    return WENT_ON if told else ENDED, counted[0] if counted else 0


def fail_each(library, stride):
    how, count = live(library, 0, False)
    assert how == WENT_ON and count > (3 if library else 50), f"only {count} allocations"
    ends = collections.Counter()
    for n in range(1, count + 1, stride):
        for for_ever in (False, True):
            ends[live(library, n, for_ever)[0]] += 1
            lab.peers.pop()
    whole = host.peer("actuator1", home)
    whole.wait("reading", device="sensor1", count=5)
    assert whole.leave() == 0
    lab.say(f"{library or 'the program'}: {count} allocations in a life; of {ends.total()} lives without "
            f"one, or without all from one on, " + ", ".join(f"{n} {how}" for how, n in ends.items()))
    assert ends[WENT_ON] > 0 and (ends[ENDED] > 0 or library), "too little happened to mean anything"


with lab.test():
    sensor = lab.host().peer("sensor1", network.copy(), "--dataset",
                             rows(network, [20, 30] * 5000), "--every", "0.05", "--loop")
    host, home = lab.host(), network.copy()
    sensor.wait("sent", count=5)
    for library, stride in STRIDES.items():
        fail_each(library, stride)
