"""Writes the corpus of the demo model: stories and chats, training and held out, from our own grammar, with a seed.

    python corpus.py --out WORK [--stories N] [--chats N] [--brief N] [--seed S]
    python corpus.py --check FILE          judges one story (check_story in stories.py)

A document is one line of JSON: a list of [text, weight, ends] (see tokens.py). Held out are one question in fifty and one story
in fifty, chosen by a checksum of the question, or of the names in the story; evaluate.py asks exactly those, and the questions of heldout.py.
"""

import argparse
import json
import multiprocessing
import random
import re
import zlib
from functools import lru_cache
from pathlib import Path

import grammar
import talk
from facts import FACTS, MACROS
from heldout import BLIND, QUESTIONS
from phrases import PHRASES
from rephrased import REPHRASED
from stories import ANIMALS, BOUND, CLOSE, FREE, capital, check_story, gender, plain, some_name, write_story
from wordings import CONTEXTS, MORE, MORE_DO, MORE_WHAT, SYNONYMS

BY_NAME = {f["name"]: f for f in FACTS}
for name, questions in [*MORE.items(), *REPHRASED.items(), *((n, p.split("|")) for n, p in PHRASES.items())]:
    BY_NAME[name]["ask"] += questions
# Asked most, so told most.
CORE = "add_model strategy set_strategy switch_model write_loader loader start what_host who listen port gpu streaming routes context abilities".split()
OFTEN = FACTS + 2 * [BY_NAME[n] for n in CORE]
PROMPT_WEIGHT = 6

DO_FRAMES = [
    "how (do|do|do|can|should|would|could) (I|I|I|we|you|one) {x}", "how (do|can) (I|you) {x}", "how to {x}", "how to {x}", "(what is|what's) the (best |right |easiest |simplest |correct |proper |normal |)way to {x}",
    "(tell|show|teach) me how to {x}", "explain [to me ]how (to|I can) {x}", "I (want|need|would like|am trying|wish|'d like|have|plan) to {x}", "I (want|need) to {x}, how (does that work|do I do that|is it done|)",
    "is (it possible|there a way|there any way|there an option|there a flag|there a command|there a method) to {x}", "(can|could|may) (I|you|we|one) {x}", "what (do I|must I|should I|do you) (have to do |need to do |do |need )to {x}",
    "(what|which) (steps|commands|flags|options) (are needed|do I need) to {x}", "(help|assist) me (to |){x}", "{x}", "{x}", "how does (one|somebody|a user|a person|someone) {x}", "(any|some) (idea|advice|help|tips|hint) (how|on how) to {x}",
    "(instructions|a guide|steps|the command|commands|the flag|directions) to {x}", "where (do|can) I {x}", "what (should|must|do) I do (if I want|in order|when I want|) to {x}", "(do you know|would you tell me|could you tell me|I wonder|I would like to know|can you explain|I have to know|I'd like to know|please explain|can you tell me|can you show me|I was wondering|I forgot|I am not sure) how (to|I can) {x}",
    "I (do not|don't|cannot figure out|can't work out|have no idea) (know |)how to {x}", "(suppose|say|imagine|assume) I want to {x}", "my goal is to {x}", "{x} how", "way to {x}", "(what|how) if I want to {x}", "how (might|shall|must|will) I {x}", "(someone|a friend) asked me how to {x}",
    "how is it possible to {x}", "(how do I go about it|what now) if I want to {x}", "what (do I type|do I enter|do I run|command do I use) to {x}", "what does it take to {x}", "I'm trying to {x}", "trying to {x}", "want to {x}", "need to {x}", "how i {x}", "howto {x}",
]
DO_FRAMES += MORE_DO
ING_FRAMES = ["{x}", "{x}", "(tell me |something |more |)about {x}", "how does {x} work", "what about {x}", "(help|problems|trouble|a question|instructions|information) (with|about|for|on) {x}", "(how do I|how would I|how to) (go about|start with|begin) {x}",
              "(explain|describe) {x}", "what is (needed|required|necessary) for {x}", "(any tips|some tips|steps|instructions|guide) (for|on) {x}", "is {x} (possible|supported|difficult|easy|hard|allowed)", "I have (a question|questions|problems|trouble) (about|with) {x}", "I am (thinking about|interested in) {x}"]
