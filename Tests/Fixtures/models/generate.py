"""Writes greedy.json, quantised.json and the tuned state of RWKV-7 into this folder.

The formulas of every generation stand here in numpy float64. Wherever the package `rwkv` (0.8.32, PyPI, with torch) can do
the same, its numbers are asked for and must agree; it runs in a process of its own, since RWKV-7 is switched on by a variable.
Usage: python generate.py (needs rwkv, torch, numpy and gguf).
"""
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MODELS = ["rwkv4-tiny", "rwkv4-deep", "rwkv5.0-tiny", "rwkv5.1-tiny", "rwkv5.2-tiny", "rwkv6-tiny", "rwkv7-tiny", "rwkv7-deepembed-tiny"]
LENGTH = 64  # tokens of each greedy text
LEAST_GAP = 3e-3  # between the best two logits of each step; far above what rounding in fp32 does


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(x, weights, epsilon=1e-5):
    gain, bias = weights
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + epsilon) * gain + bias


class Model:
    """One token after another; a state is a list of [time shift, time mixing, channel shift] for each layer."""

    def __init__(self, tensors, change=lambda name, matrix: matrix):
        self.w = {name: change(name, np.squeeze(t.double().numpy())) for name, t in tensors.items()}
        self.layers = 1 + max(int(name.split(".")[1]) for name in self.w if name.startswith("blocks."))
        first = {name[len("blocks.0.att."):] for name in self.w if name.startswith("blocks.0.att.")}
        self.generation = 7 if "r_k" in first else 6 if "time_maa_x" in first else 5 if "ln_x.weight" in first else 4
        heads = {4: None, 5: "time_decay", 6: "time_faaaa", 7: "r_k"}[self.generation]
        self.heads = len(self.w["blocks.0.att." + heads]) if heads else 0
        self.width = self.w["emb.weight"].shape[1]
        self.vocabulary = len(self.w["emb.weight"])
        self.embedding = norm(self.w["emb.weight"], self.pair("blocks.0.ln0"))

    def pair(self, name):
        return self.w[name + ".weight"], self.w[name + ".bias"]

    def start(self, tuned=None):
        """`tuned` holds [heads, values, keys] for each layer; states here lie [heads, keys, values]."""
        size = self.width // max(self.heads, 1)
        empty = [np.zeros(self.width), np.zeros(self.width), np.full(self.width, -1e30)]

        def mixing(i):
            if not self.heads:
                return list(empty)
            return np.zeros((self.heads, size, size)) if tuned is None else tuned[i].swapaxes(1, 2)

        return [[np.zeros(self.width), mixing(i), np.zeros(self.width)] for i in range(self.layers)]

    def step(self, token, state):
        x, self.token, self.first_value = self.embedding[token], token, None
        for i in range(self.layers):
            part = lambda name, i=i: self.w[f"blocks.{i}.{name}"]
            mix = {4: self.mix4, 5: self.mix5, 6: self.mix6, 7: self.mix7}[self.generation]
            x = x + mix(part, norm(x, self.pair(f"blocks.{i}.ln1")), state[i])
            x = x + self.channels(part, norm(x, self.pair(f"blocks.{i}.ln2")), state[i])
        return self.w["head.weight"] @ norm(x, self.pair("ln_out"))

    def read(self, tokens, state=None):
        """Logits after each token."""
        state = state or self.start()
        return np.array([self.step(token, state) for token in tokens])

    def mix4(self, part, y, state):
        shifted = {p: y * part("att.time_mix_" + p) + state[0] * (1 - part("att.time_mix_" + p)) for p in "kvr"}
        state[0] = y
        k, v = part("att.key.weight") @ shifted["k"], part("att.value.weight") @ shifted["v"]
        numerator, denominator, greatest = state[1]

        def add(old, new):
            p = np.maximum(old, new)
            a, b = np.exp(old - p), np.exp(new - p)
            return a * numerator + b * v, a * denominator + b, p

        above, below, _ = add(greatest, part("att.time_first") + k)
        state[1] = list(add(greatest - np.exp(part("att.time_decay")), k))
        return part("att.output.weight") @ (sigmoid(part("att.receptance.weight") @ shifted["r"]) * above / below)

    def mix5(self, part, y, state):
        has_gate = "blocks.0.att.gate.weight" in self.w
        shifted = {p: y * part("att.time_mix_" + p) + state[0] * (1 - part("att.time_mix_" + p)) for p in "kvr" + "g" * has_gate}
        state[0] = y
        bonus = part("att.time_faaaa") if "blocks.0.att.time_faaaa" in self.w else np.exp(part("att.time_first"))
        return self.heads56(part, shifted, np.exp(-np.exp(part("att.time_decay"))), bonus, state)

    def mix6(self, part, y, state):
        step = state[0] - y
        state[0] = y
        inner = np.tanh((y + step * part("att.time_maa_x")) @ part("att.time_maa_w1")).reshape(5, -1)
        shifted = {
            p: y + step * (part("att.time_maa_" + p) + inner[j] @ part("att.time_maa_w2")[j]) for j, p in enumerate("wkvrg")}
        decay = part("att.time_decay") + np.tanh(shifted["w"] @ part("att.time_decay_w1")) @ part("att.time_decay_w2")
        return self.heads56(part, shifted, np.exp(-np.exp(decay)), part("att.time_faaaa"), state)

    def heads56(self, part, shifted, decay, bonus, state):
        rows = lambda x: x.reshape(self.heads, -1)
        r, k, v = (rows(part(f"att.{n}.weight") @ shifted[n[0]]) for n in ["receptance", "key", "value"])
        product = k[:, :, None] * v[:, None, :]
        out = np.einsum("hk,hkv->hv", r, rows(bonus)[:, :, None] * product + state[1])
        state[1] = product + rows(decay)[:, :, None] * state[1]
        out = self.group_norm(part, out)
        if "g" in shifted:
            gate = part("att.gate.weight") @ shifted["g"]
            out = out * gate * sigmoid(gate)
        return part("att.output.weight") @ out

    def group_norm(self, part, out):
        normalised = norm(out, (1, 0), 64e-5).reshape(-1)
        return normalised * part("att.ln_x.weight") + part("att.ln_x.bias")

    def mix7(self, part, y, state):
        step = state[0] - y
        state[0] = y
        x = {p: y + step * part("att.x_" + p) for p in "rwkvag"}
        low = lambda p, inside=lambda z: z: inside(x[p] @ part(f"att.{p}1")) @ part(f"att.{p}2")
        r, k, v = (part(f"att.{n}.weight") @ x[n[0]] for n in ["receptance", "key", "value"])
        decay = np.exp(-0.606531 * sigmoid(part("att.w0") + low("w", np.tanh)))
        a = sigmoid(part("att.a0") + low("a"))
        rows = lambda z: z.reshape(self.heads, -1)
        removed = rows(k * part("att.k_k"))
        removed = removed / np.maximum(np.linalg.norm(removed, axis=1, keepdims=True), 1e-12)
        k = k * (1 + (a - 1) * part("att.k_a"))
        if self.first_value is None:
            self.first_value = v
        else:
            v = v + (self.first_value - v) * sigmoid(part("att.v0") + low("v"))
        S, r, k, v = state[1], rows(r), rows(k), rows(v)
        found = np.einsum("hk,hkv->hv", removed, S)
        S = S * rows(decay)[:, :, None] - (removed * rows(a))[:, :, None] * found[:, None, :] + k[:, :, None] * v[:, None, :]
        state[1] = S
        out = self.group_norm(part, np.einsum("hk,hkv->hv", r, S))
        out = out + ((r * k * part("att.r_k")).sum(1, keepdims=True) * v).reshape(-1)
        return part("att.output.weight") @ (out * low("g", sigmoid))

    def channels(self, part, y, state):
        previous, state[2] = state[2], y
        if self.generation == 7:
            inner = np.maximum(part("ffn.key.weight") @ (y + (previous - y) * part("ffn.x_k")), 0) ** 2
            if "blocks.0.ffn.s0" in self.w:
                table = part("ffn.s_emb.weight")[self.token] + part("ffn.s_emb_x.weight") @ self.embedding[self.token]
                rank = part("ffn.s1").shape[1]
                inner = inner * ((y @ part("ffn.s1")) @ table.reshape(rank, -1) @ part("ffn.s2") + part("ffn.s0"))
            return part("ffn.value.weight") @ inner
        old = (lambda p: part("ffn.time_maa_" + p)) if self.generation == 6 else (lambda p: 1 - part("ffn.time_mix_" + p))
        k, r = (y + (previous - y) * old(p) for p in "kr")
        inner = np.maximum(part("ffn.key.weight") @ k, 0) ** 2
        return sigmoid(part("ffn.receptance.weight") @ r) * (part("ffn.value.weight") @ inner)


