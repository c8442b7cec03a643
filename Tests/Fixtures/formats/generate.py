"""Writes the GGUF fixtures of this folder with the writer and the number formats of the package `gguf` (0.19.0, PyPI).

The tensors are those of ../models/rwkv{6,7}-tiny, changed as llama.cpp's converter changes them; the vocabulary is made up.
Usage: python generate.py (needs gguf and numpy).
"""
import collections
import json
import pickle
import zipfile
from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).parent
VOCABULARY = 320  # rows beyond the model's own are zero


def load_pth(path):
    archive = zipfile.ZipFile(path)
    root = next(n for n in archive.namelist() if n.endswith("/data.pkl"))[: -len("data.pkl")]

    def rebuild(storage, offset, size, stride, *_):
        numbers = np.frombuffer(archive.read(f"{root}data/{storage}"), dtype=np.float32)[offset:]
        return np.lib.stride_tricks.as_strided(numbers, size, [4 * step for step in stride]).copy()

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            return {"_rebuild_tensor_v2": rebuild, "OrderedDict": collections.OrderedDict, "FloatStorage": None}[name]

        def persistent_load(self, identifier):
            return identifier[2]

    return Reader(archive.open(root + "data.pkl")).load()


def tokens():
    """All single bytes in an order of their own, then some longer tokens; between the quotes of a bytes literal."""
    pieces = [bytes([(byte * 7 + 3) % 256]) for byte in range(256)]
    pieces += [b"\n\n", b"the", b" the", "\u00e9".encode(), "\u4f60".encode()[:2], b"it's \"so\"", b"\\n", b"\t\r", b"a'b"]
    return pieces


