"""What the card can do by PyTorch's measure, beside which the program's own is held: copy, matrix product, pinned copy."""

import statistics
import subprocess
import sys

from .check import Check
from .context import DeviceMemory
from .finding import attempt, not_run, seen

ITEMS = ["device copy", "matrix product", "pinned copy"]
CONTEXT = "an empty context"
# What every program takes of a card that opens it.
OPEN = """
import ctypes, time
driver, context = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p()
assert driver.cuInit(0) == 0 and driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0) == 0
time.sleep(1)
"""


def checks(_):
    yield Check("ceilings", 45, [CONTEXT, *ITEMS], run, is_alone=True, is_speed=True)


def run(_):
    yield attempt(CONTEXT, empty)
    try:
        import torch

        if not torch.cuda.is_available():
            raise ImportError("PyTorch sees no card")
    except ImportError as error:
        for item in ITEMS:
            yield not_run(item, str(error))
        return
    for item, measure in zip(ITEMS, (copy, product, pinned)):
        yield attempt(item, measure, torch)


def empty(item):
    with DeviceMemory() as memory:
        subprocess.run([sys.executable, "-c", OPEN], check=True, capture_output=True, timeout=20)
    if memory.taken is None:
        return not_run(item, "there is no nvidia-smi")
    return seen(item, f"{memory.taken / 1e9:.2f} GB", bytes=memory.taken)


def seconds(torch, work, rounds=7):
    """The median time of a piece of work on the card, after two that do not count."""
    times = []
    for _number in range(rounds + 2):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1000)
    return statistics.median(times[2:])


def copy(item, torch):
    source = torch.empty(1 << 31, dtype=torch.int8, device="cuda")
    target = torch.empty_like(source)
    rate = 2 * source.nbytes / seconds(torch, lambda: target.copy_(source))
    return seen(item, f"{rate / 1e12:.2f} TB/s, read and written", rate=rate)


def product(item, torch):
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    b = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    rate = 2 * 8192**3 / seconds(torch, lambda: a @ b, rounds=20)
    return seen(item, f"{rate / 1e12:.0f} TFLOP/s, bf16, 8192³", rate=rate)


def pinned(item, torch):
    source = torch.empty(1 << 30, dtype=torch.int8).pin_memory()
    target = torch.empty(1 << 30, dtype=torch.int8, device="cuda")
    rate = source.nbytes / seconds(torch, lambda: target.copy_(source, non_blocking=True))
    return seen(item, f"{rate / 1e9:.1f} GB/s from the host", rate=rate)
