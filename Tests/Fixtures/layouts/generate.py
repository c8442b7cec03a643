"""Writes the folders, files and numbers of this folder: RWKV-7 in layouts whose numbers differ from the original's.

The formulas stand here in numpy float64 and nothing else is needed; `Tests/Fixtures/models/generate.py` compares the same
formulas with the package `rwkv`. Usage: python generate.py
"""
import json
import struct
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
WIDTH, HEAD, INNER, RANK, LAYERS = 32, 16, 64, 4, 2
TOKENS = [1, 17, 200, 33, 257, 5, 90, 17]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(x, gain, bias, epsilon=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + epsilon) * gain + bias


def random_model(seed, vocabulary, enn=False):
    """Under the original names; fp16 values, so that a file holds them exactly."""
    rng, w = np.random.default_rng(seed), {}

    def add(name, shape, low, high):
        w[name] = rng.uniform(low, high, shape).astype(np.float16)

    def add_norm(name):
        add(name + ".weight", [WIDTH], .8, 1.2)
        add(name + ".bias", [WIDTH], -.1, .1)

    add("emb.weight", [vocabulary, WIDTH], -1, 1)
    for i in range(LAYERS):
        b = f"blocks.{i}."
        for name in (["ln0"] if i == 0 else []) + ["ln1", "ln2"]:
            add_norm(b + name)
        for part in "rwkvag":
            add(b + "att.x_" + part, [1, 1, WIDTH], 0, 1)
        for part in "wag" if i == 0 else "wavg":
            if part != "g":
                add(b + f"att.{part}0", [1, 1, WIDTH], -2, 1)
            add(b + f"att.{part}1", [WIDTH, RANK], -.3, .3)
            add(b + f"att.{part}2", [RANK, WIDTH], -.8, .8)
        for part in ["k_k", "k_a"]:
            add(b + "att." + part, [1, 1, WIDTH], .7, 1)
        add(b + "att.r_k", [WIDTH // HEAD, HEAD], -.3, .3)
        for part in ["receptance", "key", "value", "output"]:
            add(b + f"att.{part}.weight", [WIDTH, WIDTH], -.05, .05)  # small, so that the group norm's epsilon is seen
        add_norm(b + "att.ln_x")
        add(b + "ffn.x_k", [1, 1, WIDTH], 0, 1)
        add(b + "ffn.key.weight", [INNER, WIDTH], -.3, .3)
        add(b + "ffn.value.weight", [WIDTH, INNER], -.3, .3)
        if enn:
            add(b + "ffn.enn.weight", [vocabulary, WIDTH], -2, 2)
    add_norm("ln_out")
    add("head.weight", [vocabulary, WIDTH], -.3, .3)
    return w


def logits(w, tokens, group_epsilon=64e-5, epsilon=1e-5, last_epsilon=1e-5, folded=False):
    """The last token's."""
    w = {name: np.squeeze(t).astype(np.float64) for name, t in w.items()}
    heads = WIDTH // HEAD
    state = [[np.zeros(WIDTH), np.zeros([heads, HEAD, HEAD]), np.zeros(WIDTH)] for _ in range(LAYERS)]
    for token in tokens:
        x = w["emb.weight"][token]
        if not folded:
            x = norm(x, w["blocks.0.ln0.weight"], w["blocks.0.ln0.bias"], epsilon)
        for i in range(LAYERS):
            def a(name):
                return w[f"blocks.{i}.att.{name}"]

            b = f"blocks.{i}."
            y = norm(x, w[b + "ln1.weight"], w[b + "ln1.bias"], epsilon)
            mixed = {p: y + (state[i][0] - y) * a("x_" + p) for p in "rwkvag"}
            state[i][0] = y
            r, k, v = (a(p + ".weight") @ mixed[p[0]] for p in ["receptance", "key", "value"])
            decay = np.exp(-np.exp(-.5) * sigmoid(a("w0") + np.tanh(mixed["w"] @ a("w1")) @ a("w2")))
            rate = sigmoid(a("a0") + mixed["a"] @ a("a1") @ a("a2"))
            gate = sigmoid(mixed["g"] @ a("g1")) @ a("g2")
            kk = (k * a("k_k")).reshape(heads, HEAD)
            kk = (kk / np.maximum(np.linalg.norm(kk, axis=-1, keepdims=True), 1e-12)).reshape(-1)
            k = k * (1 + (rate - 1) * a("k_a"))
            if i == 0:
                first = v
            else:
                v = v + (first - v) * sigmoid(a("v0") + mixed["v"] @ a("v1") @ a("v2"))
            out = np.zeros(WIDTH)
            for h in range(heads):
                s = slice(h * HEAD, (h + 1) * HEAD)
                S = state[i][1][h]  # [values, keys]
                S = S * decay[s] + np.outer(S @ -kk[s], kk[s] * rate[s]) + np.outer(v[s], k[s])
                state[i][1][h] = S
                out[s] = norm(S @ r[s], a("ln_x.weight")[s], a("ln_x.bias")[s], group_epsilon)
                out[s] += (r[s] * k[s] * a("r_k")[h]).sum() * v[s]
            x = x + a("output.weight") @ (out * gate)
            y = norm(x, w[b + "ln2.weight"], w[b + "ln2.bias"], epsilon)
            k = np.maximum(w[b + "ffn.key.weight"] @ (y + (state[i][2] - y) * w[b + "ffn.x_k"]), 0) ** 2
            state[i][2] = y
            k = w[b + "ffn.value.weight"] @ k
            x = x + (k * w[b + "ffn.enn.weight"][token] if b + "ffn.enn.weight" in w else k)
    return w["head.weight"] @ norm(x, w["ln_out.weight"], w["ln_out.bias"], last_epsilon)


def flash_linear_attention(w):
    out = {}
    for name, t in w.items():
        parts = name.split(".")
        if parts[0] != "blocks":
            out[{"emb": "model.embeddings", "ln_out": "model.norm", "head": "lm_head"}[parts[0]] + "." + parts[1]] = t
            continue
        layer, part = "model.layers." + parts[1] + ".", parts[3]
        if parts[2] in ["ln0", "ln1", "ln2"]:
            out[layer + {"ln0": "pre_norm", "ln1": "attn_norm", "ln2": "ffn_norm"}[parts[2]] + "." + part] = t
        elif parts[2] == "ffn":
            out[layer + "ffn." + ".".join(parts[3:])] = np.squeeze(t) if part == "x_k" else t
        elif len(part) == 2 and part[0] in "wavg" and part[1] in "012":
            factor = {"0": "2.bias", "1": "0.weight", "2": "2.weight"}[part[1]]
            out[layer + f"attn.{part[0]}_lora.lora.{factor}"] = np.squeeze(t) if part[1] == "0" else t.T
        else:
            own = {"receptance": "r_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj", "ln_x": "g_norm"}
            out[layer + "attn." + ".".join([own.get(part, part)] + parts[4:])] = t
    return out


def canonical(w):
    out = {}
    for name, t in w.items():
        parts = name.split(".")
        t = np.squeeze(t)
        if parts[0] != "blocks":
            out[{"emb": "model.embed_tokens", "ln_out": "model.norm", "head": "lm_head"}[parts[0]] + "." + parts[1]] = t
        elif parts[2] == "ln0":
            out["model.embedding_norm." + parts[3]] = t
        else:
            own = {"receptance": "r_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj", "ln_x": "g_norm"}
            group = {"ln1": "input_layernorm", "ln2": "post_attention_layernorm", "att": "linear_attn", "ffn": "mlp"}[parts[2]]
            part = own.get(parts[3], parts[3]) if parts[2] == "att" else parts[3]
            out[".".join(["model.layers", parts[1], group, part] + parts[4:])] = t
    return out


def write_safetensors(path, tensors):
    """With a header of odd length, as many converters write it: the data is then not aligned to anything."""
    names = {np.dtype(np.float16): "F16", np.dtype(np.float32): "F32"}
    header, data = {}, b""
    for name, t in tensors.items():
        raw = np.ascontiguousarray(t).tobytes()
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (len(text) % 2 == 0)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_json(path, value):
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def numbers(values):
    return [float(np.float32(v)) for v in values]


def main():
    golden = {"tokens": TOKENS}

    w = random_model(1, 272)
    config = {"model_type": "rwkv7", "architectures": ["RWKV7ForCausalLM"], "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
              "vocab_size": 272, "head_dim": HEAD, "norm_eps": 2e-4, "norm_first": True, "norm_bias": True, "attn": None,
              "bos_token_id": 1, "eos_token_id": 2}
    write_safetensors(HERE / "fla-heads" / "model.safetensors", flash_linear_attention(w))
    write_json(HERE / "fla-heads" / "config.json", config)
    golden["fla-heads"] = numbers(logits(w, TOKENS, HEAD * 2e-4, 2e-4, 2e-4))
    golden["fla-heads with the original's epsilon"] = numbers(logits(w, TOKENS, 64e-5, 2e-4, 2e-4))

    w = random_model(2, 272)
    folded = dict(w)
    folded["emb.weight"] = norm(w["emb.weight"].astype(np.float64), w["blocks.0.ln0.weight"].astype(np.float64),
                                w["blocks.0.ln0.bias"].astype(np.float64)).astype(np.float16)
    del folded["blocks.0.ln0.weight"], folded["blocks.0.ln0.bias"]
    config = {"model_type": "rwkv", "architecture_version": "rwkv7", "architectures": ["RwkvForCausalLM"],
              "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "vocab_size": 272, "head_size": HEAD,
              "num_attention_heads": WIDTH // HEAD, "layer_norm_epsilon": 1e-5, "group_norm_epsilon": 64e-5,
              "bos_token_id": 0, "eos_token_id": 0, "embedding_layer_norm_fused": True, "intermediate_size": INNER}
    write_safetensors(HERE / "canonical-folded" / "model.safetensors", canonical(folded))
    write_json(HERE / "canonical-folded" / "config.json", config)
    golden["canonical-folded"] = numbers(logits(folded, TOKENS, folded=True))
    golden["canonical"] = numbers(logits(w, TOKENS))

    w = random_model(3, 272, enn=True)
    write_safetensors(HERE / "rc00" / "rwkv-8-rc00.safetensors", w)
    golden["rc00"] = numbers(logits(w, TOKENS))

    rng = np.random.default_rng(4)
    lora, tile, merged = {}, {}, dict(w)
    for name in ["blocks.0.att.key", "blocks.1.ffn.value"]:
        out, inner = w[name + ".weight"].shape
        a, b = rng.uniform(-.3, .3, [3, inner]).astype(np.float32), rng.uniform(-.3, .3, [out, 3]).astype(np.float32)
        lora[name + ".lora_A"], lora[name + ".lora_B"] = a, b
        merged[name + ".weight"] = (w[name + ".weight"].astype(np.float32) + b @ a * np.float32(6 / 3)).astype(np.float16)
    lora["blocks.1.ln1.weight"] = merged["blocks.1.ln1.weight"] = rng.uniform(.8, 1.2, [WIDTH]).astype(np.float16)
    write_safetensors(HERE / "adapters" / "lora.safetensors", lora)
    write_json(HERE / "adapters" / "lora.json", {"lora_alpha": 6, "r": 3})
    golden["lora"] = numbers(logits(merged, TOKENS))
    merged = dict(w)
    for name, rank in [("blocks.0.att.key", 8), ("blocks.1.ffn.value", 5)]:  # 5 does not divide the columns
        out, inner = w[name + ".weight"].shape
        m = rng.uniform(-.3, .3, [rank, out]).astype(np.float32)
        tile[name + ".disha"] = m
        merged[name + ".weight"] = (w[name + ".weight"].astype(np.float32) + m[np.arange(inner) % rank].T).astype(np.float16)
    name, rank = "blocks.1.att.receptance", 8
    matrix, m = w[name + ".weight"].astype(np.float32), rng.uniform(-.3, .3, [WIDTH // 8, 8, 8]).astype(np.float32)
    tile[name + ".disha"] = m
    blocks = matrix.reshape(WIDTH // rank, rank, WIDTH // rank, rank).transpose(0, 2, 1, 3)  # [rows, columns, r, r]
    merged[name + ".weight"] = (matrix + (blocks @ m + m).transpose(0, 2, 1, 3).reshape(WIDTH, WIDTH)).astype(np.float16)
    write_safetensors(HERE / "adapters" / "miss.safetensors", tile)
    golden["miss"] = numbers(logits(merged, TOKENS))
    write_json(HERE / "golden.json", golden)


main()
