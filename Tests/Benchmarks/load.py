"""What the load scripts share: random weights as a model folder, a host of our own, and many streams read at once."""

import json
import os
import pathlib
import random
import re
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build" / "release" / "modelhost"
LONGEST_WAIT = 220


def write_model(folder, shape):
    """An RWKV-4 of LAYERSxWIDTHxVOCABULARY with random bf16 weights, as a Hugging Face folder.

    Speed depends on the shape alone. Every token but the single bytes is a word, so that each one makes an event.
    """
    layers, width, vocabulary = map(int, shape.split("x"))
    tensors = {"rwkv.embeddings.weight": [vocabulary, width]}
    for layer in range(layers):
        block = f"rwkv.blocks.{layer}."
        for norm in ("ln1", "ln2") if layer else ("pre_ln", "ln1", "ln2"):
            tensors |= {f"{block}{norm}.{part}": [width] for part in ("weight", "bias")}
        for name in ("time_decay", "time_first"):
            tensors[f"{block}attention.{name}"] = [width]
        for name in ("key", "value", "receptance"):
            tensors[f"{block}attention.time_mix_{name}"] = [1, 1, width]
        for name in ("key", "value", "receptance", "output"):
            tensors[f"{block}attention.{name}.weight"] = [width, width]
        for name in ("key", "receptance"):
            tensors[f"{block}feed_forward.time_mix_{name}"] = [1, 1, width]
        tensors[f"{block}feed_forward.key.weight"] = [4 * width, width]
        tensors[f"{block}feed_forward.receptance.weight"] = [width, width]
        tensors[f"{block}feed_forward.value.weight"] = [width, 4 * width]
    for part in ("weight", "bias"):
        tensors[f"rwkv.ln_out.{part}"] = [width]
    tensors["head.weight"] = [vocabulary, width]

    header, end = {}, 0
    for name, dimensions in tensors.items():
        size = 2
        for dimension in dimensions:
            size *= dimension
        header[name] = {"dtype": "BF16", "shape": dimensions, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    # Numbers between -1/16 and 1/16, repeated: high bytes of bf16 are sign and exponent.
    noise = random.Random(1)
    block = b"".join(bytes((noise.randrange(256), noise.choice((0x3C, 0x3D, 0xBC, 0xBD)))) for _ in range(1 << 19))
    folder.mkdir(parents=True)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for start in range(0, end, len(block)):
            file.write(block[:end - start])
    (folder / "config.json").write_text(json.dumps({
        "model_type": "rwkv", "vocab_size": vocabulary, "hidden_size": width, "num_hidden_layers": layers,
        "attention_hidden_size": width, "intermediate_size": 4 * width, "context_length": 1024, "eos_token_id": 0,
    }))
    (folder / "tokenizer.json").write_text(json.dumps(word_tokenizer(vocabulary)))
    return folder


def word_tokenizer(size):
    """A byte-level tokenizer without merges: a text becomes single bytes, all other tokens are words."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {byte: chr(byte) for byte in printable}
    for position, byte in enumerate(sorted(set(range(256)) - set(printable))):
        characters[byte] = chr(256 + position)
    end = "<|endoftext|>"
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    words = {characters[byte]: byte + 1 for byte in range(256)} | {f"word{number}": number for number in range(257, size)}
    return {
        "version": "1.0", "added_tokens": [{"id": 0, "content": end, "special": True, **flags}], "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "vocab": {end: 0, **words}, "merges": []},
    }


class Host:
    """The built program on a free port of this machine, in an empty folder, so that no settings.json changes it."""

    def __init__(self, model, folder, *flags, binary=BINARY):
        self.process = subprocess.Popen(
            [str(binary), "--model", str(model), "--listen-port", "0", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found.group(1))
                break
        else:
            sys.exit("the host did not start: " + self.process.stderr.read()[-1000:])
        self.log = []
        # The log must not fill the pipe.
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()
        self._wait_until_ready()

    def _wait_until_ready(self):
        for _ in range(LONGEST_WAIT):
            try:
                self.post("/v1/completions", {"prompt": "a", "max_tokens": 1})
                return
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    sys.exit(f"the host answers {error.code}: {error.read().decode(errors='replace')}")
            time.sleep(1)
        sys.exit("the model does not get ready")

    def post(self, path, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LONGEST_WAIT) as reply:
            return json.loads(reply.read())

    def cpu_seconds(self):
        """Processor time of all its threads so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name="VmRSS"):
        """Bytes that it holds; `VmHWM` is the most that it ever held."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) * 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Stream:
    """One streamed completion; notes when each event came and reads nothing in it, to leave the processor to the host."""

    EVENT = b"data: {"

    def __init__(self, port, body):
        self.stamps = []
        self.failure = None
        self.is_done = False
        self._tail = b""
        text = json.dumps(body | {"stream": True}).encode()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT)
        self.socket.sendall((
            f"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n").encode() + text)
        self.socket.setblocking(False)

    def take(self):
        """Reads what is there."""
        chunk = self.socket.recv(1 << 16)
        now = time.perf_counter()
        if not chunk:
            self.is_done = True
            if not self._tail.rstrip(b"\r\n0").endswith(b"data: [DONE]"):
                self.failure = self.failure or "the stream broke off"
            return
        joined = self._tail + chunk
        if not self.stamps and joined.startswith(b"HTTP/1.1 ") and b" 200 " not in joined[:16]:
            self.failure = joined[:300].decode(errors="replace")
        # An event may arrive in pieces: the end of what came last is looked at again.
        seen = self._tail.count(self.EVENT)
        self.stamps.extend([now] * (joined.count(self.EVENT) - seen))
        self._tail = joined[-64:]


def read_all(streams, until=None):
    """Reads streams to their ends, or until a condition holds."""
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        deadline = time.monotonic() + LONGEST_WAIT
        while selector.get_map() and time.monotonic() < deadline and not (until and until()):
            for key, _ in selector.select(timeout=1):
                key.data.take()
                if key.data.is_done:
                    selector.unregister(key.fileobj)
    failures = [stream.failure for stream in streams if stream.failure]
    if failures:
        sys.exit(f"a stream failed: {failures[0]}")
