"""Greedy texts: the decode step, which a graph replays, against the references and against reading the same text."""

import json
import math

from . import models
from .check import Check
from .context import FIXTURES
from .finding import expect
from .numbers import short
from .program import Hosts

LENGTH = 32
# Every so many tokens the text is read up to there.
STEP = 5
# How far a log-probability may be from that of the same token when the text is read instead, by strategy.
NEAR = {"cuda fp32": 2e-4, "cuda fp16": 0.05, "cuda fp16i8": 0.1}


def checks(_):
    items = [f"{model}, {strategy}" for strategy in NEAR for model in models.GENERATIONS]
    yield Check("texts", 60, items, run)


def run(context):
    with context.folder() as folder:
        models.lay_out(folder, models.GENERATIONS)
        with Hosts(context, folder, ["--state-cache-size", "0"]) as hosts:
            for strategy, near in NEAR.items():
                for model in models.GENERATIONS:
                    yield hosts.attempt(f"{model}, {strategy}", measure, model, context.strategy(strategy), near)


def measure(item, host, model, strategy, near):
    host.load(model, strategy)
    golden = json.loads((FIXTURES / "greedy.json").read_text())["models"][model]
    agreeing, count, worst = 0, 0, 0.0
    for text in golden["texts"]:
        prompt, expected = text["prompt"], text["tokens"][:LENGTH]
        written, scores, _ = host.write(prompt, LENGTH)
        agreeing += sum(a == b for a, b in zip(written, expected))
        count += len(expected)
        for place in range(0, LENGTH, STEP):
            known = score(host.logits(prompt + written[:place]), written[place])
            worst = max(worst, abs(known - scores[place]))
    text = f"{agreeing} of {count} tokens are the reference's, written and read {short(worst)} apart (may {near})"
    return expect(item, worst <= near and (agreeing == count or not strategy.endswith("fp32")), text, difference=worst)


def score(logits, token):
    """The token's log-probability where 0, the end of a text, is banned."""
    allowed = logits[1:]
    most = max(allowed)
    return logits[token] - most - math.log(sum(math.exp(logit - most) for logit in allowed))
