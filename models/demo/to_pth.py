"""Writes the demo weights as a `.pth` with the names of BlinkDL's RWKV-4, for tests of that loader.

    python to_pth.py TARGET.pth [--model FOLDER]

The values are the same numbers, widened to fp32: of a 16-bit file the host would round the normalised embedding, as the
original package does. The tokenizer of such a file is models/demo/tokenizer.json.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

PARTS = [
    ("rwkv.blocks.", "blocks."), (".attention.", ".att."), (".feed_forward.", ".ffn."), (".pre_ln.", ".ln0."),
    ("rwkv.embeddings.", "emb."), ("rwkv.ln_out.", "ln_out."),
    ("time_mix_key", "time_mix_k"), ("time_mix_value", "time_mix_v"), ("time_mix_receptance", "time_mix_r"),
]


def blinkdl_name(name):
    for ours, theirs in PARTS:
        name = name.replace(ours, theirs)
    return name


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("target")
    a.add_argument("--model", default=str(Path(__file__).parent))
    args = a.parse_args()
    torch.save({blinkdl_name(n): t.float() for n, t in load_file(f"{args.model}/model.safetensors").items()}, args.target)


if __name__ == "__main__":
    main()
