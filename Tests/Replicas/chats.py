"""Chats as a client has them, whole or as streams, and what they must come to."""

import http.client
import json
import random
import threading
import time

from servers import ask

WORDS = "red blue green old new small large quiet loud river stone bird tree house road light".split()


class Broken(Exception):
    """A stream that ended before its end, or an answer that never began."""


def fields(tokens, **more):
    return {"max_tokens": tokens, "temperature": 0, "ban_eos_token": True, **more}


class Chat:
    """One conversation; every turn sends all of it, as clients of the API do."""

    def __init__(self, number, tokens=12):
        self.number, self.tokens = number, tokens
        draw = random.Random(number)
        # Each has its own beginning, so that no chat finds what another one left.
        self.messages = [{"role": "system", "content": f"This is chat {number}. " + " ".join(draw.choices(WORDS, k=40))}]
        self.questions = [" ".join(draw.choices(WORDS, k=12)) for _ in range(20)]
        self.texts, self.cached, self.prompts = [], [], []

    @property
    def body(self):
        question = {"role": "user", "content": self.questions[len(self.texts)]}
        return fields(self.tokens, messages=self.messages + [question])

    def take(self, text, usage):
        self.messages = self.body["messages"] + [{"role": "assistant", "content": text}]
        self.texts.append(text)
        self.cached.append(usage["prompt_tokens_details"]["cached_tokens"])
        self.prompts.append((usage["prompt_tokens"], usage["completion_tokens"]))

    def turn(self, port):
        status, answer = ask(port, "POST", "/v1/chat/completions", self.body, {"X-Session-Id": f"chat-{self.number}"})
        if status != 200:
            raise Broken(f"{status} {answer}")
        self.take(answer["choices"][0]["message"]["content"], answer["usage"])

    def stream(self, port, seen=None):
        """A turn as a stream; `seen` is told who serves and each text as it comes."""
        body = {**self.body, "stream": True, "stream_options": {"include_usage": True}}
        text, usage, ended = "", None, False
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {
                "Content-Type": "application/json", "X-Session-Id": f"chat-{self.number}"})
            reply = connection.getresponse()
            if reply.status != 200:
                raise Broken(f"{reply.status} {reply.read()[:300]}")
            for line in reply:
                if line.startswith(b"data: [DONE]"):
                    ended = True
                elif line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    usage = event.get("usage") or usage
                    for choice in event.get("choices") or []:
                        text += choice["delta"].get("content") or ""
                    if seen:
                        seen(reply.headers.get("X-Served-By"), text)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Broken(repr(error)) from error
        finally:
            connection.close()
        if not ended or usage is None:
            raise Broken("the stream has no end")
        self.take(text, usage)

    def again(self, turn, seconds=30):
        """A turn, until it is whole; returns how often it was not."""
        end, count = time.monotonic() + seconds, 0
        while True:
            try:
                turn()
                return count
            except (Broken, OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
                count += 1
                time.sleep(0.1)

    @property
    def read_again(self):
        """Tokens that the turns after the first one read although the turn before had read or written them."""
        known = [prompt + written for prompt, written in self.prompts]
        return sum(max(0, before - cached) for before, cached in zip(known, self.cached[1:]))


def together(chats, act, threads=8):
    """Does something with each, some at a time; the first problem is raised at the end."""
    waiting, problems, lock = list(chats), [], threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                chat = waiting.pop(0)
            try:
                act(chat)
            except Exception as error:
                problems.append(error)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if problems:
        raise problems[0]
