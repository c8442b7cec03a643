"""litellm, which wants an older openai and so has an environment of its own: .ci/run gives it one."""

import json

import pytest

litellm = pytest.importorskip("litellm", reason="litellm is not in this environment")

from conftest import ROOT, Host  # noqa: E402

QUESTION = [{"role": "user", "content": "How is the weather in Ulm?"}]
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather of a city", "parameters": {
    "type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"], "additionalProperties": False}}}]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    host = Host(ROOT / "models", "--model", "demo", "--max-prompt-tokens", "4096", cwd=tmp_path_factory.mktemp("litellm"))
    yield host
    assert host.stop() == 0, host.log_text()


@pytest.fixture(scope="module")
def openai_like(demo):
    return dict(model="openai/demo", api_base=demo.url + "/v1", api_key="none", max_tokens=60, num_retries=0)


def test_it_completes_and_streams(openai_like):
    assert litellm.completion(messages=QUESTION, **openai_like).choices[0].message.content
    chunks = list(litellm.completion(messages=QUESTION, stream=True, stream_options={"include_usage": True}, **openai_like))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert chunks[-1].usage.completion_tokens > 0


@pytest.mark.parametrize("stream", [False, True])
def test_it_calls_tools(openai_like, stream):
    reply = litellm.completion(messages=QUESTION, tools=TOOLS, tool_choice="required", stream=stream, **openai_like)
    if stream:
        reply = litellm.stream_chunk_builder(list(reply))
    (call,) = reply.choices[0].message.tool_calls
    assert call.function.name == "weather" and set(json.loads(call.function.arguments)) == {"city"}


@pytest.mark.parametrize("stream", [False, True])
def test_it_speaks_messages(demo, stream):
    reply = litellm.completion(
        model="anthropic/demo", api_base=demo.url, api_key="none", messages=QUESTION, max_tokens=40, stream=stream, num_retries=0)
    text = "".join(c.choices[0].delta.content or "" for c in reply) if stream else reply.choices[0].message.content
    assert text


@pytest.mark.parametrize("stream", [False, True])
def test_it_speaks_responses(demo, stream):
    reply = litellm.responses(
        model="openai/demo", api_base=demo.url + "/v1", api_key="none", input="How is the weather in Ulm?", max_output_tokens=40,
        stream=stream)
    if stream:
        kinds = [event.type for event in reply]
        assert kinds[-1] in ("response.completed", "response.incomplete") and "response.output_text.delta" in kinds
    else:
        assert reply.output


def test_it_knows_a_prompt_that_is_too_long(openai_like):
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.completion(messages=[{"role": "user", "content": "word " * 20000}], **openai_like)
