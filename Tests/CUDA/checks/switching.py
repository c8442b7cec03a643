"""Models that change while the host runs: memory comes back, and a text ends on the model that it began with."""

import threading

from . import models
from .check import Check
from .context import DeviceMemory
from .finding import attempt, expect, not_run, seen
from .program import Hosts

SWITCHES = 50
# Until every model was there in every strategy.
WARM = 12
# Bytes by which memory may have grown from there to the end: the host's allocator keeps more than the driver's does.
GROWTH = {"device": 8 << 20, "host": 64 << 20}
MODELS = ["demo", "rwkv7-tiny", "rwkv6-tiny", "demo-too"]


def checks(_):
    yield Check("switching", 60, [f"{SWITCHES} switches", "device memory", "a text across a switch"], run, is_alone=True)


def run(context):
    with context.folder() as folder:
        models.lay_out(folder, ["rwkv7-tiny", "rwkv6-tiny"])
        models.lay_out_demo(folder, "demo", "demo-too")
        on_device = []
        with Hosts(context, folder) as hosts:
            yield hosts.attempt(f"{SWITCHES} switches", switch, context, on_device)
            yield attempt("device memory", flat, on_device, context)
            yield hosts.attempt("a text across a switch", across, context)


def switch(item, host, context, on_device):
    """Loads one model after the other, each in another strategy, and asks each for a few tokens."""
    strategies = [context.strategy(text) for text in ("cuda fp16", "cuda fp32", "cuda fp16i8")]
    resident = []
    for number in range(SWITCHES):
        host.load(MODELS[number % len(MODELS)], strategies[number % len(strategies)])
        host.write([1, 2, 3], 4)
        resident.append(host.resident_bytes())
        on_device.append(DeviceMemory.now())
    growth = max(resident[-WARM:]) - max(resident[:WARM])
    text = f"the host's own memory grew by {growth / 2**20:.1f} MB after the first {WARM} (may {GROWTH['host'] >> 20})"
    return expect(item, growth <= GROWTH["host"], text, growth=growth)


def flat(item, on_device, context):
    if len(on_device) < SWITCHES:
        return not_run(item, "the switches came to no end")
    if context.is_dry:
        return seen(item, "a dry run takes none")
    if None in on_device:
        return not_run(item, "there is no nvidia-smi")
    growth = max(on_device[-WARM:]) - max(on_device[:WARM])
    text = f"grew by {growth / 2**20:.1f} MB after the first {WARM} switches (may {GROWTH['device'] >> 20})"
    text += f", at most {max(on_device) >> 20} MB"
    return expect(item, growth <= GROWTH["device"], text, growth=growth, most=max(on_device))


def across(item, host, context):
    """A greedy text goes on while another model is loaded, and is the one that is written without a switch."""
    strategy, count = context.strategy("cuda fp16"), 400
    host.load("demo", strategy)
    wanted = host.write([5, 6, 7], count)[0]
    found = []
    writer = threading.Thread(target=lambda: found.extend(host.write([5, 6, 7], count, model="demo")[0]))
    writer.start()
    host.load("rwkv7-tiny", strategy)
    writer.join(60)
    info = host.info()
    return expect(item, found == wanted and info["generation"] == "7", f"{len(found)} tokens, then RWKV-{info['generation']}")
