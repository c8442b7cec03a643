"""How far logits are apart. Standard library only."""

import math
import random

# How much a number may be off from the goldens, by the coarsest format in a strategy; for 4 bits only the relative error
# of all is bounded.
GREATEST = {"fp32": 5e-5, "fp16": 0.03, "bf16": 0.2, "i8": 0.15}
ORDER = ["fp32", "fp16", "bf16", "i8", "i4"]


def coarsest(strategy):
    """The format of a strategy that decides how exact it is."""
    words = strategy.replace("i8", " i8").replace("i4", " i4").split()
    return max((word for word in words if word in ORDER), key=ORDER.index, default="")


def distance(a, b):
    """The greatest difference; infinity where the lengths differ or something is not a number."""
    if len(a) != len(b) or not a:
        return math.inf
    most = 0.0
    for x, y in zip(a, b):
        difference = abs(x - y)
        most = max(most, math.inf if math.isnan(difference) else difference)
    return most


def relative(pairs):
    """Root of the mean squared difference over that of the truth, of (found, truth) pairs together."""
    error = sum((x - y) ** 2 for found, truth in pairs for x, y in zip(found, truth))
    size = sum(y * y for _, truth in pairs for y in truth)
    value = math.sqrt(error / size) if size else math.inf
    return math.inf if math.isnan(value) else value


def tokens(count, vocabulary, seed):
    """A prompt of random tokens, the same in every run; none is 0, which ends a text."""
    numbers = random.Random(seed)
    return [numbers.randrange(1, vocabulary) for _ in range(count)]


def short(value):
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.3g}"
