"""Requests in the shape in which agents and chat programs send them, field by field; the words in them are our own."""

import json
import urllib.request

import pytest

from conftest import ROOT, Host

CITY = {
    "type": "object", "properties": {"city": {"type": "string", "maxLength": 12}}, "required": ["city"], "additionalProperties": False}
FUNCTION = {"name": "weather", "description": "The weather of a city", "parameters": CITY}
CHAT_TOOL = {"type": "function", "function": FUNCTION}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Ulm"}'}}
# A whole turn with a tool, as agents send it again with every step.
AGENT_TURN = [
    {"role": "system", "content": "You help with a small project."},
    {"role": "user", "content": [{"type": "text", "text": "How is the weather in Ulm?"}]},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "rain"}]},
]

CHAT_BODIES = {
    "cline, native tools": {
        "model": "demo", "messages": AGENT_TURN, "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
        "tools": [CHAT_TOOL], "tool_choice": "auto", "parallel_tool_calls": False, "max_tokens": 40},
    "continue, agent": {
        "messages": AGENT_TURN, "model": "demo", "max_tokens": 40, "stream": True, "tools": [CHAT_TOOL], "parallel_tool_calls": False,
        "stop": ["```"], "stream_options": {"include_usage": True}},
    "open webui, native tools": {
        "stream": True, "model": "demo", "messages": AGENT_TURN, "tools": [{"type": "function", "function": {**FUNCTION, "strict": False}}],
        "stream_options": {"include_usage": True}, "max_tokens": 40, "user": {"name": "Ann", "id": "1", "role": "user"},
        "chat_id": "c-1", "session_id": "s-1", "metadata": {"features": {"web_search": False}}, "files": None, "reasoning_effort": "low"},
    "librechat, chat": {
        "model": "demo", "messages": AGENT_TURN, "stream": True, "user": "0123456789abcdef", "temperature": 1, "top_p": 1,
        "presence_penalty": 0, "frequency_penalty": 0, "tools": [CHAT_TOOL], "max_tokens": 40, "stream_options": {"include_usage": True}},
    "librechat, a title by a function": {
        "model": "demo", "messages": [{"role": "user", "content": "A title for this talk, please."}], "temperature": 0.2,
        "tools": [{"type": "function", "function": {"name": "title", "parameters": {
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": False,
            "properties": {"title": {"type": "string", "maxLength": 20}}, "required": ["title"]}}}],
        "tool_choice": {"type": "function", "function": {"name": "title"}}, "max_tokens": 60},
    "n8n, agent": {
        "model": "demo", "temperature": 0.7, "top_p": 1, "frequency_penalty": 0, "presence_penalty": 0, "n": 1, "logit_bias": None,
        "stop": None, "stream": False, "messages": AGENT_TURN, "tools": [CHAT_TOOL], "tool_choice": "auto", "max_tokens": 40,
        "response_format": None, "seed": None, "user": None, "functions": None, "function_call": None},
}

CODEX = {
    "model": "demo", "instructions": "You are a careful programmer.",
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "The sandbox may not be left."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How is the weather in Ulm?"}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Ask the tool."}], "content": None, "encrypted_content": None},
        {"type": "function_call", "name": "weather", "arguments": '{"city":"Ulm"}', "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
    ],
    "tools": [
        {"type": "function", "strict": False, **FUNCTION}, {"type": "web_search", "external_web_access": False},
        {"type": "namespace", "name": "docs", "tools": []}, {"type": "image_generation", "output_format": "png"},
        {"type": "custom", "name": "patch", "description": "Changes files", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /./"}},
    ],
    "tool_choice": "auto", "parallel_tool_calls": True, "reasoning": {"effort": "medium", "summary": "auto"}, "store": False,
    "stream": True, "include": ["reasoning.encrypted_content"], "prompt_cache_key": "0199-talk",
    "client_metadata": {"installation": "0199-install"},
}

