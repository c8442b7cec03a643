"""A model that is wide enough for layouts and kernels that the small ones never meet, against the processor."""

import functools

import load

from .check import Check
from .finding import expect
from .numbers import relative, short, tokens
from .program import Hosts
from .prompts import FROM_PROCESSOR

# Each takes other products: of one row, of a few, of a batch, of tiles.
LENGTHS = [1, 2, 7, 12, 24, 50, 100, 200, 700]


def checks(_):
    for strategy in FROM_PROCESSOR:
        yield Check(f"a wide model, {strategy}", 60, [name(count) for count in LENGTHS], functools.partial(run, strategy))


def name(count):
    return "1 token" if count == 1 else f"{count} tokens"


def run(strategy, context):
    with context.folder() as folder:
        load.write_model(folder / "wide", context.shape("wide"))
        # Every prompt is read from its start.
        flags = ["--state-cache-size", "0"]
        with Hosts(context, folder, flags, flags) as hosts:
            for count in LENGTHS:
                yield hosts.attempt(name(count), measure, count, strategy, context)


def measure(item, exact, host, count, strategy, context):
    vocabulary = int(context.shape("wide").split("x")[2])
    prompt = tokens(count, vocabulary, seed=count)
    exact.load("wide", "cpu fp32")
    host.load("wide", context.strategy(strategy))
    off = relative([(host.logits(prompt), exact.logits(prompt))])
    return expect(
        item, off <= FROM_PROCESSOR[strategy], f"{short(off)} from the processor's fp32 (may {FROM_PROCESSOR[strategy]})",
        off=off)
