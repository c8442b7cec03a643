"""A mixed load with faults for minutes or hours: soak.py --minutes N [--port P] [--workers N] [--pause SECONDS] [--seed N] [--without KIND,…] [--replicas].

Starts the release binary itself, checks every answer, samples memory, descriptors and threads, and fails on a wrong answer, on
growth, on a hang and on an unclean end. README.md beside this file says how to read what it writes into .build/soak.
Last line: N passed, N failed.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import sys
import threading
import time

import cluster
import load
import picture
from host import DRAIN, ROOT, Host

SAMPLE_SECONDS = 5
HEALTH_SECONDS = 5
# A window's median may be larger than that of an earlier one by this part and this much, for what allocators and chance do.
TOLERANCE = {"rss": (0.15, 24 << 20), "fds": (0.1, 8), "threads": (0.1, 4)}
# A short run compares memory while caches and the allocator's arenas still fill.
SHORT_MINUTES, SHORT_RSS = 10, 48 << 20
# Small, so that it is full when the run has warmed up: a cache that still fills looks like growth.
STATE_CACHE_MB = "16"
NAMES = {"rss": "memory", "fds": "descriptors", "threads": "threads"}
# Of the run: until where it warms up, and which parts are compared.
EARLY, LATE = (0.25, 0.5), (0.75, 1.0)
# Answers that say "later" are right, but a host that says little else is not.
BUSY_SHARE = 0.2


class Tally:
    """What happened, by kind; wrong and missing answers in words, with their time."""

    def __init__(self):
        self.lock, self.start = threading.Lock(), time.monotonic()
        self.done, self.busy, self.lost, self.missing, self.wrong = {}, {}, {}, [], []

    def count(self, table, kind):
        with self.lock:
            table[kind] = table.get(kind, 0) + 1

    def miss(self, kind, problem):
        self.count(self.lost, kind)
        with self.lock:
            self.missing.append(f"{time.monotonic() - self.start:.1f} s, {kind}: {problem!r}")

    def note(self, kind, problem):
        with self.lock:
            self.wrong.append(f"{time.monotonic() - self.start:.1f} s, {kind}: {problem}")
            if len(self.wrong) <= 20:
                print(f"WRONG {self.wrong[-1]}", flush=True)

    def counts(self):
        with self.lock:
            return {"done": sum(self.done.values()), "busy": sum(self.busy.values()), "lost": len(self.missing), "wrong": len(self.wrong)}


def work(client, tally, ends, seed, without, pause):
    chance = random.Random(seed)
    kinds = [kind for kind in load.KINDS if kind.name not in without]
    weights = [kind.weight for kind in kinds]
    while not ends.is_set():
        kind = chance.choices(kinds, weights)[0]
        try:
            kind.run(client, chance)
            tally.count(tally.done, kind.name)
        except load.Busy:
            tally.count(tally.busy, kind.name)
            time.sleep(0.05)
        except Exception as problem:  # A wrong answer, a connection that broke, an answer that is not whole, a missing field.
            if client.host.excuses(problem):
                tally.miss(kind.name, problem)
                time.sleep(0.05)
            elif isinstance(problem, load.Wrong):
                tally.note(kind.name, problem)
            elif not ends.is_set():
                tally.note(kind.name, repr(problem))
                time.sleep(0.05)
        if pause:
            ends.wait(chance.uniform(0, 2 * pause))


def watch(host, tally, minutes):
    """Samples until the time is over or the host hangs; returns them, and when it hung."""
    samples, printed = [], 0
    print(" min  answers  later  lost  wrong  memory  cache  descriptors  threads  /health  trouble")
    while (now := time.monotonic() - tally.start) < minutes * 60:
        asked = time.monotonic()
        if host.process.poll() is not None:
            return samples, now, "the process ended by itself"
        if not host.answers(HEALTH_SECONDS):
            return samples, now, f"/health did not answer within {HEALTH_SECONDS} s"
        health = time.monotonic() - asked
        samples.append({"time": round(now, 1), "health": round(health, 4), **tally.counts(), **host.measure()})
        if now >= 60 * (printed + 1):
            print_minute(samples, host, printed)
            printed += 1
        time.sleep(max(0, asked + SAMPLE_SECONDS - time.monotonic()))
    return samples, None, None


def print_minute(samples, host, number):
    """One line: the counts of that minute, the last sizes, the slowest /health, and what happened to the servers at which second."""
    inside = [sample for sample in samples if sample["time"] >= 60 * number]
    before = ([sample for sample in samples if sample["time"] < 60 * number] or [dict.fromkeys(("done", "busy", "lost", "wrong"), 0)])[-1]
    last = inside[-1]
    done, busy, lost, wrong = (last[name] - before[name] for name in ("done", "busy", "lost", "wrong"))
    trouble = ", ".join(f"{act} {at % 60:.0f}" for at, act in host.happened if number <= at / 60 < number + 1)
    print(f"{number + 1:4} {done:8} {busy:6} {lost:5} {wrong:6} {last['rss'] / 1e6:5.1f} MB {last['cache'] / 1e6:3.0f} MB {last['fds']:9} {last['threads']:10} "
          f"{max(sample['health'] for sample in inside) * 1000:6.0f} ms  {trouble}", flush=True)


def growth(samples, seconds):
    """For each measure: the medians of both windows, what was allowed, and whether it holds."""
    report = {}
    for name, (part, much) in TOLERANCE.items():
        if name == "rss" and seconds < SHORT_MINUTES * 60:
            much = SHORT_RSS
        early, late = (
            [sample[name] for sample in samples if begin * seconds <= sample["time"] <= end * seconds] for begin, end in (EARLY, LATE))
        if not early or not late:
            report[name] = {"good": False, "problem": "too few samples"}
            continue
        first, last = statistics.median(early), statistics.median(late)
        report[name] = {"early": first, "late": last, "allowed": first * (1 + part) + much, "good": last <= first * (1 + part) + much}
    return report


def settle(host, idle):
    """What is still wrong some seconds after the last client has gone; None when all is as before the load."""
    problem = None
    for _ in range(20):
        time.sleep(0.5)
        now = host.measure()
        problem = None
        if now["fds"] > idle["fds"] + 4:
            problem = f"{now['fds']} descriptors are open, {idle['fds']} were before the load"
        elif now["threads"] > idle["threads"] + 8:
            problem = f"there are {now['threads']} threads, {idle['threads']} before the load"
        if problem is None:
            return None
    return problem


def judge(host, tally, samples, hang, arguments, idle, expected, results):
    results["no wrong answer"] = not tally.wrong
    done, busy = sum(tally.done.values()), sum(tally.busy.values())
    results["answers, and few that say later"] = done > 0 and busy <= BUSY_SHARE * (done + busy)
    results["no hang"] = hang is None
    report = growth(samples, arguments.minutes * 60)
    for name, entry in report.items():
        results[f"no growth of {NAMES[name]}"] = entry["good"]
        if not entry["good"]:
            print(f"{NAMES[name]}: {entry}")
    if hang is None:
        problem = settle(host, idle)
        if problem:
            print(problem)
        results["all is let go of when everybody has left"] = problem is None
        try:
            expected.check(host)
            results["the texts are those of the beginning"] = True
        except Exception as error:
            print(repr(error))
            results["the texts are those of the beginning"] = False
    start = time.monotonic()
    status = host.end(DRAIN if hang is None else 10)
    print(f"exit status {status} {time.monotonic() - start:.1f} s after SIGTERM")
    results["SIGTERM ends it with 0"] = status == 0
    left = [path.name for path in (host.folder / "models").rglob("*") if ".nosync" in path.name or path.name.endswith(".tmp")]
    results["no temporary file is left"] = not left
    return report


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--minutes", type=float, required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--workers", type=int, default=6)
    arguments.add_argument("--pause", type=float, default=0, help="seconds, on average, that a client rests after each conversation")
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--without", default="", help="kinds of load to leave out: " + ", ".join(k.name for k in load.KINDS))
    arguments.add_argument("--replicas", action="store_true", help="three hosts, HAProxy and Redis, all of them in trouble")
    arguments = arguments.parse_args()
    print(f"seed {arguments.seed}")
    out = ROOT / ".build" / "soak"
    out.mkdir(parents=True, exist_ok=True)
    without = arguments.without.split(",")
    if arguments.replicas:
        host = cluster.Cluster("--state-cache-size", STATE_CACHE_MB, seed=arguments.seed)
        without += cluster.ABOUT_THE_BALANCER
    else:
        host = Host("--state-cache-size", STATE_CACHE_MB, port=arguments.port)
    results, ends = {}, threading.Event()
    try:
        host.wait_until_ready()
        expected = load.Expected(host)
        client = load.Client(host, expected)
        idle = host.measure()
        tally = Tally()
        threads = [
            threading.Thread(target=work, args=(client, tally, ends, f"{arguments.seed} {number}", without, arguments.pause), daemon=True)
            for number in range(arguments.workers)]
        for thread in threads:
            thread.start()
        host.begin_trouble()
        samples, hang, reason = watch(host, tally, arguments.minutes)
        ends.set()
        host.end_trouble()
        if hang is not None:
            print(f"HUNG after {hang:.0f} s: {reason}")
        for thread in threads:
            thread.join(60 if hang is None else 1)
        report = judge(host, tally, samples, hang, arguments, idle, expected, results)
        if not all(results.values()):
            print(host.log_tail())
    finally:
        host.remove()
    summary = {
        "seed": arguments.seed, "minutes": arguments.minutes, "results": results, "growth": report, "hang_after_seconds": hang,
        "done": tally.done, "busy": tally.busy, "lost": tally.lost, "missing": tally.missing, "trouble": host.happened, "wrong": tally.wrong[:200],
        "samples": samples}
    (out / "soak.json").write_text(json.dumps(summary, indent=1))
    picture.write(out / "soak.svg", summary, EARLY, LATE)
    trouble = collections.Counter(act for _, act in host.happened)
    print(json.dumps({"done": dict(sorted(tally.done.items())), "busy": tally.busy, "lost": tally.lost, "trouble": trouble}))
    for entry in tally.missing:
        print(f"lost {entry}")
    for name, good in results.items():
        print(("ok    " if good else "FAIL  ") + name)
    print(f"samples and picture: {pathlib.Path('.build') / 'soak'}")
    failed = sum(not good for good in results.values())
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
