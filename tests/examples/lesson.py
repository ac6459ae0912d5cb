"""What the tests of the ladder share: a network of their own, and terminals with programs in them."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

SKIPPED = 77


def enter_network_namespace():
    """Runs the calling script again where there is nothing but a loopback interface of its own."""
    if os.environ.get("LESSON_NAMESPACE") != str(os.getppid()):
        unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
        if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            print("this machine lets us make no network namespace: skipped")
            sys.exit(SKIPPED)
        os.environ["LESSON_NAMESPACE"] = str(os.getpid())
        sys.exit(subprocess.run([*unshare, sys.executable, *sys.argv]).returncode)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Terminal:
    """A program as a person runs it: what it says, on either stream, can be read while it runs."""

    def __init__(self, command, cwd=None, env=None):
        self.command = command
        self.log = tempfile.NamedTemporaryFile(prefix="lesson-")
        self.process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True,
        )

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="surrogateescape") as log:
            return log.read()

    def sees(self, pattern, seconds=15):
        """Waits until the output so far matches somewhere."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.output(), re.MULTILINE):
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def runs(self):
        return self.process.poll() is None

    def ended(self, seconds=30):
        """The exit status; negative, a signal's number; None when it still runs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        """Ctrl-C, and harder if that is not heard. Returns whether Ctrl-C was enough."""
        if self.runs():
            os.killpg(self.process.pid, signal.SIGINT)
        heard = self.ended(5) is not None
        if not heard:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()
        return heard
