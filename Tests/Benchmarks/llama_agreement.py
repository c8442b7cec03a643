#!/usr/bin/env python3
"""Whether ModelHost and llama.cpp get the same numbers from the same GGUF files.

Writes random RWKV-6 and RWKV-7 models, lets llama.cpp quantise them, and asks both programs for the logits after a
prompt, beside those that ModelHost gives for the original .pth. llama.cpp rounds what goes into a product to the format
of the weights and ModelHost does not, so each file has a twin: the same numbers as F32, written by llama.cpp.

    python3 Tests/Benchmarks/llama_agreement.py [--shape 3x256x1024]

Needs the virtual environment of `compare.py --generation 7`, and the built program. Ends with 1 where they disagree.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import compare
import peers

FORMATS = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K_M", "Q5_K_M", "Q6_K"]
# Of F16 and less, the numbers are read as fp16: blocks of four to eight bits have a few bits more.
LARGEST_DIFFERENCE = {"F32": 5e-5, "F16": 5e-5, "BF16": 5e-5}
LARGEST_DIFFERENCE_OF_BLOCKS = 1e-2


def main():
    options = parse()
    compare.enter_environment(__file__, ["requirements-llama.txt"])
    disagree = 0
    for generation in 6, 7:
        with tempfile.TemporaryDirectory(prefix="modelhost-agreement-") as folder:
            disagree += check(pathlib.Path(folder), generation, options)
    sys.exit(1 if disagree else 0)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="3x256x1024", help="LAYERSxWIDTHxVOCABULARY; a width that 256 divides, for the K formats")
    parser.add_argument("--tokens", type=int, default=70)
    parser.add_argument("--modelhost", default=str(compare.HERE.parents[1] / ".build" / "release" / "modelhost"))
    return parser.parse_args()


def check(folder, generation, options):
    """Prints a line for each file; the number of those that differ."""
    import llama_peer
    import numpy as np

    vocabulary = int(options.shape.split("x")[2])
    prompt = [(7919 * (position + 1)) % vocabulary for position in range(options.tokens)]
    (folder / "pth").mkdir()
    peers.write_later(folder / "pth", folder / "F32.gguf", "F32", generation, options.shape)
    for kind in FORMATS[1:]:
        llama_peer.quantize(folder / "F32.gguf", folder / f"{kind}.gguf", kind, 2)
    twins = {}
    for kind in FORMATS:
        twin = folder / "twin"
        llama_peer.quantize(folder / f"{kind}.gguf", twin, "F32", 2)
        twins[kind] = llama_peer.Model(twin, 2).logits(prompt)
        twin.unlink()
    host = Host(folder, options.modelhost)
    try:
        original = host.logits("pth/model.pth", prompt)
        print(f"\nRWKV-{generation} {options.shape}, {options.tokens} tokens, logits up to {np.abs(original).max():.1f}")
        print(f"{'greatest difference':22}{'twin':>12}{'same file':>12}{'original':>12}")
        wrong = 0
        for kind in FORMATS:
            ours = host.logits(f"{kind}.gguf", prompt)
            theirs = llama_peer.Model(folder / f"{kind}.gguf", 2).logits(prompt)
            far = [float(np.abs(ours - other).max()) for other in (twins[kind], theirs, original)]
            differs = not far[0] <= LARGEST_DIFFERENCE.get(kind, LARGEST_DIFFERENCE_OF_BLOCKS)
            wrong += differs
            print(f"{kind:22}" + "".join(f"{distance:12.2g}" for distance in far) + ("   DIFFERS" if differs else ""))
        text = "it's\n\n é你 \\x41\t\r\0"
        if host.ask("/v1/internal/encode", {"model": "F32.gguf", "text": text})["tokens"] != llama_peer.Model(
            folder / "F32.gguf", 2).tokenize(text.encode()):
            print("the tokenizers differ")
            wrong += 1
        return wrong
    finally:
        host.stop()


class Host:
    """ModelHost with its gguf extension, over a folder of models."""

    def __init__(self, folder, program):
        extensions = compare.HERE.parents[1] / "extensions"
        self.process = subprocess.Popen(
            [
                program, "--model-dir", str(folder), "--extensions", "gguf", "--extension-dir", str(extensions),
                "--listen-port", "0", "--rwkv-strategy", "cpu fp32",
            ],
            cwd=folder, stdout=subprocess.PIPE, stderr=(folder / "host.log").open("w"), text=True)
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in self.process.stdout)), None)
        if not found:
            sys.exit((folder / "host.log").read_text()[-2000:])
        self.url = found.group(0)

    def ask(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as reply:
            return json.loads(reply.read())

    def logits(self, model, tokens):
        import numpy as np

        return np.array(self.ask("/v1/internal/logits", {"model": model, "tokens": tokens, "raw": True})["logits"])

    def stop(self):
        self.process.terminate()
        self.process.wait(40)


if __name__ == "__main__":
    main()
