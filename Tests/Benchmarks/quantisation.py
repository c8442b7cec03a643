#!/usr/bin/env python3
"""What quantisation costs in quality.

Three tables: how far ways to hold weights in about four bits move a model's next-token distribution (nats per token and
relative distance of the logits from fp32, on the small models of the fixtures and on the demo model); the same for eight
bits beside the `rwkv` package's own scheme; and how many greedy answers of the built program stay word for word.

    python3 Tests/Benchmarks/quantisation.py
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess

from compare import enter_environment

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIXTURES = ROOT / "Tests" / "Fixtures" / "models"
MATRICES = ("key.weight", "value.weight", "receptance.weight", "output.weight")
TEXT = (
    "Once upon a time there was a small robot who lived in a garden. One day the robot found a red ball under a tree. "
    "It asked the bird whose ball it was, and the bird said that a girl had lost it. How do I add my own model? You put "
    "the weights into the folder for models and choose it on the page. What is RWKV? It is a recurrent network that reads "
    "text like a transformer trains. The king had three sons, and the youngest went out into the wide world to learn what "
    "fear is. She opened the door and saw that it had snowed all night. What is two plus three? Two plus three is five.")
SUBJECTS = ["dog", "cat", "robot", "girl", "boy", "king", "bird", "farmer", "fox", "old man"]
OPENINGS = ["Once upon a time there was a {}", "User: Tell me about a {}.\n\nAssistant:", "The {} went into the garden and",
            "One day a {} found a red ball."]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modelhost", default=str(ROOT / ".build" / "release" / "modelhost"))
    parser.add_argument("--tokens", type=int, default=32, help="length of the greedy answers")
    parser.add_argument("--only", choices=["schemes", "texts"])
    options = parser.parse_args()
    if options.only != "texts":
        enter_environment(__file__)
        schemes()
    if options.only != "schemes":
        texts(options)


# Greedy answers


def texts(options):
    prompts = [opening.format(subject) for opening in OPENINGS for subject in SUBJECTS]
    exact = [answer(options, "cpu fp32", prompt) for prompt in prompts]
    print(f"\nGreedy answers of {options.tokens} tokens, of {len(prompts)}:")
    for strategy in ("cpu bf16", "cpu fp32i8", "cpu bf16i8", "cpu fp32i4"):
        other = [answer(options, strategy, prompt) for prompt in prompts]
        same = sum(a == b for a, b in zip(exact, other))
        shared = sum(len(os.path.commonprefix(pair)) / max(len(pair[0]), 1) for pair in zip(exact, other)) / len(prompts)
        print(f"  {strategy:12} {same:3} unchanged; {shared:.0%} of a text before the first difference, on average")


def answer(options, strategy, prompt):
    run = subprocess.run(
        [
            options.modelhost, "generate", "--model", "demo", "--model-dir", str(ROOT / "models"), "--prompt", prompt,
            "--max-tokens", str(options.tokens), "--temperature", "0", "--rwkv-strategy", strategy,
        ], capture_output=True, text=True, check=True)
    return run.stdout.removeprefix(prompt)


# Ways to hold weights; each takes a matrix [rows, columns] and gives the one that its numbers stand for


def schemes():
    import numpy as np

    def bfloat16(x):
        bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32).astype(float)

    def in_groups(matrix, size):
        rows, columns = matrix.shape
        count = -(-columns // size)
        padded = np.full((rows, count * size), np.nan)
        padded[:, :columns] = matrix
        return padded.reshape(rows, count, size)

    def best(matrix, size, candidates):
        """The candidate of least squared error for each group; `candidates` yields what a group would become."""
        groups = in_groups(matrix, size)
        chosen, least = None, None
        for value in candidates(groups):
            error = np.nansum((value - groups) ** 2, 2)
            if least is None:
                chosen, least = value, error
            else:
                better = error < least
                chosen, least = np.where(better[..., None], value, chosen), np.where(better, error, least)
        return chosen.reshape(matrix.shape[0], -1)[:, : matrix.shape[1]]

    def symmetric(bits, size, factors):
        """q · scale; the greatest number takes the side that reaches one further."""
        half = 2 ** (bits - 1)

        def candidates(groups):
            index = np.nanargmax(np.abs(groups), 2)[..., None]
            extreme = np.take_along_axis(groups, index, 2)
            for factor in factors:
                scale = bfloat16(extreme * factor / -half)
                scale[scale == 0] = 1
                yield np.clip(np.rint(groups / scale), -half, half - 1) * scale

        return lambda matrix: best(matrix, size, candidates)

    def ranged(groups):
        return np.nanmin(groups, 2, keepdims=True), np.nanmax(groups, 2, keepdims=True)

    def asymmetric(bits, size, factors):
        """q · scale + offset, both in bfloat16."""
        most = 2**bits - 1

        def candidates(groups):
            low, high = ranged(groups)
            for factor in factors:
                scale = bfloat16((high - low) * factor / most)
                scale[scale == 0] = 1
                offset = bfloat16((low + high) / 2 - scale * most / 2)
                yield np.clip(np.rint((groups - offset) / scale), 0, most) * scale + offset

        return lambda matrix: best(matrix, size, candidates)

    def eighths(size):
        """(q - zero / 8) · scale: what `i4` does, see CHostKernels/quantise.inc."""
        codes = np.arange(256)
        table = np.ldexp(1 + codes % 8 / 8, codes // 8 - 26)

        def candidates(groups):
            low, high = ranged(groups)
            reach = np.searchsorted(table, np.maximum((high - low) / 15, np.abs(low + high) / 31))
            for step in range(-3, 2):
                scale = table[np.clip(reach + step, 0, 255)]
                zero = 7.5 - (low + high) / 2 / scale
                for _ in range(3):
                    zero = np.clip(np.rint(zero * 8), -64, 191) / 8
                    whole = np.clip(np.rint(groups / scale + zero), 0, 15)
                    yield (whole - zero) * scale
                    zero = np.nanmean(whole - groups / scale, 2, keepdims=True)

        return lambda matrix: best(matrix, size, candidates)

    def package(matrix):
        """The `rwkv` package's int8: least and greatest number of each row and column."""
        m = matrix.T.astype(np.float32)
        rows, columns = m.min(1, keepdims=True), m.min(0, keepdims=True)
        if m.shape[0] > m.shape[1]:
            columns = (m - rows).min(0, keepdims=True)
        else:
            rows = (m - columns).min(1, keepdims=True)
        m = m - rows - columns
        across = m.max(0, keepdims=True)
        along = (m / across).max(1, keepdims=True)
        whole = np.clip(np.floor(m / across / along * 256), 0, 255)
        return ((whole + 0.5) / 256 * along * across + rows + columns).T.astype(float)

    models = subjects(np)
    shrunk = [1.0, *np.linspace(0.78, 1.12, 12)]
    compare_schemes(np, models, "Four bits", {
        "32 symmetric, plain (4.5 bits)": symmetric(4, 32, [1.0]),
        "32 symmetric, least error (4.5)": symmetric(4, 32, shrunk),
        "16 symmetric, least error (5)": symmetric(4, 16, shrunk),
        "32 asymmetric, plain (5)": asymmetric(4, 32, [1.0]),
        "32 asymmetric, least error (5)": asymmetric(4, 32, shrunk),
        "64 asymmetric, least error (4.5)": asymmetric(4, 64, shrunk),
        "32, zero in eighths, least error (4.5): i4": eighths(32),
    })
    compare_schemes(np, models, "Eight bits", {
        "the package's": package,
        "32 symmetric, least error (8.5 bits)": symmetric(8, 32, np.linspace(0.94, 1.02, 16)),
        "32 asymmetric, least error (9)": asymmetric(8, 32, np.linspace(0.94, 1.02, 16)),
        "64 asymmetric, least error (8.5): i8": asymmetric(8, 64, np.linspace(0.94, 1.02, 16)),
    })


