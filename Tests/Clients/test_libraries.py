"""Models that torch and transformers write, and the host's logits beside those of the library itself.

Not installed by .ci/run, since torch is large: pip install torch transformers in the environment of the client tests. Without
them every test is skipped.
"""

import numpy
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

TOKENS = [5, 9, 200, 17, 17, 3, 64, 101, 2, 250]
# What BlinkDL's files call the tensors of a block.
NAMES = {"attention": "att", "feed_forward": "ffn", "time_mix_key": "time_mix_k", "time_mix_value": "time_mix_v",
         "time_mix_receptance": "time_mix_r", "pre_ln": "ln0"}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(7)
    config = transformers.RwkvConfig(
        vocab_size=288, context_length=64, hidden_size=64, num_hidden_layers=3, attention_hidden_size=64,
        intermediate_size=256, bos_token_id=0, eos_token_id=0, rescale_every=0)
    model = transformers.RwkvForCausalLM(config).eval()
    with torch.no_grad():
        # The library begins many of them with equal numbers, by which a mistake would not show.
        for name, value in model.named_parameters():
            value += torch.randn_like(value) * (0.3 if "time_" in name else 0.05)
    return model


def expected(model):
    with torch.no_grad():
        return model(torch.tensor([TOKENS])).logits[0, -1].float().numpy()


def original(model, dtype=torch.float32):
    """The state under the names that the original files have."""
    state = {}
    for name, value in model.state_dict().items():
        parts = name.removeprefix("rwkv.").split(".")
        parts = [NAMES.get(part, part) for part in parts]
        parts = ["emb" if part == "embeddings" else part for part in parts]
        state[".".join(parts)] = value.to(dtype) if "time_" not in name or dtype == torch.float32 else value.float()
    return state


def byte_tokenizer(path):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(
        {"<|endoftext|>": 0} | {chr(0x100 + i): i + 1 for i in range(287)}, []))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    tokenizer.save(str(path))


@pytest.fixture(scope="module")
def libraries(model, tmp_path_factory):
    from conftest import Host

    models = tmp_path_factory.mktemp("libraries") / "models"
    models.mkdir()
    byte_tokenizer(models / "20B_tokenizer.json")
    for name, options in {"whole": {}, "pickled": {"safe_serialization": False}, "sharded": {"max_shard_size": "100KB"}}.items():
        model.save_pretrained(models / name, **options)
        byte_tokenizer(models / name / "tokenizer.json")
    torch.save(original(model), models / "zip.pth")
    torch.save(original(model), models / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(original(model, torch.bfloat16), models / "bf16.pth")
    torch.save({"state_dict": original(model), "epoch": 3}, models / "wrapped.pth")
    torch.save(original(model, torch.int8), models / "int8.pth")
    host = Host(models, "--model", "whole", cwd=models.parent)
    yield host
    assert host.stop() == 0, host.log_text()


def logits(host, name):
    status, reply = host.post("/v1/internal/logits", {"model": name, "tokens": TOKENS, "raw": True})
    assert status == 200, reply
    return numpy.array(reply["logits"])


@pytest.mark.parametrize("name, bound", [
    ("whole", 5e-5), ("pickled", 5e-5), ("sharded", 5e-5), ("zip.pth", 5e-5), ("legacy.pth", 5e-5), ("wrapped.pth", 5e-5), ("bf16.pth", 0.1),
])
def test_logits_are_those_of_the_library(libraries, model, name, bound):
    assert numpy.abs(logits(libraries, name) - expected(model)).max() <= bound


def test_whole_numbers_for_weights_are_named(libraries):
    status, reply = libraries.post("/v1/internal/model/load", {"model_name": "int8.pth"})
    assert status == 400 and "emb.weight holds int8" in reply["error"]["message"], reply


def test_a_generation_is_the_librarys(libraries, model):
    with torch.no_grad():
        ids = model.generate(torch.tensor([TOKENS]), max_new_tokens=12, do_sample=False, eos_token_id=None)[0, len(TOKENS):].tolist()
    status, reply = libraries.post("/v1/completions", {
        "model": "whole", "prompt": TOKENS, "max_tokens": 12, "temperature": 0, "ban_eos_token": True})
    assert status == 200, reply
    bytes_of = libraries.post("/v1/internal/decode", {"tokens": ids})[1]["text"]
    assert reply["choices"][0]["text"] == bytes_of
