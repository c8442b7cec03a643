"""Answers in a form: what a model that knows nothing writes must still parse and fit."""

import json
import re
import time

import openai
import pytest

MODEL = "tiny-pth/rwkv4-tiny.pth"
MESSAGES = [{"role": "user", "content": "Tell me about somebody."}]
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "age": {"type": "integer", "minimum": 0, "maximum": 130},
        "kind": {"enum": ["cat", "dog"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]{1,6}$"}, "maxItems": 3},
        "parent": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
    },
    "required": ["name", "age", "kind", "tags", "parent"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def client(host):
    return openai.OpenAI(base_url=host.url + "/v1", api_key="none", max_retries=0)


@pytest.mark.parametrize("seed", range(3))
def test_strict_schema(client, seed):
    arguments = dict(
        model=MODEL, messages=MESSAGES, max_tokens=400, temperature=1, seed=seed,
        response_format={"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}})
    reply = client.chat.completions.create(**arguments)
    assert reply.choices[0].finish_reason == "stop"
    value = json.loads(reply.choices[0].message.content)
    assert list(value) == list(SCHEMA["properties"])
    assert len(value["name"]) <= 12 and 0 <= value["age"] <= 130 and value["kind"] in ("cat", "dog")
    assert len(value["tags"]) <= 3 and all(re.fullmatch("[a-z]{1,6}", tag) for tag in value["tags"])
    assert value["parent"] in (None, True, False)
    chunks = client.chat.completions.create(stream=True, **arguments)
    assert json.loads("".join(chunk.choices[0].delta.content or "" for chunk in chunks)) == value


def test_any_object_begins_and_never_leaves_json(client):
    reply = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=200, temperature=0, response_format={"type": "json_object"})
    text = reply.choices[0].message.content
    assert text.startswith("{")
    if reply.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(text), dict)


def test_grammar_and_regex(host):
    body = {"model": MODEL, "prompt": "Answer:", "max_tokens": 60, "temperature": 1, "seed": 5}
    status, reply = host.post("/v1/completions", body | {"grammar_string": 'root ::= ("ja" | "nein") [.!]'})
    assert status == 200 and reply["choices"][0]["text"] in ("ja.", "ja!", "nein.", "nein!")
    status, reply = host.post("/v1/completions", body | {"guided_regex": r"\d{3}-[α-ω]{4}"})
    assert status == 200 and re.fullmatch(r"\d{3}-[α-ω]{4}", reply["choices"][0]["text"])


@pytest.mark.parametrize("fields, param", [
    ({"grammar_string": "root ::= " + "(" * 60000}, "grammar_string"),
    ({"grammar_string": 'root ::= root "a" | "b"'}, "grammar_string"),
    ({"grammar_string": 'root ::= "a"{1,100000}'}, "grammar_string"),
    ({"regex": "(a"}, "regex"),
    ({"response_format": {"type": "yaml"}}, "response_format"),
    ({"json_schema": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}}, "json_schema"),
    ({"json_schema": {"type": "string", "not": {}}}, "json_schema"),
])
def test_bad_forms_are_refused_at_once(host, fields, param):
    start = time.monotonic()
    status, reply = host.post("/v1/completions", {"model": MODEL, "prompt": "x", "max_tokens": 5} | fields)
    assert status == 400 and reply["error"]["param"] == param and reply["error"]["type"] == "invalid_request_error"
    # A tenth of a second of work; the rest is for a busy machine.
    assert time.monotonic() - start < 5
