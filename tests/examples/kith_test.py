"""The ladder's peers and Kith itself understand each other in the plain dialect.

usage: kith_test.py FOLDER-OF-EXAMPLES KITH
"""
import os
import pathlib
import sys
import tempfile
import unittest

from lesson import Terminal, enter_network_namespace

EVERYONE = "127.255.255.255"
PLAIN_PEER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "plain_peer.py"


class Kith(unittest.TestCase):
    def start(self, *command, env=None):
        terminal = Terminal([str(part) for part in command], env=env)
        self.addCleanup(terminal.stop)
        return terminal

    def kith(self, *arguments):
        home = tempfile.TemporaryDirectory(prefix="lesson-")
        self.addCleanup(home.cleanup)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "KITH_"))}
        env |= {"HOME": home.name, "XDG_RUNTIME_DIR": home.name, "NO_COLOR": "1"}
        kith = self.start(KITH, *arguments, "--plain", "--loopback", env=env)
        self.sees(kith, "Broadcasted HELLO")
        return kith

    def lesson(self, kind, name):
        if kind == "plain_peer":
            return self.start(sys.executable, PLAIN_PEER, name, EVERYONE)
        return self.start(EXAMPLES / kind, name, EVERYONE)

    def sees(self, terminal, pattern):
        self.assertTrue(terminal.sees(pattern, 20), f"no {pattern} in\n{terminal.output()}")

    def test_kith_acts_on_a_lesson_peer_s_readings(self):
        actuator = self.kith("actuator1")
        for kind in ("peer", "peer_class", "peer_loop", "plain_peer"):
            with self.subTest(kind):
                sensor = self.lesson(kind, f"sensor-{kind}")
                self.sees(actuator, rf"Received temperature from sensor-{kind}: 24\.5")
                self.assertTrue(sensor.runs(), sensor.output())
        self.sees(actuator, "Action: Fan O(N|FF)")
        self.assertTrue(actuator.runs(), actuator.output())

    def test_a_lesson_peer_acts_on_kith_s_readings(self):
        lessons = [self.lesson(k, f"actuator-{k}") for k in ("peer", "peer_class")]
        python = self.lesson("plain_peer", "actuator-python")
        kith = self.kith("sensor1")
        for actuator in lessons:
            self.sees(actuator, r"Discovered new peer: sensor1 @ \('127\.0\.0\.1', \d+\)")
            self.sees(actuator, r"Received temperature from sensor1: \d\d\.\d°C")
            self.sees(actuator, "Action: Fan O(N|FF)")
        self.sees(python, "Hello from sensor1")
        self.sees(python, "Received temperature from sensor1")
        self.assertTrue(kith.runs(), kith.output())


if __name__ == "__main__":
    enter_network_namespace()
    KITH = pathlib.Path(sys.argv.pop()).resolve()
    EXAMPLES = pathlib.Path(sys.argv.pop()).resolve()
    unittest.main(verbosity=2)
