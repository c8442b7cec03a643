"""Every generation in every strategy, against the reference engines' own numbers."""

import functools
import json

from . import models
from .check import Check
from .context import FIXTURES
from .finding import expect
from .numbers import GREATEST, coarsest, distance, relative, short
from .program import Hosts

STRATEGIES = [
    "cuda fp32", "cuda fp16", "cuda bf16", "cuda fp32i8", "cuda fp16i8", "cuda fp16i4",
    "cuda fp32 *1 -> cpu fp32", "cuda fp16 *1 -> cpu fp32", "cpu fp32 *1 -> cuda fp16",
    "cuda fp32 *1+", "cuda fp16 *1+", "cuda fp16i8 *1+", "cuda fp16i4 *1+",
]
# Those that run with kernels compiled for the card as well.
COMPILED = ["cuda fp32", "cuda fp16", "cuda fp16i8"]
# How much further from fp32 quantised weights may be than what bounds them where the package has no figure.
ROOM = 1.25


def checks(_):
    for strategy in STRATEGIES:
        yield Check(f"goldens {strategy}", 60, list(models.GOLDENS), functools.partial(run, strategy, {}))
    for strategy in COMPILED:
        arguments = {"rwkv_cuda_on": True}
        yield Check(
            f"goldens {strategy}, --rwkv-cuda-on", 100, list(models.GOLDENS), functools.partial(run, strategy, arguments))


def run(strategy, arguments, context):
    with context.folder() as folder, Hosts(context, models.lay_out(folder, models.GOLDENS)) as hosts:
        for model in models.GOLDENS:
            yield hosts.attempt(model, measure, context.strategy(strategy), arguments)


def measure(model, host, strategy, arguments):
    golden = models.golden(model)
    truths = {sequence["name"]: sequence["last_logits_token_mode"] for sequence in golden["sequences"]}
    host.load(model, strategy, **arguments)
    found = logits(host, golden)
    kind = coarsest(strategy)
    greatest = max(distance(found[name], truths[name]) for name in truths)
    error, limit = 0, float("inf")
    text = f"off by at most {short(greatest)}" + (f" (may {short(GREATEST[kind])})" if kind in GREATEST else "")
    if package := package_logits(golden, strategy, kind):
        error, limit = relative_error(found, truths, package), relative_error(package, truths, package)
        text += f", relative {short(error)}, the package's {short(limit)}"
    elif kind in ("i8", "i4"):
        error, limit = relative_error(found, truths), ROOM * quantised_error(host, model, kind, golden, truths)
        text += f", relative {short(error)} (may {short(limit)})"
    return expect(model, greatest <= GREATEST.get(kind, greatest) and error <= limit, text, greatest=greatest, relative=error)


def logits(host, golden):
    """What follows each sequence, by its name: the shortest are read token by token, longer ones in sevens or as a whole.

    The host goes on from the beginning that it has read before, so requests for longer and longer ones feed it piecewise.
    """
    found = {}
    for sequence in golden["sequences"]:
        tokens = sequence["tokens"]
        piece = 1 if len(tokens) < 10 else 7 if len(tokens) < 50 else len(tokens)
        for end in range(piece, len(tokens) + piece, piece):
            found[sequence["name"]] = host.logits(tokens[:end])
    return found


def relative_error(found, truths, names=None):
    """Of these sequences, or of all."""
    return relative([(found[name], truths[name]) for name in names or found])


def package_logits(golden, strategy, kind):
    """The rwkv package's own in the coarsest format of a strategy, by sequence; none where it has no such.

    Its 8 bits have a scale for each row and column, which suits the short rows of the small models after RWKV-4 by chance.
    """
    if kind == "i8" and "n_head" in golden:
        return {}
    name = next(word for word in strategy.split() if coarsest(word) == kind)
    known = golden.get("other_strategies", {}).get(f"cpu {name}", {})
    return {sequence: entry["last_logits_token_mode"] for sequence, entry in known.items()}


def quantised_error(host, model, kind, golden, truths):
    """The greater one of the processor's error with as many bits, and of the error that bounds that in the tests."""
    table = json.loads((FIXTURES / "quantised.json").read_text())["models"]
    known = table[models.GOLDENS[model].split("/")[0]]["package_int8" if kind == "i8" else "q4_0"]["error"]
    host.load(model, f"cpu fp32{kind}")
    return max(known, relative_error(logits(host, golden), truths))
