"""Row F10: an actuator may open 64 files, and from twenty addresses more connections come than that,
again and again. Its sessions live, what it receives is stored and acknowledged, it waits instead of
spinning, and when the flood ends a newcomer and a question get in at once.

    exhausted.py [SECONDS]

Seen to fail: with a listener that stays open when accepting fails, and without libuv's spare file,
which by itself sheds what knocks (all of a core is burnt)."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time

from lab import KITH, Lab, all_arrived, check_once_in_order, poll, rows

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 4
FILES, ADDRESSES, EACH = 64, 20, 10

lab = Lab()
network = lab.home()


def cpu_s(peer):
    with open(f"/proc/{peer.process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Flood:
    """Connections from many addresses that say nothing; who is turned away comes again."""

    def __init__(self, attacker, to):
        self.to, self.attacker, self.tried, self.socks = to, attacker, 0, {}
        for n in range(ADDRESSES):
            attacker.ip_do("addr", "add", f"10.79.0.{100 + n}/24", "dev", "eth0")

    def dial(self, place):
        with self.attacker.inside():
            s = socket.socket()
        s.setblocking(False)
        s.bind((f"10.79.0.{100 + place % ADDRESSES}", 0))
        with contextlib.suppress(BlockingIOError):
            s.connect(self.to)
        self.socks[place] = s
        self.tried += 1

    def is_gone(self, s):
        try:
            return s.recv(4096) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def push(self):
        for place in range(ADDRESSES * EACH):
            old = self.socks.get(place)
            if old and self.is_gone(old):
                old.close()
                old = None
            if not old:
                self.dial(place)

    def end(self):
        for s in self.socks.values():
            s.close()


def flooded(flood, seconds):
    """How many files the actuator had open most of the time, and what it burnt meanwhile."""
    open_files, began, burnt = [], time.monotonic(), cpu_s(actuator)
    while time.monotonic() < began + seconds:
        flood.push()
        open_files.append(actuator.descriptors())
        time.sleep(0.05)
    share = (cpu_s(actuator) - burnt) / (time.monotonic() - began)
    return sorted(open_files), share


def question():
    """Asks the running peer what it sees."""
    done = subprocess.run([KITH, "status", "--json", "--state-dir", actuator.home.path],
                          preexec_fn=actuator.host.enter, capture_output=True, timeout=10,
                          env=os.environ | {"HOME": actuator.home.path})
    return done.returncode == 0


with lab.test():
    sensor = lab.host().peer("sensor1", network.copy(), "--dataset",
                             rows(network, (f"{i / 100:.2f}" for i in range(100000))),
                             "--every", "0.02")
    actuator = lab.host().peer("actuator1", network.copy())
    actuator.wait("reading", device="sensor1", count=20)
    resource.prlimit(actuator.process.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    flood = Flood(lab.host(), actuator.address())
    poll(10, lambda: flood.push() or actuator.descriptors() >= FILES - 1, "no file is left")
    mark = sensor.mark()
    open_files, share = flooded(flood, SECONDS)
    lab.say(f"{flood.tried} connections from {ADDRESSES} addresses: {open_files[len(open_files) // 2]}"
            f" of {FILES} files open (median), {100 * share:.1f} % of a core")
    assert share < 0.5, "it spins"
    assert open_files[len(open_files) // 2] >= FILES - 3, "the files were not used up"
    assert flood.tried > 2 * ADDRESSES * EACH, "nobody came twice"
    sensor.wait_after(mark, "acknowledged", seconds=5)
    all_arrived(sensor, actuator)
    flood.end()
    began = time.monotonic()
    newcomer = lab.host().peer("controller1", network.copy())
    newcomer.wait("connected", device="actuator1", seconds=10)
    poll(10, question, "an answer to kith status")
    took = time.monotonic() - began
    lab.say(f"a newcomer and a question are in {took:.2f} s after the flood")
    assert took < 5
    all_arrived(sensor, actuator)
    check_once_in_order(sensor, actuator, 200)
    assert not actuator.events("lost") and not sensor.events("lost"), "a live session was lost"
    assert actuator.leave() == 0 and sensor.leave() == 0
