"""What lives beside plain texts, on the card as on the processor: sessions, saved states, search, guidance, embeddings."""

from . import models
from .check import Check
from .finding import expect
from .numbers import distance, short
from .program import Hosts

PROMPT = "Once upon a time there was a"


def session(host):
    """Two turns, and a second turn again from what was saved in between."""
    first = host.text(PROMPT, 12, session_id="a")
    host.post("/v1/internal/state/save", {"session_id": "a", "name": "kept"})
    second = host.text(" and then", 12, session_id="a")
    host.post("/v1/internal/state/load", {"session_id": "b", "name": "kept"})
    again = host.text(" and then", 12, session_id="b")
    assert second == again, f"a saved state goes on otherwise: {second!r}, {again!r}"
    return first + second


def cached(host):
    """A prompt that begins as an earlier one did."""
    host.text(PROMPT * 30, 1)
    return host.text(PROMPT * 30 + " small", 16)


# Name → what a host answers; texts must be those of the processor.
TEXTS = {
    "session and saved state": session,
    "known beginning": cached,
    "beams": lambda host: host.text(PROMPT, 16, num_beams=4),
    "contrastive search": lambda host: host.text(PROMPT, 16, penalty_alpha=0.6, top_k=4),
    "guidance": lambda host: host.text(PROMPT, 16, guidance_scale=1.5, negative_prompt="The end."),
    "seeded samples": lambda host: [
        choice["text"] for choice in host.post("/v1/completions", {
            "prompt": PROMPT, "max_tokens": 16, "n": 4, "seed": 7, "temperature": 0.8})["choices"]],
    "a form": lambda host: host.text(PROMPT, 16, regex="[a-z ]{10}"),
}


def checks(_):
    yield Check("features, cuda fp32", 60, [*TEXTS, "embeddings", "8 bits asked for by a flag"], run)


def run(context):
    with context.folder() as folder:
        models.lay_out_demo(folder, "demo")
        # A card and a processor, in turn.
        with Hosts(context, folder, ["--state-dir", str(folder / "a")], ["--state-dir", str(folder / "b")]) as hosts:
            for item, ask in TEXTS.items():
                yield hosts.attempt(item, same_text, ask, context)
            yield hosts.attempt("embeddings", same_embedding, context)
            yield hosts.attempt("8 bits asked for by a flag", eight_bits, context)


def load_both(card, processor, context):
    card.load("demo", context.strategy("cuda fp32"))
    processor.load("demo", "cpu fp32")


def same_text(item, card, processor, ask, context):
    load_both(card, processor, context)
    found, wanted = ask(card), ask(processor)
    return expect(item, found == wanted, f"{found!r}" if found == wanted else f"{found!r}, on the processor {wanted!r}")


def same_embedding(item, card, processor, context):
    load_both(card, processor, context)
    worst = 0.0
    for pooling in ("last", "mean"):
        body = {"input": [PROMPT, PROMPT * 40], "pooling": pooling}
        for found, wanted in zip(card.post("/v1/embeddings", body)["data"], processor.post("/v1/embeddings", body)["data"]):
            worst = max(worst, distance(found["embedding"], wanted["embedding"]))
    return expect(item, worst <= 1e-4, f"off by at most {short(worst)} (may 1e-4)", greatest=worst)


def eight_bits(item, card, _, context):
    card.load("demo", context.strategy("cuda fp16"), load_in_8bit=True)
    plan = card.info()["plan"]
    text = card.text(PROMPT, 8)
    return expect(item, context.strategy("cuda fp16i8") in plan and len(text) > 0, f"{plan}: {text!r}")
