"""The program under test: as a host, and as a benchmark."""

import json
import os
import pathlib
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

from .finding import FAILED, attempt

# Seconds; everything that is asked of the small models takes far less, and of the large ones too.
LONGEST_ANSWER = 20
LONGEST_LOAD = 60
LONGEST_BENCH = 120


class Host:
    """A running host in a folder of its own, where no settings.json changes it; models are loaded by `load`."""

    def __init__(self, context, models, *flags):
        self.lines = []
        self.patience = context.patience
        self.process = subprocess.Popen(
            [str(context.modelhost), "--model-dir", str(models), "--listen-port", str(context.port()), *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=models)
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found.group(1))
                break
        else:
            raise RuntimeError("the host did not start: " + self.process.stderr.read()[-500:])
        # The log must not fill the pipe.
        threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def log(self):
        return "".join(self.lines)

    def request(self, method, path, body=None, timeout=LONGEST_ANSWER):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout * self.patience) as reply:
                return json.loads(reply.read())
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read().decode(errors='replace')[:400]}") from None
        except OSError as error:
            status = self.process.poll()
            tail = self.log[-300:] if status is not None else ""
            raise RuntimeError(f"{path}: {error}" + (f"; the host ended with {status}: {tail}" if tail else "")) from None

    def post(self, path, body, timeout=LONGEST_ANSWER):
        return self.request("POST", path, body, timeout)

    def load(self, model, strategy, **arguments):
        body = {"model_name": model, "args": {"rwkv_strategy": strategy, **arguments}}
        self.post("/v1/internal/model/load", body, timeout=LONGEST_LOAD)

    def info(self):
        return self.request("GET", "/v1/internal/model/info")["details"]

    def wait_until_ready(self, seconds=60):
        """For a host that was told its model at the start."""
        end = time.monotonic() + seconds * self.patience
        while True:
            try:
                return self.request("GET", "/health/ready")
            except RuntimeError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
            time.sleep(0.05)

    def logits(self, tokens):
        """The raw logits after a prompt of tokens."""
        return self.post("/v1/internal/logits", {"tokens": tokens, "raw": True})["logits"]

    def write(self, prompt, count, **fields):
        """The likeliest tokens one after the other, with their log-probabilities and those of the second best."""
        answer = self.post("/v1/completions", {
            "prompt": prompt, "max_tokens": count, "temperature": 0, "ban_eos_token": True, "logprobs": 2, **fields})
        scores = answer["choices"][0]["logprobs"]
        best = [sorted(entry.values(), reverse=True) for entry in scores["top_logprobs_ids"]]
        gaps = [entry[0] - entry[1] if len(entry) > 1 else float("inf") for entry in best]
        return scores["token_ids"], scores["token_logprobs"], gaps

    def text(self, prompt, count, **fields):
        answer = self.post("/v1/completions", {"prompt": prompt, "max_tokens": count, "temperature": 0, **fields})
        return answer["choices"][0]["text"]

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def maps(self, name):
        """Whether a library of that name is open in the host."""
        return name in pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()


class Hosts:
    """Hosts that serve one item after the other; a failure ends them, and the next item finds new ones."""

    def __init__(self, context, models, *flags):
        """flags: those of each host."""
        self.start = lambda: [Host(context, models, *each) for each in flags or [()]]
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for host in self.running:
            host.stop()
        self.running = []

    def attempt(self, item, function, *arguments):
        """What a function of (item, hosts, arguments) found."""

        def with_hosts(item):
            self.running = self.running or self.start()
            return function(item, *self.running, *arguments)

        finding = attempt(item, with_hosts)
        if finding.verdict == FAILED:
            self.stop()
        return finding


def bench(context, *arguments, strategy, timeout=LONGEST_BENCH):
    """What `modelhost bench --json` reports; the weights that it makes up lie in the scratch folder."""
    command = [str(context.modelhost), "bench", "--json", *map(str, arguments), "--strategy", context.strategy(strategy)]
    answer = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=context.scratch,
        env={**os.environ, "TMPDIR": str(context.scratch)})
    if answer.returncode != 0:
        raise RuntimeError(f"bench ended with {answer.returncode}: {answer.stderr.strip()[-400:]}")
    return json.loads(answer.stdout)


def knows(context, command, flag):
    """Whether the program's help names a flag."""
    answer = subprocess.run([str(context.modelhost), command, "--help"], capture_output=True, text=True, timeout=20)
    return f"--{flag}" in answer.stdout
