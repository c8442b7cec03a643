"""States over HTTP and across restarts: the prefix cache, sessions, saved states."""

import time

import pytest
from small_models import add_byte_model, add_tuned_state

PROMPT = "The quick brown fox jumps over the lazy dog. " * 40


def complete(host, **fields):
    status, answer = host.post("/v1/completions", {"temperature": 0, "max_tokens": 8, "ban_eos_token": True} | fields)
    assert status == 200, answer
    return answer


def cached(answer):
    return answer["usage"]["prompt_tokens_details"]["cached_tokens"]


def wait_for_file(folder, answer):
    """Waits until the state after an answer's prompt is in the folder."""
    end = time.monotonic() + 20
    while not list(folder.glob(f"{answer['usage']['prompt_tokens']}-*")):
        assert time.monotonic() < end, list(folder.iterdir())
        time.sleep(0.1)


def test_the_cache_survives_a_restart_and_tells_the_truth(models, start, tmp_path):
    flags = ["--model", "tiny-pth/rwkv4-tiny.pth", "--state-cache-dir", str(tmp_path / "cache")]
    first = start(models, *flags)
    answer = complete(first, prompt=PROMPT)
    assert cached(answer) == 0
    count = answer["usage"]["prompt_tokens"]
    assert cached(complete(first, prompt=PROMPT)) == count
    wait_for_file(tmp_path / "cache", answer)
    assert first.stop() == 0

    second = start(models, *flags)
    again = complete(second, prompt=PROMPT)
    assert cached(again) == count
    assert again["choices"][0]["text"] == answer["choices"][0]["text"]
    longer = complete(second, prompt=PROMPT + " And then some more.")
    assert 0 < cached(longer) < longer["usage"]["prompt_tokens"]
    # What was not read again gives what reading it would have given.
    assert second.stop() == 0
    uncached = start(models, "--model", "tiny-pth/rwkv4-tiny.pth", "--state-cache-size", "0")
    fresh = complete(uncached, prompt=PROMPT + " And then some more.")
    assert cached(fresh) == 0
    assert fresh["choices"][0]["text"] == longer["choices"][0]["text"]
    assert cached(complete(uncached, prompt=PROMPT)) == 0


