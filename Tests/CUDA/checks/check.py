"""A check, and how it runs in a process of its own: neither a crash nor a hang reaches the next one."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from .finding import FAILED, Finding, not_run

# Less than this is not worth a start.
LEAST_SECONDS = 3


@dataclasses.dataclass
class Check:
    name: str
    # It is stopped after so many.
    seconds: float
    # What it tells of, in this order.
    items: list[str]
    # Context → findings, one by one.
    run: Callable
    # Whether it measures something that work beside it would disturb.
    is_alone: bool = False
    # Whether it is about nothing but the processor, and goes on beside the others.
    is_background: bool = False
    # Whether it is about rates: what is not reached there is no gap in correctness.
    is_speed: bool = False
    took: float = 0


def run_here(check, context, path):
    """In the check's own process: every finding is in the file as soon as it is known."""
    with open(path, "a") as file:
        for finding in check.run(context):
            file.write(json.dumps(dataclasses.asdict(finding)) + "\n")
            file.flush()


def run_apart(check, arguments, deadline, patience=1):
    """Findings for all items of a check, with those that a crash, a hang or the end of the time left open."""
    limit = check.seconds * patience
    seconds = min(limit, deadline - time.monotonic())
    if seconds < LEAST_SECONDS:
        return [not_run(item, "the time was up") for item in check.items]
    script = pathlib.Path(__file__).resolve().parents[1] / "device.py"
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelhost-device-") as folder:
        path = pathlib.Path(folder, "findings")
        path.touch()
        with open(pathlib.Path(folder, "log"), "w+") as log:
            process = subprocess.Popen(
                [sys.executable, str(script), *arguments, "--run-check", check.name, "--findings", str(path)],
                stdout=log, stderr=log, start_new_session=True)
            try:
                ending = ended(process.wait(seconds))
            except subprocess.TimeoutExpired:
                ending = f"stopped after {seconds:.0f} s"
            end_group(process)
            log.seek(0)
            last = (log.read().strip().splitlines() or [""])[-1]
        # A line that was not ended is of a check that was.
        whole = path.read_text().rpartition("\n")[0]
        findings = [Finding(**json.loads(line)) for line in whole.splitlines()]
    check.took = time.monotonic() - start
    return findings + rest(check, findings, ending, last, seconds < limit)


def rest(check, findings, ending, last, was_cut):
    """What the check did not come to: the first such item is what it died or hung on, unless the time was up for all."""
    told = {finding.item for finding in findings}
    missing = [item for item in check.items if item not in told]
    if not missing:
        return []
    reason = f"{ending}; {last}"[:600] if last else ending
    if was_cut and ending.startswith("stopped"):
        return [not_run(item, "the time was up") for item in missing]
    return [Finding(missing[0], FAILED, reason)] + [not_run(item, f"after that: {ending}") for item in missing[1:]]


def ended(status):
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with {status} before it had told everything"


def end_group(process):
    """The hosts that a check started end with it, however it ended."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