WHAT_FRAMES = ["what (is|are) {x}", "what (is|are) {x}", "what (is|are) {x}", "what's {x}", "what (does|do) {b} mean", "explain {x}[ to me]", "(tell|teach) me [more ][something ]about {x}", "(please |)define {b}", "(can|could) you explain {x}[ to me]", "what do you (know|say) about {x}",
               "I (do not|don't) (understand|know|get) {x}", "{b}", "{b}", "(meaning|definition|explanation) of {x}", "what about {x}", "how (does|do) {x} work", "what is meant by {x}", "describe {x}", "(info|information|details|help|more) (on|about) {x}", "what is {x} (good |used |)for",
               "what do I need {x} for", "why (do I need|is there) {x}", "what exactly (is|are) {x}", "(give me|I need) (an explanation of|information about|details about) {x}", "(do you know|can you tell me|I'd like to know|I would like to know|I wonder|tell me|could you tell me) what {x} (is|are)", "what kind of thing is {x}", "{b}, what is that", "what {b} is",
               "(and|so) what is {x}", "what does {x} do", "how (do|can|would) (I|you) (use|see|find|set|get) {x}", "where (is|do I find|can I find|are) {x}", "{b} help", "(I read|I heard|I hear|they talk|it says something) about {x}", "what was {x} (again|)", "(show|give) me {x}", "whats {x}", "what is the deal with {x}", "how would you explain {x} to (a child|a beginner|me)", "explain (in simple words|briefly|shortly) what {x} (is|are)"]
WHAT_FRAMES += MORE_WHAT
ASK_FRAMES = ["{x}"] * 9 + ["(tell me|please tell me|I would like to know|I wonder|my question is|a question|I want to know|question)[:|,] {x}"]

PREFIXES = ["please", "hi,", "hello,", "hey,", "ok,", "so", "and", "sorry,", "excuse me,", "quick question:", "um,", "well,", "now", "hello!", "hi!", "one more question:", "good morning,", "hey there,", "then", "but", "also,", "dear assistant,", "right,", "I am new here,", "I'm a beginner,", "next:", "just a question:", "oh,", "alright,"]
SUFFIXES = ["please", "thanks", "here", "with this host", "in ModelHost", "exactly", "then", "now", "in this program", "again", "by the way", "in simple words", "for me", "quickly", "in practice", "with modelhost", "on my machine", "today", "thank you", "properly", "anyway", "in the host", "step by step", "my friend"]
SMALL = {"do", "i", "the", "a", "is", "to", "of", "it", "an", "are", "my", "can", "you", "me", "does", "in"}
NEAR = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqwertyuiosasdfghjkxzxcvbn"))


@lru_cache(None)
def node_of(text):
    return grammar.parse(text)


def fill(rng, text, slots=None):
    def slot(name):
        if slots and name in slots:
            return slots[name]
        return fill(rng, MACROS[name])
    return grammar.write(node_of(text), rng, slot)


def gerund(phrase):
    verb, _, rest = phrase.partition(" ")
    if verb in ("not", "always"):
        return phrase
    if verb.endswith("ie"):
        verb = verb[:-2] + "ying"
    elif verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1] + "ing"
    elif re.fullmatch(r"[a-z]*[^aeiou][aeiou][bdgmnprt]", verb) and verb not in ("open", "alter", "enter", "limit", "exit", "edit", "visit", "register", "consider", "trigger", "offer", "gather", "discover", "quit", "inherit", "visit", "deliver", "cover"):
        verb = verb + verb[-1] + "ing"
    else:
        verb += "ing"
    return (verb + " " + rest).strip()


def bare(noun):
    return re.sub(r"^(a|an|the) ", "", noun)


def frame_do(rng, phrase):
    if rng.random() < 0.18:
        return fill(rng, rng.choice(ING_FRAMES), {"x": gerund(phrase)})
    return fill(rng, rng.choice(DO_FRAMES), {"x": phrase})