def compare_schemes(np, models, title, schemes):
    print(f"\n{title}: nats per token, relative distance of the logits")
    print(f"{'group, way (bits a weight)':44}" + "".join(f"{name:>20}" for name, *_ in models))
    for name, scheme in schemes.items():
        cells = []
        for _, weights, sequences, exact in models:
            changed = dict(weights)
            for key in weights:
                if key == "head.weight" or key.startswith("blocks.") and key.endswith(MATRICES):
                    changed[key] = scheme(weights[key])
            logits = np.concatenate([forward(np, changed, tokens) for tokens in sequences])
            p, q = log_softmax(np, exact), log_softmax(np, logits)
            nats = (np.exp(p) * (p - q)).sum(1).mean()
            distance = np.sqrt(((logits - exact) ** 2).sum() / (exact**2).sum())
            cells.append(f"{nats:.5f}, {distance:.4f}")
        print(f"{name:44}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


def subjects(np):
    """Name, weights, token sequences and fp32 logits of each model."""
    found = []
    for name, golden in (("rwkv4-tiny", "rwkv4-tiny"), ("rwkv4-deep", "rwkv4-deep")):
        weights = read_weights(np, FIXTURES / f"{name}-hf" / "model.safetensors")
        sequences = json.loads((FIXTURES / golden / "golden.json").read_text())["sequences"]
        found.append((name, weights, [entry["tokens"] for entry in sequences]))
    weights = read_weights(np, ROOT / "models" / "demo" / "model.safetensors")
    vocabulary = json.loads((ROOT / "models" / "demo" / "tokenizer.json").read_text())["model"]["vocab"]
    found.append(("demo", weights, [longest_matches(TEXT.replace(" ", "\u0120"), vocabulary)]))
    return [
        (name, weights, sequences, np.concatenate([forward(np, weights, tokens) for tokens in sequences]))
        for name, weights, sequences in found]


def longest_matches(text, vocabulary):
    """Not the tokenizer's own splitting, but tokens that the model knows."""
    tokens, start = [], 0
    while start < len(text):
        end = next((end for end in range(min(len(text), start + 24), start, -1) if text[start:end] in vocabulary), None)
        if end:
            tokens.append(vocabulary[text[start:end]])
        start = end or start + 1
    return tokens


def read_weights(np, path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    weights = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        raw = np.frombuffer(data[start:end], {"F32": "f4", "BF16": "u2", "F16": "f2"}[entry["dtype"]])
        if entry["dtype"] == "BF16":
            raw = (raw.astype(np.uint32) << 16).view(np.float32)
        for old, new in (
            ("rwkv.", ""), ("embeddings.", "emb."), ("pre_ln", "ln0"), ("attention", "att"), ("feed_forward", "ffn"),
            ("time_mix_key", "time_mix_k"), ("time_mix_value", "time_mix_v"), ("time_mix_receptance", "time_mix_r"),
        ):
            name = name.replace(old, new)
        weights[name] = raw.reshape(entry["shape"]).astype(float)
    return weights


def log_softmax(np, logits):
    shifted = logits - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def forward(np, w, tokens):
    """RWKV-4 token by token in double; the logits after each token."""

    def norm(x, name):
        centred = x - x.mean()
        return centred / np.sqrt((centred**2).mean() + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def mixed(now, before, name):
        share = w[name].reshape(-1)
        return now * share + before * (1 - share)

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    layers = 1 + max(int(name.split(".")[1]) for name in w if name.startswith("blocks."))
    width, size = w["emb.weight"].shape[1], w["blocks.0.att.key.weight"].shape[0]
    before = np.zeros((layers, 2, width))
    above, below, most = np.zeros((layers, size)), np.zeros((layers, size)), np.full((layers, size), -1e30)
    logits = []
    for token in tokens:
        x = norm(w["emb.weight"][token], "blocks.0.ln0")
        for layer in range(layers):
            block = f"blocks.{layer}"
            y = norm(x, f"{block}.ln1")
            k, v, r = (
                w[f"{block}.att.{part}.weight"] @ mixed(y, before[layer, 0], f"{block}.att.time_mix_{part[0]}")
                for part in ("key", "value", "receptance"))
            before[layer, 0] = y
            bonus = w[f"{block}.att.time_first"].reshape(-1) + k
            top = np.maximum(most[layer], bonus)
            old, new = np.exp(most[layer] - top), np.exp(bonus - top)
            mean = (old * above[layer] + new * v) / (old * below[layer] + new)
            faded = most[layer] - np.exp(w[f"{block}.att.time_decay"].reshape(-1))
            top = np.maximum(faded, k)
            old, new = np.exp(faded - top), np.exp(k - top)
            above[layer], below[layer], most[layer] = old * above[layer] + new * v, old * below[layer] + new, top
            x = x + w[f"{block}.att.output.weight"] @ (sigmoid(r) * mean)
            y = norm(x, f"{block}.ln2")
            inner = w[f"{block}.ffn.key.weight"] @ mixed(y, before[layer, 1], f"{block}.ffn.time_mix_k")
            gate = w[f"{block}.ffn.receptance.weight"] @ mixed(y, before[layer, 1], f"{block}.ffn.time_mix_r")
            before[layer, 1] = y
            x = x + sigmoid(gate) * (w[f"{block}.ffn.value.weight"] @ np.maximum(inner, 0) ** 2)
        logits.append(w["head.weight"] @ norm(x, "ln_out"))
    return np.array(logits)


if __name__ == "__main__":
    main()
