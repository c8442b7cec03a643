"""The rwkv package on the same card in the same run: its kernels are built beside the first checks, then it is timed."""

import functools
import importlib.util
import json
import mmap
import os
import statistics
import struct
import sys
import time

from . import weights
from .check import Check
from .context import ROOT, ask_card
from .finding import attempt, not_run, seen

STEPS, ROUNDS = 64, 3
# Item → shape and the package's own strategy.
TURNS = {
    "4 7B fp16": ("4 7B", "cuda fp16"),
    "4 169M fp16": ("4 169M", "cuda fp16"),
    "4 169M fp16 *6 -> cpu fp32": ("4 169M", "cuda fp16 *6 -> cpu fp32"),
}
# Importing PyTorch and the package takes longer than the small turns.
PROCESSES = {"rwkv package, 7B": ["4 7B fp16"], "rwkv package, 169M": ["4 169M fp16", "4 169M fp16 *6 -> cpu fp32"]}


def building(context):
    if context.wants_speed:
        yield Check("rwkv package, kernels", 100, ["built"], build, is_background=True, is_speed=True)


def checks(context):
    for name, items in PROCESSES.items() if context.wants_speed else ():
        yield Check(name, 60, items, functools.partial(run, items), is_alone=True, is_speed=True)


def obstacle(context):
    """Why the package cannot run here; None where it can."""
    sys.path[:0] = [str(wheel) for wheel in sorted((ROOT / "wheels").glob("rwkv-*"))]
    for name in ("torch", "rwkv"):
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed"
    import torch

    return None if torch.cuda.is_available() or context.is_dry else "PyTorch sees no card"


def import_model(context, with_kernels):
    """The package's class; importing it builds its kernels where they are asked for."""
    os.environ.update(
        RWKV_JIT_ON="1", RWKV_CUDA_ON="1" if with_kernels else "0", RWKV_V7_ON="0", MAX_JOBS="4",
        TORCH_EXTENSIONS_DIR=str(context.scratch / "extensions"))
    # Its tools lie beside the interpreter, which need not be in the path.
    os.environ["PATH"] += os.pathsep + os.path.dirname(sys.executable)
    import torch

    if with_kernels:
        # PyTorch would take memory on the card to find out, and that is measured beside this.
        os.environ["TORCH_CUDA_ARCH_LIST"] = ask_card("compute_cap")
    from rwkv.model import RWKV

    return torch, RWKV


def mark(context):
    return context.scratch / "package-kernels"


def build(context):
    reason = obstacle(context) or ("a dry run has no card to build them for" if context.is_dry else None)
    yield not_run("built", reason) if reason else attempt("built", compile_kernels, context)


def compile_kernels(item, context):
    start = time.monotonic()
    import_model(context, with_kernels=True)
    mark(context).touch()
    return seen(item, f"in {time.monotonic() - start:.0f} s")


def run(items, context):
    reason = obstacle(context)
    for item in items:
        yield not_run(item, reason) if reason else attempt(item, measure, context, *TURNS[item])


def measure(item, context, shape, strategy):
    has_kernels = mark(context).exists()
    torch, model_class = import_model(context, has_kernels)
    state_dict = tensors(torch, weights.ready(context, shape) / "model.safetensors")
    # The file is no .pth, and reading one is not what is measured.
    torch.load = lambda *_, **__: state_dict
    stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
    try:
        model = model_class(model="weights", strategy=context.strategy(strategy))
    finally:
        sys.stdout = stdout
    vocabulary = int(context.shape(shape).split("x")[2])
    numbers = {
        f"prefill_{count}": prefill(torch, model, vocabulary, context.scaled(count, 16)) for count in (512, 2048)}
    numbers["decode"] = decode(torch, model, vocabulary, context.scaled(ROUNDS * STEPS, 8))
    text = f"writes {numbers['decode']:.0f} tokens/s, reads {numbers['prefill_512']:.0f} of 512 and "
    text += f"{numbers['prefill_2048']:.0f} of 2048"
    return seen(item, text + ("" if has_kernels else "; without its own kernels, which are not built"), **numbers)


def prefill(torch, model, vocabulary, count):
    prompt, times = [(7919 * (place + 1)) % vocabulary for place in range(count)], []
    # The first two compile.
    for _ in range(ROUNDS + 2):
        times.append(timed(torch, lambda: model.forward(list(prompt), None)))
    return count / statistics.median(times[2:])


def decode(torch, model, vocabulary, steps):
    _, state = model.forward([1], None)
    times = []
    for place in range(steps + 8):
        def step():
            nonlocal state
            _, state = model.forward([(7919 * place) % vocabulary], state)
        times.append(timed(torch, step))
    return 1 / statistics.median(times[8:])


def timed(torch, work):
    start = time.perf_counter()
    with torch.inference_mode():
        work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def tensors(torch, path):
    """A safetensors file of bf16 under the names of the original files, without a copy."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    whole = torch.frombuffer(content, dtype=torch.uint8)
    found = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        found[original_name(name)] = whole[begin:end].view(torch.bfloat16).reshape(entry["shape"])
    return found


def original_name(name):
    name = name.removeprefix("rwkv.").replace("embeddings.", "emb.").replace(".pre_ln.", ".ln0.")
    name = name.replace(".attention.", ".att.").replace(".feed_forward.", ".ffn.")
    for part in ("key", "value", "receptance"):
        name = name.replace(f"time_mix_{part}", f"time_mix_{part[0]}")
    return name
