"""The official `openai` package as people use it."""

import openai
import pytest

MODEL = "tiny-pth/rwkv4-tiny.pth"


@pytest.fixture(scope="module")
def client(host):
    return openai.OpenAI(base_url=host.url + "/v1", api_key="none", max_retries=0)


def test_models_are_listed_the_loaded_first(client):
    models = client.models.list().data
    assert len(models) == 7
    assert models[0].id == MODEL
    assert client.models.retrieve(MODEL).id == MODEL


def test_completion_and_its_stream_say_the_same(client):
    arguments = dict(model=MODEL, prompt="The quick brown fox", max_tokens=20, temperature=0.9, seed=7)
    whole = client.completions.create(**arguments)
    assert whole.usage.completion_tokens == 20 and whole.usage.prompt_tokens == 5
    assert whole.choices[0].finish_reason == "length" and whole.model == MODEL
    chunks = list(client.completions.create(stream=True, **arguments))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    assert chunks[-1].choices[0].finish_reason == "length"
    assert all(chunk.usage is None for chunk in chunks)


def test_chat_and_its_stream_say_the_same(client):
    arguments = dict(
        model=MODEL, max_tokens=20, temperature=0.9, seed=7,
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    whole = client.chat.completions.create(**arguments)
    assert whole.choices[0].message.role == "assistant"
    chunks = list(client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **arguments))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1])
    assert streamed == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"


def test_chat_logprobs_have_the_shape_of_openai(client):
    reply = client.chat.completions.create(
        model=MODEL, max_tokens=3, logprobs=True, top_logprobs=2, messages=[{"role": "user", "content": "Hello"}])
    entries = reply.choices[0].logprobs.content
    assert len(entries) == reply.usage.completion_tokens
    assert all(entry.logprob <= 0 and len(entry.top_logprobs) == 2 for entry in entries)


def test_several_choices_and_prompts(client):
    reply = client.completions.create(model=MODEL, prompt=["One", "Two"], n=2, max_tokens=3, seed=1)
    assert [choice.index for choice in reply.choices] == [0, 1, 2, 3]


def test_errors_are_the_clients_own_and_name_the_parameter(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model=MODEL, prompt="x", temperature=-1)
    assert caught.value.param == "temperature"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=[])
    assert caught.value.param == "messages"
