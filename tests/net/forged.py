"""Row A2: ten thousand hellos for a known device from another address: none redirects or drops the
live session. Most carry a wrong mac; a thousand are an insider's, with the network's own key, a
higher epoch and the port of a listener that waits for a call.

Seen to fail: with a session that is hung up when a hello names a higher epoch; with datagrams taken
without looking at the mac (the listener is called by the first nine thousand)."""

import select
import time

from lab import PORT, Lab, all_arrived, check_once_in_order, hello, rows

lab = Lab()
network = lab.home()
FORGED, BY_INSIDER = 9000, 1000


def answered(listener):
    """Calls that wait at the attacker's door, each answered with garbage."""
    count = 0
    while select.select([listener], [], [], 0)[0]:
        caller, _ = listener.accept()
        caller.sendall(b'{"type":"hello","version":1,"device":"sensor1","role":"sensor"}\n')
        caller.close()
        count += 1
    return count


def flood(sock, door, key, count, mac_key, epoch):
    """At what the loop of a peer takes; both by broadcast and to each peer's private socket."""
    began, calls = time.monotonic(), 0
    port = door.getsockname()[1]
    to = [("10.79.0.255", PORT)] + [(p.host.ip, p.udp_port()) for p in (sensor, actuator)]
    for i in range(count):
        device = ("sensor1", "actuator1")[i // 3 % 2]
        sock.sendto(hello(key, device, port, epoch + i, i + 1, mac_key=mac_key), to[i % 3])
        if i % 100 == 99:
            calls += answered(door)
            time.sleep(0.02)
    return calls + answered(door), time.monotonic() - began


with lab.test():
    sensor = lab.host().peer("sensor1", network.copy(), "--dataset",
                             rows(network, (i / 100 for i in range(10000))), "--every", "0.01")
    actuator = lab.host().peer("actuator1", network.copy())
    attacker = lab.host()
    sock, door, key = attacker.udp(), attacker.listen(), network.discovery_key()
    actuator.wait("reading", device="sensor1", count=50)
    resident = actuator.resident_kib()

    calls, took = flood(sock, door, key, FORGED, b"not the key", 1 << 40)
    lab.say(f"{FORGED} hellos with a wrong mac in {took:.1f} s: {calls} calls to the attacker")
    assert calls == 0, "called whoever cannot prove that they belong to the network"
    calls, took = flood(sock, door, key, BY_INSIDER, key, 1 << 40)
    lab.say(f"{BY_INSIDER} hellos of an insider in {took:.1f} s: {calls} calls to the attacker")
    assert calls <= 2 * 3 * (took + 2), "more calls than three a second from each peer"

    for peer, other in (sensor, "actuator1"), (actuator, "sensor1"):
        for kind in "lost", "left", "reconnected":
            assert not peer.events(kind, device=other), f"{peer.name}: {kind}"
        assert len(peer.events("connected", device=other)) == 1
    all_arrived(sensor, actuator)
    count = check_once_in_order(sensor, actuator, 100)
    grown = actuator.resident_kib() - resident
    lab.say(f"{count} readings went on, once and in order; {grown} KiB more resident")
    assert grown < 8192

    # and who was spoken of comes back after a restart, though its name was heard with epochs above
    sensor.kill()
    sensor = sensor.again()
    actuator.wait("reading", device="sensor1", epoch=sensor.wait("started")["epoch"])
    lab.say("restarted, the sensor is heard")
