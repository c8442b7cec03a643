"""Sixteen texts at once against each of them alone: ragged prompts, and decode steps of many rows."""

import concurrent.futures

from . import models
from .check import Check
from .finding import expect
from .numbers import relative, short, tokens
from .program import Hosts

TEXTS = 16
LENGTH = 48
MODELS = ["rwkv4-tiny", "rwkv5.2-tiny", "rwkv6-tiny", "rwkv7-tiny", "demo"]
# How far the logits of the prompts may be apart, relative, and log-probabilities of what is written.
NEAR = {"cuda fp32": (1e-4, 2e-4), "cuda fp16": (0.01, 0.05), "cuda fp16i8": (0.03, 0.1)}


def checks(_):
    items = [f"{model}, {strategy}" for strategy in NEAR for model in MODELS]
    yield Check(f"a batch of {TEXTS} against single", 90, items, run)


def run(context):
    with context.folder() as folder:
        models.lay_out(folder, MODELS[:-1])
        models.lay_out_demo(folder, "demo")
        with Hosts(context, folder, ["--state-cache-size", "0"]) as hosts:
            for strategy, near in NEAR.items():
                for model in MODELS:
                    yield hosts.attempt(f"{model}, {strategy}", measure, model, context.strategy(strategy), near)


def measure(item, host, model, strategy, near):
    host.load(model, strategy)
    size = host.info()["vocabulary_size"]
    prompts = [tokens(1 + 11 * number, size, seed=number) for number in range(TEXTS)]
    read = together(host.logits, prompts)
    apart = relative([(found, host.logits(prompt)) for found, prompt in zip(read, prompts)])
    written = together(lambda prompt: host.write(prompt, LENGTH), prompts)
    worst, divided = 0.0, 0
    for prompt, (ids, scores, gaps) in zip(prompts, written):
        alone_ids, alone_scores, alone_gaps = host.write(prompt, LENGTH)
        same = next((place for place, pair in enumerate(zip(ids, alone_ids)) if pair[0] != pair[1]), LENGTH)
        worst = max([worst] + [abs(a - b) for a, b in zip(scores[:same], alone_scores[:same])])
        # Where two tokens are as likely as each other, rounding may choose; from there on they are different texts.
        if same < LENGTH and min(gaps[same], alone_gaps[same]) > 2 * near[1]:
            divided += 1
    text = f"prompts {short(apart)} apart (may {near[0]}), log-probabilities {short(worst)} (may {near[1]})"
    text += f", {divided} texts divided"
    return expect(item, apart <= near[0] and worst <= near[1] and divided == 0, text, apart=apart, difference=worst)


def together(function, prompts):
    with concurrent.futures.ThreadPoolExecutor(len(prompts)) as pool:
        return list(pool.map(function, prompts))
