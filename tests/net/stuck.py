"""Row F12: a peer stands still (SIGSTOP) while a sensor reads fast. What is owed to it is bounded, the
others get every reading as soon as before, nobody loses anybody else, and when it goes on it has all
that it missed, once and in order.

    stuck.py [SECONDS]      8; the row says 60: `campaign stuck`

Seen to fail: with silence that ends no session (nobody notices); with what a peer missed not sent
to it (refused as a gap)."""

import signal
import sys
import time

from lab import Lab, all_arrived, check_once_in_order, poll, rows

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 8
EVERY_S = 0.002
GROWTH_KIB = 8192   # a log's window in memory is 4 MiB
OWED = 1 << 20      # 2.6 s of readings are a sixth of that; 128 KiB of them wait at the sensor

lab = Lab()
network = lab.home()


def delay_p99_ms(peer, since_ms):
    """From a reading to its place in this peer's output; both are of this machine's one clock."""
    delays = sorted(e["time"] - e["ts"] for e in peer.events("reading", device="sensor1")
                    if e["ts"] >= since_ms)
    assert len(delays) > 200, f"only {len(delays)} readings came to {peer.name}"
    return delays[len(delays) * 99 // 100]


def owed(peer, other):
    """Bytes on their way between the two: not sent yet, or not read yet."""
    total = 0
    for one, two, column in (peer, other, 0), (other, peer, 1):
        address = "".join(f"{int(part):02X}" for part in reversed(two.host.ip.split(".")))
        with open(f"/proc/{one.process.pid}/net/tcp") as f:
            total += sum(int(line.split()[4].split(":")[column], 16) for line in list(f)[1:]
                         if line.split()[2].startswith(address))
    return total


with lab.test():
    values = rows(network, (f"{20 + i / 10000:.4f}" for i in range(90000)))
    sensor = lab.host().peer("sensor1", network.copy(), "--dataset", values, "--every", str(EVERY_S),
                             "--loop")
    stuck = lab.host().peer("observer1", network.copy(), "--role", "observer")
    others = [lab.host().peer(device, network.copy()) for device in ("actuator1", "controller1")]
    for peer in stuck, *others:
        peer.wait("reading", device="sensor1", count=500, seconds=20)
    everybody = (sensor, stuck, *others)
    for peer in everybody:
        met = {p.device for p in everybody} - {peer.device}
        poll(10, lambda p=peer, m=met: m <= {e["device"] for e in p.events("connected")}, "all meet")

    quiet_at = time.time() * 1000
    time.sleep(2)       # a time to compare with
    stopped_at = time.time() * 1000
    quiet = {p.device: delay_p99_ms(p, quiet_at) for p in others}
    resident, most = sensor.resident_kib(), 0
    stuck.process.send_signal(signal.SIGSTOP)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        most = max(most, owed(sensor, stuck))
        time.sleep(0.1)
    grown = sensor.resident_kib() - resident
    stopped = {p.device: delay_p99_ms(p, stopped_at) for p in others}
    stuck.process.send_signal(signal.SIGCONT)
    took = all_arrived(sensor, stuck, 30)
    lab.say(f"stood still for {SECONDS:.0f} s: {most} bytes owed to it at most, the sensor grew by "
            f"{grown} KiB; p99 of the others' delay {quiet} ms before, {stopped} ms meanwhile; "
            f"all of it there {took:.2f} s after it went on")
    assert 0 < most < OWED and grown < GROWTH_KIB
    for device, ms in stopped.items():
        assert ms <= 1.5 * quiet[device] + 1000, f"{device} hears the sensor late"
    for peer in (sensor, *others):
        lost = {e["device"] for e in peer.events("lost")}
        assert lost <= {"observer1"}, f"{peer.name} lost {lost}"
        assert lost or SECONDS < 4, f"{peer.name} does not notice"
    gaps = [e for p in everybody for e in p.events("refused") if "gap" in e["cause"]]
    assert not gaps, gaps[0]
    for peer in stuck, *others:
        all_arrived(sensor, peer)
        count = check_once_in_order(sensor, peer, 500 + int(SECONDS / EVERY_S / 2))
    lab.say(f"{count} readings, once and in order")
