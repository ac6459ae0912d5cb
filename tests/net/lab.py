"""Machines on a bridge, peers on them, and what the peers said.

A test is a script that `enter` started in namespaces of its own:

    lab = Lab()
    network = lab.home()                    # made by a first start
    one, two = lab.host(), lab.host()       # 10.79.0.1, 10.79.0.2
    sensor = one.peer("sensor1", network.copy(), "--every", "0.1")
    actuator = two.peer("actuator1", network.copy())
    actuator.wait("connected", device="sensor1")

Each machine is a network namespace, held by an open file, joined to the bridge by a veth pair; each
home is a folder on a tmpfs that vanishes with the mount namespace. Peers write JSON, one event a
line, which is read as it grows: every wait polls for what it waits for and fails with the end of
everybody's output after its time. Nothing outlives the script.
"""

import collections
import contextlib
import ctypes
import hashlib
import hmac
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

KITH = os.environ["KITH"]
# freed memory that a sanitizer keeps is not growth
ASAN_OPTIONS = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
ROOT = os.environ.get("LAB_DIR", "/mnt")
PORT = 50000
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
SO_TIMESTAMPNS = 35

_libc = ctypes.CDLL(None, use_errno=True)


def new_namespace():
    """Goes into a new network namespace."""
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")


def enter_namespace(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def sh(*command, **kwargs):
    return subprocess.run(command, check=True, text=True, capture_output=True, **kwargs).stdout


def poll(seconds, ready, what):
    """The first true answer of ready(); fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Lab:
    def __init__(self):
        if ROOT == "/mnt":
            sh("mount", "-t", "tmpfs", "-o", "size=512m", "lab", ROOT)
        self.own = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.hosts, self.peers, self.homes = [], [], 0
        self.began, self.cuttable = time.monotonic(), 0
        sh("ip", "link", "set", "lo", "up")
        sh("ip", "link", "add", "br0", "type", "bridge")
        sh("ip", "link", "set", "br0", "up")

    def host(self):
        return Host(self, len(self.hosts) + 1)

    def home(self, **kwargs):
        """A home with a network of its own, as a first start makes it."""
        home = Home(self)
        peer = self.host().peer("sensor0", home, **kwargs)
        peer.wait("started")
        peer.kill()
        shutil.rmtree(f"{home.path}/devices")
        shutil.rmtree(f"{home.path}/network/peers", ignore_errors=True)
        return home

    def know_each_other(self):
        """Each machine knows each one's hardware address for good, and that of all: this kernel has
        1,024 places for those learnt, of all namespaces together, which 33 machines that all speak
        with each other fill."""
        known = [("10.79.0.255", "ff:ff:ff:ff:ff:ff")] + [(h.ip, h.mac()) for h in self.hosts]
        for host in self.hosts:
            host.do("ip", "-batch", "-", input="".join(
                f"neigh replace {ip} lladdr {mac} dev eth0 nud permanent\n"
                for ip, mac in known if ip != host.ip))

    def cut(self, pairs):
        """From now on exactly these do not get through: (from, to), one way each, without a word to
        either (their cables stay in). All at once, in one transaction."""
        if not self.cuttable:
            devices = ", ".join(h.port_name for h in self.hosts)
            sh("nft", "-f", "-", input=f"""table netdev cuts {{
    set pairs {{ type ifname . ipv4_addr; }}
    chain out {{
        type filter hook egress devices = {{ {devices} }} priority 0;
        meta oifname . ip saddr @pairs drop
    }}
}}""")
            self.cuttable = len(self.hosts)
        assert self.cuttable == len(self.hosts), "machines were added behind the first cut"
        elements = ", ".join(f'"{to.port_name}" . {source.ip}' for source, to in pairs)
        add = f"add element netdev cuts pairs {{ {elements} }}" if elements else ""
        sh("nft", "-f", "-", input=f"flush set netdev cuts pairs\n{add}\n")

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.2f} s  {text}", flush=True)

    @contextlib.contextmanager
    def test(self):
        """Shows what the peers said when a check fails; ends them in any case."""
        try:
            yield
            for peer in self.peers:
                peer.check_unharmed()
        except BaseException:
            for peer in self.peers:
                print(f"--- {peer.name} on {peer.host.ip}, status {peer.process.poll()}:\n"
                      f"{peer.tail()}", file=sys.stderr)
            raise
        finally:
            for peer in self.peers:
                peer.kill()


class Home:
    """What one machine keeps (--state-dir)."""

    def __init__(self, lab, copied_from=None):
        lab.homes += 1
        self.lab, self.path = lab, f"{ROOT}/home{lab.homes}"
        if copied_from:
            shutil.copytree(copied_from.path, self.path, ignore=shutil.ignore_patterns("run"))
        else:
            os.mkdir(self.path)

    def copy(self):
        return Home(self.lab, self)

    def device(self, name):
        return f"{self.path}/devices/{name}"

    def discovery_key(self):
        with open(f"{self.path}/network/discovery.key") as f:
            return bytes.fromhex(f.read().strip())

    def stored(self, name):
        """{(device, epoch, seq): record as text} of a peer that does not run."""
        records = {}
        db = sqlite3.connect(f"file:{self.device(name)}/kith.db?mode=ro", uri=True)
        for (run,) in db.execute("SELECT bytes FROM run"):
            for r in json.loads(f"[{run}]"):
                key = r["device"], r["epoch"], r["seq"]
                assert key not in records, f"{key} is stored twice"
                records[key] = json.dumps(r)
        db.close()
        return records


class Host:
    def __init__(self, lab, number):
        self.lab, self.number = lab, number
        self.ip, self.port_name = f"10.79.0.{number}", f"v{number}"
        lab.hosts.append(self)
        new_namespace()
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        enter_namespace(lab.own)
        sh("ip", "link", "add", self.port_name, "type", "veth", "peer", "name", "eth0",
           "address", self.mac(), "netns", f"/proc/{os.getpid()}/fd/{self.fd}")
        sh("ip", "link", "set", self.port_name, "master", "br0", "up")
        self.ip_do("link", "set", "lo", "up")
        self.ip_do("addr", "add", f"{self.ip}/24", "brd", "+", "dev", "eth0")
        self.ip_do("link", "set", "eth0", "up")

    def mac(self):
        return f"02:00:0a:4f:00:{self.number:02x}"

    def enter(self):
        enter_namespace(self.fd)

    @contextlib.contextmanager
    def inside(self):
        """Sockets made here are this machine's, for as long as they live."""
        self.enter()
        try:
            yield
        finally:
            enter_namespace(self.lab.own)

    def do(self, *command, **kwargs):
        return sh(*command, preexec_fn=self.enter, **kwargs)

    def ip_do(self, *arguments):
        return self.do("ip", *arguments)

    def link(self, state):
        """The cable: up or down, seen by this machine as carrier lost."""
        sh("ip", "link", "set", self.port_name, state)

    def move(self, number):
        self.ip_do("addr", "flush", "dev", "eth0", "scope", "global")
        self.ip = f"10.79.0.{number}"
        self.ip_do("addr", "add", f"{self.ip}/24", "brd", "+", "dev", "eth0")

    def lose(self, percent):
        """Drops so many of 100 frames, each way."""
        rule = f"numgen random mod 100 < {percent} drop"
        for run, device in (self.do, "eth0"), (sh, self.port_name):
            run("nft", f"""add table netdev lab
add chain netdev lab {device} {{ type filter hook ingress device {device} priority 0; }}
add rule netdev lab {device} {rule}""")

    def deaf_to_broadcast(self):
        self.do("nft", f"""add table inet lab
add chain inet lab in {{ type filter hook input priority 0; }}
add rule inet lab in udp dport {PORT} drop""")

    def peer(self, device, home, *arguments, **kwargs):
        return Peer(self, device, home, arguments, **kwargs)

    def udp(self, port=0):
        with self.inside():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("0.0.0.0", port))
        return s

    def connect(self, address, timeout=5):
        with self.inside():
            s = socket.socket()
        s.settimeout(timeout)
        s.connect(address)
        return s

    def listen(self, port=0):
        with self.inside():
            s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("0.0.0.0", port))
        s.listen(64)
        return s

    def capture(self):
        """A socket that gets every frame at this machine's place on the bridge, in and out."""
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        s.bind((self.port_name, 0))
        s.setblocking(False)
        return s


