"""Rows 8 and 12 of `bench/run`: what many peers cost while nothing happens, and how soon they agree
when the two halves of their network can hear each other again.

Of ten peers six are sensors, three actuators and one a controller. One controller has the rules
that it comes with, so that it keeps a session with every sensor; the others look at nobody's
readings.
"""
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from base import KITH, PLACES, PROGRAMS, Place, Process, ask, await_for, count_topics, progress

KINDS = ("sensor", "sensor", "actuator", "sensor", "sensor", "actuator", "sensor", "sensor",
         "actuator", "controller")
WITH_RULES = "controller9"
WINDOW_S = 4
PATIENCE_S = 180


def crowd(count):
    return [f"{KINDS[i % len(KINDS)]}{i}" for i in range(count)]


def rules(device):
    return () if device == WITH_RULES or is_leaf(device) else ("--no-rules",)


def is_leaf(device):
    return device.startswith("sensor")


# Row 8.

def sent_bytes():
    """By lo, since it is there: what one socket sends is counted once, headers included."""
    lo = next(line for line in Path("/proc/net/dev").read_text().splitlines() if "lo:" in line)
    return int(lo.split(":")[1].split()[8])


def cpu_ns(process):
    """Of all its threads, as the scheduler counts it."""
    return sum(int(Path(task.path, "schedstat").read_text().split()[0])
               for task in os.scandir(f"/proc/{process.pid}/task"))


def is_joined(place, carriers, sensors):
    """All that carry have what each sensor wrote when it started, and agree. No rule looks at it:
    a value that grows stale would be decided on, half a minute later."""
    hashes = {(place.ask(d, ask="status") or {}).get("state_hash") for d in carriers}
    return len(hashes) == 1 and all(
        count_topics(place.data, d, "sensor*/humidity") == sensors for d in carriers)


def settle():
    """Until a window's bytes are no longer fewer than those of the one before."""
    end, before = time.monotonic() + PATIENCE_S, None
    while time.monotonic() < end:
        start = sent_bytes()
        time.sleep(WINDOW_S)
        window = sent_bytes() - start
        if before and window > 0.9 * before:
            return
        before = window
    raise TimeoutError("the network does not come to rest")


def false_alarms(place, devices):
    return sum(place.ask(d, ask="status")["alarms"]["false"] for d in devices)


def idle(size, count):
    """CPU and bytes of so many peers that write nothing; their false alarms, then and before."""
    devices = crowd(count)
    with Place(*devices) as place:
        reading = place.data / "reading.jsonl"
        reading.write_text('{"humidity":50}\n')
        once = "--dataset", reading, "--every", 3600, "--loop"
        peers = [place.kith(d, "--quiet", *rules(d), *(once if is_leaf(d) else ()))
                 for d in devices]
        carriers = [d for d in devices if not is_leaf(d)]
        await_for(PATIENCE_S, lambda: is_joined(place, carriers, count - len(carriers)), "joined")
        settle()
        alarms_before = false_alarms(place, devices)
        start, bytes_before = time.monotonic(), sent_bytes()
        cpu_before = [cpu_ns(p) for p in peers]
        time.sleep(size["idle_s"])
        cpu = sum(map(cpu_ns, peers)) - sum(cpu_before)
        seconds, sent = time.monotonic() - start, sent_bytes() - bytes_before
        return dict(cpu_ms=cpu / 1e6 / seconds / count, bytes=sent / seconds / count,
                    false=false_alarms(place, devices) - alarms_before, starting=alarms_before,
                    peer_days=count * seconds / 86400)


