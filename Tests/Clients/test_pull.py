"""`modelhost pull` and its API against a hub of our own on loopback, by the built program."""

import json
import pathlib
import random
import signal
import struct
import subprocess
import threading
import time
import urllib.request

import pytest

from conftest import FIXTURES
from running_host import BINARY
from running_hub import Hub, environment, names, noise, pull
from pytorch_file import write_pth

WORLD = "rwkv_vocab_v20230424.txt"


@pytest.fixture()
def hub():
    hubs = []

    def make(repositories):
        hubs.append(Hub(repositories))
        return hubs[-1]

    yield make
    for one in hubs:
        one.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A World model of a few megabytes, and its vocabulary: as many tokens as the real one has."""
    path = tmp_path_factory.mktemp("world") / "w.pth"
    width, rows = 8, 65536
    generator = random.Random(5)

    def floats(*shape):
        count = 1
        for size in shape:
            count *= size
        return list(shape), struct.pack(f"<{count}f", *(generator.uniform(-0.5, 0.5) for _ in range(count)))

    tensors = {"emb.weight": floats(rows, width)}
    for norm in ("ln0", "ln1", "ln2"):
        tensors |= {f"blocks.0.{norm}.weight": floats(width), f"blocks.0.{norm}.bias": floats(width)}
    for name in ("time_decay", "time_first"):
        tensors[f"blocks.0.att.{name}"] = floats(width)
    for name in ("k", "v", "r"):
        tensors[f"blocks.0.att.time_mix_{name}"] = floats(1, 1, width)
    for name in ("key", "value", "receptance", "output"):
        tensors[f"blocks.0.att.{name}.weight"] = floats(width, width)
    for name in ("k", "r"):
        tensors[f"blocks.0.ffn.time_mix_{name}"] = floats(1, 1, width)
    tensors["blocks.0.ffn.key.weight"] = floats(4 * width, width)
    tensors["blocks.0.ffn.receptance.weight"] = floats(width, width)
    tensors["blocks.0.ffn.value.weight"] = floats(width, 4 * width)
    tensors |= {"ln_out.weight": floats(width), "ln_out.bias": floats(width), "head.weight": floats(rows, width)}
    write_pth(path, tensors)
    lines = [f"{byte + 1} {bytes([byte])!r} 1" for byte in range(256)]
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
    words = (a + b + c for a in alphabet for b in alphabet for c in alphabet)
    lines += [f"{number + 257} {word!r} 3" for number, word in zip(range(65529 - 256), words)]
    return path.read_bytes(), ("\n".join(lines) + "\n").encode()


def test_an_original_file_comes_with_its_tokenizer_and_runs(hub, tmp_path, world):
    weights, vocabulary = world
    repository = {"README.md": b"x", "a.pth": noise(1000), "RWKV-4-World.pth": weights}
    source = hub({"me/worlds": repository, "RWKV/rwkv-5-world-1b5": {WORLD: vocabulary, "config.json": b"{}"}})
    asked = pull(source, tmp_path, "me/worlds")
    assert asked.returncode == 1 and "RWKV-4-World.pth" in asked.stderr and "a.pth (1.00 kB)" in asked.stderr
    assert not (tmp_path / "models").exists()
    done = pull(source, tmp_path, "me/worlds", "RWKV-4-World.pth", HF_TOKEN="hf_secret")
    assert done.returncode == 0, done.stderr
    assert f"{WORLD} came from RWKV/rwkv-5-world-1b5" in done.stderr and "Ready: modelhost --model RWKV-4-World.pth" in done.stderr
    assert "free there" in done.stderr and len(done.stderr.splitlines()) < 12
    assert names(tmp_path / "models") == ["RWKV-4-World.pth", WORLD]
    for path, headers in source.requests:
        assert path.startswith("/cdn/") == ("Authorization" not in headers) or "hf_secret" not in str(headers), path
    assert any("hf_secret" in str(headers) for path, headers in source.requests if path.startswith("/api/"))
    assert not any("hf_secret" in str(headers) for path, headers in source.requests if path.startswith("/cdn/"))
    text = subprocess.run(
        [str(BINARY), "generate", "--prompt", "abc", "--max-tokens", "2"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert text.returncode == 0, text.stderr
    again = pull(source, tmp_path, "me/worlds", "RWKV-4-World.pth")
    assert again.returncode == 0 and "was there already" in again.stderr


def test_a_hugging_face_folder_is_loaded_from_where_it_came(hub, tmp_path):
    folder = FIXTURES / "models" / "rwkv4-tiny-hf-sharded-safetensors"
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    source = hub({"RWKV/tiny": {**files, "README.md": b"x", "pytorch_model.bin": b"y"}})
    table = pull(source, tmp_path, "RWKV/tiny", "--list")
    assert table.returncode == 0 and "README.md" in table.stdout and not (tmp_path / "models").exists()
    done = pull(source, tmp_path, "RWKV/tiny@dev")
    assert done.returncode == 0, done.stderr
    assert source.requests[-1][0].startswith("/cdn/RWKV/tiny/config.json")
    assert names(tmp_path / "models") == sorted(f"tiny/{name}" for name in files)
    models = subprocess.run([str(BINARY), "models", "--json"], cwd=tmp_path, capture_output=True, text=True)
    assert json.loads(models.stdout)["models"][0]["loader"] == "rwkv-hf"


def test_cut_connections_and_a_busy_hub_are_waited_for(hub, tmp_path):
    content = noise(3_000_000)
    source = hub({"a/b": {"w.gguf": content}})
    counts = {"list": 0, "file": 0}

    def change(handler, path, content):
        kind = "file" if content else "list"
        counts[kind] += 1
        if kind == "list" and counts[kind] == 1:
            source.send(handler, 429, b"slowly", {"Retry-After": "1"})
            return True
        if kind == "file" and counts[kind] < 3:
            source.send_file(handler, content, cut_after=1_000_000)
            return True
        return False

    source.change = change
    done = pull(source, tmp_path, "a/b")
    assert done.returncode == 0, done.stderr
    assert "HTTP 429" in done.stderr and "trying again in 1 s" in done.stderr
    assert (tmp_path / "models" / "w.gguf").read_bytes() == content
    ranges = [headers.get("Range") for path, headers in source.requests if path.startswith("/cdn/")]
    assert ranges == [None, "bytes=1000000-", "bytes=2000000-"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_pull_that_is_stopped_goes_on_later(hub, tmp_path, number):
    content = noise(4_000_000)
    source = hub({"a/b": {"w.gguf": content}})
    source.pace = 1_000_000
    part = tmp_path / "models" / "w.gguf.part"
    process = subprocess.Popen([str(BINARY), "pull", "a/b"], cwd=tmp_path, env=environment(source), stderr=subprocess.PIPE, text=True)
    while not part.exists() or part.stat().st_size < 500_000:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    errors = process.communicate(timeout=20)[1]
    if number == signal.SIGINT:
        assert process.returncode == 1 and "the next pull goes on from it" in errors
    assert names(tmp_path / "models") == ["w.gguf.part"]
    held = part.stat().st_size
    source.pace = None
    done = pull(source, tmp_path, "a/b")
    assert done.returncode == 0 and "of it there" in done.stderr, done.stderr
    assert source.requests[-1][1]["Range"] == f"bytes={held}-"
    assert (tmp_path / "models" / "w.gguf").read_bytes() == content


def test_other_bytes_are_never_kept(hub, tmp_path):
    source = hub({"a/b": {"w.gguf": noise(100_000)}})
    source.change = lambda handler, path, content: content is not None and source.send_file(handler, noise(100_000, seed=2)) is None
    done = pull(source, tmp_path, "a/b")
    assert done.returncode == 1 and "other bytes" in done.stderr and names(tmp_path / "models") == []


@pytest.mark.parametrize("path", ["../evil.gguf", "/etc/evil.gguf", "a\\..\\evil.gguf", "x/../../evil.gguf", "evil\n.gguf"])
def test_a_name_that_leaves_the_folder_is_refused(hub, tmp_path, path):
    source = hub({"a/b": {path: b"evil", "w.gguf": b"x"}})
    done = pull(source, tmp_path, "a/b", "w.gguf")
    assert done.returncode == 1 and "list of files has a name that" in done.stderr, done.stderr
    assert not (tmp_path / "models").exists() and not list(tmp_path.parent.glob("evil*"))


def test_a_full_disk_is_an_error_that_says_what_to_do(hub, tmp_path):
    disk = tmp_path / "models"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk of two megabytes may be mounted here")
    try:
        source = hub({"a/b": {"w.gguf": noise(3_000_000)}, "c/d": {"w.gguf": noise(1_500_000)}})
        done = pull(source, tmp_path, "a/b")
        assert done.returncode == 1 and "needs 3.00 MB" in done.stderr and names(disk) == []
        # The room goes while the file comes.
        source.pace = 500_000
        filler = threading.Timer(1, lambda: (disk / "filler").write_bytes(bytes(1_000_000)))
        filler.start()
        done = pull(source, tmp_path, "c/d")
        filler.join()
        assert done.returncode == 1 and "No space left" in done.stderr and "goes on where it stopped" in done.stderr, done.stderr
        assert names(disk) == ["filler", "w.gguf.part"]
        (disk / "filler").unlink()
        source.pace = None
        assert pull(source, tmp_path, "c/d").returncode == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("arguments, status, words", [
    ([], 2, "needs a repository"), (["x"], 2, "OWNER/NAME"), (["../a/b"], 2, "OWNER/NAME"),
    (["no/such"], 1, "is not on 127.0.0.1"), (["a/b", "y.pth"], 1, "has no file \"y.pth\". It has w.gguf"),
])
def test_wrong_names_are_told_in_one_line(hub, tmp_path, arguments, status, words):
    done = pull(hub({"a/b": {"w.gguf": b"x"}}), tmp_path, *arguments)
    assert done.returncode == status and words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_help_names_the_variables():
    done = subprocess.run([str(BINARY), "pull", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for word in ("HF_TOKEN", "HF_ENDPOINT", "HTTPS_PROXY", "--list", "--tokenizer-from"):
        assert word in done.stdout


def test_the_api_fetches_tells_how_it_goes_and_serves_what_came(hub, tmp_path, start, monkeypatch):
    folder = FIXTURES / "models" / "rwkv4-tiny-hf"
    source = hub({"RWKV/tiny": {path.name: path.read_bytes() for path in folder.iterdir()}, "a/slow": {"w.gguf": noise(4_000_000)}})
    source.pace = 2_000_000
    monkeypatch.setenv("HF_ENDPOINT", source.url)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    host = start(tmp_path / "models")
    status, slow = host.post("/v1/internal/model/pull", {"repo": "a/slow"})
    assert status == 202 and slow["state"] == "listing"
    assert host.post("/v1/internal/model/pull", {"repo": "a/slow"})[0] == 429
    status, begun = host.post("/v1/internal/model/pull", {"repo": "RWKV/tiny"})
    states = []
    with urllib.request.urlopen(f"{host.url}/v1/internal/model/pull/{begun['id']}/events", timeout=60) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                states.append(json.loads(line[6:]))
    assert states[-1]["state"] == "finished" and states[-1]["model_names"] == ["tiny"], states[-1]
    assert [state["completed_bytes"] for state in states] == sorted(state["completed_bytes"] for state in states)
    assert host.request("DELETE", f"/v1/internal/model/pull/{slow['id']}")[0] == 200
    end = time.time() + 20
    while host.get(f"/v1/internal/model/pull/{slow['id']}")[1]["state"] != "cancelled":
        assert time.time() < end
        time.sleep(0.1)
    assert [one["id"] for one in host.get("/v1/internal/model/pulls")[1]["pulls"]] == [slow["id"], begun["id"]]
    assert host.post("/v1/internal/model/load", {"model_name": "tiny"})[0] == 200
    assert host.post("/v1/completions", {"prompt": "Hi", "max_tokens": 2})[0] == 200
    assert str(pathlib.Path(tmp_path)) not in json.dumps(host.get("/v1/internal/model/pulls")[1])
