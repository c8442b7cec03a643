"""A small RWKV-7 under a name of G1's: prompts with and without thinking, and the thought apart from the answer."""

import json
import urllib.request

import pytest
from test_states import add_byte_model

MESSAGES = [{"role": "user", "content": "Hi"}]


@pytest.fixture()
def thinker(start, tmp_path):
    folder = tmp_path / "models"
    add_byte_model(folder, "rwkv7-tiny")
    (folder / "rwkv7-tiny.pth").rename(folder / "rwkv7-g1-tiny.pth")
    return start(folder, "--model", "rwkv7-g1-tiny.pth")


def says(text):
    """The weights are random; a grammar has them say this and then end the text."""
    return {"messages": MESSAGES, "temperature": 0, "grammar_string": f"root ::= {json.dumps(text)}"}


@pytest.mark.parametrize("fields, prompt, text, thought", [
    ({"enable_thinking": True}, "User: Hi\n\nAssistant: <think", ">\nA greeting.\n</think>\nHello!", "A greeting."),
    ({"enable_thinking": False}, "User: Hi\n\nAssistant: <think>\n</think", ">\nHello!", None),
    ({}, "User: Hi\n\nAssistant:", " Hello!", None),
])
def test_a_thought_comes_apart_from_the_answer(thinker, fields, prompt, text, thought):
    body = says(text) | fields
    assert thinker.post("/v1/internal/chat-prompt", body)[1]["prompt"] == prompt
    status, answer = thinker.post("/v1/chat/completions", body)
    assert status == 200, answer
    choice = answer["choices"][0]
    assert choice["message"]["content"] == "Hello!" and choice["message"].get("reasoning_content") == thought
    assert choice["finish_reason"] == "stop"
    assert answer["usage"]["prompt_tokens"] == len(prompt)

    request = urllib.request.Request(
        thinker.url + "/v1/chat/completions", json.dumps(body | {"stream": True}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        lines = [line[6:] for line in reply.read().decode().split("\n\n") if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    choices = [json.loads(line)["choices"][0] for line in lines]
    joined = {key: "".join(c["delta"].get(key) or "" for c in choices) for key in ("content", "reasoning_content")}
    assert joined == {"content": "Hello!", "reasoning_content": thought or ""}
    assert choices[-1]["finish_reason"] == "stop"
