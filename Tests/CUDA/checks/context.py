"""What all checks share: the program, where things lie, and what a dry run has in place of a card."""

import contextlib
import dataclasses
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "Tests" / "Fixtures" / "models"

# Shapes by the names of the table: LAYERSxWIDTHxVOCABULARY, and those of a dry run.
SHAPES = {
    "4 7B": ("32x4096x50277", "3x64x512"), "4 169M": ("12x768x50277", "3x64x512"),
    "7 7B": ("32x4096x65536", "2x64x512"), "7 1.5B": ("24x2048x65536", "2x64x512"), "7 0.1B": ("12x768x65536", "2x64x512"),
    # The least width of which the channel mixing's second matrix lies by input.
    "wide": ("2x1280x512", "2x64x512"),
}


@dataclasses.dataclass
class Context:
    modelhost: pathlib.Path
    # For weights; gone after the run.
    scratch: pathlib.Path
    is_dry: bool
    # None takes whatever port is free.
    ports: range | None
    wants_speed: bool
    # How many times as long as on a card everything may take.
    patience: float = 1

    def strategy(self, text):
        """A dry run has no card, so the processor stands in for it."""
        return text.replace("cuda", "cpu") if self.is_dry else text

    def shape(self, name):
        return SHAPES[name][self.is_dry]

    def scaled(self, value, dry):
        return dry if self.is_dry else value

    def port(self):
        """For the next host; 0 has it take any that is free."""
        for port in random.sample(self.ports, len(self.ports)) if self.ports else ():
            with socket.socket() as candidate:
                candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with contextlib.suppress(OSError):
                    candidate.bind(("127.0.0.1", port))
                    return port
        return 0

    @contextlib.contextmanager
    def folder(self):
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            yield pathlib.Path(name)


def best_scratch(bytes_needed):
    """Memory where there is plenty of it, as writing to a disk can take minutes; else the usual place."""
    shared = pathlib.Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > bytes_needed:
        return shared
    return pathlib.Path(tempfile.gettempdir())


def ask_card(fields):
    """What nvidia-smi says of the first card."""
    answer = subprocess.run(
        ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits", "-i", "0"],
        capture_output=True, text=True, timeout=20)
    return answer.stdout.strip() or answer.stderr.strip()


class DeviceMemory:
    """The bytes in use on the first card while the block runs, from nvidia-smi; None where there is none."""

    def __init__(self):
        self.before = self.now()
        self.most = self.before
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    @staticmethod
    def now():
        try:
            return int(ask_card("memory.used")) << 20
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None

    def __enter__(self):
        if self.before is not None:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        if self.before is not None:
            self.thread.join()

    def _watch(self):
        while not self.is_over.wait(0.1):
            self.most = max(self.most, self.now() or 0)

    @property
    def taken(self):
        return None if self.before is None else self.most - self.before
