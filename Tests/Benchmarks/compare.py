#!/usr/bin/env python3
"""ModelHost beside what people would use instead, on this machine, in one run.

Makes a virtual environment with the peers, writes random weights of a shape (the same bf16 numbers in each file that one
of them reads), and lets everybody read a prompt and write a text in turn, for several rounds. Beside RWKV-4 that is the
packages rwkv, transformers and rwkv-cpp, beside RWKV-6 and RWKV-7 rwkv and llama.cpp.
Prints medians and ratios, and writes results/NAME.json and results/NAME.png.

    python3 Tests/Benchmarks/compare.py --shape 12x768x50277 --rounds 5 --name 169m
    python3 Tests/Benchmarks/compare.py --generation 7 --shape 12x768x65536 --rounds 5 --name rwkv7-0.1b

A machine that is free only for minutes at a time does its rounds in parts: --append adds them to the last run's.
"""

import argparse
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import peers

HERE = pathlib.Path(__file__).resolve().parent
VENV = HERE / ".venv"
# What the peers that are built from source need beside the others.
EXTRA = {"llama.cpp": "requirements-llama.txt", "rwkv.cpp": "requirements-rwkv-cpp.txt"}
# rwkv.cpp has no package since April 2023. Figures of a later one, and those of the fp32 peer (the rwkv package) beside it,
# were taken on another machine with the 169M shape and two threads: prefill and decode tokens/s.
CITED_FP32_PEER = (638, 27)
CITED = {"later rwkv.cpp Q8_0": (490, 170), "later rwkv.cpp Q4_0": (427, 171)}


def main():
    options = parse()
    enter_environment(extra=[name for package, name in EXTRA.items() if peers.formats(options.generation, options.peers, package)])
    if options.peer:
        print(json.dumps(peers.run(options.peer, options)))
        return
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    earlier = results / f"{options.name}.json"
    with tempfile.TemporaryDirectory(prefix="modelhost-compare-") as folder:
        options.weights = options.keep or folder
        prepare_weights(pathlib.Path(options.weights), options)
        if options.rounds == 0:
            return
        rounds = json.loads(earlier.read_text())["all_rounds"] if options.append and earlier.exists() else None
        report = compare(options, rounds or {"peers": {name: [] for name in options.peers}, "modelhost": []})
    print_report(report)
    (results / f"{options.name}.json").write_text(json.dumps(report, indent=1) + "\n")
    draw(report, results / f"{options.name}.png")
    print(f"\nwritten: {options.name}.json and {options.name}.png in {results}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="12x768x50277", help="LAYERSxWIDTHxVOCABULARY")
    parser.add_argument("--generation", choices=peers.PEERS, default="4", help="of RWKV")
    parser.add_argument("--prompt", type=int, default=512, help="tokens to read")
    parser.add_argument("--generate", type=int, default=64, help="tokens to write")
    parser.add_argument("--rounds", type=int, default=5, help="how often everybody has a turn; 0 only prepares")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", default="1,4,16", help="batch sizes of ModelHost")
    parser.add_argument("--strategy", action="append", help="strategies of ModelHost; may be repeated")
    parser.add_argument("--name", help="of the files in results/ (default: rwkvGENERATION-SHAPE)")
    parser.add_argument("--append", action="store_true", help="add the rounds to those of the last run under this name")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the random weights there, for runs of the same generation and shape")
    parser.add_argument("--modelhost", default=str(HERE.parents[1] / ".build" / "release" / "modelhost"))
    parser.add_argument("--without", action="append", default=[], metavar="PEER", help="leave a peer out; may be repeated")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--weights", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.strategy = options.strategy or ["cpu fp32", "cpu bf16", "cpu fp32i8", "cpu fp32i4"]
    options.name = options.name or f"rwkv{options.generation}-{options.shape}"
    options.peers = [name for name in peers.PEERS[options.generation] if name not in options.without]
    return options


def prepare_weights(folder, options):
    """Writes the weights, unless an earlier run kept there what this one needs."""
    wanted = {"generation": options.generation, "shape": options.shape}
    parameters = folder / "parameters.json"
    kept = json.loads(parameters.read_text()) if parameters.exists() else {}
    if wanted.items() <= kept.items() and set(options.peers) <= set(kept["peers"]):
        return
    # Gone until everything is there: what is left of a run that was stopped counts for nothing.
    parameters.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    peers.write_weights(folder, options.generation, options.shape, options.peers)
    parameters.write_text(json.dumps({**wanted, "peers": options.peers}) + "\n")


def enter_environment(script=__file__, extra=()):
    """Goes on in the virtual environment, which is made when it is missing or lacks something of what is required."""
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    for name in ("requirements.txt", *extra):
        wanted = (HERE / name).read_text()
        # A copy of what was installed last.
        mark = VENV / name
        if not mark.exists() or mark.read_text() != wanted:
            subprocess.run([str(VENV / "bin" / "pip"), "install", "-q", "-r", str(HERE / name)], check=True)
            mark.write_text(wanted)
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, str(pathlib.Path(script).resolve()), *sys.argv[1:]])


def run_modelhost(options, strategy):
    command = [
        options.modelhost, "bench", "--model", str(pathlib.Path(options.weights) / "model.pth"), "--json",
        "--prompt", str(options.prompt), "--generate", str(options.generate), "--batch", options.batch,
        "--threads", str(options.threads), "--strategy", strategy,
    ]
    # In the folder of the weights, where no settings.json changes anything.
    answer = subprocess.run(command, capture_output=True, text=True, cwd=options.weights)
    if answer.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {answer.returncode}: {answer.stderr}")
    return json.loads(answer.stdout)


