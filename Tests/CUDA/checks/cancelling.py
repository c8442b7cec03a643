"""A client that leaves during a long prompt: its work ends within a chunk, and the host answers the next one."""

import os
import pathlib
import time

import load

from . import models
from .check import Check
from .finding import expect
from .program import Hosts

# As many as the host takes in a prompt.
TOKENS = 262_000
# Seconds until another client has its token, and seconds of processor time in the second after that.
ANSWER, BUSY = 1.0, 0.3
STRATEGIES = ["cuda fp16", "cuda fp16 *3 -> cpu fp32", "cuda fp16 *3+"]


def checks(_):
    yield Check("a client leaves during a prompt", 60, STRATEGIES, run, is_alone=True)


def run(context):
    with context.folder() as folder:
        models.lay_out_demo(folder, "demo")
        with Hosts(context, folder) as hosts:
            for strategy in STRATEGIES:
                yield hosts.attempt(strategy, measure, context.strategy(strategy))


def measure(item, host, strategy):
    host.load("demo", strategy)
    host.write([1, 2, 3], 2)
    prompt = [97 + number % 26 for number in range(TOKENS)]
    stream = load.Stream(host.port, {"prompt": prompt, "max_tokens": 1, "return_progress": True})
    load.read_all([stream], until=lambda: len(stream.stamps) > 3 or stream.is_done)
    assert not stream.is_done, "the prompt was read before anybody could leave; it must be longer"
    stream.socket.close()
    start = time.monotonic()
    host.write([1, 2, 3], 1)
    seconds = time.monotonic() - start
    used = cpu_seconds(host.process.pid)
    time.sleep(1)
    used = cpu_seconds(host.process.pid) - used
    text = f"the next client's token came after {1000 * seconds:.0f} ms (may {1000 * ANSWER:.0f}), "
    text += f"then the host used {used:.2f} s of processor time in a second (may {BUSY})"
    return expect(item, seconds <= ANSWER and used <= BUSY, text, seconds=seconds, busy=used)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