CLAUDE_CODE = {
    "model": "demo", "max_tokens": 60, "stream": True,
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=%s;"},
        {"type": "text", "text": "You are a careful programmer.", "cache_control": {"type": "ephemeral"}},
    ],
    "messages": [
        {"role": "user", "content": [
            {"type": "text", "text": "<note>The folder is empty.</note>"},
            {"type": "text", "text": "How is the weather in Ulm?", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Ask the tool.", "signature": "c2ln"},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Ulm"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "rain"}], "is_error": False}]},
        {"role": "system", "content": "The mode is now: plan."},
        {"role": "user", "content": "And tomorrow?"},
    ],
    "tools": [{"name": "weather", "description": "The weather of a city", "input_schema": {**CITY, "$schema": "https://json-schema.org/draft/2020-12/schema"}}],
    "metadata": {"user_id": "user_1_session_2"}, "thinking": {"type": "enabled", "budget_tokens": 31999},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}, "temperature": 1,
}

SILLYTAVERN = {
    "prompt": "Ann's talk with Bob.\n\nAnn: How are you?\nBob:", "model": "demo", "max_new_tokens": 30, "max_tokens": 30, "logprobs": 0,
    "temperature": 1, "top_p": 1, "typical_p": 1, "typical": 1, "sampler_seed": -1, "min_p": 0.1, "repetition_penalty": 1,
    "frequency_penalty": 0, "presence_penalty": 0, "top_k": 0, "skew": 0, "min_tokens": 0, "length_penalty": 1, "early_stopping": False,
    "add_bos_token": True, "dynamic_temperature": False, "dynatemp_low": 1, "dynatemp_high": 1, "dynatemp_range": 0,
    "dynatemp_exponent": 1, "smoothing_factor": 0, "smoothing_curve": 1, "dry_allowed_length": 2, "dry_multiplier": 0, "dry_base": 1.75,
    "dry_sequence_breakers": '["\\n",":","\\"","*"]', "dry_penalty_last_n": 0, "max_tokens_second": 0,
    "sampler_priority": ["repetition_penalty", "presence_penalty", "frequency_penalty", "dry", "temperature", "dynamic_temperature",
                         "quadratic_sampling", "top_n_sigma", "top_k", "top_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "tfs",
                         "top_a", "min_p", "mirostat", "xtc", "encoder_repetition_penalty", "no_repeat_ngram"],
    "samplers": ["dry", "top_k", "tfs_z", "typical_p", "top_p", "min_p", "xtc", "temperature"],
    "stopping_strings": ["\nAnn:"], "stop": ["\nAnn:"], "truncation_length": 2048, "ban_eos_token": False, "skip_special_tokens": True,
    "include_reasoning": True, "top_a": 0, "tfs": 1, "mirostat_mode": 0, "mirostat_tau": 5, "mirostat_eta": 0.1,
    "custom_token_bans": "", "banned_strings": [], "api_type": "ooba", "api_server": "http://127.0.0.1:7860/", "guidance_scale": 1,
    "negative_prompt": "", "grammar_string": "", "repetition_penalty_range": 0, "encoder_repetition_penalty": 1,
    "no_repeat_ngram_size": 0, "penalty_alpha": 0, "temperature_last": True, "do_sample": True, "seed": -1, "xtc_threshold": 0.1,
    "xtc_probability": 0, "nsigma": 0, "top_n_sigma": 0, "adaptive_target": -0.01, "adaptive_decay": 0.9, "epsilon_cutoff": 0,
    "eta_cutoff": 0, "num_beams": 1, "rep_pen": 1, "rep_pen_range": 0, "repetition_penalty_slope": 1, "legacy_api": False, "n": 1,
    "ignore_eos": False, "spaces_between_special_tokens": True, "speculative_ngram": False, "json_schema": {}, "stream": True,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    host = Host(ROOT / "models", "--model", "demo", cwd=tmp_path_factory.mktemp("recorded"))
    yield host
    assert host.stop() == 0, host.log_text()


def events(host, path, body, **headers):
    request = urllib.request.Request(
        host.url + path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=60) as reply:
        data = [line[6:] for line in reply.read().decode().split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in data if line != "[DONE]"]


@pytest.mark.parametrize("name", CHAT_BODIES)
@pytest.mark.parametrize("stream", [True, False])
def test_chat_programs_get_their_turn(demo, name, stream):
    body = {**CHAT_BODIES[name], "stream": stream}
    if not stream:
        body.pop("stream_options", None)
        status, reply = demo.post("/v1/chat/completions", body)
        assert status == 200, reply
        message = reply["choices"][0]["message"]
        assert message["content"] or message["tool_calls"]
        return
    chunks = events(demo, "/v1/chat/completions", body)
    finishes = [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]]
    assert finishes[-1] in ("stop", "length", "tool_calls") and set(finishes[:-1]) == {None}
    assert bool(chunks[-1].get("usage")) == ("stream_options" in body)