def run_peer(options, name):
    command = [
        sys.executable, __file__, "--peer", name, "--weights", options.weights, "--generation", options.generation,
        "--shape", options.shape, "--prompt", str(options.prompt), "--generate", str(options.generate),
        "--threads", str(options.threads),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads), "TRANSFORMERS_VERBOSITY": "error"}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment)
    if answer.returncode != 0:
        sys.exit(f"{name} failed:\n{answer.stderr[-2000:]}")
    return json.loads(answer.stdout.splitlines()[-1])


def turns(options):
    """Peers and strategies among each other, like formats side by side: a shared machine is another one a minute later."""
    places = [(index, True, name) for index, name in enumerate(options.peers)]
    for number, strategy in enumerate(options.strategy):
        places.append((math.ceil((number + 1) * len(options.peers) / len(options.strategy)) - 0.5, False, strategy))
    return [turn for _, *turn in sorted(places, key=lambda place: place[0])]


def compare(options, all_rounds):
    """Adds rounds to those of earlier runs, and the medians of all."""
    rivals, hosts = all_rounds["peers"], all_rounds["modelhost"]
    for number in range(options.rounds):
        host = {"machine": None, "results": []}
        for is_peer, name in turns(options):
            print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
            if is_peer:
                rivals.setdefault(name, []).append(run_peer(options, name))
            else:
                answer = run_modelhost(options, name)
                host = {"machine": answer["machine"], "results": host["results"] + answer["results"]}
        hosts.append(host)
    return {
        "generation": options.generation, "shape": options.shape, "prompt_tokens": options.prompt,
        "generated_tokens": options.generate, "rounds": len(hosts), "threads": options.threads, "processor": processor(),
        "machine": median_of([host["machine"] for host in hosts]),
        "peers": {name: median_of(runs) for name, runs in rivals.items()},
        "results": [median_of(rows) for rows in zip(*(host["results"] for host in hosts))],
        "all_rounds": {"peers": rivals, "modelhost": hosts},
    }


def median_of(runs):
    """The median of every number; what is not a number is the same in all."""
    first = runs[0]
    return {
        key: statistics.median(run[key] for run in runs) if isinstance(value, float) else value
        for key, value in first.items()
    }


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def print_report(report):
    machine = report["machine"]
    print(
        f"\nRWKV-{report['generation']} {report['shape']} on {report['processor']}, {report['threads']} threads, "
        f"medians of {report['rounds']} rounds; "
        f"reads {machine['read_bandwidth_bytes_per_second'] / 1e9:.1f} GB/s, fp32 {machine['fp32_flops'] / 1e9:.0f} GFLOP/s\n"
    )
    print(f"{'tokens/s':34}{'prefill':>10}{'decode':>10}{'of peak':>10}{'of bandwidth':>14}")
    for name, row in report["peers"].items():
        print(f"{name:34}{row['prefill_tokens_per_second']:10.0f}{row['decode_tokens_per_second']:10.1f}")
    for row in report["results"]:
        # Of a model nobody says what zeros spare, and with them what was read.
        share = row["fraction_of_bandwidth"]
        print(
            f"{label(row):34}{row['prefill_tokens_per_second']:10.0f}{row['decode_tokens_per_second']:10.1f}"
            f"{row['fraction_of_peak']:10.0%}{'?' if share is None else format(share, '.0%'):>14}")
    print("\nHow many times as fast (prefill, decode):")
    for line in ratios(report):
        print("  " + line)


def label(row):
    return f"modelhost {row['strategy']}" + (f", batch {row['batch']}" if row["batch"] > 1 else "")


def ratios(report):
    rivals = {
        name: (row["prefill_tokens_per_second"], row["decode_tokens_per_second"])
        for name, row in report["peers"].items()
    }
    measured = rivals.get("rwkv pip, cpu fp32")
    if report["generation"] == "4" and measured:
        for name, figures in CITED.items():
            rivals[f"{name} (cited, scaled by the fp32 peer)"] = [
                now * cited / then for now, cited, then in zip(measured, figures, CITED_FP32_PEER)]
    for row in report["results"]:
        if row["batch"] != 1:
            continue
        for name, (prefill, decode) in rivals.items():
            yield (
                f"{label(row)} : {name} = {row['prefill_tokens_per_second'] / prefill:.2f}, "
                f"{row['decode_tokens_per_second'] / decode:.2f}")


def draw(report, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [(name, row, "#9aa5b1") for name, row in report["peers"].items()]
    rows += [(label(row), row, "#d9480f") for row in report["results"] if row["batch"] == 1]
    names = [name for name, _, _ in rows]
    colours = [colour for _, _, colour in rows]
    figure, axes = plt.subplots(1, 2, figsize=(11, 0.42 * len(rows) + 1.4), sharey=True)
    for axis, key, title in zip(
        axes, ("decode_tokens_per_second", "prefill_tokens_per_second"),
        ("generating, tokens/s", f"reading {report['prompt_tokens']} tokens, tokens/s"),
    ):
        values = [row[key] for _, row, _ in rows]
        bars = axis.barh(names, values, color=colours)
        axis.bar_label(bars, labels=[f"{value:.0f}" for value in values], padding=3, fontsize=9)
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_xlim(0, max(values) * 1.15)
        axis.invert_yaxis() if key.startswith("decode") else None
        axis.xaxis.set_visible(False)
        for side in ("top", "right", "bottom"):
            axis.spines[side].set_visible(False)
        axis.tick_params(left=False)
    machine = f"{report['processor']} ({report['machine']['instruction_set']})"
    title = f"RWKV-{report['generation']} {report['shape']}, {machine}, {report['threads']} threads"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
