"""Servers of the tests with replicas: the hosts, a store, a balancer, and a proxy that is slow. Standard library only."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MODELHOST_BINARY", ROOT / ".build" / "release" / "modelhost"))

# A script that is told to end takes its servers with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def missing():
    """What this machine lacks, in words; empty where all is there."""
    return [f"{name} is not installed (Debian: {package})"
            for name, package, path in (("redis-server", "redis-server", store_program()), ("haproxy", "haproxy", program("haproxy"))) if not path]


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def store_program():
    """The one that STORE_SERVER names, else Redis, else Valkey."""
    return os.environ.get("STORE_SERVER") or program("redis-server") or program("valkey-server")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def await_true(condition, seconds, what):
    """Looks until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Server:
    """One process with a log file."""

    def __init__(self, name, command, folder):
        self.name, self.command, self.folder = name, [str(word) for word in command], folder
        self.process = None

    def start(self):
        with open(self.folder / f"{self.name}.log", "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder)
        return self

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def terminate(self, seconds=40):
        """Its exit status after SIGTERM; None where there is none in time."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None


class Replica(Server):
    """One host, always on the same port."""

    def __init__(self, name, folder, *flags):
        self.port = free_port()
        super().__init__(name, [
            BINARY, "--model-dir", ROOT / "models", "--model", "demo", "--listen-port", self.port, "--chat-dir", folder / f"{name}-chats",
            "--state-dir", folder / "states", *flags], folder)

    def wait(self, seconds=60):
        await_true(self.is_ready, seconds, f"{self.name} is ready")
        return self

    def is_ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/health/ready")[0] == 200
        return False

    def ask(self, method, path, body=None, headers=None, timeout=60):
        return ask(self.port, method, path, body, headers, timeout)

    def metric(self, name):
        """The value of a metric as it is written, labels and all; 0 where there is none."""
        text = self.ask("GET", "/metrics")[1]
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(found.group(1)) if found else 0


def ask(port, method, path, body=None, headers=None, timeout=60):
    """Status and body of one answer, decoded where it is JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        text = reply.read().decode()
        return reply.status, json.loads(text) if "json" in reply.headers.get("Content-Type", "") else text
    finally:
        connection.close()


class Redis(Server):
    """A store that keeps nothing on disk; `self.port` is the one without TLS."""

    def __init__(self, folder, *flags):
        self.port = free_port()
        super().__init__("redis", [
            store_program(), "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, *flags], folder)

    def start(self):
        super().start()
        await_true(self.answers, 10, "redis answers")
        return self

    def answers(self):
        with contextlib.suppress(OSError, ValueError):
            return self.run("PING") == b"PONG"
        return False

    def run(self, *words):
        """One command's answer: bytes, a number, a list or None."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
            return self._read(connection.makefile("rb"))

    def _read(self, file):
        line = file.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._read(file) for _ in range(int(rest))]
        raise ValueError(rest.decode())


def certificates(folder):
    """An authority and a server's certificate for 127.0.0.1, as PEM files: authority, certificate, key."""
    authority, request, certificate, key = (folder / name for name in ("authority.pem", "server.csr", "server.pem", "server.key"))
    names = folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=authority", "-keyout", folder / "authority.key", "-out", authority],
        [*new, "-subj", "/CN=server", "-keyout", key, "-out", request],
        ["openssl", "x509", "-req", "-in", request, "-days", "2", "-CA", authority, "-CAkey", folder / "authority.key", "-CAcreateserial",
         "-extfile", names, "-out", certificate],
    ):
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return authority, certificate, key


class Balancer(Server):
    """HAProxy with the file that `modelhost deploy haproxy` prints, on the test's ports and with faster checks."""

    def __init__(self, folder, replicas, stick=True):
        self.port = free_port()
        text = subprocess.run([BINARY, "deploy", "haproxy"], capture_output=True, text=True, check=True, cwd=folder).stdout
        servers = "\n".join(f"    server {replica.name} 127.0.0.1:{replica.port}" for replica in replicas)
        text = text.replace("bind :80", f"bind 127.0.0.1:{self.port}").replace("log /dev/log local0", "log stdout format raw local0")
        text = re.sub(r"^    server replica1 .*$", servers, text, flags=re.M)
        text = re.sub(r"\binter 1s\b", "inter 200ms", text)
        text = text.replace("backend replicas\n", "backend replicas\n    http-response set-header X-Served-By %s\n")
        if not stick:
            text = re.sub(r"^    balance .*$", "    balance random", text, flags=re.M)
        (folder / "haproxy.cfg").write_text(text)
        super().__init__("haproxy", [program("haproxy"), "-f", "haproxy.cfg", "-db"], folder)

    def start(self):
        super().start()
        await_true(self.answers, 10, "haproxy answers")
        return self

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return ask(self.port, "GET", "/health/ready")[0] == 200
        return False


class SlowProxy:
    """Passes bytes on to a port after a delay that may change; each direction has half of it."""

    def __init__(self, target, seconds):
        self.target, self.seconds = target, seconds
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                source.settimeout(None)
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                queue = []
                ready = threading.Condition()
                threading.Thread(target=self._read, args=(source, queue, ready), daemon=True).start()
                threading.Thread(target=self._write, args=(sink, queue, ready), daemon=True).start()

    def _read(self, source, queue, ready):
        while True:
            try:
                data = source.recv(1 << 16)
            except OSError:
                data = b""
            with ready:
                queue.append((time.monotonic() + self.seconds / 2, data))
                ready.notify()
            if not data:
                return

    def _write(self, sink, queue, ready):
        while True:
            with ready:
                ready.wait_for(lambda: queue)
                due, data = queue.pop(0)
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not data:
                    return sink.shutdown(socket.SHUT_WR)
                sink.sendall(data)
            except OSError:
                return

    def close(self):
        self.listener.close()