def test_a_title_by_a_function_is_one(demo):
    status, reply = demo.post("/v1/chat/completions", CHAT_BODIES["librechat, a title by a function"])
    (call,) = reply["choices"][0]["message"]["tool_calls"]
    assert status == 200 and set(json.loads(call["function"]["arguments"])) == {"title"}


def test_codex_gets_strict_events(demo):
    received = events(demo, "/v1/responses", {**CODEX, "input": CODEX["input"]}, **{"originator": "codex_exec"})
    assert [e["sequence_number"] for e in received] == list(range(len(received)))
    kinds = [e["type"] for e in received]
    assert kinds[0] == "response.created" and kinds[-1] in ("response.completed", "response.incomplete")
    assert received[-1]["response"]["output"]
    known = {"response.created", "response.in_progress", "response.output_item.added", "response.output_item.done",
             "response.content_part.added", "response.content_part.done", "response.output_text.delta", "response.output_text.done",
             "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.reasoning_text.delta",
             "response.reasoning_text.done", "response.reasoning_summary_part.added", "response.reasoning_summary_part.done",
             "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "response.completed", "response.incomplete"}
    assert set(kinds) <= known, set(kinds) - known


def claude_body(number):
    body = json.loads(json.dumps(CLAUDE_CODE))
    body["system"][0]["text"] %= number
    return body


def test_claude_code_gets_its_events_and_the_billing_line_spoils_no_cache(demo):
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14", "x-api-key": "none"}
    first, second = (events(demo, "/v1/messages?beta=true", claude_body(number), **headers) for number in ("0a1b2", "c3d4e"))
    kinds = [e["type"] for e in first]
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop" and "content_block_delta" in kinds
    def cached(received):
        usage = [e["message"]["usage"] if e["type"] == "message_start" else e["usage"] for e in received if e["type"] in ("message_start", "message_delta")]
        return max(u.get("cache_read_input_tokens") or 0 for u in usage)
    assert cached(second) > cached(first)
    count = {k: v for k, v in claude_body("0a1b2").items() if k not in ("max_tokens", "stream", "metadata", "temperature")}
    status, reply = demo.request("POST", "/v1/messages/count_tokens?beta=true", count)
    assert status == 200 and reply["input_tokens"] > 10


@pytest.mark.parametrize("stream", [True, False])
def test_sillytavern_at_its_defaults_gets_a_text(demo, stream):
    assert demo.get("/v1/models")[1]["data"][0]["id"] == "demo"
    assert demo.get("/v1/internal/model/info")[1]["model_name"] == "demo"
    assert demo.post("/v1/internal/encode", {"text": SILLYTAVERN["prompt"]})[1]["length"] > 5
    if stream:
        assert "".join(e["choices"][0]["text"] for e in events(demo, "/v1/completions", SILLYTAVERN))
    else:
        status, reply = demo.post("/v1/completions", {**SILLYTAVERN, "stream": False})
        assert status == 200 and reply["choices"][0]["text"]
