#!/usr/bin/env python3
"""Memory and answers under large and unfinished bodies, in figures.

Each case starts the release binary on loopback with a memory limit, and where this machine lets us make one in a memory
cgroup, does its worst, and fails where the host ends, where memory passes its bound, where a health probe waits, or where
afterwards an ordinary request is not answered.

  python3 Tests/Soak/memory.py            all cases
  python3 Tests/Soak/memory.py NAME...    some of them
"""
import concurrent.futures
import json
import socket
import sys
import threading
import time

from host import Host, MemoryGroup

MEGABYTE = 1 << 20
MODEL_AND_PROGRAM = 110 * MEGABYTE  # what an idle host with the demo model takes, and what lies between its allocations


def head(path, length, host="localhost", extra=""):
    return (f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n{extra}\r\n").encode()


def ignored_field(megabytes, **fields):
    """A body whose last field means nothing: a million small objects."""
    start = json.dumps(fields)[:-1].encode() + b', "x": ['
    return start + b'{"a":1},' * (megabytes * MEGABYTE // 8) + b"0]}"


def memory(host):
    return host.measure()["rss"]


class Probe(threading.Thread):
    """Asks for /health every 20 ms and keeps the longest wait."""
    def __init__(self, host):
        super().__init__(daemon=True)
        self.host, self.longest, self.ends = host, 0.0, False

    def run(self):
        while not self.ends:
            start = time.monotonic()
            try:
                assert self.host.get("/health", 60)[0] == 200
            except Exception:
                self.longest = max(self.longest, 60.0)
                return
            self.longest = max(self.longest, time.monotonic() - start)
            time.sleep(0.02)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        self.join()


def half_sent_bodies(host, limit):
    """1,024 bodies of 16 MiB, of which all but the last bytes are sent."""
    block, sockets, refused = b" " * MEGABYTE, [], 0

    def one(_):
        s = socket.create_connection(("127.0.0.1", host.port), 10)
        s.settimeout(20)
        try:
            s.sendall(head("/v1/completions", 16 * MEGABYTE))
            for _ in range(15):
                s.sendall(block)
        except OSError:
            pass
        return s

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        sockets = list(pool.map(one, range(1000)))
    peak = memory(host)
    for s in sockets:
        s.setblocking(False)
        try:
            refused += s.recv(20).startswith(b"HTTP/1.1 503")
        except OSError:
            pass
        s.close()
    return peak, f"{refused} of 1000 were told 503"


def slow_streams(host, limit):
    """12 streams of five tokens a second whose bodies of 16 MB hold a field that means nothing."""
    body = ignored_field(15, prompt="a", max_tokens=30000, stream=True, max_tokens_second=5, ban_eos_token=True)
    sockets, answered = [], 0
    for _ in range(12):
        s = socket.create_connection(("127.0.0.1", host.port), 10)
        s.settimeout(60)
        s.sendall(head("/v1/completions", len(body)) + body)
        answered += s.recv(13) == b"HTTP/1.1 200 "
        sockets.append(s)
    time.sleep(2)
    peak = memory(host)
    for s in sockets:
        s.close()
    assert answered == 12, f"{answered} of 12 streams began"
    return peak, "all 12 were answered"


def scores(host, limit):
    """16 texts of 32,768 tokens with 256 log-probabilities each, asked for in 85 bytes; then as many as there is room for."""
    status, text = host.post("/v1/completions", {
        "prompt": "a", "n": 16, "logprobs": 256, "max_tokens": 32768, "ban_eos_token": True})
    assert status == 400 and b"logprobs" in text, (status, text[:200])
    status, text = host.post("/v1/completions", {
        "prompt": "a", "n": 2, "logprobs": 256, "max_tokens": 3000, "ban_eos_token": True}, timeout=300)
    entries = sum(len(c["logprobs"]["token_logprobs"]) for c in json.loads(text)["choices"]) if status == 200 else 0
    assert status == 200 and entries == 6000, (status, entries, text[:200])
    return memory(host), f"{len(text) >> 20} MB of answer"


def left_bodies(host, limit):
    """60 clients that send a whole body of 12.8 MB and leave at once."""
    body = ignored_field(12, prompt="a", max_tokens=1)
    peak = 0
    with Probe(host) as probe:
        for _ in range(60):
            try:
                s = socket.create_connection(("127.0.0.1", host.port), 10)
                s.settimeout(20)
                s.sendall(head("/v1/completions", len(body)) + body)
                time.sleep(0.04)
                s.close()
            except OSError:
                pass
            peak = max(peak, memory(host))
        time.sleep(1)
    assert probe.longest < 1, f"/health waited {probe.longest:.2f} s"
    return peak, f"/health took {probe.longest * 1000:.0f} ms at most"


def long_conversations(host, limit):
    """16 conversations of 400,000 messages at once, whose prompts are asked for."""
    message = json.dumps({"role": "user", "content": "a"}, separators=(",", ":"))
    body = ('{"messages":[' + ",".join([message] * 400_000) + "]}").encode()
    with Probe(host) as probe, concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: host.post("/v1/internal/chat-prompt", body, 600)[0], range(16)))
        peak = memory(host)
    good = {200, 503} if limit else {200}
    assert set(answers) <= good, answers
    assert probe.longest < 1.0, f"/health waited {probe.longest:.2f} s"
    return peak, f"{answers.count(200)} of 16 answered, /health took {probe.longest * 1000:.0f} ms at most"


