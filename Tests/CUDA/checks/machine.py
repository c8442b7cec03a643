"""What the program says of this machine, when it uses a card unasked, and that a plan for the processor opens no driver."""

import json
import subprocess

from . import models
from .check import Check
from .finding import attempt, expect, seen
from .program import Host

ITEMS = ["modelhost devices", "default strategy", "no driver for the processor", "a card that is not there"]


def checks(_):
    yield Check("machine", 30, ITEMS, run)


def run(context):
    yield attempt(ITEMS[0], devices, context)
    with context.folder() as folder:
        models.lay_out_demo(folder, "demo")
        yield attempt(ITEMS[1], default, context, folder)
        yield attempt(ITEMS[2], no_driver, context, folder)
        yield attempt(ITEMS[3], absent, context, folder)


def devices(item, context):
    answer = subprocess.run([str(context.modelhost), "devices", "--json"], capture_output=True, text=True, timeout=30)
    if answer.returncode != 0 and context.is_dry:
        return seen(item, f"nothing that a dry run needs: {answer.stderr.strip()[:100]}")
    assert answer.returncode == 0, answer.stderr.strip()[-300:]
    report = json.loads(answer.stdout)
    cards = [device for device in report["devices"] if device["device"].startswith("cuda")]
    names = ", ".join(f"{card['device']} {card['name']}, {card['details']}" for card in cards)
    has_cpu = any(device["device"] == "cpu" for device in report["devices"])
    notes = "; ".join([*report.get("notes", []), f"compiler: {report.get('compiler')}"])
    finding = expect(item, has_cpu and (bool(cards) or context.is_dry), f"{names or 'no card'}; {notes}")
    finding.numbers["report"] = report
    return finding


def default(item, context, folder):
    """Without a strategy, fp16 on the card."""
    with Host(context, folder, "--model", "demo") as host:
        host.wait_until_ready()
        plan = host.info()["plan"]
        return expect(item, context.is_dry or plan.startswith("cuda fp16"), plan)


def no_driver(item, context, folder):
    with Host(context, folder, "--model", "demo", "--rwkv-strategy", "cpu fp32") as host:
        host.wait_until_ready()
        host.write([1, 2, 3], 2)
        before = host.maps("cuda.so")
        if not context.is_dry:
            host.load("demo", "cuda fp16")
        after = host.maps("cuda.so")
        text = f"the driver is {'' if before else 'not '}open with cpu fp32, {'' if after else 'not '}with cuda fp16"
        return expect(item, not before and after != context.is_dry, text)


def absent(item, context, folder):
    """A load onto card 63 is refused by its name, and the host goes on."""
    with Host(context, folder) as host:
        host.load("demo", "cpu fp32")
        try:
            host.load("demo", "cuda:63 fp16")
        except RuntimeError as error:
            host.write([1, 2, 3], 2)
            return expect(item, "cuda" in str(error), str(error)[-200:])
        return expect(item, False, "it was loaded onto a card that is not there")