class Peer:
    """One life of a peer process."""

    def __init__(self, host, device, home, arguments, json_events=True, program=KITH,
                 environment=None):
        lab = host.lab
        self.host, self.device, self.home, self.arguments = host, device, home, arguments
        self.json_events, self.program, self.environment = json_events, program, environment or {}
        self.path = f"{ROOT}/{len(lab.peers)}-{device}"
        self.name = f"{device}#{len(lab.peers)}"
        self._read, self._rest, self._events = 0, b"", []
        command = [program, "run", device, "--state-dir", home.path, *arguments]
        if json_events:
            command.append("--json")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KITH")}
        self.started_at, self.started_wall_s = time.monotonic(), time.time()
        with open(f"{self.path}.out", "wb") as out, open(f"{self.path}.err", "wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=host.enter,
                env=clean | {"HOME": home.path, "NO_COLOR": "1", "ASAN_OPTIONS": ASAN_OPTIONS}
                | self.environment)
        self.expected_status = None
        lab.peers.append(self)

    def again(self, **changes):
        """The next life of the same peer."""
        return Peer(changes.get("host", self.host), self.device, changes.get("home", self.home),
                    changes.get("arguments", self.arguments), self.json_events,
                    changes.get("program", self.program), self.environment)

    def out(self):
        with open(f"{self.path}.out", "rb") as f:
            return f.read()

    def err(self):
        with open(f"{self.path}.err", "rb") as f:
            return f.read()

    def tail(self, lines=12):
        kept = self.out().splitlines()[-lines:] + [b"stderr:"] + self.err().splitlines()[-lines:]
        return b"\n".join(kept).decode(errors="replace")

    def events(self, kind=None, **fields):
        with open(f"{self.path}.out", "rb") as f:
            f.seek(self._read)
            text = f.read()
        self._read += len(text)
        *lines, self._rest = (self._rest + text).split(b"\n")
        self._events += [json.loads(line) for line in lines]
        return [e for e in self._events if (kind is None or e["event"] == kind)
                and all(e.get(k) == v for k, v in fields.items())]

    def wait(self, kind, seconds=10, count=1, **fields):
        """The last of so many events of a kind with these fields."""
        def there():
            found = self.events(kind, **fields)
            if len(found) >= count:
                return found
            assert self.alive(), f"{self.name} ended with {self.process.poll()}"
            return None
        return poll(seconds, there, f"{count} {kind} {fields} at {self.name}")[-1]

    def wait_after(self, mark, kind, seconds=10, **fields):
        """As wait(), for an event behind the first `mark` ones."""
        def there():
            assert self.alive(), f"{self.name} ended with {self.process.poll()}"
            found = self.events(kind, **fields)
            skipped = len([e for e in self._events[:mark] if e["event"] == kind
                           and all(e.get(k) == v for k, v in fields.items())])
            return found[skipped:]
        return poll(seconds, there, f"another {kind} {fields} at {self.name}")[0]

    def mark(self):
        return len(self.events())

    def readings(self, device):
        return [(e["epoch"], e["seq"], e["value"]) for e in self.events("reading", device=device)]

    def sent(self):
        return [(e["epoch"], e["seq"], e["value"]) for e in self.events("sent")]

    def alive(self):
        return self.process.poll() is None

    def ask(self, kind="status", **members):
        """What a running peer answers at its control socket (docs/json-answers.md), as one object; an
        OSError when it does not run (any more)."""
        return next(self._answers(kind, members))

    def ask_all(self, kind, **members):
        """The same of a question with many answers, without their end."""
        return list(itertools.takewhile(lambda a: "end" not in a, self._answers(kind, members)))

    def _answers(self, kind, members):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as s:
            s.settimeout(10)
            s.connect(f"{self.home.path}/run/{self.device}.sock")
            s.sendall(json.dumps({"ask": kind, **members}).encode() + b"\n")
            for line in s.makefile("rb"):
                yield json.loads(line)
        raise ConnectionError(f"{self.name} ended while it answered")

    def address(self):
        """Where it takes sessions, as somebody else can reach it."""
        for port in self._ports():
            return self.host.ip, port
        raise AssertionError(f"{self.name} does not listen")

    def _ports(self):
        inodes = set()
        for fd in os.listdir(f"/proc/{self.process.pid}/fd"):
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(f"/proc/{self.process.pid}/fd/{fd}"))
        with open(f"/proc/{self.process.pid}/net/tcp") as f:
            for line in list(f)[1:]:
                fields = line.split()
                if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                    yield int(fields[1].split(":")[1], 16)

    def udp_port(self):
        """Its private discovery socket."""
        inodes = {os.readlink(f"/proc/{self.process.pid}/fd/{fd}")
                  for fd in os.listdir(f"/proc/{self.process.pid}/fd")}
        with open(f"/proc/{self.process.pid}/net/udp") as f:
            for line in list(f)[1:]:
                fields = line.split()
                port = int(fields[1].split(":")[1], 16)
                if f"socket:[{fields[9]}]" in inodes and port != PORT:
                    return port
        raise AssertionError(f"{self.name} has no private socket")

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill(self):
        self.expected_status = -signal.SIGKILL
        self.process.kill()
        self.process.wait()

    def leave(self, seconds=5):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def check_unharmed(self):
        """Still there, or ended as it was told to: never by a signal that we did not send."""
        status = self.process.poll()
        assert status is None or status >= 0 or status == self.expected_status, \
            f"{self.name} ended by signal {-status}"
        for word in b"Sanitizer", b"runtime error", b"check failed":
            assert word not in self.err(), f"{self.name}: {word.decode()}"


