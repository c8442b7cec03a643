"""The models that checks load: fixtures with their goldens, and random RWKV-4 weights of a size."""

import json
import random
import shutil
import struct

import load

from .context import FIXTURES, ROOT

# Fixture → the goldens that hold for it.
GOLDENS = {
    "rwkv4-tiny": "rwkv4-tiny/golden.json", "rwkv4-tiny-bf16": "rwkv4-tiny/golden-bf16-file.json",
    "rwkv4-deep": "rwkv4-deep/golden.json", "rwkv4-tiny-hf": "rwkv4-tiny/golden.json",
    "rwkv5.0-tiny": "rwkv5.0-tiny/golden.json", "rwkv5.1-tiny": "rwkv5.1-tiny/golden.json",
    "rwkv5.2-tiny": "rwkv5.2-tiny/golden.json", "rwkv6-tiny": "rwkv6-tiny/golden.json",
    "rwkv7-tiny": "rwkv7-tiny/golden.json", "rwkv7-deepembed-tiny": "rwkv7-deepembed-tiny/golden.json",
    "rwkv7-tiny-fla-hf": "rwkv7-tiny/golden.json",
}
# One of each generation, whose file is the original.
GENERATIONS = [
    "rwkv4-tiny", "rwkv4-deep", "rwkv5.0-tiny", "rwkv5.1-tiny", "rwkv5.2-tiny", "rwkv6-tiny", "rwkv7-tiny",
    "rwkv7-deepembed-tiny",
]


def golden(model):
    return json.loads((FIXTURES / GOLDENS[model]).read_text())


def vocabulary(model):
    """Rows of the embedding; a golden of another file of the same weights does not say."""
    return json.loads((FIXTURES / GOLDENS[model].replace("-bf16-file", "")).read_text())["vocab_size"]


def lay_out(folder, names):
    """A model folder with these fixtures, a folder each, and a tokenizer in each: the checks give and take numbers."""
    for name in names:
        place = folder / name
        place.mkdir()
        source = FIXTURES / GOLDENS[name].split("/")[0] / f"{name}.pth"
        if source.exists():
            shutil.copy(source, place)
        else:
            shutil.copytree(FIXTURES / name, place, dirs_exist_ok=True)
            keep_group_epsilon(place / "config.json")
        for old in place.glob("*tokenizer.json"):
            old.unlink()
        (place / "tokenizer.json").write_text(json.dumps(small_tokenizer(vocabulary(name))))
    return folder


def keep_group_epsilon(path):
    """Has RWKV-7 of this folder normalise heads as the original does, whose goldens it is held against.

    Without a word of it such folders mean head size times their norm_eps, which is the same for heads of 64 alone.
    """
    config = json.loads(path.read_text())
    if config["model_type"] == "rwkv7":
        path.write_text(json.dumps(config | {"group_norm_epsilon": 64e-5}))


def lay_out_demo(folder, *names):
    """The demo model under each of these names."""
    for name in names:
        shutil.copytree(
            ROOT / "models" / "demo", folder / name,
            ignore=lambda _, files: [file for file in files if not file.endswith((".json", ".safetensors"))])
    return folder


def small_tokenizer(size):
    """A token for each row, however few there are."""
    tokenizer = load.word_tokenizer(max(size, 257))
    words = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {word: number for word, number in words.items() if number < size}
    return tokenizer


# MARK: Random weights


def write_heads(folder, layers, heads, vocabulary):
    """An RWKV-7 with heads of 64, as published models have them and no fixture does, in bf16."""
    width, rank, tensors, numbers = 64 * heads, 32, {}, random.Random(7)

    def add(name, shape, low, high):
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        tensors[name] = shape, b"".join(struct.pack("<f", numbers.uniform(low, high))[2:] for _ in range(count))

    def norm(name):
        add(f"{name}.weight", [width], 0.8, 1.2)
        add(f"{name}.bias", [width], -0.1, 0.1)

    def matrix(name, rows, columns, inner):
        add(name, [rows, columns], -((3 / inner) ** 0.5), (3 / inner) ** 0.5)

    add("emb.weight", [vocabulary, width], -1, 1)
    for layer in range(layers):
        block = f"blocks.{layer}."
        for name in ("ln1", "ln2", *(["ln0"] if layer == 0 else []), "att.ln_x"):
            norm(block + name)
        for letter in "rwkvag":
            add(f"{block}att.x_{letter}", [width], 0, 1)
        for letter in "wag" if layer == 0 else "wavg":
            if letter != "g":
                add(f"{block}att.{letter}0", [width], *((-6, 1) if letter == "w" else (-1, 1)))
            matrix(f"{block}att.{letter}1", width, rank, width)
            matrix(f"{block}att.{letter}2", rank, width, rank)
        for name, shape, low in (("k_k", [width], 0.7), ("k_a", [width], 0.7), ("r_k", [heads, 64], -0.3)):
            add(f"{block}att.{name}", shape, low, abs(low) if low < 0 else 1)
        for name in ("receptance", "key", "value", "output"):
            matrix(f"{block}att.{name}.weight", width, width, width)
        add(f"{block}ffn.x_k", [width], 0, 1)
        matrix(f"{block}ffn.key.weight", 4 * width, width, width)
        matrix(f"{block}ffn.value.weight", width, 4 * width, 4 * width)
    norm("ln_out")
    matrix("head.weight", vocabulary, width, width)
    folder.mkdir()
    header, end = {}, 0
    for name, (shape, bytes_) in tensors.items():
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + len(bytes_)]}
        end += len(bytes_)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    weights = b"".join(bytes_ for _, bytes_ in tensors.values())
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + weights)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "rwkv7", "vocab_size": vocabulary, "hidden_size": width, "num_hidden_layers": layers, "head_dim": 64,
        "norm_eps": 1e-5, "bos_token_id": 0, "eos_token_id": 0}))
    (folder / "tokenizer.json").write_text(json.dumps(small_tokenizer(vocabulary)))


TENTH = 0x3DCD  # 0.1 as bf16.


def write_random(folder, shape, zeros):
    """An RWKV-4 of a shape in bf16, whose inner channels are zero after relu² in a share of the rows: see `set_zeros`."""
    load.write_model(folder, shape)
    set_zeros(folder, zeros)


def set_zeros(folder, share):
    """Has this share of the channel mixing's inner channels be zero at every token, and all others positive.

    The second layer norm gives the same number in every channel, so that a row of the key matrix whose weights are all
    negative ends below zero, where relu² cuts, and one whose weights are all positive above it.
    """
    with open(folder / "model.safetensors", "r+b") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        numbers = random.Random(2)
        for name, entry in header.items():
            file.seek(8 + length + entry["data_offsets"][0])
            if name.endswith("ln2.weight"):
                file.write(bytes(2 * entry["shape"][0]))
            elif name.endswith("ln2.bias"):
                file.write(struct.pack("<H", TENTH) * entry["shape"][0])
            elif name.endswith("feed_forward.key.weight"):
                rows, width = entry["shape"]
                above = struct.pack(f"<{width}H", *(0x3C80 + number % 256 for number in range(width)))
                below = bytes(byte | 0x80 if place % 2 else byte for place, byte in enumerate(above))
                file.write(b"".join(below if numbers.random() < share else above for _ in range(rows)))
