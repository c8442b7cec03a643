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


OPENINGS = [(True, " <think"), (False, " <think>\n</think"), (None, "")]


def body(thinks, **fields):
    return {"messages": MESSAGES, "temperature": 0} | fields | ({} if thinks is None else {"enable_thinking": thinks})


def whole_and_streamed(host, body):
    """Content, thought and reason of an answer, asked for in both ways."""
    status, answer = host.post("/v1/chat/completions", body)
    assert status == 200, answer
    choice = answer["choices"][0]
    yield choice["message"]["content"], choice["message"].get("reasoning_content", ""), choice["finish_reason"]

    request = urllib.request.Request(
        host.url + "/v1/chat/completions", json.dumps(body | {"stream": True}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        lines = [line[6:] for line in reply.read().decode().split("\n\n") if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    choices = [json.loads(line)["choices"][0] for line in lines]
    joined = ("".join(c["delta"].get(key) or "" for c in choices) for key in ("content", "reasoning_content"))
    yield (*joined, choices[-1]["finish_reason"])


@pytest.mark.parametrize("thinks, opening", OPENINGS)
def test_a_thought_comes_apart_from_the_answer(thinker, thinks, opening):
    # The weights are random; a bias has them write nothing but the sign that ends a tag.
    request = body(thinks, max_tokens=4, logit_bias={str(ord(">") + 1): 100})
    assert thinker.post("/v1/internal/chat-prompt", request)[1]["prompt"] == "User: Hi\n\nAssistant:" + opening
    content, thought = {True: ("", ">>>"), False: (">>>", ""), None: (">>>>", "")}[thinks]
    for answer in whole_and_streamed(thinker, request):
        assert answer == (content, thought, "length")


@pytest.mark.parametrize("thinks", [True, False, None])
def test_an_answer_with_a_form_has_no_thought(thinker, thinks):
    request = body(thinks, grammar_string='root ::= "{\\"a\\":1}"')
    opening = "" if thinks is None else " <think>\n</think>\n"
    assert thinker.post("/v1/internal/chat-prompt", request)[1]["prompt"] == "User: Hi\n\nAssistant:" + opening
    for answer in whole_and_streamed(thinker, request):
        assert answer == ('{"a":1}', "", "stop")
