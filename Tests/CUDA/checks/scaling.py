"""How the processor's engine scales with threads: decoding rows of the bench, at twice as many threads each time, up to 16."""

import functools
import os

from .check import Check
from .finding import attempt, seen
from .program import bench

# Shape by name, generation, and steps to measure.
MODELS = [("4 169M", 64), ("7 1.5B", 16)]
COUNTS = [1, 2, 4, 8, 16]
BATCHES = (1, 16)
# Fewer cores have nothing to show here that the benchmarks do not.
LEAST_CORES = 8


def checks(context):
    cores = os.cpu_count() or 1
    if cores < LEAST_CORES and not context.is_dry:
        return
    for threads in (count for count in COUNTS if count <= max(cores, 1)):
        for model, steps in MODELS:
            name = f"{model}, {threads} threads"
            items = [f"{name}, batch {size}" for size in BATCHES]
            yield Check(
                f"scaling {name}", 45, items, functools.partial(run, model, steps, threads, items), is_alone=True, is_speed=True)


def run(model, steps, threads, items, context):
    report = []
    yield attempt(items[0], measure, model, steps, threads, context, report)
    for place, item in enumerate(items[1:], start=1):
        if place < len(report):
            yield found(item, report[place])


def measure(item, model, steps, threads, context, report):
    answer = bench(
        context, "--random-weights", context.shape(model), "--generation", model.split()[0], "--threads", threads,
        "--prompt", context.scaled(64, 8), "--generate", context.scaled(steps, 4), "--batch", ",".join(map(str, BATCHES)),
        strategy="cpu bf16", timeout=45)
    report.extend(answer["results"])
    return found(item, report[0])


def found(item, numbers):
    share = numbers.get("fraction_of_bandwidth")
    text = f"writes {numbers['decode_tokens_per_second']:.0f} tokens/s ({f'{share:.0%}' if share is not None else '?'} of read, "
    text += f"{numbers['read_bandwidth_bytes_per_second'] / 1e9:.0f} GB/s)"
    return seen(item, text, **numbers)
