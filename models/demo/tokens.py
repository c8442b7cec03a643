"""The tokenizer (byte-level BPE in the form of GPT-NeoX's) and the encoding of documents with targets and weights."""

import json
import os

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

END = "<|endoftext|>"
VOCABULARY = 2048


def train_tokenizer(texts, path):
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel(add_prefix_space=False)
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=True)
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[AddedToken(END, special=True, normalized=False)],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), min_frequency=2, show_progress=False))
    t.save(str(path))
    # Merges as "a b" strings, the older of the two forms, which every reader knows.
    content = json.load(open(path, encoding="utf-8"))
    content["model"]["merges"] = [m if isinstance(m, str) else " ".join(m) for m in content["model"]["merges"]]
    json.dump(content, open(path, "w", encoding="utf-8"), ensure_ascii=False, indent=1)


def documents(path, every=1):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % every == 0:
                yield json.loads(line)


def load_tokenizer(path):
    return Tokenizer.from_file(str(path))


def encode_file(source, target, tokenizer_path):
    """A document is a list of [text, weight, ends]: the weight of its tokens in the loss (0 to 100), and whether the model stops after it.

    Where it stops, the target is id 0 even if the document goes on, so that every answer in a chat learns to end.
    Targets lie one token ahead. A document that is cut short (its last part does not end) predicts nothing after its last token.
    """
    if os.path.exists(target) and os.path.getmtime(target) >= os.path.getmtime(source):
        return
    tokenizer = load_tokenizer(tokenizer_path)
    tokens, targets, weights, offsets = [], [], [], [0]
    with open(source, encoding="utf-8") as lines:
        while batch := [json.loads(line) for _, line in zip(range(20000), lines)]:
            flat = [part[0] for document in batch for part in document]
            ids = iter(e.ids for e in tokenizer.encode_batch(flat))
            for document in batch:
                t, w, ends = [], [], []
                for _, weight, stop in document:
                    part = next(ids)
                    t += part
                    w += [weight] * len(part)
                    ends += [False] * (len(part) - 1) + [bool(stop)] if part else []
                after = [0 if e else n for e, n in zip(ends, t[1:] + [0])]
                # The weight of a prediction is that of the token predicted, or of the answer that ends.
                ahead = [own if e else nxt for e, own, nxt in zip(ends, w, w[1:] + [0])]
                tokens += t
                targets += after
                weights += ahead
                offsets.append(len(tokens))
    np.savez(target, tokens=np.array(tokens, np.uint16), targets=np.array(targets, np.uint16),
             weights=np.array(weights, np.uint8), offsets=np.array(offsets, np.int64))
