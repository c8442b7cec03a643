"""What the host answers over HTTP against the numbers of the reference implementations."""

import math

import numpy
import pytest

from conftest import golden

MODELS = [
    "tiny-pth/rwkv4-tiny.pth", "tiny-pth/rwkv4-tiny-legacy.pth", "rwkv4-tiny-hf", "rwkv4-tiny-hf-bin",
    "rwkv4-tiny-hf-sharded-bin", "rwkv4-tiny-hf-sharded-safetensors",
]


def log_softmax(logits):
    logits = numpy.asarray(logits, dtype=numpy.float64)
    top = logits.max()
    return logits - top - math.log(numpy.exp(logits - top).sum())


@pytest.mark.parametrize("model", MODELS)
def test_raw_logits_are_the_references(host, model):
    for sequence in golden("rwkv4-tiny/golden.json")["sequences"]:
        status, reply = host.post("/v1/internal/logits", {"model": model, "tokens": sequence["tokens"], "raw": True})
        assert status == 200, reply
        difference = numpy.abs(numpy.array(reply["logits"]) - numpy.array(sequence["last_logits_token_mode"])).max()
        assert difference <= 5e-5, (model, sequence["name"], difference)


def test_a_scored_prompt_has_the_references_logprobs(host):
    sequence = next(s for s in golden("rwkv4-tiny/golden.json")["sequences"] if "logits_all_sequence_mode" in s)
    status, reply = host.post("/v1/completions", {
        "model": "tiny-pth/rwkv4-tiny.pth", "prompt": sequence["tokens"], "echo": True, "logprobs": 3, "max_tokens": 0})
    assert status == 200, reply
    scored = reply["choices"][0]["logprobs"]["token_logprobs"]
    assert scored[0] is None and len(scored) == len(sequence["tokens"])
    for position, token in enumerate(sequence["tokens"][1:]):
        expected = log_softmax(sequence["logits_all_sequence_mode"][position])[token]
        assert abs(scored[position + 1] - expected) < 1e-4


def test_greedy_tokens_are_the_references(host):
    """Every case of the package's own generation loop: with bans, with penalties that decay, stopping at id 0."""
    reference = golden("rwkv4-tiny/generation.json")
    for case in reference["cases"]:
        banned = reference["byte_fragment_tokens"] if case["token_ban"] else []
        status, reply = host.post("/v1/completions", {
            "model": "tiny-pth/rwkv4-tiny.pth", "prompt": case["prompt"], "temperature": 0, "logprobs": 1,
            "max_tokens": case["token_count"], "custom_token_bans": ",".join(map(str, banned)),
            "frequency_penalty": case["alpha_frequency"], "presence_penalty": case["alpha_presence"],
            "penalty_decay": case["alpha_decay"],
        })
        assert status == 200, reply
        assert reply["choices"][0]["logprobs"]["token_ids"] == case["tokens"], case


def test_the_tokenizer_gives_the_references_ids(host):
    cases = golden("rwkv4-tiny/tokenizer-golden.json")["cases"]
    assert len(cases) > 10
    for case in cases:
        status, reply = host.post("/v1/internal/encode", {"model": "tiny-pth/rwkv4-tiny.pth", "text": case["text"]})
        assert status == 200 and reply["tokens"] == case["ids"], case
