"""langchain-openai, llm and websockets against the demo model, streaming and not."""

import json
import os
import pathlib
import subprocess
import sys
from typing import Annotated

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI
from pydantic import BaseModel, Field

from conftest import ROOT, Host

QUESTION = "How is the weather in Ulm?"


class Place(BaseModel):
    """A place on a map."""

    city: str = Field(max_length=12)


@tool
def weather(city: Annotated[str, Field(max_length=12)]) -> str:
    """The weather of a city."""
    return f"rain in {city}"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    host = Host(ROOT / "models", "--model", "demo", cwd=tmp_path_factory.mktemp("frameworks"))
    yield host
    assert host.stop() == 0, host.log_text()


@pytest.fixture(scope="module")
def chat(demo):
    return ChatOpenAI(base_url=demo.url + "/v1", api_key="none", model="demo", max_tokens=60, max_retries=0, seed=1, temperature=0.5)


def test_langchain_asks_and_streams(chat):
    whole = chat.invoke(QUESTION)
    assert whole.content and whole.usage_metadata["output_tokens"] > 0
    assert "".join(chunk.content for chunk in chat.stream(QUESTION)) == whole.content
    assert len(chat.batch([QUESTION] * 4)) == 4


@pytest.mark.parametrize("choice", ["any", "weather"])
def test_langchain_binds_tools(chat, choice):
    bound = chat.bind_tools([weather], tool_choice=choice)
    (call,) = bound.invoke(QUESTION).tool_calls
    assert call["name"] == "weather" and set(call["args"]) == {"city"}
    pieces = list(bound.stream(QUESTION))
    total = sum(pieces[1:], pieces[0])
    assert total.tool_calls[0]["name"] == "weather" and set(total.tool_calls[0]["args"]) == {"city"}


def test_langchain_goes_on_after_a_tool(chat):
    call = AIMessage(content="", tool_calls=[{"name": "weather", "args": {"city": "Ulm"}, "id": "call_1"}])
    reply = chat.bind_tools([weather]).invoke([HumanMessage(QUESTION), call, ToolMessage("rain", tool_call_id="call_1")])
    assert reply.content or reply.tool_calls


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_langchain_gets_objects(chat, method):
    place = chat.with_structured_output(Place, method=method).invoke(QUESTION)
    assert isinstance(place, Place) and len(place.city) <= 12


def test_langchain_speaks_responses(chat, demo):
    responses = ChatOpenAI(
        base_url=demo.url + "/v1", api_key="none", model="demo", max_tokens=60, max_retries=0, use_responses_api=True, temperature=0.5)
    assert responses.invoke(QUESTION).text
    assert "".join(chunk.text for chunk in responses.stream(QUESTION))
    (call,) = responses.bind_tools([weather], tool_choice="any").invoke(QUESTION).tool_calls
    assert call["name"] == "weather"


def test_langchain_completes(demo):
    plain = OpenAI(base_url=demo.url + "/v1", api_key="none", model="demo", max_tokens=20, max_retries=0, n=2, best_of=2)
    assert len(plain.generate(["Once upon a time"]).generations[0]) == 2
    assert "".join(OpenAI(base_url=demo.url + "/v1", api_key="none", model="demo", max_tokens=20).stream("Once upon a time"))


@pytest.fixture(scope="module")
def llm(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("llm")
    common = f"model_name: demo\n  api_base: {demo.url}/v1\n"
    (folder / "extra-openai-models.yaml").write_text(
        f"- model_id: host\n  {common}  supports_tools: true\n  supports_schema: true\n- model_id: plain\n  {common}  completion: true\n")

    def run(*arguments):
        program = pathlib.Path(sys.executable).with_name("llm")
        ended = subprocess.run(
            [str(program), *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
            env={**os.environ, "LLM_USER_PATH": str(folder), "OPENAI_API_KEY": "none"})
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.mark.parametrize("flags", [[], ["--no-stream"]])
def test_llm_chats(llm, flags):
    assert llm("-m", "host", QUESTION, "-o", "max_tokens", "30", *flags).strip()
    assert llm("-m", "plain", "Once upon a time", "-o", "max_tokens", "30", *flags).strip()


def test_llm_offers_a_tool_and_asks_for_a_form(llm):
    assert llm("-m", "host", QUESTION, "-T", "llm_version", "-o", "max_tokens", "30").strip()
    assert set(json.loads(llm("-m", "host", QUESTION, "--schema", "ok bool", "-o", "max_tokens", "60"))) == {"ok"}


def test_websockets_gets_one_text_after_the_other(demo):
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{demo.port}/api/v1/stream") as channel:
        for _ in range(2):
            channel.send(json.dumps({"prompt": "Once upon a time", "max_new_tokens": 8, "seed": 1}))
            events = []
            while not events or events[-1]["event"] != "stream_end":
                events.append(json.loads(channel.recv(30)))
            assert [e["message_num"] for e in events] == list(range(len(events)))
            assert "".join(e["text"] for e in events[:-1])


def test_websockets_watches_a_chat_grow(demo):
    from websockets.sync.client import connect

    request = {"user_input": "Hello", "history": {"internal": [], "visible": []}, "character": "None", "max_new_tokens": 8, "seed": 1}
    with connect(f"ws://127.0.0.1:{demo.port}/api/v1/chat-stream") as channel:
        for _ in range(2):
            channel.send(json.dumps(request))
            events = []
            while not events or events[-1]["event"] != "stream_end":
                events.append(json.loads(channel.recv(30)))
            replies = [e["history"]["visible"][-1][1] for e in events[:-1]]
            assert all(later.startswith(earlier) for earlier, later in zip(replies, replies[1:]))
            request |= {"user_input": "", "_continue": True, "history": events[-2]["history"]}
        assert len(events[-2]["history"]["internal"]) == 1


def test_openai_talks_to_a_character(demo):
    from openai import OpenAI

    client = OpenAI(base_url=demo.url + "/v1", api_key="none")
    who = {"mode": "chat-instruct", "name2": "Bot", "context": "{{char}} is friendly.", "instruction_template": "RWKV-Raven"}
    messages = [{"role": "user", "content": "Hi"}]
    answer = client.chat.completions.create(model="demo", messages=messages, max_tokens=8, seed=1, extra_body=who)
    assert answer.choices[0].message.content
    pieces = client.chat.completions.create(model="demo", messages=messages, max_tokens=8, seed=1, stream=True, extra_body=who)
    assert "".join(c.choices[0].delta.content or "" for c in pieces) == answer.choices[0].message.content
