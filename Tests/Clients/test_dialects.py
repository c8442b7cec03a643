"""Tools, Responses and Messages through the official packages, against the demo model, whole and streamed."""

import json

import anthropic
import openai
import pytest

from conftest import ROOT

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["C", "F"]}},
    "required": ["city", "unit"], "additionalProperties": False,
}
CHAT_TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather of a city", "parameters": PARAMETERS}}]
RESPONSE_TOOLS = [{"type": "function", "name": "weather", "description": "The weather", "parameters": PARAMETERS, "strict": True}]
MESSAGE_TOOLS = [{"name": "weather", "description": "The weather of a city", "input_schema": PARAMETERS}]
QUESTION = [{"role": "user", "content": "How is the weather in Ulm?"}]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    from conftest import Host

    host = Host(ROOT / "models", "--model", "demo", cwd=tmp_path_factory.mktemp("demo"))
    yield host
    assert host.stop() == 0, host.log_text()


@pytest.fixture(scope="module")
def client(demo):
    return openai.OpenAI(base_url=demo.url + "/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def claude(demo):
    return anthropic.Anthropic(base_url=demo.url, api_key="none", max_retries=0)


def check(arguments):
    assert set(arguments) == {"city", "unit"} and arguments["unit"] in ("C", "F") and len(arguments["city"]) <= 12


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_forced_call_has_the_schema(client, choice):
    reply = client.chat.completions.create(
        model="demo", messages=QUESTION, tools=CHAT_TOOLS, tool_choice=choice, max_tokens=100, seed=1)
    assert reply.choices[0].finish_reason == "tool_calls"
    (call,) = reply.choices[0].message.tool_calls
    assert call.function.name == "weather" and call.id.startswith("call_")
    check(json.loads(call.function.arguments))


def test_a_streamed_call_is_the_same(client):
    arguments = dict(model="demo", messages=QUESTION, tools=CHAT_TOOLS, tool_choice="required", max_tokens=100, seed=1)
    whole = client.chat.completions.create(**arguments)
    pieces, names = [], []
    for chunk in client.chat.completions.create(stream=True, **arguments):
        for call in chunk.choices[0].delta.tool_calls or []:
            pieces.append(call.function.arguments or "")
            names += [call.function.name] if call.function.name else []
    assert names == ["weather"] and len(pieces) > 2
    assert "".join(pieces) == whole.choices[0].message.tool_calls[0].function.arguments


def test_a_conversation_with_calls_goes_on(client):
    first = client.chat.completions.create(
        model="demo", messages=QUESTION, tools=CHAT_TOOLS, tool_choice="required", max_tokens=100, seed=2)
    call = first.choices[0].message.tool_calls[0]
    history = QUESTION + [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    reply = client.chat.completions.create(model="demo", messages=history, tools=CHAT_TOOLS, tool_choice="none", max_tokens=10)
    assert reply.choices[0].message.tool_calls is None and reply.choices[0].message.content


def test_broken_arguments_in_the_history_are_text(client):
    call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ul'}}
    history = QUESTION + [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": "c", "content": "?"}]
    assert client.chat.completions.create(model="demo", messages=history, tools=CHAT_TOOLS, max_tokens=5).choices


def test_a_response_and_its_stream(client):
    arguments = dict(model="demo", input="How do I add my own model?", max_output_tokens=400, temperature=0)
    whole = client.responses.create(**arguments)
    assert whole.output_text and whole.status == "completed"
    with client.responses.stream(**arguments) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")] == sorted(
        {event.sequence_number for event in events if hasattr(event, "sequence_number")})
    assert final.output_text == whole.output_text


def test_a_response_goes_on_from_a_stored_one(client):
    first = client.responses.create(model="demo", input="Hello", max_output_tokens=10, temperature=0)
    second = client.responses.create(
        model="demo", input="And then?", previous_response_id=first.id, max_output_tokens=10, temperature=0)
    assert second.previous_response_id == first.id and second.usage.input_tokens > first.usage.input_tokens
    assert second.usage.input_tokens_details.cached_tokens > 0
    assert client.responses.retrieve(first.id).output_text == first.output_text
    assert client.responses.input_items.list(first.id).data
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)


def test_a_response_calls(client):
    reply = client.responses.create(
        model="demo", input="Weather in Ulm?", tools=RESPONSE_TOOLS, tool_choice="required", max_output_tokens=100, store=False)
    (call,) = [item for item in reply.output if item.type == "function_call"]
    check(json.loads(call.arguments))
    reply = client.responses.create(model="demo", store=False, max_output_tokens=5, tools=RESPONSE_TOOLS, tool_choice="none", input=[
        {"role": "user", "content": "Weather in Ulm?"}, call.model_dump(),
        {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}])
    assert reply.output_text


def test_a_message_and_its_stream(claude):
    arguments = dict(model="demo", max_tokens=20, extra_body={"temperature": 0}, messages=[{"role": "user", "content": "How do I add my own model?"}])
    whole = claude.messages.create(**arguments)
    assert whole.type == "message" and whole.content[0].type == "text" and whole.usage.output_tokens > 0
    with claude.messages.stream(**arguments) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[0].text and final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens


def test_a_message_calls(claude):
    arguments = dict(
        model="demo", max_tokens=100, messages=QUESTION, tools=MESSAGE_TOOLS, tool_choice={"type": "tool", "name": "weather"})
    whole = claude.messages.create(**arguments)
    (call,) = [block for block in whole.content if block.type == "tool_use"]
    assert whole.stop_reason == "tool_use"
    check(call.input)
    with claude.messages.stream(**arguments) as stream:
        (streamed,) = [block for block in stream.get_final_message().content if block.type == "tool_use"]
    check(streamed.input)
    result = [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}]
    history = QUESTION + [{"role": "assistant", "content": whole.content}, {"role": "user", "content": result}]
    assert claude.messages.create(model="demo", max_tokens=5, messages=history, tools=MESSAGE_TOOLS, tool_choice={"type": "none"}).content


def test_tokens_are_counted(claude):
    assert claude.messages.count_tokens(model="demo", messages=QUESTION).input_tokens > 3


def test_errors_of_both_packages_are_their_own(claude, client):
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(model="demo", max_tokens=5, messages=[{"role": "user", "content": [{"type": "image", "source": {}}]}])
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="demo", input="x", previous_response_id="resp_none")


def test_more_texts_than_the_queue_holds_are_written_all_the_same(start):
    host = start(ROOT / "models", "--model", "demo", "--parallel", "2", "--max-queue", "4")
    status, answer = host.post("/v1/completions", {"prompt": "a", "max_tokens": 2, "n": 8})
    assert status == 200 and len(answer["choices"]) == 8
    assert host.post("/v1/embeddings", {"input": ["a"] * 8})[0] == 200
