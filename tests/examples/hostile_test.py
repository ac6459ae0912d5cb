"""The programs of the ladder in bad company: whatever a network sends, they go on, and nothing but
printable text reaches the terminal.

usage: hostile_test.py FOLDER-OF-EXAMPLES [unittest's options]
"""
import pathlib
import random
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from lesson import Terminal, enter_network_namespace

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
EVERYONE = "127.255.255.255"
NOISE = random.Random(1).randbytes(60000)
ORDERS = b"\x1b[2J\x1b]0;owned\x07\x00\r\x9b31m\xff\xfe"
CLOSE_BY_RESET = struct.pack("ii", 1, 0)

NO_MESSAGES = [
    b"", b"{}", b"[1]", b"null", b"7", b'"text"', b"\xff\xfe", b"{" * 2000, b"[" * 2000, b'{"a":' * 400,
    NOISE, NOISE[:1], ORDERS, b"9" * 1500, b'{"type":"hello"}', b'{"device":"x"}',
    b'{"type":"hello","device":7}', b'{"type":7,"device":"x"}', b'{"type":null,"device":null}',
    b'{"type":["hello"],"device":{}}', b'{"type":"hello","device":""}',
    b'{"type":"hello","device":"a\\u001b[2Jb"}', b'{"type":"hello","device":"a\\u0000b"}',
    b'{"type":"hello","device":"\\ud800"}', b'{"type":"hello","device":"' + b"a" * 64 + b'"}',
    b'{"type":"hello","device":"x","device":"y"', b'{"type":"temperature","device":"x"}',
    b'{"type":"temperature","device":"x","value":"hot"}', b'{"type":"temperature","device":"x","value":null}',
    b'{"type":"temperature","device":"x","value":[1]}', b'{"type":"temperature","device":"x","value":1e999}',
    b'{"type":"temperature","device":"x","value":' + b"9" * 900 + b"}",
    b'{"type":"temperature","device":"x","value":NaN}', b'{"type":"temperature","device":"x","value":',
]  # fmt: skip


def program(name, *arguments):
    if name.endswith(".py"):
        return [sys.executable, str(EXAMPLES / name), *arguments]
    return [str(BUILT / name), *arguments]


def connect(port):
    sock = socket.create_connection(("127.0.0.1", port), 10)
    sock.settimeout(10)
    return sock


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_BY_RESET)
    sock.close()


def rudely(port, data):
    """Sends, reads nothing, and breaks the connection; the server may break it first."""
    sock = connect(port)
    try:
        sock.settimeout(0.5)
        sock.sendall(data)
    except OSError:
        pass
    reset(sock)


