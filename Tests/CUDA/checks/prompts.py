"""Prompts of 2000 tokens: whole against in pieces, and the card against the processor."""

import functools

from . import models
from .check import Check
from .finding import expect
from .numbers import relative, short, tokens
from .program import Hosts

COUNT = 2000
PIECE = 333
FIXTURES = ["rwkv4-tiny", "rwkv5.2-tiny", "rwkv6-tiny", "rwkv7-tiny"]
MODELS = [*FIXTURES, "rwkv7-heads", "demo"]
# How far the logits may be from those of fp32 on the processor and from each other, relative.
FROM_PROCESSOR = {"cuda fp32": 1e-4, "cuda fp16": 0.02, "cuda bf16": 0.1, "cuda fp16i8": 0.1}
FROM_EACH_OTHER = {"cuda fp32": 1e-4, "cuda fp16": 0.01, "cuda bf16": 0.05, "cuda fp16i8": 0.02}


def checks(_):
    for strategy in FROM_PROCESSOR:
        yield Check(f"prompts of {COUNT} tokens, {strategy}", 60, MODELS, functools.partial(run, strategy))


def run(strategy, context):
    with context.folder() as folder:
        models.lay_out(folder, FIXTURES)
        models.write_heads(folder / "rwkv7-heads", layers=2, heads=2, vocabulary=300)
        models.lay_out_demo(folder, "demo")
        # One that reads every prompt from its start, and one that goes on from what it has read.
        with Hosts(context, folder, ["--state-cache-size", "0"], []) as hosts:
            for model in MODELS:
                yield hosts.attempt(model, measure, strategy, context)


def measure(model, plain, caching, strategy, context):
    plain.load(model, "cpu fp32")
    prompt = tokens(COUNT, plain.info()["vocabulary_size"], seed=COUNT)
    exact = plain.logits(prompt)
    plain.load(model, context.strategy(strategy))
    whole = plain.logits(prompt)
    caching.load(model, context.strategy(strategy))
    for end in range(PIECE, COUNT + PIECE, PIECE):
        pieces = caching.logits(prompt[:end])
    apart, off = relative([(pieces, whole)]), relative([(whole, exact)])
    text = f"whole and in pieces {short(apart)} apart (may {FROM_EACH_OTHER[strategy]}), "
    text += f"{short(off)} from the processor's fp32 (may {FROM_PROCESSOR[strategy]})"
    return expect(model, apart <= FROM_EACH_OTHER[strategy] and off <= FROM_PROCESSOR[strategy], text, apart=apart, off=off)