def report_idle(report, size):
    """Returns false alarms, over how many peer-days, and how many there were before all stood."""
    false = days = starting = few = 0
    for count in size["crowds"]:
        progress(f"{count} idle peers ...")
        signal.alarm(4 * PATIENCE_S)
        try:
            v = idle(size, count)
        except TimeoutError as e:
            report.failed("8", f"idle, {count} peers: {e}")
            continue
        false, days = false + v["false"], days + v["peer_days"]
        starting += v["starting"]
        report.add("8", f"idle, {count} peers, CPU ms/s a peer", f"{v['cpu_ms']:.2f}", "", "1",
                   "0.3", (v["cpu_ms"] <= 1, v["cpu_ms"] <= 0.3))
        few = few or v["bytes"]
        is_flat = v["bytes"] <= 1.1 * few
        report.add("8", f"idle, {count} peers, bytes/s sent a peer", f"{v['bytes']:,.0f}",
                   f"{size['crowds'][0]} peers: × {v['bytes'] / few:.2f}", "2,000", "flat (× 1.1)",
                   (v["bytes"] <= 2000, v["bytes"] <= 2000 and is_flat))
    return false, days, starting


# Row 12.

@contextmanager
def a_lab():
    """Machines on a bridge: those of the networked tests, with their stores beside the build."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests/net"))
    os.environ["KITH"] = str(KITH)
    import lab as machines
    machines.ROOT = tempfile.mkdtemp(prefix="bench-", dir=KITH.parent)
    PLACES.append(machines.ROOT)
    lab = machines.Lab()
    try:
        yield lab
    finally:
        for peer in lab.peers:
            peer.kill()
        for host in lab.hosts:
            machines.sh("ip", "link", "del", host.port_name)
            os.close(host.fd)
        machines.sh("ip", "link", "del", "br0")
        os.close(lab.own)
        shutil.rmtree(machines.ROOT, ignore_errors=True)


def acquaint(hosts):
    """Each knows the others' hardware addresses for good: the kernel's table of those that it has
    to find out holds 1,024 for all namespaces together, and fifty machines need 2,450."""
    def hardware(host):
        return f"02:00:00:00:00:{host.number:02x}"
    for host in hosts:
        lines = [f"link set eth0 address {hardware(host)}"]
        lines += [f"neigh replace {other.ip} lladdr {hardware(other)} dev eth0 nud permanent"
                  for other in hosts if other is not host]
        host.do("ip", "-batch", "-", input="\n".join(lines))


class Halves:
    """Peers on two bridges that a pair of interfaces joins; what passes there can be dropped."""

    def __init__(self, lab, count):
        from lab import sh
        self.sh, self.sides = sh, ([], [])
        network = lab.home()
        sh("ip", "link", "add", "br1", "type", "bridge")
        sh("ip", "link", "add", "joint0", "type", "veth", "peer", "name", "joint1")
        for side in 0, 1:
            sh("ip", "link", "set", f"br{side}", "up")
            sh("ip", "link", "set", f"joint{side}", "master", f"br{side}", "up")
        hosts = [lab.host() for _ in range(count)]
        acquaint(hosts)
        for i, (device, host) in enumerate(zip(crowd(count), hosts)):
            side, home = (i // len(KINDS) + i) % 2, network.copy()
            sh("ip", "link", "set", host.port_name, "master", f"br{side}")
            self.sides[side].append(host.peer(device, home, "--quiet", *rules(device),
                                              *self.source(device, home)))
        self.peers = [*self.sides[0], *self.sides[1]]
        self.carriers = [p for p in self.peers if not is_leaf(p.device)]

    @staticmethod
    def source(device, home):
        """A sensor reads what the measurement writes."""
        if not is_leaf(device):
            return ()
        os.mkfifo(f"{home.path}/readings")
        return "--exec", f"exec cat {home.path}/readings"

    def cut(self):
        self.sh("nft", "add table netdev cut" + "".join(
            f"\nadd chain netdev cut {end} {{ type filter hook ingress device {end} priority 0; }}"
            f"\nadd rule netdev cut {end} drop" for end in ("joint0", "joint1")))

    def heal(self):
        self.sh("nft", "delete table netdev cut")

    def write(self, peer, count):
        """A sensor takes so many readings, as fast as it can."""
        lines = b"".join(b'{"temperature":%d.%d}\n' % (20 + i % 4, i % 10) for i in range(count))
        if not hasattr(peer, "pipe"):
            peer.pipe = open(f"{peer.home.path}/readings", "r+b", buffering=0)
        peer.pipe.write(lines)

    def hashes(self, peers):
        statuses = [ask(p.home.path, p.device, ask="status") for p in peers]
        return {status and status["state_hash"] for status in statuses}

    def remove(self):
        for peer in self.peers:
            if hasattr(peer, "pipe"):
                peer.pipe.close()
        self.sh("ip", "link", "del", "joint0")
        self.sh("ip", "link", "del", "br1")


def has(peer, sensor, count):
    """So many records of a sensor are at a peer, and sealed."""
    answer = ask(peer.home.path, peer.device, ask="get", topic=f"{sensor.device}/temperature")
    return answer and answer.get("seq", 0) >= count and answer["sealed"]


def agree(halves, carriers, sensors, count, seconds):
    """Until each carrier has all of each of these sensors."""
    for peer in carriers:
        for sensor in sensors:
            await_for(seconds, lambda: has(peer, sensor, count),
                      f"{peer.device} has {count} of {sensor.device}")
    await_for(seconds, lambda: len(halves.hashes(carriers)) == 1, "one state hash")


def stored(peer, sensors):
    """{sensor: records in the peer's store}; the peer has left."""
    found = {s.device: 0 for s in sensors}
    verify = Process(f"{peer.path}.log", PROGRAMS / "peer", "verify", peer.home.path, peer.device)
    for line in verify.wait().out.read_text().splitlines():
        log = dict(pair.split("=") for pair in line.split()[1:])
        if log["whole"] != "1":
            raise SystemExit(f"bench: {peer.device} has a log with a gap or a double: {line}")
        if log["device"] in found:
            found[log["device"]] += int(log["count"])
    return found


def heal_time(size):
    """Seconds from the heal until all that carry have one state hash."""
    count, side_records = size["halves"]
    with a_lab() as lab:
        halves = Halves(lab, count)
        try:
            return time_heal(halves, side_records, size["cut_s"])
        finally:
            halves.remove()


def time_heal(halves, side_records, cut_s):
    sensors = [[p for p in side if is_leaf(p.device)] for side in halves.sides]
    carriers = [[p for p in side if not is_leaf(p.device)] for side in halves.sides]
    everyone = sensors[0] + sensors[1]
    for sensor in everyone:
        halves.write(sensor, 1)
    agree(halves, halves.carriers, everyone, 1, PATIENCE_S)
    halves.cut()
    began, each = time.monotonic(), -(-side_records // len(sensors[0]))
    for sensor in everyone:
        halves.write(sensor, each)
    for side in 0, 1:
        agree(halves, carriers[side], sensors[side], each + 1, PATIENCE_S)
    time.sleep(max(0, cut_s - (time.monotonic() - began)))
    if len(halves.hashes(halves.carriers)) != 2:
        raise SystemExit("bench: the halves are not apart")
    halves.heal()
    start = time.monotonic()
    await_for(PATIENCE_S, lambda: len(halves.hashes(halves.carriers)) == 1, "one state hash")
    took = time.monotonic() - start
    return dict(heal_s=took, lost=lost(halves, everyone, each + 1))


def lost(halves, sensors, each):
    """What is missing in the stores of one carrier of each side."""
    missing = 0
    for side in halves.sides:
        peer = next(p for p in side if not is_leaf(p.device))
        peer.leave(20)
        missing += sum(each - have for have in stored(peer, sensors).values())
    return missing


def report_heal(report, size):
    count, records = size["halves"]
    progress(f"{count} peers in halves ...")
    signal.alarm(4 * PATIENCE_S)
    v = heal_time(size)
    report.add("12", f"one state hash after the heal, {count} peers, {records:,} records a side, s",
               f"{v['heal_s']:.2f}", f"lost {v['lost']}", "5", "1",
               (v["heal_s"] <= 5 and not v["lost"], v["heal_s"] <= 1 and not v["lost"]))
