#!/usr/bin/env python3
"""Everything that only a card can tell, in one run of less than five minutes: numbers, behaviour, and the table of rates.

    python3 Tests/CUDA/device.py --report report.json      (on a machine with a card)
    python3 Tests/CUDA/device.py --dry                     (anywhere: the processor in place of the card, tiny shapes)
    python3 Tests/CUDA/device.py --only 'bench 7*' --only ceilings

Standard library only, and PyTorch where it is: for ceilings and the rwkv package. Every check is a process of its own.
Ends with 1 when something is not right, with 3 when something about correctness was not come to, else with 0: rates that
miss their target are in the table, and no error.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from checks import (
    batches, cancelling, ceilings, features, goldens, kernels, machine, package, prompts, scaling, speed, streams, switching,
    texts, weights, wide,
)
from checks.check import run_apart, run_here
from checks.context import ROOT, Context, best_scratch
from checks.finding import FAILED, NOT_RUN, Finding
from checks.report import Report

# What the 7B weights take, and those that the bench makes up beside them.
SCRATCH_BYTES = 36 << 30


def main():
    options = parse()
    if options.run_check:
        context = make_context(options, pathlib.Path(options.scratch))
        check = next(check for check in all_checks(context) if check.name == options.run_check)
        run_here(check, context, options.findings)
        return 0
    place = options.scratch or (tempfile.gettempdir() if options.dry else best_scratch(SCRATCH_BYTES))
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="modelhost-device-", dir=place))
    try:
        return run_all(options, make_context(options, scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modelhost", type=pathlib.Path, default=ROOT / ".build" / "release" / "modelhost")
    parser.add_argument("--report", type=pathlib.Path, help="where the JSON goes")
    parser.add_argument("--dry", action="store_true", help="try the script itself, without a card")
    parser.add_argument("--seconds", type=float, default=285, help="what has not begun by then is not run (default: 285)")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="checks whose names match; may be repeated")
    parser.add_argument("--without-speed", action="store_true", help="correctness only")
    parser.add_argument("--jobs", type=int, default=max(1, min(6, (os.cpu_count() or 1) // 2)), help="checks at a time")
    parser.add_argument("--patience", type=float, default=1, help="how many times as long a check may take (default: 1)")
    parser.add_argument("--ports", metavar="FIRST-LAST", help="ports for hosts (default: any that is free)")
    parser.add_argument("--scratch", help="folder for 36 GB of weights (default: memory where it is large enough)")
    parser.add_argument("--list", action="store_true", help="name the checks")
    parser.add_argument("--run-check", help=argparse.SUPPRESS)
    parser.add_argument("--findings", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.modelhost.is_file():
        parser.error(f"there is no {options.modelhost}; build it, or name another with --modelhost")
    return options


def make_context(options, scratch):
    ports = None
    if options.ports:
        first, last = map(int, options.ports.split("-"))
        ports = range(first, last + 1)
    return Context(
        modelhost=options.modelhost.resolve(), scratch=scratch, is_dry=options.dry, ports=ports,
        wants_speed=not options.without_speed, patience=options.patience)


def all_checks(context):
    """In the order in which they run: first what may run side by side, then what needs the machine for itself."""
    yield from package.building(context)
    yield from weights.checks(context)
    yield from machine.checks(context)
    yield from kernels.checks(context)
    yield from wide.checks(context)
    yield from goldens.checks(context)
    yield from texts.checks(context)
    yield from prompts.checks(context)
    yield from batches.checks(context)
    yield from features.checks(context)
    yield from switching.checks(context)
    yield from cancelling.checks(context)
    if context.wants_speed:
        yield from ceilings.checks(context)
        yield from speed.checks(speed.ROWS, context)
        yield from streams.checks(context)
        yield from package.checks(context)
        yield from speed.checks(speed.LAST, context)
        yield from scaling.checks(context)


def run_all(options, context):
    deadline = time.monotonic() + options.seconds
    checks = [check for check in all_checks(context) if is_wanted(check, options)]
    if options.list:
        print("\n".join(check.name for check in checks))
        return 0
    arguments = ["--modelhost", str(context.modelhost), "--scratch", str(context.scratch)]
    arguments += ["--patience", str(options.patience)]
    arguments += ["--dry"] * options.dry + (["--ports", options.ports] if options.ports else [])
    version = subprocess.run([str(context.modelhost), "--version"], capture_output=True, text=True, timeout=30)
    if version.returncode != 0:
        sys.exit(f"{context.modelhost} does not start: {version.stderr.strip()[-400:]}")
    report = Report(options.dry, version.stdout.strip(), options.report)

    def findings(check):
        try:
            return run_apart(check, arguments, deadline, options.patience)
        except Exception as error:
            # What goes wrong around one check leaves the others alone.
            return [Finding(item, FAILED, f"{type(error).__name__}: {error}"[:600]) for item in check.items]

    together = [check for check in checks if not check.is_alone and not check.is_background]
    background = [check for check in checks if check.is_background]
    alone = [check for check in checks if check.is_alone and not check.is_speed]
    timed = [check for check in checks if check.is_alone and check.is_speed]
    with concurrent.futures.ThreadPoolExecutor(max(1, len(background))) as beside:
        # Started here, asked for at the end of this block: before anything is timed.
        coming = beside.map(findings, background)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            report.add_all(together, pool.map(findings, together))
        report.add_all(alone, map(findings, alone))
        report.add_all(background, coming)
    report.add_all(timed, map(findings, timed))

    report.show(has_targets=any(check.is_speed for check in checks))
    verdicts = {finding.verdict for finding in report.correctness}
    return 1 if FAILED in verdicts else 3 if NOT_RUN in verdicts else 0


def is_wanted(check, options):
    return not options.only or any(fnmatch.fnmatch(check.name, pattern) for pattern in options.only)


if __name__ == "__main__":
    sys.exit(main())
