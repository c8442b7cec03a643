"""Random RWKV-4 weights of 7B on this machine, written once for every row that reads a file."""

import time

from . import models
from .check import Check
from .finding import attempt, seen

# Share of the inner channels that relu² leaves at zero: none, as the sparse product would skip them.
DENSE = 0.0
NAMES = {"4 7B": "7b", "4 169M": "169m"}


def checks(context):
    if context.wants_speed:
        yield Check("weights", 90, list(NAMES), run, is_background=True, is_speed=True)


def run(context):
    # The small one first, which takes no time.
    for name in reversed(NAMES):
        yield attempt(name, write, context)


def write(item, context):
    start = time.monotonic()
    folder = place(context, item)
    models.write_random(folder, context.shape(item), DENSE)
    mark(context, item).touch()
    took, size = time.monotonic() - start, (folder / "model.safetensors").stat().st_size
    return seen(item, f"{size / 1e9:.1f} GB in {took:.1f} s", bytes=size, seconds=took)


def place(context, name):
    return context.scratch / "weights" / NAMES[name]


def mark(context, name):
    """Tells that the weights are whole."""
    return context.scratch / f"{NAMES[name]}.whole"


def ready(context, name):
    """The folder of the weights.

    Raises: RuntimeError where they are not there, or not whole.
    """
    if not mark(context, name).exists():
        raise RuntimeError("the weights were not written in time")
    return place(context, name)
