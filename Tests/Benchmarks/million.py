#!/usr/bin/env python3
"""A prompt of a million tokens: how long it takes, what memory it takes, and how soon a hang-up ends it.

    python3 Tests/Benchmarks/million.py --model models/demo
    python3 Tests/Benchmarks/million.py --model models/demo --tokens 50000     (seconds)

Needs the release build; nothing else.
"""

import argparse
import pathlib
import tempfile
import time

import load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--modelhost", default=str(load.BINARY))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bounds = ["--max-prompt-tokens", str(options.tokens), "--max-queue-tokens", str(options.tokens)]
        host = load.Host(options.model.resolve(), name, *bounds, binary=options.modelhost)
        try:
            report(host, options.tokens)
        finally:
            host.stop()


def report(host, count):
    body = {"max_tokens": 1, "return_progress": True}
    tokens = [97 + number % 26 for number in range(count)]
    host.post("/v1/completions", {"prompt": tokens[:20_000], "max_tokens": 1})
    resting = host.memory()
    start = time.perf_counter()
    most = 0

    def look():
        nonlocal most
        most = max(most, host.memory())
        return False

    stream = load.Stream(host.port, body | {"prompt": tokens})
    load.read_all([stream], until=look)
    seconds = time.perf_counter() - start
    events = len(stream.stamps)
    print(f"{count} prompt tokens: {seconds:.1f} s, {count / seconds:.0f} tokens/s, {events} events on the way")
    print(f"memory: {resting >> 20} MB after 20 000 tokens, at most {most >> 20} MB, {host.memory() >> 20} MB at the end")

    # Another prompt, so that nothing of it is known; hung up when some of it has been read.
    stream = load.Stream(host.port, body | {"prompt": tokens[::-1]})
    load.read_all([stream], until=lambda: len(stream.stamps) > 20)
    stream.socket.close()
    start = time.perf_counter()
    host.post("/v1/completions", {"prompt": "a", "max_tokens": 1})
    used = host.cpu_seconds()
    time.sleep(1)
    print(
        f"hung up: the next request took {1000 * (time.perf_counter() - start - 1):.0f} ms, "
        f"the second after it {host.cpu_seconds() - used:.2f} s of processor time")


if __name__ == "__main__":
    main()
