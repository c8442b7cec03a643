"""Every kernel of products by itself on the card, against double precision: what a model would mix up."""

import importlib.util
import subprocess
import sys

from .check import Check
from .context import ROOT
from .finding import attempt, expect, not_run

ITEM = "products"


def checks(_):
    yield Check("kernels", 150, [ITEM], run)


def run(context):
    missing = [name for name in ("libplan.so", "liboracle.so") if not (ROOT / ".build" / "cuda" / name).exists()]
    if context.is_dry:
        yield not_run(ITEM, "a dry run has no card")
    elif importlib.util.find_spec("numpy") is None or missing:
        yield not_run(ITEM, f"{', '.join(missing) or 'numpy'} is not here")
    else:
        yield attempt(ITEM, measure)


def measure(item):
    answer = subprocess.run(
        [sys.executable, str(ROOT / "Tests" / "CUDA" / "products.py"), "--card"], capture_output=True, text=True)
    lines = answer.stdout.strip().splitlines()
    if not lines or not lines[-1].endswith("failed"):
        raise RuntimeError(f"products.py ended with {answer.returncode}: {(answer.stderr.strip() or answer.stdout)[-400:]}")
    return expect(item, answer.returncode == 0, "; ".join([lines[-1], *lines[:-1]])[:600])
