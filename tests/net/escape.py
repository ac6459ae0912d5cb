"""Row A24: what strangers put into names, values, reasons and certificates is never printed as it
is: no escape sequence, no line of their own, no turned text.

Seen to fail: with a malformed datagram printed as it came."""

import json
import subprocess

from lab import PORT, Lab, hello, poll, rows

lab = Lab()
network = lab.home()
HOSTILE = (
    "\x1b[2J\x1b[31mowned", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\click",
    "a\r\nkith: all is well",
    "\nFAKE LINE", "tab\tand\vand\f", "\x7f\x08\x08", "\x9b31m", "\x85next line", "\u202egnp.exe",
    "\u2066isolate\u2069", "\u200bzero\ufeffwidth", "\u2028line\u2029paragraph", "nul\0behind",
    "=cmd|' /C calc'!A0", "%n%n%s%s", "'; DROP TABLE run;--", "../../etc/passwd",
    "\ud83d\ude00" * 30, "x" * 500)
TURNING = ("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029"
           "\u2066\u2067\u2068\u2069\ufeff")


def datagrams():
    """Each in every place that a plain datagram has, escaped as JSON and as it is."""
    for text in HOSTILE:
        for members in ({"type": "temperature", "device": text, "value": 24.8},
                        {"type": text, "device": "pysensor", "value": 24.8},
                        {"type": "temperature", "device": "pysensor", "value": text},
                        {"type": "temperature", "device": "pysensor", "value": 30, "unit": text},
                        {"type": "hello", "device": text}, {text: text}):
            yield json.dumps(members).encode()
            yield json.dumps(members, ensure_ascii=False).encode("utf-8", "surrogatepass")
        yield text.encode("utf-8", "surrogatepass")
        yield text.encode("latin-1", "replace")
        # of another network, as it says
        forged = hello(b"another network's key", "stranger", 1, 1, 1)
        yield forged.replace(b"stranger", text.encode("utf-8", "surrogatepass"))


def throw_certificates(host, address):
    path = f"{network.path}/hostile"
    for text in HOSTILE[:6]:
        subject = "/CN=" + text.replace("/", "\\/").replace("\0", "") + "/OU=sensor/O=\x1b[31m"
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-utf8", "-keyout", f"{path}.key", "-out", f"{path}.crt", "-subj", subject],
            capture_output=True)
        if made.returncode == 0:
            subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % address, "-alpn", "kith/1",
                            "-quiet", "-cert", f"{path}.crt", "-key", f"{path}.key"],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=8,
                           preexec_fn=host.enter)


def scan(data, what):
    text = data.decode()            # strict: what is not UTF-8 is a failure already
    for line in text.split("\n"):
        for c in line:
            code = ord(c)
            assert code >= 0x20 and not 0x7f <= code < 0xa0 and c not in TURNING, \
                f"{what} prints U+{code:04X}: {line[:200]!r}"


with lab.test():
    hosts = [lab.host() for _ in range(3)]
    words = hosts[0].peer("actuator1", network.copy(), "--plain", "--trace", json_events=False)
    events = hosts[1].peer("actuator2", network.copy(), "--plain")
    controller = hosts[1].peer("controller1", network.copy(), "--plain", json_events=False)
    events.wait("connected", device="actuator1")
    sensor = hosts[2].peer("sensor1", network.copy(), "--dataset", rows(network, [24, 26] * 5000),
                           "--every", "0.02")
    events.wait("reading", device="sensor1", count=20)
    sock, all_of_them = hosts[2].udp(), [data[:1400] for data in datagrams()]
    # a peer tells ten malformed datagrams at once: each ten have a listener of their own
    listeners = [hosts[0].peer(f"observer{at}", network.copy(), "--role", "observer", "--plain",
                               "--port", str(PORT + 10 + at), json_events=False)
                 for at in range(0, len(all_of_them), 10)]
    for peer in listeners:
        poll(10, lambda p=peer: b"Kith" in p.out(), f"{peer.device} is up")
    for i, data in enumerate(all_of_them):
        sock.sendto(data, ("10.79.0.255", PORT))
        sock.sendto(data, (hosts[0].ip, PORT + 10 + i // 10 * 10))
    throw_certificates(hosts[2], events.address())
    good = b'{"type":"temperature","device":"PySensor","value":31.25}'
    sock.sendto(good, ("10.79.0.255", PORT))
    events.wait("plain_reading", device="PySensor", value=31.25)
    poll(5, lambda: b"Received temperature from PySensor: 31.25" in words.out(), "plain reading")
    events.wait("reading", device="sensor1", count=50)
    poll(5, lambda: b"Malformed datagram from" in words.out(), "malformed datagrams are told")
    def malformed():
        return sum(peer.out().count(b"Malformed datagram from") for peer in listeners)
    poll(5, lambda: malformed() > len(all_of_them) / 2, "most are told as malformed")
    for peer in (words, events, controller, *listeners):
        scan(peer.out(), f"{peer.device} on stdout")
        scan(peer.err(), f"{peer.device} on stderr")
        if not peer.json_events:
            name = f"[{peer.device}] ".encode()
            lines = [line for line in peer.out().split(b"\n") if line and not line.startswith(name)]
            assert not lines, f"a line that is not ours: {lines[0]!r}"
    lab.say(f"{len(all_of_them)} hostile datagrams: {malformed()} told as malformed, "
            f"{len(events.events('plain_reading'))} taken as plain readings, none printed raw")
