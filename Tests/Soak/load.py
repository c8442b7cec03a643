"""The kinds of load of the soak; each runs one conversation and checks what it gets."""

import dataclasses
import json
import re
import struct
import time
import typing

from host import WebSocket, events, parse, receive_all, request

PROMPTS = ["Once upon a time", "How do I add my own model?", "The", "A long day: " + "the quick brown fox " * 30]
WORDS = "red blue green old new small large quiet loud river stone bird tree house road light".split()


class Wrong(Exception):
    """An answer that is not right."""


class Busy(Exception):
    """The host says: later. Right now and then."""


class Expected:
    """What texts and vectors are before the load; they must stay so under it and after it."""

    def __init__(self, host):
        self.texts = {}
        for prompt in PROMPTS:
            for tokens in (8, 40):
                self.texts[prompt, tokens] = self.ask_text(host, prompt, tokens)
        self.chat = self.ask_chat(host)
        self.vector = self.ask_vector(host)

    def ask_text(self, host, prompt, tokens):
        answer = whole(*host.post("/v1/completions", greedy(prompt, tokens)))
        return answer["choices"][0]["text"]

    def ask_chat(self, host):
        answer = whole(*host.post("/v1/chat/completions", CHAT))
        return answer["choices"][0]["message"]["content"]

    def ask_vector(self, host):
        answer = whole(*host.post("/v1/embeddings", {"input": ["a text", "another"]}))
        return [entry["embedding"] for entry in answer["data"]]

    def check(self, host):
        """Asks for everything once more."""
        again = Expected(host)
        same(again.texts, self.texts, "the texts")
        same(again.chat, self.chat, "the chat")
        same(again.vector, self.vector, "the embeddings")


@dataclasses.dataclass
class Client:
    host: typing.Any
    expected: Expected


def greedy(prompt, tokens, **fields):
    return {"prompt": prompt, "max_tokens": tokens, "temperature": 0, "ban_eos_token": True, **fields}


CHAT = {"messages": [{"role": "user", "content": "How do I add my own model?"}], "max_tokens": 30, "temperature": 0}


def same(found, wanted, what):
    if found != wanted:
        raise Wrong(f"{what}: {str(found)[:200]!r}, expected {str(wanted)[:200]!r}")


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def whole(status, body, wanted=(200,)):
    """The JSON of an answer with an expected status."""
    if status in (429, 503) and status not in wanted:
        raise Busy()
    expect(status in wanted, f"status {status}, expected {wanted}: {body[:300]!r}")
    return json.loads(body)


def stream(status, body):
    """The chunks of a stream that ended well."""
    if status in (429, 503):
        raise Busy()
    expect(status == 200, f"status {status}: {body[:300]!r}")
    data = events(body)
    expect(data and data[-1] == "[DONE]", f"a stream does not end with [DONE] but with {body[-200:]!r}")
    return [json.loads(piece) for piece in data[:-1]]


def unique(chance):
    return " ".join(chance.choices(WORDS, k=chance.randrange(3, 40))) + f" {chance.random()}"


# The kinds.


def text(client, chance):
    (prompt, tokens), wanted = chance.choice(sorted(client.expected.texts.items()))
    answer = whole(*client.host.post("/v1/completions", greedy(prompt, tokens)))
    same(answer["choices"][0]["text"], wanted, "a greedy text")
    same(answer["usage"]["completion_tokens"], tokens, "its length")


def streamed_text(client, chance):
    (prompt, tokens), wanted = chance.choice(sorted(client.expected.texts.items()))
    body = greedy(prompt, tokens, stream=True, stream_options={"include_usage": True})
    chunks = stream(*client.host.post("/v1/completions", body))
    same("".join(c["choices"][0]["text"] for c in chunks if c["choices"]), wanted, "a streamed text")
    same(chunks[-1]["usage"]["completion_tokens"], tokens, "its length")


def chat(client, chance):
    if chance.random() < 0.5:
        content = whole(*client.host.post("/v1/chat/completions", CHAT))["choices"][0]["message"]["content"]
    else:
        chunks = stream(*client.host.post("/v1/chat/completions", CHAT | {"stream": True}))
        content = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    same(content, client.expected.chat, "a chat answer")


def unique_logprobs(client, chance):
    count = chance.randrange(1, 30)
    answer = whole(*client.host.post("/v1/completions", {
        "prompt": unique(chance), "max_tokens": count, "logprobs": 5, "ban_eos_token": True, "seed": chance.randrange(1000)}))
    table = answer["choices"][0]["logprobs"]
    same(len(table["tokens"]), count, "the number of tokens with logprobs")
    expect(all(value <= 1e-5 for value in table["token_logprobs"]), "a probability above 1")
    same("".join(table["tokens"]), answer["choices"][0]["text"], "the tokens together") if all(
        not token.startswith("bytes:") for token in table["tokens"]) else None


