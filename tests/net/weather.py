"""Row F7 on real sockets: five machines behind a switch of our own in bad weather. Of a hundred frames
thirty are lost, every second one comes twice, each is delayed by its own time, so that they overtake
each other, and one in fifty by up to five seconds; after that the same in one direction only of two
machines; then cables that are out and in every few seconds. Readings go on all the while. When the weather clears, everybody has all of them within five
seconds, once and in order, and all agree on one state.

    weather.py [SECONDS [SEED]]     10 of each weather

The switch is a thread with a TAP device of each machine, and its draws are those of the seed.

Seen to fail: with what a peer missed not sent to it (it is refused, again and again)."""

import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import sys
import threading
import time

from lab import Host, Lab, all_arrived, check_once_in_order, poll, rows, new_namespace, enter_namespace

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 10
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FRAME_MAX = 2048
HEALED_S = 15       # 5 on a machine of its own

lab = Lab()


class TapHost(Host):
    """A machine whose cable ends in our program."""

    def __init__(self, network_of, number):
        self.lab, self.number = network_of, number
        self.ip, self.port_name = f"10.79.0.{number}", None
        network_of.hosts.append(self)
        new_namespace()
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
        enter_namespace(network_of.own)
        self.ip_do("link", "set", "lo", "up")
        self.ip_do("link", "set", "eth0", "address", self.mac())
        self.ip_do("addr", "add", f"{self.ip}/24", "brd", "+", "dev", "eth0")
        self.ip_do("link", "set", "eth0", "up")


class Weather:
    """What becomes of a frame from one machine to another: when each of its copies arrives."""

    def __init__(self, loss, twice, delay_ms, late, late_s):
        self.loss, self.twice, self.delay_ms, self.late, self.late_s = \
            loss, twice, delay_ms, late, late_s

    def copies(self, dice):
        for _ in range(2 if dice.random() < self.twice else 1):
            if dice.random() < self.loss:
                continue
            late = dice.uniform(0, self.late_s) if dice.random() < self.late else 0
            yield dice.uniform(0, self.delay_ms / 1000) + late


FAIR = Weather(0, 0, 0, 0, 0)
STORM = Weather(0.3, 0.5, 20, 0.02, 5)
CUT = Weather(1, 0, 0, 0, 0)
FLAP_S = 3.5    # longer than a session lives in silence


def flapping(source, to):
    """Between each two, another stretch of time is without any frame."""
    phase = int(time.monotonic() / FLAP_S)
    pair = sorted((source.number, to.number))
    return CUT if random.Random(f"{SEED} {phase} {pair}").random() < 0.4 else STORM


class Switch(threading.Thread):
    def __init__(self, hosts):
        super().__init__(daemon=True)
        self.hosts, self.dice, self.numbers = hosts, random.Random(SEED), itertools.count()
        self.by_mac = {bytes.fromhex(h.mac().replace(":", "")): h for h in hosts}
        self.weather, self.waiting, self.counts = (lambda source, to: FAIR), [], [0, 0]
        self.start()

    def run(self):
        taps = {host.tap: host for host in self.hosts}
        while True:
            left = self.waiting[0][0] - time.monotonic() if self.waiting else 1
            ready, _, _ = select.select(list(taps), [], [], min(max(left, 0), 1))
            for tap in ready:
                self.take(taps[tap], os.read(tap, FRAME_MAX))
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, to, frame = heapq.heappop(self.waiting)
                self.give(to, frame)

    def take(self, source, frame):
        to = self.by_mac.get(frame[:6])
        for host in [to] if to else [h for h in self.hosts if h is not source]:
            copies = list(self.weather(source, host).copies(self.dice))
            self.counts[0] += 1
            self.counts[1] += len(copies)
            for delay in copies:
                heapq.heappush(self.waiting,
                               (time.monotonic() + delay, next(self.numbers), host, frame))

    @staticmethod
    def give(to, frame):
        try:
            os.write(to.tap, frame)
        except OSError:     # its queue is full: a frame is lost
            pass


def everywhere(sensors, keepers):
    began = time.monotonic()
    for sensor in sensors:
        for peer in keepers:
            all_arrived(sensor, peer, HEALED_S)
    return time.monotonic() - began


def through(what, weather):
    switch.counts[:] = 0, 0
    marks = {s: len(s.sent()) for s in sensors}
    switch.weather = weather
    end = time.monotonic() + SECONDS
    poll(SECONDS + 1, lambda: time.monotonic() > end, "time goes by")
    switch.weather = lambda source, to: FAIR
    took = everywhere(sensors, keepers)
    lost = sum(len(p.events("lost")) for p in (*sensors, *keepers))
    lab.say(f"{what} for {SECONDS:.0f} s, seed {SEED}: of {switch.counts[0]} frames "
            f"{switch.counts[1]} came; everything is everywhere {took:.2f} s behind it; "
            f"{lost} sessions were lost by then")
    assert took < HEALED_S and all(len(s.sent()) > m + SECONDS * 2 for s, m in marks.items())
    assert switch.counts[0] > 500 and switch.counts[0] != switch.counts[1]


with lab.test():
    network = lab.home()
    hosts = [TapHost(lab, i) for i in range(11, 16)]
    switch = Switch(hosts)
    dataset = rows(network, (f"{20 + i / 1000:.3f}" for i in range(20000)))
    sensors = [hosts[i].peer(f"sensor{i + 1}", network.copy(), "--dataset", dataset, "--every", "0.2")
               for i in range(2)]
    keepers = [hosts[2].peer("actuator1", network.copy()),
               hosts[3].peer("controller1", network.copy()),
               hosts[4].peer("observer1", network.copy(), "--role", "observer")]
    for peer in keepers:
        for sensor in sensors:
            peer.wait("connected", device=sensor.device, seconds=15)
    through("a storm", lambda source, to: STORM)
    through("a storm in one direction", lambda source, to: STORM if source in hosts[1:3] else FAIR)
    through("a storm and flapping cables", flapping)
    for peer in (*sensors, *keepers):
        refused = [e for e in peer.events("refused") if e["device"]]
        assert not refused, f"{peer.name} refuses {refused[0]}"
    for sensor in sensors:
        for peer in keepers:
            count = check_once_in_order(sensor, peer, int(SECONDS * 3 * 4))
    lab.say(f"{count} readings each, once and in order")

    def one_hash():
        return len({peer.ask()["state_hash"] for peer in keepers}) == 1
    poll(HEALED_S, one_hash, "one state hash")
