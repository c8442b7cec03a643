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
