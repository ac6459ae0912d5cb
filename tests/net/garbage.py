"""Rows A4 and A7, and what else can be thrown at open ports: random and mutated datagrams at both
discovery sockets, garbage and half a handshake at the session port, old TLS, plain HTTP, a byte
at a time, early data, hundreds of idle connections, a member that breaks the rules of the lines.
Nothing crashes or grows, and the readings go on.

    garbage.py [DATAGRAMS [SEED]]

Seen to fail: with a handshake that nobody times (idle connections stay); with a line that may be of
any length (resident memory grows)."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time

from lab import PORT, Lab, all_arrived, check_once_in_order, hello, poll, rows

DATAGRAMS = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
IDLE = 200

lab = Lab()
network = lab.home()
dice = random.Random(SEED)


def mutated(text):
    data = bytearray(text)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data))
        match dice.randrange(5):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:at + dice.randint(1, 8)]
            case 2:
                data[at:at] = dice.randbytes(dice.randint(1, 8))
            case 3:
                data[at:at] = data[dice.randrange(len(data)):][:dice.randint(1, 64)]
            case 4:
                data = data[:at]
        data = data or bytearray(b"{")
    return bytes(data)


def datagrams(key):
    """Half are near what is taken, with a right mac or not; half are noise of every length."""
    plain = b'{"type":"temperature","device":"sensor1","value":24.8}'
    deep = b'{"type":"hello","device":"x","a":' + b"[" * 400 + b"]" * 400 + b"}"
    yield from (b"", b"\0", deep, b"{" * 1024, b'{"a":1e999}', b"\xff" * 1500, plain * 18)
    for i in range(DATAGRAMS):
        good = hello(key, dice.choice(("sensor1", "actuator1", "ghost")), 1 + i % 65535, i + 1, 1,
                     kind=dice.choice(("hello", "goodbye")), mac_key=dice.choice((key, b"wrong")))
        yield mutated(dice.choice((good, good, plain, deep))) if i % 2 else \
            dice.randbytes(dice.choice((1, 7, 74, 75, 200, 1023, 1024, 1025, 1400)))


def throw_datagrams(attacker):
    sock, key = attacker.udp(), network.discovery_key()
    to = [(p.host.ip, port) for p in peers for port in (PORT, p.udp_port())]
    began = time.monotonic()
    count = 0
    for count, data in enumerate(datagrams(key)):
        sock.sendto(data, to[count % len(to)])
        if count % 100 == 0:
            time.sleep(0.02)
    lab.say(f"{count + 1} datagrams, seed {SEED}, in {time.monotonic() - began:.1f} s")


def is_closed(sock):
    """Whether the other side hung up; what it said on the way does not matter here."""
    sock.setblocking(False)
    try:
        while sock.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def throw_bytes(attacker):
    """What is no TLS at all."""
    socks = []
    for data in (b"GET / HTTP/1.1\r\nHost: kith\r\n\r\n", dice.randbytes(4096), b"\0" * 70000,
                 b"\x16\x03\x01\xff\xff" + b"\1" * 100, b'{"type":"hello"}\n' * 100,
                 b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"):
        sock = attacker.connect(actuator.address())
        with contextlib.suppress(OSError):
            sock.sendall(data)
        socks.append(sock)
    for _ in range(50):
        sock = attacker.connect(actuator.address())
        with contextlib.suppress(OSError):
            sock.sendall(dice.randbytes(dice.randint(1, 2000)))
        socks.append(sock)
    return socks


def client_hello():
    """What a TLS client says first."""
    listener = socket.create_server(("127.0.0.1", 0))
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", "127.0.0.1:%d" % listener.getsockname()[1],
         "-alpn", "kith/1", "-quiet"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    sock, _ = listener.accept()
    data = sock.recv(65536)
    client.kill()
    client.wait()
    sock.close()
    listener.close()
    return data


def idle(attacker):
    """Connections that say nothing, half a handshake, or a byte now and then: all are ended, few
    are held at once, and who belongs to us comes in beside them."""
    first, socks = client_hello(), []
    for i in range(IDLE):
        sock = attacker.connect(actuator.address())
        with contextlib.suppress(OSError):
            sock.sendall(first[:len(first) * (i % 4) // 3])
        socks.append(sock)
    began, slow = time.monotonic(), attacker.connect(actuator.address())
    most, slow_bytes = 0, iter(first)
    newcomer = lab.host().peer("controller1", network.copy())
    newcomer.wait("connected", device="actuator1", seconds=5)

    def all_closed():
        nonlocal most
        most = max(most, actuator.descriptors())
        with contextlib.suppress(OSError):
            slow.send(bytes([next(slow_bytes, 0)]))
        time.sleep(0.05)
        return all(map(is_closed, (*socks, slow)))
    poll(15, all_closed, "idle connections are ended")
    newcomer.leave()
    lab.say(f"{IDLE} idle connections: all ended after {time.monotonic() - began:.1f} s, "
            f"{most - descriptors} held at most")
    assert most - descriptors < 16


def s_client(attacker, *arguments, member=None, text=b""):
    command = ["openssl", "s_client", "-connect", "%s:%d" % actuator.address(), "-alpn", "kith/1",
               *arguments]
    if member:
        path = member.home.device(member.device) + "/device"
        chain = f"{member.home.path}/network/issuing.crt"
        command += ["-cert", f"{path}.crt", "-key", f"{path}.key", "-cert_chain", chain]
    try:
        return subprocess.run(command, input=text, capture_output=True, timeout=8,
                              preexec_fn=attacker.enter)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"still open after {late.timeout} s: {arguments}") from None


def other_tls(attacker):
    """Row A7 among them: no ticket is given, so no early data can come; what is sent is refused."""
    for arguments in (("-tls1_2",), ("-tls1_1",), ("-cipher", "ALL:@SECLEVEL=0", "-no_tls1_3"),
                      ("-ciphersuites", "TLS_AES_256_GCM_SHA384"), ("-groups", "P-521")):
        done = s_client(attacker, "-quiet", *arguments, member=outsider)
        assert b"alert" in done.stderr and not done.stdout, (arguments, done)
    done = s_client(attacker, "-quiet", "-alpn", "http/1.1", member=outsider)
    assert b"alert" in done.stderr, done
    session, early = f"{outsider.home.path}/session", f"{outsider.home.path}/early"
    with open(early, "w") as f:
        f.write('{"type":"hello","version":1,"device":"sensor7","role":"sensor","epoch":1,'
                '"wants":[]}\n')
    done = s_client(attacker, "-msg", "-sess_out", session, member=outsider, text=b"Q")
    assert b"NewSessionTicket" not in done.stdout, "gives tickets"
    assert b"Verify return code" in done.stdout and b"TLSv1.3" in done.stdout
    again = ("-sess_in", session) if os.path.exists(session) else ()
    done = s_client(attacker, "-early_data", early, *again, member=outsider, text=b"Q")
    assert b"Early data was not sent" in done.stdout or b"rejected" in done.stdout, done.stdout
    lab.say("TLS 1.2, other suites, groups and protocols are refused; no tickets, no early data")


def member_that_raves(attacker):
    """Whoever has a right certificate still has to keep to the rules of the lines."""
    hail = b'{"type":"hello","version":1,"device":"sensor7","role":"sensor","epoch":5,"wants":[]}\n'
    other = hail.replace(b"sensor7", b"sensor1")
    for text in (b'{"type":"ping","t":1}\n', hail + hail, hail.replace(b"sensor7", b"sensor1"),
                 hail + b"x" * 70000 + b"\n", hail + b"[" * 5000 + b"\n", b"\xff\xfe\n",
                 hail + b'{"type":"state_update","records":[{"type":"temperature","device":'
                 b'"sensor1","epoch":5,"seq":1,"ts":1,"value":99}]}\n'):
        done = s_client(attacker, "-quiet", member=outsider, text=text)
        assert b'"type":"error"' in done.stdout, (text[:90], done)
    endless = hail + b'{"type":"new","a":"' + b"x" * (48 << 20)
    done = s_client(attacker, "-quiet", member=outsider, text=endless)
    assert b'"type":"error"' in done.stdout or b"alert" in done.stderr, done.stdout[-200:]
    # what is not wrong, only useless, is passed over: this session ends when its sender does
    useless = b'{"type":"seal","epoch":5,"seq":99999,"sig":"AAAA"}\n{"type":"new","a":[1]}\n' * 200
    s_client(attacker, "-quiet", "-no_ign_eof", member=outsider, text=hail + useless)
    assert not [r for r in actuator.readings("sensor1") if r[2] == 99], "wrote another's record"
    lab.say("a member that breaks the rules is told and hung up on")


with lab.test():
    sensor = lab.host().peer("sensor1", network.copy(), "--dataset",
                             rows(network, (i / 100 for i in range(10000))), "--every", "0.01")
    actuator = lab.host().peer("actuator1", network.copy())
    peers = (sensor, actuator)
    outsider = lab.host().peer("sensor7", network.copy(), "--loopback")
    outsider.wait("started")
    outsider.leave()
    attacker = outsider.host
    actuator.wait("reading", device="sensor1", count=50)
    resident, descriptors = [p.resident_kib() for p in peers], actuator.descriptors()

    socks = throw_bytes(attacker)
    throw_datagrams(attacker)
    other_tls(attacker)
    member_that_raves(attacker)
    idle(attacker)
    poll(10, lambda: all(map(is_closed, socks)), "garbage is hung up on")
    poll(5, lambda: actuator.descriptors() <= descriptors, "all descriptors are given back")

    grown = [p.resident_kib() - before for p, before in zip(peers, resident)]
    all_arrived(sensor, actuator)
    count = check_once_in_order(sensor, actuator, 500)
    lab.say(f"{count} readings went on, once and in order; {grown} KiB more resident")
    assert not actuator.events("lost", device="sensor1"), "the session was disturbed"
    assert max(grown) < 16384
    assert len(actuator.err()) < 100000 and len(actuator.events("refused")) < 100, "talks too much"