def begin(architecture, path, layers, width, inner):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(1048576)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_layer_norm_eps(1e-5)
    writer.add_wkv_head_size(16)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(0)
    texts = [b"<s>"] + [repr(piece)[2:-1].encode() for piece in tokens()]
    types = [gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * len(tokens())
    for number in range(len(texts), VOCABULARY):
        texts.append(f"[PAD{number}]".encode())
        types.append(gguf.TokenType.UNUSED)
    writer.add_tokenizer_model("rwkv")
    writer.add_token_list(texts)
    writer.add_token_types(types)
    writer.add_chat_template("rwkv-world")
    writer.add_eot_token_id(261)
    return writer


OUTSIDE = {
    "emb.weight": "token_embd.weight", "head.weight": "output.weight", "ln_out": "output_norm", "blocks.0.ln0": "token_embd_norm",
}
COMMON = {"ln1": "attn_norm", "ln2": "attn_norm_2", "att.ln_x": "time_mix_ln"}
COMMON |= {f"att.{n}": f"time_mix_{n}" for n in ["receptance", "key", "value", "gate", "output"]}
COMMON |= {f"ffn.{n}": f"channel_mix_{n}" for n in ["receptance", "key", "value"]}
SIX = {
    "att.time_maa_x": "time_mix_lerp_x", "att.time_maa_w1": "time_mix_w1", "att.time_maa_w2": "time_mix_w2",
    "att.time_faaaa": "time_mix_first", "att.time_decay": "time_mix_decay", "att.time_decay_w1": "time_mix_decay_w1",
    "att.time_decay_w2": "time_mix_decay_w2", "ffn.time_maa_k": "channel_mix_lerp_k", "ffn.time_maa_r": "channel_mix_lerp_r",
}
SEVEN = {f"att.{n}": f"time_mix_{n}" for n in "w0 w1 w2 a0 a1 a2 v0 v1 v2 g1 g2 k_k k_a r_k".split()}
SEVEN |= {"ffn.x_k": "channel_mix_lerp_k"}


def write(generation, path, quantised=None, rescale=0):
    model = load_pth(HERE / f"../models/rwkv{generation}-tiny/rwkv{generation}-tiny.pth")
    layers = 1 + max(int(name.split(".")[1]) for name in model if name.startswith("blocks."))
    width, inner = model["emb.weight"].shape[1], model["blocks.0.ffn.key.weight"].shape[0]
    writer = begin(f"rwkv{generation}", path, layers, width, inner)
    if rescale:
        writer.add_rescale_every_n_layers(rescale)
    names = COMMON | (SIX if generation == 6 else SEVEN)

    def add(name, numbers):
        numbers = np.ascontiguousarray(numbers, dtype=np.float32)
        is_large = numbers.ndim == 2 and "time_mix_first" not in name and "_w1" not in name and "_w2" not in name
        if quantised and is_large and numbers.shape[-1] % 32 == 0 and min(numbers.shape) >= 32:
            writer.add_tensor(name, gguf.quants.quantize(numbers, quantised), raw_dtype=quantised)
        else:
            writer.add_tensor(name, numbers)

    letters = [f"time_maa_{x}" for x in "wkvrg"] if generation == 6 else [f"x_{x}" for x in "rwkvag"]
    for block in range(layers):
        stack = [model.pop(f"blocks.{block}.att.{letter}").reshape(1, 1, width) for letter in letters]
        add(f"blk.{block}.time_mix_lerp_fused.weight", np.stack(stack, axis=0))
    for name, numbers in model.items():
        if name in ("emb.weight", "head.weight"):
            numbers = np.concatenate([numbers, np.zeros((VOCABULARY - len(numbers), width), np.float32)])
        stem, last = name.rsplit(".", 1)
        if name in OUTSIDE or stem in OUTSIDE:
            add(OUTSIDE[name] if name in OUTSIDE else f"{OUTSIDE[stem]}.{last}", numbers)
            continue
        block, part = int(name.split(".")[1]), name.split(".", 2)[2]
        own = part if part in names else part.rsplit(".", 1)[0]
        new = f"blk.{block}.{names[own]}." + ("bias" if part.endswith(".bias") else "weight")
        if generation == 6:
            if own in ("att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2"):
                numbers = numbers.swapaxes(-1, -2)
            if own != "att.time_faaaa":
                numbers = numbers.squeeze()
            if rescale and own in ("att.output", "ffn.value"):
                numbers = numbers / 2 ** (block // rescale)
        else:
            numbers = numbers.squeeze()
            if own[-1] in "12" and own.startswith("att."):
                numbers = numbers.T
            if own == "att.r_k":
                numbers = numbers.flatten()
            if block == 0 and own in ("att.a0", "att.a1", "att.a2"):
                add(new.replace("time_mix_a", "time_mix_v"), numbers)
        add(new, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks():
    """Rows of every quantised form, random but for their scales, with the numbers that the package reads from them."""
    random = np.random.default_rng(20230527)
    cases = []
    scales = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
    for name, places in scales.items():
        kind = gguf.GGMLQuantizationType[name]
        count, size = gguf.GGML_QUANT_SIZES[kind]
        rows = random.integers(0, 256, (2, size), dtype=np.uint8)
        for place in places:
            rows[:, place : place + 2] = random.normal(0, 0.02, (2, 1)).astype(np.float16).view(np.uint8)
        numbers = gguf.quants.dequantize(rows, kind)
        cases.append({"format": name, "count": count, "bytes": rows.tobytes().hex(), "numbers": [float(n) for n in numbers.flatten()]})
    return cases


write(6, HERE / "rwkv6-tiny.gguf", rescale=1)
write(7, HERE / "rwkv7-tiny.gguf")
write(7, HERE / "rwkv7-tiny-q8_0.gguf", quantised=gguf.GGMLQuantizationType.Q8_0)
write(6, HERE / "rwkv6-tiny-q5_1.gguf", quantised=gguf.GGMLQuantizationType.Q5_1, rescale=1)
(HERE / "tokens.json").write_text(json.dumps([piece.hex() for piece in tokens()]) + "\n")
(HERE / "blocks.json").write_text(json.dumps(blocks()) + "\n")