# The package, in a process of its own.

def package(name, strategy, sequences, tuned=None):
    """Logits after each token of each sequence, fed one by one; with a tuned state (of RWKV-7 as the file has it)."""
    switches = {"RWKV_JIT_ON": "0", "RWKV_CUDA_ON": "0"}
    if name.startswith("rwkv7"):
        switches |= {"RWKV_V7_ON": "1", "RWKV_JIT_ON": "1", "RWKV_DE_VERSION": "1" if "deepembed" in name else "0"}
    run = subprocess.run(
        [sys.executable, __file__, "package"], env=os.environ | switches, stdout=subprocess.PIPE, check=True,
        input=pickle.dumps((str(HERE / name / name), strategy, sequences, tuned)))
    return pickle.loads(run.stdout)


def package_process():
    path, strategy, sequences, tuned = pickle.load(sys.stdin.buffer)
    answer, sys.stdout = sys.stdout, sys.stderr
    import torch
    from rwkv.model import RWKV
    torch.set_num_threads(1)
    model, results = RWKV(model=path, strategy=strategy), []
    for tokens in sequences:
        state, logits = None, []
        if tuned is not None:
            width = model.n_embd
            state = [x for matrix in tuned for x in (torch.zeros(width), torch.tensor(matrix).float(), torch.zeros(width))]
        for token in tokens:
            out, state = model.forward([token], state)
            logits.append(out.double().numpy())
        results.append(np.array(logits))
    answer.buffer.write(pickle.dumps(results))


