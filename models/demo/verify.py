"""Checks an exported folder against transformers: the logits, and that text survives the tokenizer.

    python verify.py [--model FOLDER]
"""

import argparse
import random
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, RwkvForCausalLM

import corpus
from rwkv4 import Runner
from tokens import load_tokenizer


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--model", default=str(Path(__file__).parent))
    args = a.parse_args()
    tokenizer = load_tokenizer(f"{args.model}/tokenizer.json")
    theirs = AutoTokenizer.from_pretrained(args.model)
    texts = ["".join(part[0] for part in corpus.write_chat(random.Random(i))) for i in range(200)] + ["Ünïcödé 你好 🙂\n\n  spaces", "\t\r\n"]
    for text in texts:
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text, text
        assert theirs(text)["input_ids"] == ids, text
    prompt = theirs.apply_chat_template([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}], tokenize=False, add_generation_prompt=True)
    assert prompt == "System: Be kind.\n\nUser: Hello\n\nAssistant:", prompt
    model = RwkvForCausalLM.from_pretrained(args.model, torch_dtype=torch.float32).eval()
    runner, worst = Runner(load_file(f"{args.model}/model.safetensors")), 0.0
    with torch.no_grad():
        for text in texts[:20]:
            ids = tokenizer.encode(text).ids
            state = runner.state(1)
            ours = torch.cat([runner.step(torch.tensor([i]), state) for i in ids])
            worst = max(worst, float((ours - model(torch.tensor([ids])).logits[0]).abs().max()))
    print(f"{len(texts)} texts come back unchanged; largest difference of a logit {worst:.2e}")
    assert worst < 1e-3


if __name__ == "__main__":
    main()