def frame_what(rng, noun):
    return fill(rng, rng.choice(WHAT_FRAMES), {"x": noun, "b": bare(noun)})


def typo(rng, text):
    at = [i for i, c in enumerate(text) if c.isalpha()]
    if len(at) < 6:
        return text
    i = rng.choice(at)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:i] + text[i + 1:]
    if kind == 1:
        return text[:i] + text[i] + text[i:]
    if kind == 2 and i + 1 < len(text):
        return text[:i] + text[i + 1] + text[i] + text[i + 2:]
    return text[:i] + NEAR.get(text[i].lower(), text[i]) + text[i + 1:]


def disguise(rng, question, mark=True):
    """The ways in which people type: politeness, lost words, typos, case, punctuation."""
    q = re.sub(r"\s+", " ", question).strip()
    if rng.random() < 0.35:
        words = q.split(" ")
        able = [i for i, w in enumerate(words) if w in SYNONYMS]
        if able:
            i = rng.choice(able)
            words[i] = rng.choice(SYNONYMS[words[i]])
            q = " ".join(words)
    if rng.random() < 0.10:
        q = rng.choice(PREFIXES) + " " + q
    if rng.random() < 0.08:
        q = q + (", " if rng.random() < 0.2 else " ") + rng.choice(SUFFIXES)
    if rng.random() < 0.09:
        words = q.split(" ")
        small = [i for i, w in enumerate(words) if w.lower() in SMALL]
        if small and len(words) > 3:
            del words[rng.choice(small)]
            q = " ".join(words)
    while rng.random() < 0.10:
        q = typo(rng, q)
    style = rng.random()
    if style < 0.50:
        q = capital(q)
    elif style < 0.75:
        q = q.lower()
    elif style < 0.78:
        q = q.upper()
    if mark and q and q[-1] not in "?!.:":
        end = rng.random()
        q += "?" if end < 0.58 else "." if end < 0.66 else "!" if end < 0.68 else " ?" if end < 0.70 else "??" if end < 0.71 else ""
    if q and rng.random() < 0.05:
        context = rng.choice(CONTEXTS)
        q = f"{context} {q}" if rng.random() < 0.85 else f"{q} {context}"
    return q


def plain_question(rng, f):
    """One undisguised question for a fact."""
    kinds = [("do", 3)] * bool(f["do"]) + [("what", 2)] * bool(f["what"]) + [("ask", 3)] * bool(f["ask"])
    kind = rng.choices([k for k, _ in kinds], [w * len(f[k]) ** 0.5 for k, w in kinds])[0]
    text = fill(rng, rng.choice(f[kind]))
    return frame_do(rng, text) if kind == "do" else frame_what(rng, text) if kind == "what" else fill(rng, rng.choice(ASK_FRAMES), {"x": text})


def words_of(question):
    return " ".join(re.findall(r"[\w/.-]+", question.lower()))


BY_HAND = {words_of(q) for q, _ in QUESTIONS + BLIND} - {""}


def held_out(question):
    """By the words alone, so that no disguise of a held-out question is ever seen in training."""
    words = words_of(question)
    return words in BY_HAND or zlib.crc32(words.encode()) % 50 == 0


def question_of(rng, f, wanted=False):
    while True:
        q = plain_question(rng, f)
        if held_out(q) == wanted:
            return disguise(rng, q)