def seeded(client, chance):
    body = {"prompt": unique(chance), "max_tokens": 20, "seed": 5, "temperature": 1.1, "top_p": 0.9, "ban_eos_token": True}
    first = whole(*client.host.post("/v1/completions", body))["choices"][0]["text"]
    second = "".join(c["choices"][0]["text"] for c in stream(*client.host.post("/v1/completions", body | {"stream": True})) if c["choices"])
    same(second, first, "the same seed once more")


def choices(client, chance):
    answer = whole(*client.host.post("/v1/completions", {
        "prompt": unique(chance), "max_tokens": 60, "n": 3, "regex": "[a-z]{3,8}( [a-z]{2,5}){0,3}"}))
    for choice in answer["choices"]:
        if choice["finish_reason"] == "stop":
            expect(re.fullmatch("[a-z]{3,8}( [a-z]{2,5}){0,3}", choice["text"]), f"a text does not match: {choice['text']!r}")


def embeddings(client, chance):
    answer = whole(*client.host.post("/v1/embeddings", {"input": ["a text", "another"]}))
    for found, wanted in zip([entry["embedding"] for entry in answer["data"]], client.expected.vector, strict=True):
        expect(all(abs(a - b) < 1e-4 for a, b in zip(found, wanted, strict=True)), "an embedding has changed")


def tokens(client, chance):
    words = unique(chance)
    ids = whole(*client.host.post("/v1/internal/encode", {"text": words}))["tokens"]
    same(whole(*client.host.post("/v1/internal/decode", {"tokens": ids}))["text"], words, "encoded and decoded")


def session(client, chance):
    name = f"s{chance.randrange(8)}"
    status, body = client.host.post("/v1/completions", greedy(unique(chance), 5, session_id=name))
    # A session takes one text at a time.
    if status != 409:
        whole(status, body)
    # A switch of models may have closed it in between.
    status, body = client.host.post("/v1/internal/state/save", {"name": f"kept-{chance.randrange(4)}", "session_id": name})
    whole(status, body, (200, 400, 404, 409))
    if chance.random() < 0.5:
        status, body = client.host.post(
            "/v1/internal/state/load", {"name": f"kept-{chance.randrange(4)}", "session_id": f"t{chance.randrange(4)}"})
        whole(status, body, (200, 400, 404, 409))
    if chance.random() < 0.1:
        whole(*client.host.post("/v1/internal/state/delete", {"name": f"kept-{chance.randrange(4)}"}), (200, 400, 404))


def switch(client, chance):
    name = chance.choice("ab")
    if chance.random() < 0.5:
        status, body = client.host.post("/v1/internal/model/load", {"model_name": name})
        # Another client may have wished for the other one in between.
        whole(status, body, (200, 503))
    else:
        answer = whole(*client.host.post("/v1/completions", greedy(PROMPTS[0], 8, model=name)))
        same(answer["choices"][0]["text"], client.expected.texts[PROMPTS[0], 8], "a text of the model named")


def listing(client, chance):
    path = chance.choice(["/v1/models", "/v1/internal/model/info", "/health", "/", "/api/v1/model"])
    status, _ = client.host.get(path)
    same(status, 200, f"the status of {path}")


def bad_request(client, chance):
    path, body, wanted = chance.choice([
        ("/v1/completions", b'{"prompt": "a"', 400), ("/v1/completions", b"\xff\xfe", 400), ("/v1/completions", b"[" * 500, 400),
        ("/v1/completions", {"prompt": "a", "max_tokens": "x"}, 400), ("/v1/completions", {"prompt": "a", "temperature": -1}, 400),
        ("/v1/chat/completions", {"messages": []}, 400), ("/v1/embeddings", {"input": 5}, 400), ("/v1/none", {}, 404),
        ("/v1/completions", {"prompt": "a", "regex": "("}, 400), ("/v1/completions", {"prompt": "a", "grammar_string": "x"}, 400),
        ("/v1/internal/model/load", {"model_name": "../a"}, 400)])
    status, answer = client.host.post(path, body)
    whole(status, answer, (wanted,))
    if chance.random() < 0.3:
        status, answer = client.host.ask("POST", "/v1/completions", b'{"prompt": "a"}', content_type="text/plain")
        whole(status, answer, (415,))