def rows(home, values):
    """A dataset of temperatures."""
    path = f"{home.path}/rows{len(os.listdir(home.path))}.jsonl"
    with open(path, "w") as f:
        f.writelines(f'{{"temperature":{value}}}\n' for value in values)
    return path


def check_once_in_order(sensor, receiver, least):
    """What one life of a receiver showed of a sensor's one life is what was sent: from some record
    on, each once, in order, none changed, none left out."""
    got, sent = receiver.readings(sensor.device), sensor.sent()
    assert len(got) >= least, f"{len(got)} readings came, {least} should have"
    start = sent.index(got[0])
    for i, reading in enumerate(got):
        assert start + i < len(sent) and reading == sent[start + i], \
            f"reading {i} of {sensor.name} at {receiver.name} is {reading}, " \
            f"sent was {sent[start + i:start + i + 3]}"
    return len(got)


def all_arrived(sensor, receiver, seconds=10):
    """What the sensor has said so far is at the receiver; how long that took."""
    last, began = sensor.sent()[-1], time.monotonic()
    poll(seconds, lambda: receiver.readings(sensor.device)[-1:] >= [last],
         f"{last} of {sensor.name} at {receiver.name}")
    return time.monotonic() - began


# Datagrams and frames, for attackers and witnesses.

def network_id(key):
    return hmac.new(key, b"kith/1 discovery key id", hashlib.sha256).hexdigest()[:16]