def shout(data, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.sendto(data, (EVERYONE, port))


class Hostile(unittest.TestCase):
    def start(self, ready, name, *arguments):
        terminal = Terminal(program(name, *arguments))
        self.addCleanup(terminal.stop)
        self.assertTrue(terminal.sees(ready), f"{name}: {terminal.output()}")
        return terminal

    def assert_well(self, terminal):
        self.assertTrue(terminal.runs(), f"{terminal.command} ended: {terminal.output()[-2000:]}")
        self.assert_printable(terminal)

    def assert_printable(self, terminal):
        bad = {c for c in terminal.output() if not (c.isprintable() or c == "\n") or "\udc80" <= c}
        self.assertFalse(bad, f"{terminal.command} printed {bad!r}")
        self.assertNotIn("Sanitizer", terminal.output())

    def assert_ends_by_itself(self, terminal, seconds=30):
        status = terminal.ended(seconds)
        self.assertIsNotNone(status, f"{terminal.command} waits for ever")
        self.assertIn(status, (0, 1), f"{terminal.command}: {terminal.output()}")
        self.assert_printable(terminal)

    # Servers.

    def abuse_server(self, server, port, client, answer):
        connect(port).close()
        reset(connect(port))
        for data in (ORDERS, NOISE, NOISE * 30):
            rudely(port, data)
        with connect(port) as half:
            half.sendall(ORDERS)
            half.shutdown(socket.SHUT_WR)
            half.recv(100)
        silent = connect(port)
        self.addCleanup(silent.close)
        good = Terminal(program(*client))
        self.addCleanup(good.stop)
        self.assert_ends_by_itself(good)
        self.assertRegex(good.output(), answer)
        self.assert_well(server)

    def test_server_tcp_goes_on(self):
        server = self.start("waiting", "server_tcp")
        self.abuse_server(server, 5000, ["client_tcp"], "Message received by server")

    def test_server_threaded_goes_on(self):
        server = self.start("listening", "server_threaded")
        self.abuse_server(server, 5001, ["client_threaded"], "Sent: Hello 2\nReceived: ACK\n$")

    def test_server_async_goes_on(self):
        server = self.start("running", "server_async")
        self.abuse_server(server, 5002, ["client_async"], "^Client received: ACK\n$")

    def test_tcp_server_goes_on(self):
        server = self.start("listening", "tcp_server")
        self.abuse_server(server, 50010, ["tcp_client", "a"], "Received: ACK: a says hello 2\n$")

    def test_servers_with_threads_or_a_loop_serve_a_hundred_at_once(self):
        for name, port, answer in (
            ("server_threaded", 5001, b"ACK"),
            ("server_async", 5002, b"ACK"),
            ("tcp_server", 50010, b"ACK: 42"),
        ):
            with self.subTest(name):
                server = self.start("istening|running", name)
                clients = [connect(port) for _ in range(100)]
                for client in clients:
                    client.sendall(b"42")
                for client in clients:
                    self.assertEqual(client.recv(100), answer)
                    client.close()
                self.assert_well(server)
                server.stop()

    def test_server_async_stops_listening_to_a_client_that_does_not_read(self):
        small = pathlib.Path("/proc/sys/net/ipv4/tcp_wmem")  # of this namespace only
        usual = small.read_text()
        small.write_text("4096 4096 4096")
        self.addCleanup(small.write_text, usual)
        server = self.start("running", "server_async")
        flood = socket.socket()
        self.addCleanup(flood.close)
        flood.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        flood.connect(("127.0.0.1", 5002))
        flood.settimeout(1)
        with self.assertRaises(TimeoutError):
            for _ in range(1000):
                flood.sendall(b"x" * 65536)
        resident = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
        self.assertLess(int(resident) * 4096, 200 << 20)  # a sanitizer's own memory included
        self.assert_well(server)

    def test_a_message_in_single_bytes_is_heard_whole_or_in_pieces_but_heard(self):
        server = self.start("listening", "tcp_server")
        with connect(50010) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            heard = b""
            for byte in b"drip":
                client.sendall(bytes([byte]))
                heard += client.recv(100)
        self.assertEqual(heard.replace(b"ACK: ", b""), b"drip")
        self.assert_well(server)

    def test_tls_psk_lets_in_nobody_without_the_key(self):
        with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
            key, other, short = (pathlib.Path(folder) / name for name in ("key", "other", "short"))
            key.write_bytes(NOISE[:32])
            other.write_bytes(NOISE[32:64])
            short.write_bytes(NOISE[:31])
            server = self.start("waiting", "tls_psk", "server", str(key))
            for data in (b"GET / HTTP/1.0\r\n\r\n", NOISE, b"\x16\x03\x01" + NOISE[:300], ORDERS):
                rudely(5003, data)
            for wrong in (other, short):
                client = Terminal(program("tls_psk", "client", str(wrong)))
                self.addCleanup(client.stop)
                self.assertEqual(client.ended(), 1)
                self.assertNotIn("Client got", client.output())
            silent = connect(5003)
            self.addCleanup(silent.close)
            good = Terminal(program("tls_psk", "client", str(key)))
            self.addCleanup(good.stop)
            self.assert_ends_by_itself(good)
            self.assertIn("Client got: Hello", good.output())
            self.assertEqual(server.output().count("Server received"), 1)
            self.assert_well(server)

    def test_tls_psk_refuses_a_server_that_shows_a_certificate_instead(self):
        with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
            key = pathlib.Path(folder) / "key"
            key.write_bytes(NOISE[:32])
            make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x"
            subprocess.run(
                [*make.split(), "-keyout", "k.pem", "-out", "c.pem"], cwd=folder, check=True,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            false = Terminal(
                ["openssl", "s_server", "-accept", "5003", "-cert", "c.pem", "-key", "k.pem", "-rev"],
                cwd=folder,
            )
            self.addCleanup(false.stop)
            self.assertTrue(false.sees("ACCEPT"), false.output())
            client = Terminal(program("tls_psk", "client", str(key)))
            self.addCleanup(client.stop)
            self.assertEqual(client.ended(), 1)
            self.assertNotIn("Client got", client.output())

    # Clients.

    def serve_once(self, port, answer):
        """A server that accepts one client, sends the answer and resets the connection."""
        door = socket.create_server(("127.0.0.1", port))

        def serve():
            client, _ = door.accept()
            client.settimeout(5)
            try:
                client.recv(1000)
                client.sendall(answer)
                time.sleep(0.1)
            except OSError:
                pass
            reset(client)
            door.close()

        thread = threading.Thread(target=serve)
        thread.start()
        return thread

    def test_clients_survive_any_server(self):
        for name, port, arguments in (
            ("client_tcp", 5000, []),
            ("client_threaded", 5001, []),
            ("client_async", 5002, []),
            ("tcp_client", 50010, ["a"]),
        ):
            for answer in (b"", ORDERS, NOISE):
                with self.subTest(name, answer=answer[:10]):
                    server = self.serve_once(port, answer)
                    client = Terminal(program(name, *arguments))
                    self.addCleanup(client.stop)
                    self.assert_ends_by_itself(client)
                    server.join()

    def test_a_sender_without_a_route_says_what_to_do(self):
        for name in ("udp_sender", "peer_udp_threaded", "peer", "peer_class", "peer_loop"):
            with self.subTest(name):
                arguments = ["sensor1"] if name in ("peer", "peer_class", "peer_loop") else []
                sender = Terminal(program(name, *arguments))
                self.addCleanup(sender.stop)
                self.assertTrue(sender.sees("unreachable"), sender.output())
                self.assertIn("127.255.255.255", sender.output())
                sender.stop()

    # Whoever listens to datagrams.

    def test_udp_receiver_goes_on(self):
        receiver = self.start("Listening", "udp_receiver")
        for data in NO_MESSAGES:
            shout(data, 6000)
        shout(b"the end", 6000)
        self.assertTrue(receiver.sees("^Received: the end from"))
        self.assert_well(receiver)

    def test_peer_udp_threaded_goes_on_and_prints_objects_only(self):
        peer = self.start(r"\[SENT\]", "peer_udp_threaded", EVERYONE)
        for data in (b"[1]", b"null", b"no json", ORDERS, NOISE, b"[" * 2000):
            shout(data, 6001)
        shout(b'{"a":"\xc2\x9b31m\\u001b"}', 6001)
        shout(b'{"type":"temperature","value":23}', 6001)
        self.assertTrue(peer.sees(r"^\[RECEIVED from .*\] \{\"type\":\"temperature\",\"value\":23\}"))
        self.assertEqual(peer.output().count("[RECEIVED"), 2)
        self.assert_well(peer)

    def hears(self, peer, name):
        shout(b'{"type":"temperature","device":"%s","value":31.5}' % name, 50000)
        return peer.sees(f"{name.decode()}.*31.5")

    def test_peers_go_on(self):
        for name in ("peer", "peer_class", "peer_loop", "plain_peer.py"):
            with self.subTest(name):
                peer = self.start("HELLO|hello|Timer", name, "actuator1", EVERYONE)
                for data in NO_MESSAGES:
                    shout(data, 50000)
                self.assertTrue(self.hears(peer, b"good1"), peer.output())
                self.assert_well(peer)
                peer.stop()

    def test_peers_do_not_act_on_their_own_voice(self):
        for name in ("peer", "peer_class", "plain_peer.py"):
            with self.subTest(name):
                peer = self.start("HELLO|hello", name, "actuator1", EVERYONE)
                shout(b'{"type":"temperature","device":"actuator1","value":99.5}', 50000)
                self.assertTrue(self.hears(peer, b"good1"))
                self.assertNotIn("99.5", peer.output())
                self.assertNotIn("peer: actuator1", peer.output())
                peer.stop()

    def test_only_an_actuator_switches_the_fan(self):
        for name in ("peer", "peer_class"):
            with self.subTest(name):
                actuator = self.start("HELLO", name, "actuator1", EVERYONE)
                controller = self.start("HELLO", name, "controller1", EVERYONE)
                self.assertTrue(self.hears(controller, b"good1"))
                self.assertTrue(actuator.sees("Action: Fan ON"))
                self.assertNotIn("Action", controller.output())
                actuator.stop()
                controller.stop()

    def test_a_peer_announces_32_others_and_hears_the_33rd(self):
        for name in ("peer", "peer_class"):
            with self.subTest(name):
                peer = self.start("HELLO", name, "actuator1", EVERYONE)
                for i in range(40):
                    shout(b'{"type":"hello","device":"crowd%d"}' % i, 50000)
                self.assertTrue(self.hears(peer, b"crowd39"))
                self.assertEqual(peer.output().count("Discovered"), 32)
                self.assert_well(peer)
                peer.stop()

    def test_peers_of_all_kinds_understand_each_other(self):
        actuators = [
            self.start("HELLO", kind, f"actuator-{kind}", EVERYONE) for kind in ("peer", "peer_class")
        ]
        for kind in ("peer", "peer_class", "peer_loop", "plain_peer.py"):
            name = f"sensor-{kind.partition('.')[0]}"
            self.start("24.5", kind, name, EVERYONE)
            for actuator in actuators:
                self.assertTrue(actuator.sees(f"Received temperature from {name}: 24.5°C"))

    def test_peer_loop_tells_a_guest_what_it_heard(self):
        peer = self.start("Timer", "peer_loop", "sensor1", EVERYONE)
        for _ in range(20):
            reset(connect(50020))
        idle = [connect(50020) for _ in range(20)]
        self.assertTrue(self.hears(peer, b"good1"))
        with connect(50020) as guest:
            self.assertIn(b'"device": "good1"', guest.recv(1000))
        for sock in idle:
            sock.close()
        self.assert_well(peer)

    # And the disk.

    def test_state_sqlite_counts_every_start_also_of_many_at_once(self):
        with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
            command = program("state_sqlite", folder + "/state.db")
            copies = [Terminal(command) for _ in range(10)]
            for copy in copies:
                self.addCleanup(copy.stop)
                self.assertEqual(copy.ended(), 0, copy.output())
            last = subprocess.run(command, capture_output=True, text=True, check=True)
            self.assertIn("Starts so far: 11\n", last.stdout)

    def test_state_sqlite_refuses_a_file_that_is_no_database(self):
        with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
            path = pathlib.Path(folder) / "state.db"
            path.write_bytes(NOISE)
            done = subprocess.run(program("state_sqlite", str(path)), capture_output=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(path.read_bytes(), NOISE)


if __name__ == "__main__":
    enter_network_namespace()
    BUILT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