# Greedy texts.

def gap(logits):
    best = np.sort(logits[1:])[-2:]
    return best[1] - best[0]


def continuation(model, prompt):
    """The likeliest token each time, but never 0, which ends a text."""
    state, tokens, least = model.start(), [], np.inf
    logits = model.read(prompt, state)[-1]
    for _ in range(LENGTH):
        least = min(least, gap(logits))
        tokens.append(int(1 + logits[1:].argmax()))
        logits = model.step(tokens[-1], state)
    return tokens, least


def greedy(name, model):
    random, texts = np.random.default_rng(64), []
    for length in [1, 9, 40]:
        while True:
            prompt = [int(t) for t in random.integers(1, model.vocabulary, length)]
            tokens, least = continuation(model, prompt)
            if least >= LEAST_GAP and len(set(tokens)) >= 10:
                break
        texts.append((prompt, tokens))
    logits = package(name, "cpu fp32", [prompt + tokens[:-1] for prompt, tokens in texts])
    least = np.inf
    for (prompt, tokens), rows in zip(texts, logits):
        rows = rows[len(prompt) - 1:]
        assert [int(1 + row[1:].argmax()) for row in rows] == tokens, name
        least = min(least, min(map(gap, rows)))
    return {
        "least_gap": float(f"{least:.3g}"), "texts": [{"prompt": prompt, "tokens": tokens} for prompt, tokens in texts]}


# Quantised weights.

def is_quantised(name, matrix):
    parts = ["key", "value", "receptance", "gate", "output", "head"]
    return matrix.ndim == 2 and any(name.endswith(part + ".weight") for part in parts)


def package_int8(name, matrix):
    """The package's eight bits: offsets and scales for both rows and columns, in fp32."""
    if not is_quantised(name, matrix):
        return matrix
    m = matrix.T.astype(np.float32)
    offsets, scales = [0, 0], [0, 0]
    for axis in [1, 0] if m.shape[0] > m.shape[1] else [0, 1]:
        offsets[axis] = m.min(axis, keepdims=True)
        m = m - offsets[axis]
    for axis in [0, 1]:
        scales[axis] = m.max(axis, keepdims=True)
        m = m / scales[axis]
    levels = np.clip(np.floor(m * np.float32(256)), 0, 255)
    m = (levels + np.float32(0.5)) * (scales[1] / np.float32(16)) * (scales[0] / np.float32(16)) + offsets[1] + offsets[0]
    return m.T.astype(np.float64)


