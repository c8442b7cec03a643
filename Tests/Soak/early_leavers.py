"""Clients that leave at every moment of every kind of request, all at once: early_leavers.py [--seconds N] [--seed N].

Fails when /health takes longer than 5 s, when the host does not serve afterwards as before, or when it does not end within its
drain after SIGTERM. Last line: N passed, N failed.
"""

import argparse
import json
import os
import random
import sys
import threading
import time

from host import DRAIN, Host, WebSocket, request

HEALTH_SECONDS = 5
WORKERS = 8


def text(tokens, **fields):
    return {"prompt": "Once upon a time", "max_tokens": tokens, "ban_eos_token": True, **fields}


def requests(random):
    """The requests of which one is begun and left, by the name of their kind."""
    chat = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 400}
    tokens = random.choice([1, 30, 400])
    return {
        "completion": ("/v1/completions", text(tokens)),
        "stream": ("/v1/completions", text(tokens, stream=True)),
        "logprobs": ("/v1/completions", text(tokens, stream=True, logprobs=20)),
        "chat": ("/v1/chat/completions", chat),
        "chat stream": ("/v1/chat/completions", chat | {"stream": True}),
        "choices": ("/v1/completions", text(60, n=5, regex="[a-z ]{20,60}")),
        "beams": ("/v1/completions", text(40, num_beams=3, do_sample=False)),
        "session": ("/v1/completions", text(tokens, session_id=f"s{random.randrange(4)}")),
        "embeddings": ("/v1/embeddings", {"input": [f"text {n}" for n in range(random.choice([1, 12, 40]))]}),
        "encode": ("/v1/internal/encode", {"text": "word " * random.choice([1, 20000])}),
        "long prompt": ("/v1/completions", text(5, prompt="word " * 20000)),
        "large body": ("/v1/completions", text(5, unknown=[{"a": 1}] * random.choice([1000, 100000]))),
        "generate 2023": ("/api/v1/generate", {"prompt": "Once", "max_new_tokens": 200}),
        "stop": ("/v1/internal/stop-generation", {}),
        "save": ("/v1/internal/state/save", {"name": "kept", "session_id": f"s{random.randrange(4)}"}),
        "load": ("/v1/internal/model/load", {"model_name": random.choice("ab")}),
    }


class Hammer:
    def __init__(self, host, seed):
        self.host = host
        self.seed = seed
        self.ends = threading.Event()
        self.counts = {}
        self.lock = threading.Lock()

    def count(self, kind):
        with self.lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1

    def run(self, number):
        """One worker; half of them do only what makes requests meet each other in the queue."""
        chance = random.Random(f"{self.seed} {number}")
        while not self.ends.is_set():
            try:
                if number % 2 == 0:
                    self.leave_queue(chance)
                elif chance.random() < 0.15:
                    self.leave_websocket(chance)
                else:
                    self.leave_request(chance)
            except (OSError, ValueError):
                # Refused, reset, late: whether the host lives is asked elsewhere.
                time.sleep(0.001)

    def leave_queue(self, chance):
        """Gone within three milliseconds, while the request waits to be admitted."""
        with self.host.connect(5) as connection:
            connection.sendall(request("POST", "/v1/completions", text(400)))
            time.sleep(chance.random() * 0.003)
        self.count("queue")

    def leave_request(self, chance):
        kind, (path, body) = chance.choice(sorted(requests(chance).items()))
        data = request("POST", path, body)
        with self.host.connect(5) as connection:
            moment = chance.choice(["head", "body", "sent", "sent", "waiting", "first", "reading"])
            if moment in ("head", "body"):
                end = data.index(b"\r\n\r\n") if moment == "head" else len(data)
                connection.sendall(data[:chance.randrange(end)])
            else:
                connection.sendall(data)
            if moment == "waiting":
                time.sleep(chance.random() * 0.05)
            if moment in ("first", "reading"):
                connection.settimeout(0.5)
                for _ in range(1 if moment == "first" else chance.randrange(2, 20)):
                    if not connection.recv(4096):
                        break
        self.count(kind)

    def leave_websocket(self, chance):
        socket = WebSocket(self.host, timeout=5)
        try:
            for _ in range(chance.randrange(1, 4)):
                socket.send({"prompt": "Once", "max_new_tokens": 200})
            for _ in range(chance.randrange(0, 4)):
                socket.send(b"", opcode=9)
            for _ in range(chance.choice([0, 0, 1, 5])):
                socket.receive()
            if chance.random() < 0.3:
                socket.send(b"\x03\xe8", opcode=8)
        finally:
            socket.close()
        self.count("websocket")

    def keep_busy(self):
        """A client that has the engine write all the time."""
        while not self.ends.is_set():
            try:
                with self.host.connect(5) as connection:
                    connection.sendall(request("POST", "/v1/completions", text(3000)))
                    connection.recv(1000)
            except OSError:
                pass


def hammer(host, seconds, seed):
    """Seconds until /health was late, or None."""
    load = Hammer(host, seed)
    threads = [threading.Thread(target=load.run, args=(number,), daemon=True) for number in range(WORKERS)]
    threads += [threading.Thread(target=load.keep_busy, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    start, hung, slowest = time.monotonic(), None, 0.0
    while time.monotonic() - start < seconds and hung is None:
        asked = time.monotonic()
        if not host.answers(HEALTH_SECONDS):
            hung = asked - start
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.1)
    load.ends.set()
    for thread in threads:
        thread.join(10)
    print(f"{sum(load.counts.values())} left early, slowest /health {slowest:.2f} s: {json.dumps(dict(sorted(load.counts.items())))}")
    return hung


def serves(host):
    """Whether the host, left alone, does all of its kinds of work within seconds; the first thing that it does not."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        # What the last leavers began may still be winding down.
        status, body = host.post("/v1/completions", text(20), timeout=20)
        if status != 429:
            break
        time.sleep(0.5)
    if status != 200:
        return f"a completion is answered {status}: {body[:200]!r}"
    for number in range(4):
        status, body = host.post("/v1/completions", text(5, session_id=f"s{number}"), timeout=20)
        if status != 200:
            return f"the session s{number} is answered {status}: {body[:200]!r}"
    return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments = arguments.parse_args()
    print(f"seed {arguments.seed}")
    host = Host()
    results = {}
    try:
        host.wait_until_ready()
        hung = hammer(host, arguments.seconds, arguments.seed)
        results["/health answered all the time"] = hung is None
        if hung is not None:
            print(f"HUNG after {hung:.1f} s: /health did not answer within {HEALTH_SECONDS} s")
        problem = "it hangs"
        if hung is None:
            try:
                problem = serves(host)
            except (OSError, ValueError) as error:
                problem = repr(error)
        results["everything works when all have left"] = problem is None
        if problem:
            print(problem)
        start = time.monotonic()
        status = host.end(DRAIN if hung is None else 10)
        results["SIGTERM ends it with 0"] = status == 0
        print(f"exit status {status} {time.monotonic() - start:.1f} s after SIGTERM")
        if not all(results.values()):
            print(host.log_tail())
    finally:
        host.remove()
    for name, good in results.items():
        print(("ok    " if good else "FAIL  ") + name)
    failed = sum(not good for good in results.values())
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