def test_a_damaged_cache_file_is_left_out(models, start, tmp_path):
    flags = ["--model", "tiny-pth/rwkv4-tiny.pth", "--state-cache-dir", str(tmp_path / "cache")]
    first = start(models, *flags)
    answer = complete(first, prompt=PROMPT)
    wait_for_file(tmp_path / "cache", answer)
    assert first.stop() == 0
    files = list((tmp_path / "cache").iterdir())
    for file in files:
        bytes = bytearray(file.read_bytes())
        bytes[len(bytes) // 2] ^= 1
        file.write_bytes(bytes)
    second = start(models, *flags)
    again = complete(second, prompt=PROMPT)
    assert cached(again) == 0
    assert again["choices"][0]["text"] == answer["choices"][0]["text"]
    assert "checksum" in second.log_text()


def test_a_chat_reads_only_what_is_new(host):
    messages = [{"role": "system", "content": "You are kind. " * 20}, {"role": "user", "content": "Hello there."}]
    fields = {"temperature": 0, "max_tokens": 8, "ban_eos_token": True}
    _, first = host.post("/v1/chat/completions", {"messages": messages, **fields})
    _, regenerated = host.post("/v1/chat/completions", {"messages": messages, **fields})
    assert cached(regenerated) == regenerated["usage"]["prompt_tokens"]
    reply = first["choices"][0]["message"]["content"]
    messages += [{"role": "assistant", "content": reply}, {"role": "user", "content": "And now?"}]
    _, second = host.post("/v1/chat/completions", {"messages": messages, **fields})
    assert cached(second) >= first["usage"]["prompt_tokens"] - 8
    _, other = host.post("/v1/chat/completions", {"messages": messages, "cache_salt": "another tenant", **fields})
    assert cached(other) == 0
    assert other["choices"][0]["message"] == second["choices"][0]["message"]


def test_a_state_is_saved_the_first_time_and_goes_on_after_a_restart(models, start):
    first = start(models, "--model", "tiny-pth/rwkv4-tiny.pth")
    complete(first, prompt="Once upon a time", session_id="s")
    status, answer = first.post("/v1/internal/state/save", {"name": "tale", "session_id": "s"})
    assert status == 200, answer
    assert [state["name"] for state in first.post("/v1/internal/state/list", {})[1]["states"]] == ["tale"]
    expected = complete(first, prompt=" there was", session_id="s")
    # The folder of the states is not a model.
    assert all(".states" not in model["id"] for model in first.get("/v1/models")[1]["data"])
    assert first.stop() == 0

    second = start(models, "--model", "tiny-pth/rwkv4-tiny.pth")
    assert second.post("/v1/internal/state/load", {"name": "tale", "session_id": "t"})[0] == 200
    assert complete(second, prompt=" there was", session_id="t")["choices"] == expected["choices"]
    status, answer = second.post(
        "/v1/internal/state/load", {"name": "tale", "session_id": "u", "model": "rwkv4-tiny-hf"})
    assert status == 400 and answer["error"]["code"] == "state_mismatch", answer
    assert second.post("/v1/internal/state/delete", {"name": "tale"})[0] == 200
    assert second.post("/v1/internal/state/load", {"name": "tale", "session_id": "t"})[0] == 404


def test_sessions_are_bounded(models, start):
    host = start(models, "--model", "tiny-pth/rwkv4-tiny.pth", "--max-sessions", "1")
    complete(host, prompt="a", session_id="one")
    status, answer = host.post("/v1/completions", {"prompt": "a", "max_tokens": 1, "session_id": "two"})
    assert status == 429, answer
    complete(host, prompt="a", session_id="one")


GENERATIONS = ["rwkv5.0-tiny", "rwkv5.1-tiny", "rwkv5.2-tiny", "rwkv6-tiny", "rwkv7-tiny"]


@pytest.mark.parametrize("name", GENERATIONS)
def test_cache_and_saved_states_of_every_generation_survive_a_restart(name, start, tmp_path):
    folder = tmp_path / "models"
    add_byte_model(folder, name)
    other = GENERATIONS[GENERATIONS.index(name) - 1]
    add_byte_model(folder, other)
    flags = ["--model", f"{name}.pth", "--state-cache-dir", str(tmp_path / "cache")]
    first = start(folder, *flags)
    answer = complete(first, prompt=PROMPT)
    complete(first, prompt="Once upon a time", session_id="s")
    assert first.post("/v1/internal/state/save", {"name": "tale", "session_id": "s"})[0] == 200
    expected = complete(first, prompt=" there was", session_id="s")
    wait_for_file(tmp_path / "cache", answer)
    assert first.stop() == 0

    second = start(folder, *flags)
    longer = complete(second, prompt=PROMPT + "And on.")
    assert cached(longer) == len(PROMPT)
    assert cached(complete(second, prompt=PROMPT)) == len(PROMPT)
    assert complete(second, prompt=PROMPT)["choices"] == answer["choices"]
    assert second.post("/v1/internal/state/load", {"name": "tale", "session_id": "t"})[0] == 200
    assert complete(second, prompt=" there was", session_id="t")["choices"] == expected["choices"]
    status, refusal = second.post(
        "/v1/internal/state/load", {"name": "tale", "session_id": "u", "model": f"{other}.pth"})
    assert status == 400 and refusal["error"]["code"] == "state_mismatch", refusal
    assert second.stop() == 0

    uncached = start(folder, "--model", f"{name}.pth", "--state-cache-size", "0")
    fresh = complete(uncached, prompt=PROMPT + "And on.")
    assert cached(fresh) == 0 and fresh["choices"] == longer["choices"]


@pytest.fixture()
def tuned(tmp_path):
    """A small RWKV-7 with a token for each byte, and a tuned state beside it."""
    folder = tmp_path / "models"
    add_byte_model(folder, "rwkv7-tiny")
    (folder / "rwkv7-tiny.pth").rename(folder / "seven.pth")
    add_tuned_state(folder / "tuned.pth")
    return folder


def test_a_tuned_state_for_one_request_and_for_all(tuned, start):
    host = start(tuned, "--model", "seven.pth")
    plain = complete(host, prompt="abc")
    answer = complete(host, prompt="abc", initial_state="tuned.pth")
    assert answer["choices"] != plain["choices"]
    assert cached(answer) == 0
    assert cached(complete(host, prompt="abc", initial_state="tuned.pth")) == 3
    assert complete(host, prompt="abc")["choices"] == plain["choices"]
    for name in ("absent", "../tuned.pth", "seven.pth"):
        status, refusal = host.post("/v1/completions", {"prompt": "abc", "initial_state": name})
        assert status == 400 and refusal["error"]["param"] == "initial_state", refusal

    first = complete(host, prompt="abc", initial_state="tuned.pth", session_id="s")
    assert first["choices"] == answer["choices"]
    status, refusal = host.post(
        "/v1/completions", {"prompt": "abc", "initial_state": "tuned.pth", "session_id": "s"})
    assert status == 400, refusal

    always = start(tuned, "--model", "seven.pth", "--initial-state", "tuned.pth")
    assert complete(always, prompt="abc")["choices"] == answer["choices"]
    loaded = start(tuned, "--model", "seven.pth")
    arguments = {"model_name": "seven.pth", "args": {"initial_state": "tuned.pth"}}
    assert loaded.post("/v1/internal/model/load", arguments)[0] == 200
    assert complete(loaded, prompt="abc")["choices"] == answer["choices"]
    assert loaded.post("/v1/internal/model/load", {"model_name": "seven.pth"})[0] == 200
    assert complete(loaded, prompt="abc")["choices"] == plain["choices"]
