"""A member of the network that is no Kith: a real certificate and key, TLS, and lines as they are
written here (docs/protocol.md). What the tests of replays and forgeries speak with."""

import base64
import contextlib
import hashlib
import json
import socket
import ssl
import subprocess
import time


def chain_of(home, device):
    """A file with the device's certificate and its issuer's."""
    path = f"{home.device(device)}/chain.pem"
    with open(path, "w") as out:
        for part in f"{home.device(device)}/device.crt", f"{home.path}/network/issuing.crt":
            with open(part) as f:
                out.write(f.read())
    return path


def session(host, home, device, address):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["kith/1"])
    context.load_cert_chain(chain_of(home, device), f"{home.device(device)}/device.key")
    context.load_verify_locations(f"{home.path}/network/root.crt")
    return context.wrap_socket(host.connect(address))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Member:
    """A session that is greeted; `has` is what it says it has of the logs that it is asked for."""

    def __init__(self, host, home, device, role, epoch, address, wants=("sensor", "actuator"), has=()):
        self.tls, self.rest, self.ended = session(host, home, device, address), b"", False
        self.say(type="hello", version=1, device=device, role=role, epoch=epoch, wants=list(wants))
        self.say(type="have", logs=list(has))
        self.hello = self.hear("hello")

    def say(self, **message):
        self.say_line(json.dumps(message, separators=(",", ":")))

    def say_line(self, line):
        """False: it has hung up."""
        try:
            self.tls.sendall(line.encode() + b"\n")
        except OSError:
            self.ended = True
        return not self.ended

    def line(self, seconds=10):
        """The next line that is not empty; None when the time is over or it has hung up."""
        end = time.monotonic() + seconds
        while True:
            text, found, rest = self.rest.partition(b"\n")
            if found:
                self.rest = rest
                if text.strip():
                    return text.decode()
                continue
            left = end - time.monotonic()
            if left <= 0 or self.ended:
                return None
            self.tls.settimeout(left)
            with contextlib.suppress(socket.timeout):
                try:
                    data = self.tls.recv(65536)
                except OSError as error:
                    if isinstance(error, socket.timeout):
                        continue
                    data = b""
                self.ended = not data
                self.rest += data

    def hear(self, kind, seconds=10):
        while (line := self.line(seconds)) is not None:
            message = json.loads(line)
            if message["type"] == kind:
                return message
        raise AssertionError(f"no {kind} came")

    def close(self):
        self.tls.close()


class Author:
    """A device's key, in the hands of whoever has it: seals any chain of records."""

    def __init__(self, home, device):
        self.home, self.device, self.path = home, device, f"{home.device(device)}/device"
        der = self.openssl("pkey", "-in", f"{self.path}.key", "-pubout", "-outform", "DER")
        self.key = hashlib.sha256(der).digest()[:20].hex()

    @staticmethod
    def openssl(*arguments, **kwargs):
        return subprocess.run(("openssl", *arguments), check=True, capture_output=True, **kwargs).stdout

    def chain(self):
        """Its certificate's chain, as `certificate` tells it."""
        with open(chain_of(self.home, self.device)) as f:
            parts = f.read().split("-----END CERTIFICATE-----")[:2]
        return base64url(b"".join(ssl.PEM_cert_to_DER_cert(p.strip() + "\n-----END CERTIFICATE-----\n")
                                  for p in parts))

    def network(self):
        """The network's id, as the certificate tells it."""
        subject = self.openssl("x509", "-in", f"{self.path}.crt", "-noout", "-subject", "-nameopt",
                               "multiline").decode()
        return next(line.split("=")[1].strip() for line in subject.splitlines()
                    if "organizationName" in line)

    def sign(self, network, device, key, epoch, seq, head):
        text = f"kith/1 seal\n{network}\n{device}\n{key}\n{epoch}\n{seq}\n{head}\n"
        return base64url(self.openssl("dgst", "-sha256", "-sign", f"{self.path}.key",
                                      input=text.encode()))


def head_of(records):
    """The chain's hash behind these records (as text)."""
    head = bytes(32)
    for record in records:
        head = hashlib.sha256(head + record.encode()).digest()
    return head.hex()