def refused_heads(host, limit):
    """Requests that may not enter are told so before their bodies come."""
    for path, lines, status in [("/nowhere", "", b"404"), ("/v1/models", "", b"405"),
                                ("/v1/completions", "Origin: http://evil.example\r\n", b"403")]:
        s = socket.create_connection(("127.0.0.1", host.port), 10)
        s.settimeout(5)
        s.sendall(head(path, 16 * MEGABYTE, extra=lines))
        answer = s.recv(100)
        s.close()
        assert answer.startswith(b"HTTP/1.1 " + status), (path, answer)
    return memory(host), "404, 405 and 403 without a body"


CASES = [  # name, limit in MB of the host and of its group, the case
    ("refused heads", 256, 400, refused_heads),
    ("half-sent bodies", 256, 400, half_sent_bodies),
    ("slow streams", 256, 400, slow_streams),
    ("scores", 256, 400, scores),
    ("left bodies", 256, 400, left_bodies),
    ("long conversations", 0, 0, long_conversations),
    ("half-sent bodies by default", 0, 400, half_sent_bodies),
]


def main():
    wanted, passed, failed = sys.argv[1:], 0, 0
    for name, limit, group_limit, case in CASES:
        if wanted and name not in wanted:
            continue
        group = MemoryGroup(group_limit * MEGABYTE) if group_limit else None
        flags = ["--memory-limit", str(limit)] if limit else []
        try:
            host = Host(*flags, group=group)
            try:
                host.wait_until_ready()
                idle = memory(host)
                peak, said = case(host, limit)
                status, text = host.post("/v1/completions", {"prompt": "Once", "max_tokens": 4})
                assert status == 200, f"an ordinary request then got {status}: {text[:200]}"
                bound = limit * MEGABYTE + MODEL_AND_PROGRAM
                assert not limit or peak <= bound, f"memory reached {peak >> 20} MB of {bound >> 20}"
                time.sleep(1)
                rest = memory(host)
                assert host.end() == 0, "it did not end in good order"
            finally:
                host.remove()
            where = "" if group is None else f", group of {group_limit} MB" if group.is_real else ", no group could be made"
            print(f"PASS {name}: {idle >> 20} MB idle, {peak >> 20} MB at most, {rest >> 20} MB after; {said}{where}", flush=True)
            passed += 1
        except Exception as error:
            print(f"FAIL {name}: {error!r}", flush=True)
            failed += 1
        finally:
            if group:
                group.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