def hello(key, device, port, epoch, counter, kind="hello", mac_key=None):
    text = json.dumps({"type": kind, "device": device, "network": network_id(key), "port": port,
                       "epoch": epoch, "counter": counter}, separators=(",", ":"))[:-1]
    mac = hmac.new(mac_key or key, text.encode(), hashlib.sha256).hexdigest()
    return f'{text},"mac":"{mac}"}}'.encode()


Packet = collections.namedtuple(
    "Packet", "at frame protocol source destination sport dport flags data")


def packets(sock):
    """The IPv4 packets that a capture has gathered."""
    while True:
        try:
            frame, notes, _, place = sock.recvmsg(65536, 64)
        except BlockingIOError:
            return
        seconds, ns = struct.unpack("qq", notes[0][2][:16])
        if place[1] != 0x0800:
            continue
        ip = frame[14:]
        header = (ip[0] & 15) * 4
        size, protocol = struct.unpack("!H", ip[2:4])[0], ip[9]
        source, destination = socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20])
        body = ip[header:size]
        if protocol not in (6, 17) or len(body) < 8:
            continue
        sport, dport = struct.unpack("!HH", body[:4])
        offset = body[12] // 16 * 4 if protocol == 6 else 8
        yield Packet(seconds + ns / 1e9, frame, protocol, source, destination, sport, dport,
                     body[13] if protocol == 6 else 0, body[offset:])
