#!/usr/bin/env python3
"""What HTTP costs: tokens/s of streams over SSE beside what `modelhost bench` reaches with the same model.

Starts the host on a free loopback port, and in turn runs the bench and one stream, then 16 streams at once; prints
medians and their ratios. Needs nothing but the built program and a model with a tokenizer.

    python3 Tests/Benchmarks/http_stream.py --model models/demo --tokens 256 --rounds 3
    python3 Tests/Benchmarks/http_stream.py --url http://127.0.0.1:7860 --streams 1,16     (a host that runs already)
"""

import argparse
import json
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONGEST_STREAM = 120


def main():
    options = parse()
    sizes = [int(size) for size in options.streams.split(",")]
    host = None if options.url else Host(options)
    url = options.url or host.url
    try:
        wait_until_ready(url)
        stream(url, 1, 16)
        rates, bench = {size: [] for size in sizes}, {size: [] for size in sizes}
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            for size, rate in run_bench(options, sizes).items() if options.model else ():
                bench[size].append(rate)
            for size in sizes:
                rates[size].append(stream(url, size, options.tokens))
    finally:
        if host:
            host.stop()
    report = []
    for size in sizes:
        row = {"streams": size, "http_tokens_per_second": statistics.median(rates[size])}
        if bench[size]:
            row["bench_tokens_per_second"] = statistics.median(bench[size])
            row["http_of_bench"] = row["http_tokens_per_second"] / row["bench_tokens_per_second"]
        report.append(row)
    if options.json:
        print(json.dumps(report, indent=1))
        return
    for row in report:
        line = f"{row['streams']:3} streams over HTTP: {row['http_tokens_per_second']:8.1f} tokens/s together"
        if "http_of_bench" in row:
            line += f"; bench {row['bench_tokens_per_second']:8.1f}; HTTP / bench = {row['http_of_bench']:.1%}"
        print(line)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model's path, for a host of our own and the bench")
    parser.add_argument("--url", help="a host that runs already, on this machine")
    parser.add_argument("--strategy", default="cpu fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--streams", default="1,16", help="how many at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--modelhost", default=str(ROOT / ".build" / "release" / "modelhost"))
    options = parser.parse_args()
    if not options.model and not options.url:
        parser.error("needs --model or --url")
    if options.url and urllib.parse.urlsplit(options.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("--url must be on this machine")
    if options.model:
        options.model = str(pathlib.Path(options.model).resolve())
    return options


class Host:
    def __init__(self, options):
        self.process = subprocess.Popen(
            [
                options.modelhost, "--model", options.model, "--rwkv-strategy", options.strategy, "--listen-port", "0",
                "--threads", str(options.threads),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found.group(0)
                break
        else:
            sys.exit("the host did not start: " + self.process.stderr.read()[-1000:])
        # Nobody reads the log; it must not fill the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()


def wait_until_ready(url):
    """Asks for a token until the model is loaded."""
    body = json.dumps({"prompt": "a", "max_tokens": 1}).encode()
    for _ in range(LONGEST_STREAM):
        try:
            request = urllib.request.Request(url + "/v1/completions", body, {"Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=LONGEST_STREAM).close()
            return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                sys.exit(f"the host answers {error.code}: {error.read().decode(errors='replace')}")
        time.sleep(1)
    sys.exit("the model does not get ready")


def run_bench(options, sizes):
    answer = subprocess.run(
        [
            options.modelhost, "bench", "--model", options.model, "--strategy", options.strategy, "--json",
            "--prompt", "16", "--generate", str(options.tokens), "--batch", ",".join(map(str, sizes)),
            "--threads", str(options.threads),
        ],
        capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit("bench failed: " + answer.stderr)
    # Averages, as a stream is one too.
    return {row["batch"]: row["decode_tokens_per_second_mean"] for row in json.loads(answer.stdout)["results"]}


def stream(url, count, tokens):
    """Tokens/s of all streams together, from the time when all have begun to the first one's end."""
    place = urllib.parse.urlsplit(url)
    times = [[] for _ in range(count)]
    failures = []
    threads = [
        threading.Thread(target=read_stream, args=(place.hostname, place.port, tokens, index, times[index], failures))
        for index in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_STREAM + 10)
    if failures or any(len(stamps) < 2 for stamps in times):
        sys.exit(f"a stream failed: {failures or 'too few tokens'}")
    if min(map(len, times)) < 0.9 * tokens:
        sys.exit("a token is not an event here: the text has characters of several tokens; use another model")
    begin, end = max(stamps[0] for stamps in times), min(stamps[-1] for stamps in times)
    inside = sum(sum(1 for stamp in stamps if begin < stamp <= end) for stamps in times)
    if end <= begin:
        sys.exit("the streams did not overlap; ask for more --tokens")
    return inside / (end - begin)


def read_stream(host, port, tokens, index, stamps, failures):
    """Notes when each token's event came; a plain socket, so that the client takes little of the processor."""
    body = json.dumps({
        "prompt": f"Once upon a time {index}", "max_tokens": tokens, "stream": True, "temperature": 0,
        "ban_eos_token": True,
    }).encode()
    head = (
        f"POST /v1/completions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        with socket.create_connection((host, port), timeout=LONGEST_STREAM) as connection:
            connection.sendall(head.encode() + body)
            received = b""
            while chunk := connection.recv(1 << 16):
                now = time.perf_counter()
                # An event may arrive in pieces: the end of what came last is looked at again.
                joined = received[-len(EVENT) + 1:] + chunk
                stamps.extend([now] * joined.count(EVENT))
                received = joined
                if not stamps and b" 200 " not in joined[:20] and joined.startswith(b"HTTP/1.1 "):
                    failures.append(joined[:300].decode(errors="replace"))
                    return
    except OSError as error:
        failures.append(str(error))


EVENT = b"data: {"

if __name__ == "__main__":
    main()
