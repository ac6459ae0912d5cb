"""Row F15, and row 10's false alarms: many peers on as many machines that do what they do, for hours:
sensors write every ten seconds, rules switch fans, nobody is cut off. What the system asks of the
machine must stay what it was, nobody may be called dead who lives, and in the end all agree.

    soak.py [PEERS [MINUTES]]       10 peers, half a minute; `make soak` is the long form

Once a minute each peer is looked at: anonymous memory (RssAnon), descriptors, CPU time. Slopes are
lines through the last half of the samples, of all peers together: caches, lists and logs have taken
their size by then. Below an hour memory is shown and not judged, and below half an hour false
alarms are not. A peer that ends by itself ends the soak.

Seen to fail: with a kilobyte lost at each message sent, with a descriptor lost at each 500th."""

import sys
import time

from lab import Lab, poll

PEERS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 0.5
EVERY_S = min(60, MINUTES * 6)
KINDS = ("sensor", "actuator", "sensor", "controller", "sensor", "sensor", "actuator", "sensor",
         "sensor", "sensor")
WARM = 0.5
KIB_AN_HOUR, FDS = 256, 1     # more than that, a peer, is growth

lab = Lab()


def cpu_s(peer):
    with open(f"/proc/{peer.process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def anonymous_kib(peer):
    with open(f"/proc/{peer.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon"))


def look(peers):
    for p in peers:
        assert p.alive(), f"{p.name} ended with {p.process.poll()}"
    return (time.monotonic(), sum(map(anonymous_kib, peers)) / len(peers),
            sum(p.descriptors() for p in peers) / len(peers), sum(map(cpu_s, peers)))


def slope(samples, column):
    """Least squares, in units an hour."""
    xs, ys = [s[0] / 3600 for s in samples], [s[column] for s in samples]
    x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - x0) * (y - y0) for x, y in zip(xs, ys)) / sum((x - x0) ** 2 for x in xs)


def count_sensors(peer):
    try:
        return len(peer.ask_all("get", topic="sensor*/temperature"))
    except OSError:     # it has not come so far
        return 0


def alarms(peers):
    return sum(p.ask()["alarms"]["false"] for p in peers)


def hashes(peers):
    return {p.ask()["state_hash"] for p in peers}


with lab.test():
    network = lab.home()
    hosts = [lab.host() for _ in range(PEERS)]
    lab.know_each_other()
    peers = []
    for i, host in enumerate(hosts):
        kind = KINDS[i % len(KINDS)]
        arguments = ("--every", "10") if kind == "sensor" else ()
        peers.append(host.peer(f"{kind}{i + 1}", network.copy(), "--quiet", *arguments,
                               json_events=False))
    keepers = [p for p in peers if not p.device.startswith("sensor")]
    poll(120, lambda: all(count_sensors(p) == PEERS - len(keepers) for p in keepers),
         "everybody knows every sensor")
    starting = alarms(peers)
    lab.say(f"{PEERS} peers stand; false alarms until here: {starting}")
    samples, end = [look(peers)], time.monotonic() + MINUTES * 60
    while time.monotonic() < end:
        time.sleep(min(EVERY_S, max(0, end - time.monotonic())))
        samples.append(look(peers))
        if len(samples) % 10 == 0:
            lab.say(f"{samples[-1][1]:,.0f} KiB, {samples[-1][2]:.1f} descriptors a peer, "
                    f"{alarms(peers) - starting} false alarms")
    false, seconds = alarms(peers) - starting, samples[-1][0] - samples[0][0]
    days = PEERS * seconds / 86400
    warm = samples[int(len(samples) * WARM):]
    memory, descriptors = slope(warm, 1), slope(warm, 2)
    cpu = (samples[-1][3] - samples[0][3]) * 1000 / seconds / PEERS
    lab.say(f"{seconds / 60:.0f} min, {days:.2f} peer-days: {false} false alarms; memory "
            f"{samples[0][1]:,.0f} -> {samples[-1][1]:,.0f} KiB a peer, {memory:+.1f} an hour; "
            f"descriptors {samples[0][2]:.2f} -> {samples[-1][2]:.2f}, {descriptors:+.3f} an hour; "
            f"CPU {cpu:.2f} ms/s a peer")
    poll(30, lambda: len(hashes(keepers)) == 1, "one state hash")
    readings = min(a["seq"] for p in keepers for a in p.ask_all("get", topic="sensor*/temperature"))
    assert readings >= seconds / 10 * 0.9, f"a sensor wrote {readings} records only"
    if MINUTES >= 30:
        assert false <= max(1, 0.1 * days), f"{false} false alarms in {days:.2f} peer-days"
    if MINUTES >= 60:
        assert memory <= KIB_AN_HOUR, f"memory grows by {memory:.1f} KiB an hour and peer"
    assert abs(samples[-1][2] - warm[0][2]) <= FDS, "descriptors grow"
