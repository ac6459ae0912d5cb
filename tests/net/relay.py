"""Row A23 on real sockets: two peers that reach each other only through a relay, which passes on
one byte at a time, in segments of their own, both ways. They meet, speak, and agree as if nothing
were between them. And a TLS client that is none of ours puts each byte of its lines into a TLS
record of its own, or all of them into one: the same readings come out.

Seen to fail: with a splitter that takes each read for a whole line."""

import select
import socket
import subprocess
import time

from lab import Lab, check_once_in_order, poll, rows

lab = Lab()
network = lab.home()
VALUES = [21.5, 22.25, 23.125]
BURST = 400  # bytes a turn, so that the relay does not starve what it tests


class Relay:
    """10.79.0.n:port to whatever address it was given."""

    def __init__(self, host, to):
        self.host, self.to, self.listener, self.pairs, self.passed = host, to, host.listen(), {}, 0

    def address(self):
        return "%s:%d" % (self.host.ip, self.listener.getsockname()[1])

    def accept(self):
        near, _ = self.listener.accept()
        far = self.host.connect(self.to())
        for a, b in (near, far), (far, near):
            a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pairs[a] = b

    def turn(self):
        ready, _, _ = select.select([self.listener, *self.pairs], [], [], 0.02)
        for sock in ready:
            if sock is self.listener:
                self.accept()
            elif sock in self.pairs:
                self.pass_on(sock, self.pairs[sock])

    def pass_on(self, sock, other):
        try:
            data = sock.recv(BURST)
            for i in range(len(data)):
                other.send(data[i:i + 1])
        except OSError:
            data = b""
        self.passed += len(data)
        if not data:
            for end in sock, other:
                self.pairs.pop(end, None)
                end.close()


def by_hand(member, pieces):
    """What any TLS client can do that has a device's certificate: three readings, in pieces."""
    device, epoch = member.device, int(time.time() * 1000)
    records = ",".join(
        f'{{"type":"temperature","device":"{device}","epoch":{epoch},"seq":{seq},"ts":{epoch},'
        f'"value":{value}}}' for seq, value in enumerate(VALUES, 1))
    text = (f'{{"type":"hello","version":1,"device":"{device}","role":"sensor","epoch":{epoch},'
            f'"wants":["actuator"]}}\n{{"type":"have","logs":[]}}\n\r\n'
            f'{{"type":"state_update","records":[{records}]}}\n').encode()
    path = member.home.device(device) + "/device"
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", "%s:%d" % actuator.address(), "-alpn", "kith/1",
         "-quiet", "-cert", f"{path}.crt", "-key", f"{path}.key", "-cert_chain",
         f"{member.home.path}/network/issuing.crt"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=member.host.enter)
    client.stdout.readline()        # its hello: the handshake is done
    for i in range(0, len(text), len(text) // pieces):
        client.stdin.write(text[i:i + len(text) // pieces])
        client.stdin.flush()
        time.sleep(0.001)
    poll(5, lambda: [r[2] for r in actuator.readings(device)] == VALUES, f"readings of {device}")
    client.kill()
    client.wait()
    lab.say(f"{device}: {len(text)} bytes in {pieces} pieces, three readings")
    return len(text)


def until(relay, seconds, ready, what):
    end = time.monotonic() + seconds
    while not ready():
        relay.turn()
        assert time.monotonic() < end, f"not within {seconds} s: {what}"


with lab.test():
    # a relay between two networks: neither machine hears the other's broadcast
    hosts = {name: lab.host() for name in ("sensor1", "actuator1", "relay")}
    for name in ("sensor1", "actuator1"):
        hosts[name].deaf_to_broadcast()
    actuator = hosts["actuator1"].peer("actuator1", network.copy())
    actuator.wait("started")
    relay = Relay(hosts["relay"], actuator.address)
    sensor = hosts["sensor1"].peer(
        "sensor1", network.copy(), "--dataset", rows(network, [24, 26, 25.1, 20] * 100),
        "--every", "0.05", "--peer", relay.address())
    until(relay, 10, lambda: len(actuator.readings("sensor1")) >= 60, "60 readings")
    until(relay, 5, lambda: sensor.events("state_update", type="fan", value="on"), "the fan is on")
    until(relay, 5, lambda: sensor.events("acknowledged"), "readings are acknowledged")
    count = check_once_in_order(sensor, actuator, 60)
    lab.say(f"{count} readings in {relay.passed} segments of one byte")
    assert sensor.events("discovered")[0]["address"] == relay.address()
    assert not actuator.events("lost") and not actuator.events("refused")
    assert relay.passed > 10000
    for device in ("sensor7", "sensor8"):
        member = hosts["relay"].peer(device, network.copy(), "--loopback")
        member.wait("started")
        member.leave()
        size = by_hand(member, 1 if device == "sensor7" else size)
