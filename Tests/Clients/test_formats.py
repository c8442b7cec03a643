"""Files that the real libraries write, and what the host makes of them."""

import json
import shutil
import struct
import time

import numpy
import pytest

from conftest import FIXTURES

safetensors = pytest.importorskip("safetensors.numpy")
tokenizers = pytest.importorskip("tokenizers")

LAYOUTS = FIXTURES / "layouts"
GOLDEN = json.loads((LAYOUTS / "golden.json").read_text())


def vocabulary(rows):
    """A World vocabulary: the single bytes, then pairs of letters."""
    pairs = [bytes([97 + i // 26, 97 + i % 26]) for i in range(rows - 257)]
    tokens = [bytes([i]) for i in range(256)] + pairs
    return "".join(f"{i + 1} {token!r} {len(token)}\n" for i, token in enumerate(tokens))


def difference(host, model, name, **arguments):
    status, reply = host.post("/v1/internal/model/load", {"model_name": model, "args": arguments})
    assert status == 200, reply
    status, reply = host.post("/v1/internal/logits", {"model": model, "tokens": GOLDEN["tokens"], "raw": True})
    assert status == 200, reply
    return numpy.abs(numpy.array(reply["logits"]) - numpy.array(GOLDEN[name])).max()


def read(path):
    """The tensors of a fixture, by the real library."""
    return safetensors.load_file(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    models = tmp_path_factory.mktemp("formats") / "models"
    for name in ("fla-heads", "canonical-folded"):
        (models / name).mkdir(parents=True)
        shutil.copy(LAYOUTS / name / "config.json", models / name)
        safetensors.save_file(read(LAYOUTS / name / "model.safetensors"), models / name / "model.safetensors", {"format": "pt"})
    safetensors.save_file(read(LAYOUTS / "rc00" / "rwkv-8-rc00.safetensors"), models / "rc00.st")
    for name in ("lora", "miss"):
        safetensors.save_file(read(LAYOUTS / "adapters" / f"{name}.safetensors"), models / f"{name}.safetensors")
    shutil.copy(LAYOUTS / "adapters" / "lora.json", models)
    (models / "rwkv_vocab_v20230424.txt").write_text(vocabulary(272))
    return models


@pytest.fixture(scope="module")
def formats(folder, tmp_path_factory):
    from conftest import Host

    host = Host(folder, "--model", "rc00.st", cwd=folder.parent)
    yield host
    assert host.stop() == 0, host.log_text()


@pytest.mark.parametrize("model, name, arguments, bound", [
    ("fla-heads", "fla-heads", {}, 5e-5), ("canonical-folded", "canonical-folded", {}, 5e-5), ("rc00.st", "rc00", {}, 5e-5),
    ("rc00.st", "lora", {"adapter": "lora.safetensors"}, 2e-3), ("rc00.st", "miss", {"adapter": ["miss.safetensors"]}, 2e-3),
])
def test_what_safetensors_writes_gives_the_formulas_logits(formats, model, name, arguments, bound):
    assert difference(formats, model, name, **arguments) <= bound


def test_an_adapter_of_another_model_is_refused_with_the_reason(formats):
    status, reply = formats.post("/v1/internal/model/load", {"model_name": "fla-heads", "args": {"adapter": "lora.safetensors"}})
    # The same shapes: it fits. One that is not there does not.
    assert status == 200, reply
    status, reply = formats.post("/v1/internal/model/load", {"model_name": "rc00.st", "args": {"adapter": "none.pth"}})
    assert status == 400 and reply["error"]["param"] == "args.adapter", reply


def test_a_byte_level_tokenizer_of_the_library_gives_its_ids(folder, start):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    text = ["Once upon a time there was a fox, and the fox was quick. Über den Wolken, 你好。"] * 4
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False)
    tokenizer.train_from_iterator(text, trainer)
    own = folder / "bpe"
    own.mkdir()
    tensors = read(LAYOUTS / "rc00" / "rwkv-8-rc00.safetensors")
    rows = tokenizer.get_vocab_size()
    for name, tensor in tensors.items():
        if tensor.shape[0] == 272:
            tensors[name] = numpy.resize(tensor, (rows, tensor.shape[1]))
    safetensors.save_file(tensors, own / "model.st")
    tokenizer.save(str(own / "tokenizer.json"))
    host = start(folder, "--model", "bpe")
    for sentence in text[:1] + ["the fox", " ü\n\n12"]:
        status, reply = host.post("/v1/internal/encode", {"text": sentence})
        assert status == 200 and reply["tokens"] == tokenizer.encode(sentence).ids


def test_a_model_appears_by_itself_when_it_is_whole(formats, folder):
    def listed():
        return {entry["id"]: entry["state"] for entry in formats.get("/v1/models")[1]["data"]}

    content = (folder / "rc00.st").read_bytes()
    part = folder / "late.st.part"
    part.write_bytes(content[: len(content) // 2])
    assert "late.st" not in listed() and "late.st.part" not in listed()
    part.write_bytes(content)
    part.rename(folder / "late.st")
    deadline = time.monotonic() + 20
    while "late.st" not in listed():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert listed()["late.st"] == "available"
    (folder / "late.st").unlink()
    assert "late.st" not in listed()


@pytest.mark.parametrize("padding", range(8))
def test_tensor_data_may_begin_anywhere(start, folder, tmp_path, padding):
    content = (folder / "rc00.st").read_bytes()
    size, = struct.unpack("<Q", content[:8])
    shifted = struct.pack("<Q", size + padding) + content[8:8 + size] + b" " * padding + content[8 + size:]
    models = tmp_path / "models"
    models.mkdir()
    (models / "odd.st").write_bytes(shifted)
    shutil.copy(folder / "rwkv_vocab_v20230424.txt", models)
    assert difference(start(models), "odd.st", "rc00") <= 5e-5
