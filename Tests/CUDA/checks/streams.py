"""Tokens/s of streams over HTTP beside the bench of the same weights; and with kernels compiled for the card."""

import functools
import statistics

import load

from . import weights
from .check import Check
from .finding import attempt, seen
from .program import Host, bench

STRATEGY = "cuda fp16"
# That each stream writes.
TOKENS = 256
ROUNDS = 3


def checks(context):
    if context.wants_speed:
        sizes = (1, context.scaled(64, 4))
        yield Check(
            "HTTP, 4 7B", 80, [streams(size) for size in sizes], functools.partial(against_bench, sizes), is_alone=True,
            is_speed=True)
        yield Check("HTTP, --rwkv-cuda-on", 60, ["without", "with"], compiled, is_alone=True, is_speed=True)


def streams(size):
    return "1 stream" if size == 1 else f"{size} streams"


def against_bench(sizes, context):
    folder = weights.ready(context, "4 7B")
    for size in sizes:
        yield attempt(streams(size), beside, context, folder, size)


def beside(item, context, folder, size):
    report = bench(
        context, "--model", folder, "--prompt", 16, "--generate", context.scaled(64, 8), "--batch", size, strategy=STRATEGY)
    # An average, as a stream is one too.
    expected = report["results"][0]["decode_tokens_per_second_mean"]
    with Host(context, folder.parent, "--parallel", str(max(size, 32))) as host:
        host.load(folder.name, context.strategy(STRATEGY))
        read(host, size, 16)
        found = statistics.median(rate(host, size, TOKENS) for _ in range(ROUNDS))
    text = f"{found:.0f} tokens/s, {found / expected:.1%} of the bench's {expected:.0f}"
    return seen(item, text, rate=found, share=found / expected)


def read(host, size, count):
    """So many streams of so many tokens, read to their ends."""
    together = [
        load.Stream(host.port, {
            "prompt": f"Stream {number} of {size}", "max_tokens": count, "temperature": 0, "ban_eos_token": True})
        for number in range(size)
    ]
    load.read_all(together)
    return together


def rate(host, size, count):
    """Tokens/s of all streams together, from the time when all have begun to the first one's end."""
    together = read(host, size, count)
    least = min(len(stream.stamps) for stream in together)
    assert least >= 0.9 * count, f"a stream of {count} tokens had {least} events"
    begin, end = max(stream.stamps[0] for stream in together), min(stream.stamps[-1] for stream in together)
    assert begin < end, "the streams did not overlap"
    return sum(begin < stamp <= end for stream in together for stamp in stream.stamps) / (end - begin)


def compiled(context):
    """One stream of the small model with the kernels that the program brings, and with those compiled for the card."""
    folder = weights.ready(context, "4 169M")
    for item, is_on in (("without", False), ("with", True)):
        yield attempt(item, of_kernels, context, folder, is_on)


def of_kernels(item, context, folder, is_on):
    with Host(context, folder.parent) as host:
        host.load(folder.name, context.strategy(STRATEGY), rwkv_cuda_on=is_on)
        read(host, 1, 16)
        found = statistics.median(rate(host, 1, 2 * TOKENS) for _ in range(ROUNDS))
        said = [line.strip()[21:] for line in host.log.splitlines() if "nvrtc" in line.lower() or "compil" in line.lower()]
    return seen(item, f"{found:.0f} tokens/s" + (f"; {said[-1][:160]}" if said else ""), rate=found)
