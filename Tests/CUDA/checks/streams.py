"""Tokens/s of streams over HTTP beside the bench of the same weights; and with kernels compiled for the card."""

import statistics

import load

from . import weights
from .check import Check
from .finding import seen
from .program import Hosts

STRATEGY = "cuda fp16"
# That each stream writes.
TOKENS = 256
ROUNDS = 3


# Streams at a time.
SIZES = (1, 64)


def checks(context):
    if context.wants_speed:
        items = [streams(size) for size in SIZES]
        yield Check("HTTP, 4 7B", 75, items, many, is_alone=True, is_speed=True)
        yield Check("HTTP, --rwkv-cuda-on", 60, ["without", "with"], compiled, is_alone=True, is_speed=True)


def streams(size):
    return "1 stream" if size == 1 else f"{size} streams"


def many(context):
    folder = weights.ready(context, "4 7B")
    with Hosts(context, folder.parent, ["--parallel", str(max(SIZES))]) as hosts:
        for size in SIZES:
            yield hosts.attempt(streams(size), together, context, folder, size)


def together(item, host, context, folder, size):
    host.load(folder.name, context.strategy(STRATEGY))
    read(host, size, 16)
    found = statistics.median(rate(host, size, TOKENS) for _ in range(ROUNDS))
    return seen(item, f"{found:.0f} tokens/s", rate=found)


def read(host, size, count):
    """So many streams of so many tokens, read to their ends."""
    running = [
        load.Stream(host.port, {
            "prompt": f"Stream {number} of {size}", "max_tokens": count, "temperature": 0, "ban_eos_token": True})
        for number in range(size)
    ]
    load.read_all(running)
    return running


def rate(host, size, count):
    """Tokens/s of all streams together, from the time when all have begun to the first one's end."""
    finished = read(host, size, count)
    least = min(len(stream.stamps) for stream in finished)
    assert least >= 0.9 * count, f"a stream of {count} tokens had {least} events"
    begin, end = max(stream.stamps[0] for stream in finished), min(stream.stamps[-1] for stream in finished)
    assert begin < end, "the streams did not overlap"
    return sum(begin < stamp <= end for stream in finished for stamp in stream.stamps) / (end - begin)


def compiled(context):
    """One stream of the small model with the kernels that the program brings, and with those compiled for the card."""
    folder = weights.ready(context, "4 169M")
    with Hosts(context, folder.parent) as hosts:
        for item, is_on in (("without", False), ("with", True)):
            yield hosts.attempt(item, of_kernels, context, folder, is_on)


def of_kernels(item, host, context, folder, is_on):
    host.load(folder.name, context.strategy(STRATEGY), rwkv_cuda_on=is_on)
    read(host, 1, 16)
    found = statistics.median(rate(host, 1, 2 * TOKENS) for _ in range(ROUNDS))
    said = [line.strip()[21:] for line in host.log.splitlines() if "nvrtc" in line.lower() or "compil" in line.lower()]
    return seen(item, f"{found:.0f} tokens/s" + (f"; {said[-1][:160]}" if said else ""), rate=found)
