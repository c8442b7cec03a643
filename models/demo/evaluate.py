"""Asks the exported model what it was not trained on, and writes the numbers of README.md.

    python evaluate.py --work WORK [--model FOLDER]

An answer counts as right when, of all answers in facts.py and talk.py, the closest belongs to the fact asked for, is at least
85 % the same text, and names every key of that fact. Stories are judged by check_story (stories.py).
"""

import argparse
import difflib
import json
import random
import re
from pathlib import Path

import torch
from safetensors.torch import load_file

import corpus
import talk
from facts import FACTS
from heldout import BLIND, QUESTIONS
from rwkv4 import Runner
from stories import check_story
from tokens import load_tokenizer

ANSWERS = [(a, f["name"]) for f in FACTS for a in f["answers"]] + [(a, "unknown") for a in talk.UNKNOWN_ANSWERS] + [(a, "sum_limit") for a in talk.SUM_LIMIT]
for (_, answers), name in zip(talk.GREETINGS, ["greeting", "fine", "thanks", "bye", "praise", "all_right", "small_talk", "joke"]):
    ANSWERS += [(a, name) for a in answers]
KEYS = {f["name"]: f["keys"] for f in FACTS}


def generate(runner, tokenizer, prompts, most, temperature=0.0, top_p=1.0, seed=1):
    """Continues every prompt until id 0 or `most` tokens; returns (text, ended) for each."""
    generator = torch.Generator().manual_seed(seed)
    rows = [tokenizer.encode(p).ids for p in prompts]
    state = runner.state(len(rows))
    out, ended = [[] for _ in rows], [False] * len(rows)
    feed = torch.tensor([r[0] for r in rows])
    for step in range(max(map(len, rows)) + most):
        logits = runner.step(feed, state)
        if temperature == 0:
            chosen = logits.argmax(-1)
        else:
            p, order = (logits / temperature).softmax(-1).sort(descending=True)
            p[p.cumsum(-1) - p >= top_p] = 0
            chosen = order.gather(1, torch.multinomial(p, 1, generator=generator)).squeeze(1)
        following = []
        for i, row in enumerate(rows):
            if step + 1 < len(row):
                following.append(row[step + 1])
                continue
            token = int(chosen[i])
            if not ended[i] and len(out[i]) < most:
                ended[i] = token == 0
                if token:
                    out[i].append(token)
            following.append(token)
        if all(e or len(o) >= most for e, o in zip(ended, out)):
            break
        feed = torch.tensor(following)
    return [(tokenizer.decode(o), e) for o, e in zip(out, ended)]


def judge(answer):
    """The fact an answer tells, or None."""
    answer = answer.strip()
    if m := re.fullmatch(r"(\d+ \+ \d+ = \d+)\.", answer):
        return m.group(1)
    if check_story(answer)[0]:
        return "story"
    close = max(ANSWERS, key=lambda a: difflib.SequenceMatcher(None, a[0], answer, autojunk=False).quick_ratio() if abs(len(a[0]) - len(answer)) < 60 else 0)
    best = [a for a in ANSWERS if a[0] == answer] or [max((a for a in ANSWERS if a[1] == close[1] or abs(len(a[0]) - len(answer)) < 25),
                                                          key=lambda a: difflib.SequenceMatcher(None, a[0], answer, autojunk=False).ratio())]
    text, name = best[0]
    if difflib.SequenceMatcher(None, text, answer, autojunk=False).ratio() < 0.85:
        return None
    return name if all(re.search(k, answer) for k in KEYS.get(name, [])) else None


def ask(runner, tokenizer, questions, **how):
    prompts = [f"User: {q}\n\nAssistant:" if q else "User:\n\nAssistant:" for q in questions]
    return [text for text, _ in generate(runner, tokenizer, prompts, 360, **how)]


def share(hits):
    return round(100 * sum(hits) / len(hits), 1)


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--work", required=True)
    a.add_argument("--model", default=str(Path(__file__).parent))
    a.add_argument("--stories", type=int, default=200)
    a.add_argument("--grammar", type=int, default=388)
    a.add_argument("--blind", action="store_true", help="also ask the blind questions: only of a model that is finished")
    a.add_argument("--show", action="store_true", help="print what went wrong")
    args = a.parse_args()
    runner, tokenizer = Runner(load_file(f"{args.model}/model.safetensors")), load_tokenizer(f"{args.model}/tokenizer.json")
    report = {}
    with torch.no_grad():
        asked = corpus.held_out_questions(random.Random(11), args.grammar)
        for label, how in (("greedy", {}), ("sampled", {"temperature": 0.8, "top_p": 0.9})):
            answers = ask(runner, tokenizer, [q for q, _ in asked], **how)
            hits = [judge(t) == name for (_, name), t in zip(asked, answers)]
            report[f"held-out paraphrases, {label}"] = share(hits)
            if args.show and label == "greedy":
                for (q, name), t, hit in zip(asked, answers, hits):
                    if not hit:
                        print(f"GRAMMAR {name} | {q} |{t}")
            for title, questions in (("by hand", QUESTIONS), ("by hand, blind", BLIND)):
                if title.endswith("blind") and not args.blind:
                    continue
                answers = ask(runner, tokenizer, [q for q, _ in questions], **how)
                told = [judge(t) for t in answers]
                hits = [t in names for (_, names), t in zip(questions, told)]
                report[f"questions {title}, {label}"] = share(hits)
                report[f"known answers {title}, {label}"] = share([t is not None for t in told])
                if args.show:
                    for (q, names), t, hit in zip(questions, answers, hits):
                        if not hit:
                            print(f"HAND {label} {names[0]} | {q} |{t}")
        sums = [(x, y) for x in range(10) for y in range(10)]
        answers = ask(runner, tokenizer, [f"What is {x} + {y}?" for x, y in sums])
        report["one-digit sums"] = share([f"{x} + {y} = {x + y}." in t for (x, y), t in zip(sums, answers)])
        rng = random.Random(5)
        whole = ["".join(part[0] for part in d) for d in corpus.write_stories(rng, args.stories // 2, True)]
        openings = [text[:text.index(".") + 1] for text in whole]
        prompts = ["Once upon a time"] * (args.stories - len(openings)) + openings
        told = generate(runner, tokenizer, prompts, 400, temperature=0.8, top_p=0.9, seed=3)
        checked = [check_story(p + t) for p, (t, _) in zip(prompts, told)]
        report["stories consistent"] = share([ok for ok, _ in checked])
        report["stories that end"] = share([e for _, e in told])
        if args.show:
            for p, (t, _e), (ok, where) in zip(prompts, told, checked):
                if not ok:
                    print(f"STORY broke at: {where}\n{p + t}\n")
    print(json.dumps(report, indent=1))
    (Path(args.work) / "report.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