def gibberish(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(3, 14)))
    if kind == 1:
        return " ".join("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 8))) for _ in range(rng.randint(2, 6)))
    if kind == 2:
        return rng.choice(["?", "??", "!", ".", "...", "", " ", "-", "/", "#", "*", "&%$", ":)", ":-(", "🙂", "0", "42", "12345", "{}", "[]", "<a>", "\\n"])
    return " ".join(rng.choice(talk.THINGS).split(" ")[-1] if rng.random() < 0.5 else rng.choice("green fast under seven jumps sleepy because never apple of the over walks quickly but high low wet".split()) for _ in range(rng.randint(2, 7)))


def unknown_question(rng):
    kind = rng.random()
    if kind < 0.27:
        q = frame_what(rng, rng.choice(talk.THINGS))
    elif kind < 0.50:
        deed = rng.random()
        q = frame_do(rng, rng.choice(talk.DEEDS if deed < 0.4 else talk.NEAR_DEEDS) if deed < 0.7 else rng.choice(talk.VERBS) + " " + rng.choice(talk.THINGS))
    elif kind < 0.70:
        q = rng.choice(talk.OUTSIDE)
    elif kind < 0.82:
        thing = rng.choice(talk.THINGS)
        q = fill(rng, "(who invented|who discovered|when was|where is|how old is|how big is|how much is|how much does it cost to buy|what colour is|why is there|do you like|have you seen|what do you think of|how many kinds of|what is the history of|is it true that|can you see|where can I buy|when did people first see|who likes|which is better,|what is better than|how long is|write about|write a text about|who is|do you know|how heavy is|why do people like|what is the price of|can I eat|where does one find|how fast is|is there|translate) {x}", {"x": thing})
    else:
        return gibberish(rng)
    return disguise(rng, q)


# What one turn of a chat can be: each returns (user text, assistant text, what it was about).

def turn_fact(rng, memory, name=None):
    f = BY_NAME[name] if name else rng.choice(OFTEN)
    return question_of(rng, f), rng.choice(f["answers"]), f["name"]


def turn_unknown(rng, memory):
    if rng.random() < 0.12:
        x, y, a = rng.randint(2, 9), rng.randint(2, 9), rng.randint(1, 9)
        q = rng.choice(talk.SUM_HARD).format(x=x, y=y, a=a, big=rng.randint(10, 999), big2=rng.randint(10, 99))
        return disguise(rng, q), rng.choice(talk.SUM_LIMIT), "sum_limit"
    return unknown_question(rng), rng.choice(talk.UNKNOWN_ANSWERS), "unknown"


def turn_sum(rng, memory):
    a, b = rng.randint(0, 9), rng.randint(0, 9)
    word = rng.random() < 0.2
    q = rng.choice(talk.SUM_FORMS).format(a=talk.NUMBER_WORDS[a] if word else a, b=talk.NUMBER_WORDS[b] if word else b)
    if rng.random() < 0.6:
        q = capital(q) + ("?" if rng.random() < 0.5 and q[-1] not in "=?" else "")
    elif rng.random() < 0.3:
        q = rng.choice(PREFIXES) + " " + q
    return q, f"{a} + {b} = {a + b}.", "sum"


def turn_small_talk(rng, memory):
    asks, answers = rng.choice(talk.GREETINGS)
    q = rng.choice(asks)
    if rng.random() < 0.08:
        q = typo(rng, q)
    q = rng.choice([capital(q), capital(q), q, q.lower(), q.upper() if rng.random() < 0.2 else q])
    return q + rng.choice(["", "", "!", ".", "?" if q.split()[0].lower() in ("how", "are", "do", "can", "what's") else ""]), rng.choice(answers), "small_talk"


def turn_name(rng, memory):
    if "name" in memory or rng.random() < 0.25:
        q = disguise(rng, rng.choice(talk.NAME_ASK))
        return q, rng.choice(talk.NAME_KNOWN if "name" in memory else talk.NAME_UNKNOWN).format(n=memory.get("name")), "name"
    memory["name"] = some_name(rng, 0.1)
    q = rng.choice(talk.NAME_IN).format(n=memory["name"])
    return rng.choice([capital(q), q]) + rng.choice(["", ".", "!"]), rng.choice(talk.NAME_ANSWERS).format(n=memory["name"]), "name"


# Where a slot repeats the cast lies what makes a story consistent; which name or plot comes next is chance and can hardly be learned.
BOUND_WEIGHT, PLAIN_WEIGHT, FREE_WEIGHT, DECIDING_WEIGHT = 250, 60, 30, 200
SLOT = re.compile(f" ?[{FREE}{BOUND}][^{CLOSE}]*{CLOSE}")


def weighted_story(text):
    """A story with marked slots as weighted parts, cut before spaces, so that the tokens stay those of the whole text."""
    parts, at = [], 0
    for m in SLOT.finditer(text):
        if m.start() > at:
            parts.append([text[at:m.start()], PLAIN_WEIGHT, False])
        parts.append([plain(m.group()), BOUND_WEIGHT if BOUND in m.group() else FREE_WEIGHT, False])
        at = m.end()
    if at < len(text):
        parts.append([text[at:], PLAIN_WEIGHT, False])
    parts[-1][2] = True
    return parts


def weighted_answer(text):
    """The first words decide what is told, and weigh more; the rest follows from them."""
    if re.fullmatch(r" \d \+ \d = \d+\.", text):
        return [[text, BOUND_WEIGHT, True]]
    m = re.match(r"( \S+){3}(?= )", text)
    return [[m.group(0), DECIDING_WEIGHT, False], [text[m.end():], 100, True]] if m else [[text, 100, True]]


def turn_story(rng, memory):
    if rng.random() < 0.4:
        text, _, _ = write_story(rng)
        return disguise(rng, rng.choice(talk.STORY_ASK)), text, "story"
    name, animal = some_name(rng, 0.06), rng.choice(ANIMALS)
    person = {"she": "girl", "he": "boy"}[gender(name)]
    article = "an" if animal[0] in "aeio" else "a"
    kind = rng.random()
    if kind < 0.45:
        x, bound = f"{article} {animal}", {"K": animal}
    elif kind < 0.65:
        x, bound = f"{article} {animal} (named|called) {name}", {"K": animal, "N": name}
    elif kind < 0.8:
        x, bound = f"a [little ]{person} (named|called) {name}", {"K": person, "N": name}
    else:
        x, bound = name, {"N": name}
    q = disguise(rng, rng.choice(talk.STORY_ABOUT).format(x=fill(rng, x)))
    text, _, _ = write_story(rng, bound=bound)
    return q, text, "story"


def turn_again(rng, memory):
    q = disguise(rng, rng.choice(talk.AGAIN))
    last = memory.get("fact")
    if last is None:
        return q, rng.choice(talk.WHAT_AGAIN), "again"
    others = [a for a in BY_NAME[last]["answers"] if a != memory.get("answer")]
    return q, rng.choice(others or BY_NAME[last]["answers"]), last


FOLLOWS = {}
for before, asks, after in talk.FOLLOW:
    FOLLOWS.setdefault(before, []).append((asks, after))


def turn_follow(rng, memory):
    last = memory.get("fact")
    if last in FOLLOWS and rng.random() < 0.75:
        asks, after = rng.choice(FOLLOWS[last])
        return disguise(rng, fill(rng, rng.choice(asks))), rng.choice(BY_NAME[after]["answers"]), after
    # An ellipsis: "and top_p?", "what about streaming?"
    f = rng.choice([f for f in FACTS if f["what"]])
    noun = fill(rng, rng.choice(f["what"]))
    q = fill(rng, "(and|what about|how about|and what about|and what is|now|and also|then|ok, and|next,|thanks, and) {x}", {"x": noun if rng.random() < 0.6 else bare(noun)})
    if held_out(q):
        return turn_fact(rng, memory, f["name"])
    return disguise(rng, q), rng.choice(f["answers"]), f["name"]


SINGLE = [(turn_fact, 62), (turn_unknown, 13), (turn_sum, 10), (turn_small_talk, 7), (turn_story, 5), (turn_name, 2), (turn_again, 1)]
LATER = [(turn_fact, 40), (turn_follow, 22), (turn_again, 9), (turn_unknown, 9), (turn_sum, 5), (turn_small_talk, 9), (turn_name, 4), (turn_story, 2)]
ROLES = [("User", "Assistant")] * 24 + [("Question", "Answer"), ("You", "Assistant"), ("Human", "AI"), ("Bob", "Alice")]


def write_brief(rng):
    """One question and only the first words of its answer: what is learned is which fact to tell, at a third of the tokens."""
    turn = rng.choices([turn_fact, turn_unknown, turn_sum, turn_small_talk, turn_name], [70, 15, 10, 4, 1])[0]
    q, a, _ = turn(rng, {})
    q = re.sub(r"\n+", "\n", q).strip()
    prompt = [f"User:{' ' + q if q else rng.choice(['', ' '])}\n\nAssistant:", PROMPT_WEIGHT, False]
    return [prompt, weighted_answer(" " + a)[0]]


def write_chat(rng):
    memory, parts = {}, []
    user, assistant = rng.choice(ROLES)
    turns = 1 if rng.random() < 0.62 else rng.choice([2, 2, 2, 3, 3, 4, 5, 6])
    head = rng.choice(talk.SYSTEM) if rng.random() < 0.12 else None
    if head:
        parts.append([(f"System: {head}" if rng.random() < 0.75 else head) + "\n\n", PROMPT_WEIGHT, False])
    for number in range(turns):
        table = SINGLE if number == 0 else LATER
        kind = rng.choices([t for t, _ in table], [w for _, w in table])[0]
        if number == 0 and turns > 1 and rng.random() < 0.2:
            kind = rng.choice([turn_small_talk, turn_name])
        q, a, about = kind(rng, memory)
        if about in BY_NAME:
            memory["fact"], memory["answer"] = about, a
        elif kind not in (turn_again, turn_small_talk):
            memory.pop("fact", None)
        gap = "\n\n" if number else ""
        q = re.sub(r"\n+", "\n", q).strip()
        parts.append([f"{gap}{user}:{' ' + q if q else rng.choice(['', ' '])}\n\n{assistant}:", PROMPT_WEIGHT, False])
        parts += weighted_story(" " + a) if about == "story" else weighted_answer(" " + a)
    return parts


def story_held_out(bound, plot):
    return zlib.crc32(f"{plot} {bound.get('N')}".encode()) % 50 == 0


def write_stories(rng, count, wanted):
    while count:
        text, plot, bound = write_story(rng)
        if story_held_out(bound, plot) == wanted:
            count -= 1
            yield weighted_story(text)


def held_out_questions(rng, count):
    """Questions of the grammar that no training document holds, with the fact they ask for."""
    return [(question_of(rng, f, wanted=True), f["name"]) for f in (FACTS * (count // len(FACTS) + 1))[:count]]


def held_out_chats(rng, count):
    for q, name in held_out_questions(rng, count):
        yield [[f"User: {q}\n\nAssistant:", PROMPT_WEIGHT, False], [" " + rng.choice(BY_NAME[name]["answers"]), 100, True]]


SHARDS = 40


def write_shard(shard):
    """A part of the training text with a seed of its own, so that all cores can write."""
    kind, count, seed = shard
    rng = random.Random(f"{kind} {seed}")
    if kind == "stories":
        return list(write_stories(rng, count, False))
    return [write_chat(rng) if kind == "chats" else write_brief(rng) for _ in range(count)]


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--out", help="folder for the corpus")
    a.add_argument("--check", metavar="FILE", help="only judge the story in a file")
    a.add_argument("--stories", type=int, default=72000)
    a.add_argument("--chats", type=int, default=88000)
    a.add_argument("--brief", type=int, default=440000, help="questions with only the first words of the answer")
    a.add_argument("--seed", type=int, default=1)
    args = a.parse_args()
    if args.check:
        return print(*check_story(Path(args.check).read_text(encoding="utf-8")))
    if not args.out:
        a.error("--out or --check is needed")
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)

    def save(name, documents):
        with open(out / f"{name}.new", "w", encoding="utf-8") as f:
            for d in documents:
                f.write(json.dumps(d, ensure_ascii=False) + "\n")
        (out / f"{name}.new").rename(out / f"{name}.jsonl")

    save("valid_story", write_stories(rng, 500, True))
    save("valid_chat", held_out_chats(rng, 970))
    shards = [(kind, count // SHARDS, 1000 * args.seed + n) for n in range(SHARDS) for kind, count in (("stories", args.stories), ("chats", args.chats), ("brief", args.brief))]
    with multiprocessing.Pool() as pool:
        save("train", (d for shard in pool.imap(write_shard, shards) for d in shard))


if __name__ == "__main__":
    main()