def q4_0(name, matrix):
    """The four bits of ggml's Q4_0: 32 numbers of a row share an fp16 scale; short rows are filled up with zeros."""
    if not is_quantised(name, matrix):
        return matrix
    from gguf import GGMLQuantizationType, quants
    rows, columns = matrix.shape
    full = np.zeros((rows, -(-columns // 32) * 32), np.float32)
    full[:, :columns] = matrix
    packed = quants.quantize(full, GGMLQuantizationType.Q4_0)
    return quants.dequantize(packed, GGMLQuantizationType.Q4_0)[:, :columns].astype(np.float64)


def texts_to_measure(vocabulary, count=8, length=64):
    """Tokens by the random numbers that the tests have, too: Knuth's MMIX, its upper bits."""
    texts = []
    for state in range(count):
        texts.append([])
        for _ in range(length):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
            texts[-1].append((state >> 33) % vocabulary)
    return texts


def distance(exact, other):
    """Over all tokens: mean divergence of Kullback and Leibler in nats, and the error of the logits relative to their size."""
    exact, other = np.concatenate(exact), np.concatenate(other)
    logarithms = lambda z: z - z.max(-1, keepdims=True) - np.log(np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True))
    p, q = logarithms(exact), logarithms(other)
    nats = (np.exp(p) * (p - q)).sum(-1).mean()
    return {"divergence": float(f"{nats:.4g}"), "error": float(f"{np.sqrt(((other - exact) ** 2).sum() / (exact ** 2).sum()):.4g}")}


def quantised(name, tensors):
    model = Model(tensors)
    texts = texts_to_measure(model.vocabulary)
    exact = [model.read(tokens) for tokens in texts]
    changed = Model(tensors, package_int8)
    int8 = distance(exact, [changed.read(tokens) for tokens in texts])
    if not name.startswith("rwkv7"):  # of which the package has no int8
        # Where a division rounds the other way, a weight is one level off.
        formulas, int8 = int8, distance(exact, package(name, "cpu fp32i8", texts))
        assert abs(formulas["error"] / int8["error"] - 1) < 0.02, (name, formulas, int8)
    q4 = Model(tensors, q4_0)
    return {"package_int8": int8, "q4_0": distance(exact, [q4.read(tokens) for tokens in texts])}


# Tuned states.

def tuned_state(model, sequences):
    import torch
    random = np.random.default_rng(7009)
    size = model.width // model.heads
    tuned = [(random.standard_normal((model.heads, size, size)) * 0.4).astype(np.float32) for _ in range(model.layers)]
    folder = HERE / "rwkv7-tiny"
    torch.save({f"blocks.{i}.att.time_state": torch.tensor(t) for i, t in enumerate(tuned)}, folder / "rwkv7-tiny-state.pth")
    ours = [model.read(tokens, model.start(tuned)) for tokens in sequences.values()]
    # The package reads no such file for RWKV-7, but goes on from a state that it is given.
    check = package("rwkv7-tiny", "cpu fp32", list(sequences.values()), tuned)
    assert max(abs(a - b).max() for a, b in zip(ours, check)) < 2e-5
    short = lambda row: [float(str(np.float32(value))) for value in row]
    write(folder / "golden-time-state.json", {
        "note": "rwkv7-tiny.pth from the state in rwkv7-tiny-state.pth, [heads, values, keys]; by generate.py, in float64",
        "sequences": [
            {"name": n, "tokens": t, "last_logits_token_mode": short(rows[-1])} for (n, t), rows in zip(sequences.items(), ours)]})


def check_tuned_6(model):
    """The package's own golden of RWKV-6, by the formulas."""
    import torch
    state = torch.load(HERE / "rwkv6-tiny" / "rwkv6-tiny-state.pth")
    tuned = [state[f"blocks.{i}.att.time_state"].double().numpy() for i in range(model.layers)]
    for sequence in json.load(open(HERE / "rwkv6-tiny" / "golden-time-state.json"))["sequences"]:
        last = model.read(sequence["tokens"], model.start(tuned))[-1]
        assert abs(last - sequence["last_logits_token_mode"]).max() < 2e-5


def write(path, content):
    lines = json.dumps(content, indent=1)
    # Lists of numbers on one line.
    lines = re.sub(r"\[[-\d.e,\s]+\]", lambda match: re.sub(r"\s+", " ", match[0]).replace("[ ", "[").replace(" ]", "]"), lines)
    path.write_text(lines + "\n")


def main():
    import torch
    texts, errors = {}, {}
    for name in MODELS:
        tensors = torch.load(HERE / name / f"{name}.pth")
        model = Model(tensors)
        golden = json.load(open(HERE / name / "golden.json"))["sequences"]
        worst = max(abs(model.read(s["tokens"])[-1] - s["last_logits_token_mode"]).max() for s in golden)
        assert worst < 2e-5, (name, worst)
        texts[name] = greedy(name, model)
        errors[name] = quantised(name, tensors)
        if name == "rwkv6-tiny":
            check_tuned_6(model)
        if name == "rwkv7-tiny":
            tuned_state(model, {sequence["name"]: sequence["tokens"] for sequence in golden})
        print(name, f"{worst:.1e}", texts[name]["least_gap"], errors[name])
    write(HERE / "greedy.json", {"note": "no token is 0; least_gap: between the best two logits, in the package's fp32", "models": texts})
    write(HERE / "quantised.json", {
        "note": "distance from fp32 over 8 texts of 64 random tokens; package_int8 of RWKV-7 by formulas", "models": errors})


if __name__ == "__main__":
    package_process() if sys.argv[1:] == ["package"] else main()
