#!/usr/bin/env python3
"""How many times memory is taken for each decoding step: runs the bench twice, for few tokens and for many, and counts.

Everything but the decoding itself is the same in both runs, so the difference is what the tokens cost. Linux with glibc,
and a C compiler.

    python3 Tests/Benchmarks/allocations.py
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FEW, MANY = 32, 1056
MOST = 0.1
STRATEGIES = ["cpu fp32", "cpu bf16", "cpu fp32i8", "cpu fp32i4"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modelhost", default=str(HERE.parents[1] / ".build" / "release" / "modelhost"))
    parser.add_argument("--shape", default="4x256x1000")
    parser.add_argument("--generation", action="append")
    parser.add_argument("--strategy", action="append")
    parser.add_argument("--batch", action="append", help="sizes of one run, with commas between")
    options = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        counter = pathlib.Path(folder) / "allocations.so"
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", counter, HERE / "allocations.c"], check=True)
        # Strategies differ in their products alone, which all generations share.
        cases = [
            (generation, strategy, batch) for generation in options.generation or ["4", "5.2", "6", "7"]
            for strategy in options.strategy or (STRATEGIES if generation == "4" else ["cpu bf16"])
            # Sizes one after the other in one run: what each of them takes adds up.
            for batch in options.batch or ["1,16"]
        ]
        for case in cases:
            per_step = measure(options, case, counter)
            # The number of prefill runs depends on time, and each takes some memory: what is too much is counted once more.
            if per_step >= MOST:
                per_step = min(per_step, measure(options, case, counter))
            worst = max(worst, per_step)
            print("RWKV-{}, {}, batch {}: {:.2f} allocations for each step".format(*case, per_step), flush=True)
    # The bench itself takes memory now and then; one allocation in a step would be 1.
    sys.exit(0 if worst < MOST else 1)


def measure(options, case, counter):
    few, many = (count(options, *case, tokens, counter) for tokens in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def count(options, generation, strategy, batch, tokens, counter):
    answer = subprocess.run(
        [
            options.modelhost, "bench", "--random-weights", options.shape, "--generation", generation, "--strategy", strategy,
            "--prompt", "4", "--generate", str(tokens), "--batch", str(batch), "--threads", "2",
        ],
        env={**os.environ, "LD_PRELOAD": str(counter)}, capture_output=True, text=True)
    found = re.search(r"allocations (\d+)", answer.stderr)
    if answer.returncode != 0 or not found:
        sys.exit("bench failed: " + answer.stderr)
    return int(found.group(1))


if __name__ == "__main__":
    main()
