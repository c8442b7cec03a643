"""The release binary under test, and what clients of the soak and the hammer share. Standard library only; Linux, for /proc."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MODELHOST_BINARY", ROOT / ".build" / "release" / "modelhost"))
# Seconds that running streams have after SIGTERM where --shutdown-timeout is not given, and a little more for what follows.
DRAIN = 30 + 5

# A script that is told to end takes its host with it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Host:
    """One running program in a folder of its own, with the demo model there under the names a and b."""

    def __init__(self, *flags, port=0, group=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="modelhost-soak-"))
        for name in ("a", "b"):
            shutil.copytree(ROOT / "models" / "demo", self.folder / "models" / name,
                            ignore=lambda _, names: [n for n in names if not n.endswith((".json", ".safetensors"))])
        self.log = open(self.folder / "host.log", "w")
        self.process = subprocess.Popen(
            [str(BINARY), "--model-dir", "models", "--model", "a", "--listen-port", str(port), *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=self.folder, preexec_fn=group.enter if group else None)
        self.port = None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found.group(1))
                break
        if self.port is None:
            self.remove()
            raise RuntimeError("the host ended before it listened")

    def wait_until_ready(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.get("/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the host is not ready after {seconds} s")

    # One request, one connection.

    def connect(self, timeout=30, receive_buffer=None):
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        try:
            connection.connect(("127.0.0.1", self.port))
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, method, path, body=None, timeout=60, content_type="application/json"):
        """Status and body of one answer; OSError when there is none."""
        with self.connect(timeout) as connection:
            connection.sendall(request(method, path, body, content_type))
            return parse(receive_all(connection, timeout))

    def get(self, path, timeout=60):
        return self.ask("GET", path, timeout=timeout)

    def post(self, path, body, timeout=60):
        return self.ask("POST", path, body, timeout)

    def answers(self, seconds=5):
        """Whether /health answers in time."""
        try:
            return self.get("/health", seconds)[0] == 200
        except (OSError, ValueError):
            return False

    def measure(self):
        """Resident bytes, those of the state cache among them, open descriptors and threads."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        number = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M).group(1))
        sizes = {"rss": number("VmRSS") * 1024, "fds": len(os.listdir(f"/proc/{self.process.pid}/fd")), "threads": number("Threads")}
        caches = re.findall(r"^modelhost_state_cache_bytes\S* (\S+)$", self.get("/metrics")[1].decode(), re.M)
        return {**sizes, "cache": sum(float(bytes) for bytes in caches)}

    def end(self, seconds=DRAIN):
        """The exit status after SIGTERM, or None when there is none in time; then the process is killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # What troubles several hosts does not trouble one; see cluster.py.

    happened = ()

    def begin_trouble(self):
        pass

    def end_trouble(self):
        pass

    def excuses(self, problem):
        return False

    def log_tail(self, lines=5):
        text = (self.folder / "host.log").read_text(errors="replace").splitlines()
        return "\n".join(text[-lines:])


class MemoryGroup:
    """A control group with a limit of memory, version 1 or 2; none (`is_real` is false) where this machine lets us make none."""

    def __init__(self, limit):
        self.folder = None
        for root, names in (("/sys/fs/cgroup/memory", ["memory.limit_in_bytes"]), ("/sys/fs/cgroup", ["memory.max", "memory.swap.max"])):
            folder = pathlib.Path(root) / f"modelhost-test-{os.getpid()}"
            try:
                folder.mkdir()
                (folder / names[0]).write_text(str(limit))
                for name in names[1:]:
                    if (folder / name).exists():
                        (folder / name).write_text("0")
                self.folder = folder
                return
            except OSError:
                if folder.exists():
                    folder.rmdir()

    @property
    def is_real(self):
        return self.folder is not None

    def enter(self):
        if self.folder:
            (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def close(self):
        if self.folder:
            self.folder.rmdir()


def request(method, path, body=None, content_type="application/json"):
    """The bytes of a request; a body that is not bytes is sent as JSON."""
    if body is None:
        body = b""
    elif not isinstance(body, bytes):
        body = json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if body:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def receive_all(connection, seconds):
    """Everything until the other end closes; TimeoutError when it takes longer in all."""
    end = time.monotonic() + seconds
    data = bytearray()
    while True:
        connection.settimeout(max(0.01, end - time.monotonic()))
        part = connection.recv(1 << 16)
        if not part:
            return bytes(data)
        data += part
        if time.monotonic() > end:
            raise TimeoutError("the answer took too long")


def parse(data):
    """Status and body of an answer that ended with its connection; ValueError when it is not whole."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise ValueError("the answer has no head")
    lines = head.decode("latin1").lower().split("\r\n")
    status = int(lines[0].split()[1])
    if "transfer-encoding: chunked" in lines:
        whole = bytearray()
        while True:
            size, separator, body = body.partition(b"\r\n")
            if not separator:
                raise ValueError("the answer is cut")
            count = int(size, 16)
            if count == 0:
                return status, bytes(whole)
            if len(body) < count + 2:
                raise ValueError("the answer is cut")
            whole += body[:count]
            body = body[count + 2:]
    for line in lines:
        if line.startswith("content-length:") and len(body) != int(line.split(":")[1]):
            raise ValueError("the answer is cut")
    return status, body


def events(body):
    """The data of server-sent events."""
    return [line[6:].decode() for line in body.split(b"\n") if line.startswith(b"data: ")]


class WebSocket:
    """As much of a WebSocket client as the 2023 API needs."""

    def __init__(self, host, path="/api/v1/stream", timeout=30):
        self.connection = host.connect(timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall((
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self._more()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ValueError(f"no WebSocket: {head[:60]!r}")

    def send(self, payload, opcode=1):
        if not isinstance(payload, bytes):
            payload = json.dumps(payload).encode()
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size) if size < 65536 else struct.pack(">BQ", 0xFF, size)
        # A mask of zeros is a mask, too.
        self.connection.sendall(bytes([0x80 | opcode]) + length + bytes(4) + payload)

    def receive(self):
        """Opcode and payload of the next frame."""
        while len(self.data) < 2:
            self._more()
        short = self.data[1] & 0x7F
        head = 2 if short < 126 else 4 if short == 126 else 10
        while len(self.data) < head:
            self._more()
        size = short if short < 126 else int.from_bytes(self.data[2:head], "big")
        while len(self.data) < head + size:
            self._more()
        opcode, payload = self.data[0] & 0x0F, self.data[head:head + size]
        self.data = self.data[head + size:]
        return opcode, payload

    def close(self):
        self.connection.close()

    def _more(self):
        part = self.connection.recv(1 << 16)
        if not part:
            raise ConnectionError("the WebSocket ended without a closing frame")
        self.data += part
