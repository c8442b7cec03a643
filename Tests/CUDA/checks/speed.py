"""Rows of `modelhost bench`, a process each, for the table of targets."""

import dataclasses
import functools

from . import weights
from .check import Check
from .context import DeviceMemory
from .finding import attempt, not_run, seen
from .program import bench, knows


@dataclasses.dataclass
class Row:
    """One run of the bench: on the weights that were written where `is_file`, else on its own, with a share of zeros."""

    name: str
    shape: str
    strategy: str
    prompt: int = 512
    generate: int = 64
    batch: tuple = (1,)
    is_file: bool = False
    zeros: float | None = None
    flags: tuple = ()
    seconds: float = 45

    @property
    def items(self):
        """The first one has the row's name."""
        return [self.name, *(f"{self.name}, batch {size}" for size in self.batch[1:])]


# In the order of their worth: what is not reached is not run.
ROWS = [
    Row("4 7B fp16", "4 7B", "cuda fp16", prompt=2048, is_file=True, seconds=60),
    Row("7 7B fp16", "7 7B", "cuda fp16", prompt=2048, batch=(1, 16, 64, 256), seconds=80),
    Row("4 169M fp16", "4 169M", "cuda fp16", prompt=2048, generate=256),
    Row("4 7B fp16i8", "4 7B", "cuda fp16i8", prompt=2048, is_file=True),
    Row("4 7B fp16i4", "4 7B", "cuda fp16i4", prompt=64, is_file=True),
    Row("4 7B fp16, 512 and 64", "4 7B", "cuda fp16", batch=(64,), is_file=True),
    Row("7 0.1B fp16", "7 0.1B", "cuda fp16", generate=256),
    Row("7 1.5B fp16", "7 1.5B", "cuda fp16", generate=128),
    Row("4 169M fp16 *6 -> cpu fp32", "4 169M", "cuda fp16 *6 -> cpu fp32", prompt=64),
    Row("4 7B fp16 *24+", "4 7B", "cuda fp16 *24+", prompt=64, generate=16, is_file=True),
]
LAST = [
    Row("4 7B fp16, 85 % zeros", "4 7B", "cuda fp16", zeros=0.85, prompt=64, seconds=60),
    Row("4 7B fp16i8, 85 % zeros", "4 7B", "cuda fp16i8", zeros=0.85, prompt=64, seconds=60),
    Row("4 169M fp16, --rwkv-cuda-on", "4 169M", "cuda fp16", prompt=64, generate=256, flags=("rwkv-cuda-on",)),
]

# What a dry run's small shapes have of these.
DRY_STRATEGIES = {"*24+": "*1+", "*6": "*2"}


def checks(rows, context):
    for row in rows if context.wants_speed else ():
        yield Check(f"bench {row.name}", row.seconds, row.items, functools.partial(run, row), is_alone=True, is_speed=True)


def run(row, context):
    reason = obstacle(row, context)
    if reason:
        for item in row.items:
            yield not_run(item, reason)
        return
    # The rows of one run come together, so they fail together.
    report = []
    yield attempt(row.items[0], measure, row, context, report)
    for place, item in enumerate(row.items[1:], start=1):
        yield found(item, row, report[place]) if place < len(report) else not_run(item, "the run came to no end")


def obstacle(row, context):
    """Why a row cannot be run here, None where it can."""
    for flag in row.flags:
        if not knows(context, "bench", flag):
            return f"this build's bench has no --{flag}"
    return None


def measure(item, row, context, report):
    prompt, generate = context.scaled(row.prompt, 32), context.scaled(row.generate, 8)
    sizes = ",".join(map(str, row.batch))
    arguments = ["--prompt", prompt, "--generate", generate, "--batch", sizes]
    if row.is_file:
        arguments += ["--model", weights.ready(context, row.shape)]
    else:
        generation = row.shape.split()[0]
        arguments += ["--random-weights", context.shape(row.shape), "--generation", generation]
        arguments += ["--zeros", row.zeros] if row.zeros is not None else []
    strategy = row.strategy
    for count, dry in DRY_STRATEGIES.items() if context.is_dry else ():
        strategy = strategy.replace(count, dry)
    with DeviceMemory() as memory:
        answer = bench(context, *arguments, *(f"--{flag}" for flag in row.flags), strategy=strategy, timeout=row.seconds)
    for numbers in answer["results"]:
        numbers["shape"] = context.shape(row.shape)
        if memory.taken is not None:
            numbers["device_bytes"] = memory.taken
        report.append(numbers)
    return found(item, row, report[0])


def found(item, row, numbers):
    share = lambda key: f"{numbers[key]:.0%}" if numbers.get(key) is not None else "?"
    text = f"writes {numbers['decode_tokens_per_second']:.0f} tokens/s ({share('fraction_of_bandwidth')} of read), "
    text += f"reads {numbers['prefill_tokens_per_second']:.0f} ({share('fraction_of_peak')} of peak), "
    text += f"first token after {numbers['load_to_first_token_seconds']:.2f} s"
    if numbers.get("weight_bytes_per_token"):
        read = numbers.get("weight_bytes_read_per_token")
        text += f", {numbers['weight_bytes_per_token'] / 1e9:.2f} GB of weights a token"
        text += f", of which {read / 1e9:.2f} read" if read is not None else ""
    if "device_bytes" in numbers:
        text += f", {numbers['device_bytes'] / 1e9:.2f} GB on the card"
    return seen(item, text, **numbers)
