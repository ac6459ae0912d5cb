"""All frames of a bridge are captured while readings of a recognisable value flow: neither the
value, nor its type, nor any piece of a record is there in clear. The same search finds them at
once in the plain dialect, so it would find them.

Seen to fail: with `--plain` given to the two."""

from lab import PORT, Lab, all_arrived, check_once_in_order, packets, poll, rows

lab = Lab()
network = lab.home()
VALUES = ["23.456789", "26.456789"]
SECRETS = [b".456789", b"temperature", b'"seq"', b'"value"', b"state_update", b'"fan"', b"Cel",
           b'"sig"', b'"have"']
CLEAR = {b"type", b"device", b"network", b"port", b"epoch", b"counter", b"answer", b"mac"}


def found(frames):
    return {secret for secret in SECRETS for frame in frames if secret in frame}


with lab.test():
    hosts = [lab.host(), lab.host()]
    wires = [h.capture() for h in hosts]
    dataset = rows(network, VALUES * 500)
    sensor = hosts[0].peer("sensor1", network.copy(), "--dataset", dataset, "--every", "0.02")
    actuator = hosts[1].peer("actuator1", network.copy())
    sensor.wait("acknowledged")
    actuator.wait("reading", device="sensor1", value=float(VALUES[0]), count=50)
    all_arrived(sensor, actuator)
    check_once_in_order(sensor, actuator, 90)
    sensor.leave()
    actuator.leave()
    seen = [p for wire in wires for p in packets(wire)]
    tcp = sum(len(p.data) for p in seen if p.protocol == 6)
    hellos = [p.data for p in seen if p.protocol == 17 and p.data[:8] == b'{"type":']
    lab.say(f"{len(seen)} packets, {tcp} bytes of sessions, {len(hellos)} datagrams")
    assert tcp > 20000 and len(hellos) >= 4, "the capture saw too little"
    assert not found([p.frame for p in seen]), f"in clear: {found([p.frame for p in seen])}"
    for data in hellos:
        names = set(data.split(b'"')[1::2])
        assert names <= CLEAR | {b"hello", b"goodbye", b"sensor1", b"actuator1"} | {
            n for n in names if len(n) in (16, 64)}, f"a datagram says more than it must: {data}"
    # names and roles of certificates are inside the handshake's encryption
    sessions = [p.frame for p in seen if p.protocol == 6]
    assert not [f for f in sessions if b"sensor1" in f or b"actuator" in f]

    plain = hosts[0].peer("sensor1", network.copy(), "--plain", "--dataset", dataset, "--every",
                          "0.02")
    plain.wait("sent", count=20)

    def clear():
        return found([p.frame for wire in wires for p in packets(wire) if p.dport == PORT])
    poll(5, lambda: {b".456789", b"temperature"} <= clear(), "this search finds what is in clear")