def garbage(client, chance):
    """Bytes that are not HTTP are answered 400 or cut, never anything else."""
    with client.host.connect(10) as connection:
        connection.sendall(chance.choice([b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"]))
        connection.shutdown(1)
        try:
            data = receive_all(connection, 10)
        except ConnectionError:
            return
        expect(not data or data.startswith(b"HTTP/1.1 4") or data.startswith(b"HTTP/1.1 505"), f"an answer to garbage: {data[:80]!r}")


def half_body(client, chance):
    data = request("POST", "/v1/completions", json.dumps(greedy("a" * chance.randrange(1, 300_000), 5)).encode())
    with client.host.connect(10) as connection:
        connection.sendall(data[:chance.randrange(20, len(data))])
        time.sleep(chance.random() * 0.3)


def large_body(client, chance):
    status, body = client.host.post("/v1/completions", greedy(PROMPTS[0], 8, ignored=[{"a": 1}] * chance.randrange(20_000, 150_000)))
    if status in (413, 400):
        raise Busy()
    same(whole(status, body)["choices"][0]["text"], client.expected.texts[PROMPTS[0], 8], "a text asked for in a large body")


def leave(client, chance):
    """Gone before, in or after the first bytes of an answer."""
    path, body = chance.choice([
        ("/v1/completions", greedy(PROMPTS[0], 500, stream=True)), ("/v1/completions", greedy(unique(chance), 500)),
        ("/v1/chat/completions", CHAT | {"max_tokens": 500, "stream": True}), ("/v1/completions", greedy("a", 300, n=4, temperature=1)),
        ("/v1/embeddings", {"input": ["a"] * 30}), ("/v1/completions", greedy("a", 300, session_id=f"s{chance.randrange(8)}"))])
    with client.host.connect(10) as connection:
        connection.sendall(request("POST", path, body))
        time.sleep(chance.choice([0, 0.001, 0.01, 0.1]) * chance.random())
        if chance.random() < 0.5:
            connection.recv(2000)


def slow_reader(client, chance):
    """Takes a stream in small pieces with pauses; it is whole all the same."""
    with client.host.connect(60, receive_buffer=4096) as connection:
        connection.sendall(request("POST", "/v1/completions", greedy(PROMPTS[1], 40, stream=True)))
        data = b""
        for _ in range(20):
            data += connection.recv(300)
            time.sleep(0.02)
        chunks = stream(*parse(data + receive_all(connection, 60)))
    same("".join(c["choices"][0]["text"] for c in chunks if c["choices"]), client.expected.texts[PROMPTS[1], 40], "a slowly read text")


def websocket(client, chance):
    connection = WebSocket(client.host)
    try:
        for _ in range(chance.randrange(1, 3)):
            connection.send({"prompt": PROMPTS[0], "max_new_tokens": 8, "do_sample": False, "repetition_penalty": 1, "ban_eos_token": True})
            if chance.random() < 0.5:
                connection.send(b"p", opcode=9)
            pieces = []
            while True:
                opcode, payload = connection.receive()
                if opcode == 10:
                    continue
                expect(opcode == 1, f"a frame with opcode {opcode}: {payload!r}")
                message = json.loads(payload)
                if message["event"] == "error" and "later" in message["message"]:
                    raise Busy()
                if message["event"] == "stream_end":
                    break
                same(message["event"], "text_stream", f"the event in {message}")
                pieces.append(message["text"])
            same("".join(pieces), client.expected.texts[PROMPTS[0], 8], "a text over a WebSocket")
        connection.send(struct.pack(">H", 1000), opcode=8)
        opcode, payload = connection.receive()
        while opcode == 10:
            opcode, payload = connection.receive()
        same((opcode, payload[:2]), (8, struct.pack(">H", 1000)), "the closing frame")
    finally:
        connection.close()


def broken_websocket(client, chance):
    frame, code = chance.choice([(b"\x81\x01a", 1002), (b"\x83\x80\0\0\0\0", 1002), (b"\x81\x81\0\0\0\0\xff", 1007),
                                 (b"\x81\xff\0\0\0\0\0\x20\0\0", 1009)])
    connection = WebSocket(client.host)
    try:
        connection.connection.sendall(frame)
        same(connection.receive(), (8, struct.pack(">H", code)), "the closing frame for broken bytes")
    finally:
        connection.close()


def left_websocket(client, chance):
    connection = WebSocket(client.host)
    try:
        connection.send({"prompt": "a", "max_new_tokens": 300})
        for _ in range(chance.randrange(4)):
            connection.receive()
    finally:
        connection.close()


@dataclasses.dataclass
class Kind:
    name: str
    run: typing.Callable
    weight: float


KINDS = [Kind(run.__name__, run, weight) for run, weight in [
    (text, 6), (streamed_text, 6), (chat, 6), (unique_logprobs, 6), (seeded, 3), (choices, 2), (embeddings, 3), (tokens, 2),
    (session, 4), (switch, 2), (listing, 3), (bad_request, 4), (garbage, 1), (half_body, 2), (large_body, 0.5), (leave, 8),
    (slow_reader, 0.5), (websocket, 3), (broken_websocket, 2), (left_websocket, 2)]]
