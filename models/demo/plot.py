"""Draws the loss curves of a training run: python plot.py --work WORK [--out loss.png]"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--work", required=True)
    a.add_argument("--out", default=str(Path(__file__).with_name("loss.png")))
    args = a.parse_args()
    rows = [json.loads(line) for line in open(f"{args.work}/log.jsonl")]
    tokens = [r["tokens"] / 1e6 for r in rows]
    figure, axes = plt.subplots(figsize=(6, 3.2), dpi=90)
    axes.plot(tokens, [r["loss"] for r in rows], color="0.75", linewidth=1, label="training (one batch)")
    for key, label, colour in (("story", "held-out stories", "C0"), ("chat", "answers to held-out questions", "C1")):
        points = [(r["tokens"] / 1e6, r[key]) for r in rows if key in r]
        axes.plot(*zip(*points), color=colour, marker="o", markersize=3, linewidth=1.5, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("million tokens")
    axes.set_ylabel("loss (nats per token)")
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(args.out)


if __name__ == "__main__":
    main()
